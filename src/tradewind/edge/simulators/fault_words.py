"""Faults as people write them: `hang_after:of=orders,chance=0.1` or the same as JSON.

Knows the words and their units. Must not know any venue: the names of its places come in.
"""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from tradewind.edge.simulators.wire_faults import (
    MOMENTS,
    NEVER,
    OWN,
    STATES,
    Carried,
    Fault,
    Kind,
    Scope,
    Way,
)
from tradewind.model.errors import ConfigError
from tradewind.model.money import NANOS

NO_PLACES: Mapping[str, Scope] = {}
ONCE = frozenset({Kind.SILENCE, Kind.DROP, Kind.DROP_AFTER})
"""Kinds that, with no other bound, happen once: one that never ended would be another venue."""
NEEDS: Mapping[str, tuple[frozenset[Kind], str]] = {
    "length_s": (frozenset({Kind.DELAY, Kind.SKEW}), "say how many seconds"),
    "field": (frozenset({Kind.RENAME, Kind.OMIT}), "name the JSON field"),
    "to": (frozenset({Kind.RENAME, Kind.TICK}), "give the field's other name, or the price step"),
    "symbol": (frozenset({Kind.HALT, Kind.CLOSE, Kind.TICK}), "name the market"),
}
"""By word: the kinds that say nothing without it, and what to do."""
UNDRAWN = (STATES | MOMENTS) - {Kind.LAG}
OF_WIRE = ("of", "path", "text", "method", "carried", "way")
OF_VENUE = ("account", "symbol")
USUAL_LAG_S = 0.4
MEANING: Mapping[Kind, str] = {
    Kind.DROP: "the connection is cut before the request or frame arrives",
    Kind.DROP_AFTER: "the connection is cut after the venue took it",
    Kind.SILENCE: "connected, and nothing passes either way (length_s, or for_s)",
    Kind.DELAY: "held for up to length_s",
    Kind.STATUS: "answered with status= (429, 503, ...) unseen by the venue",
    Kind.STATUS_AFTER: "taken by the venue, answered with status=",
    Kind.HANG: "swallowed, never answered",
    Kind.HANG_AFTER: "taken by the venue, never answered",
    Kind.DUPLICATE: "a frame comes twice",
    Kind.REORDER: "a frame comes after the next one",
    Kind.GAP: "a frame is left out",
    Kind.TRUNCATE: "an answer or frame is cut short",
    Kind.GARBAGE: "an answer or frame is no JSON",
    Kind.RENAME: "field= is called to= instead",
    Kind.OMIT: "field= is missing",
    Kind.SKEW: "the venue's clock is length_s off",
    Kind.MAINTENANCE: "Bybit is down and says so; at Kalshi trading is paused",
    Kind.SHUT: "Kalshi's whole exchange is paused: nothing works",
    Kind.HALT: "symbol= is taken out of trading",
    Kind.TICK: "the ticks of symbol= become the table to= (deci_cent, ...), at Kalshi",
    Kind.RESTART: "the book service begins anew (Bybit), or ends its subscriptions (Kalshi)",
    Kind.CUT: "the venue closes all sockets",
    Kind.CLOSE: "the market symbol= closes now",
    Kind.RACE: "a fill crosses with a cancel, and takes all or a part",
    Kind.PARTIAL: "a new order gets only a part of what it could",
    Kind.SKIP: "a book message spends its number and is never told",
    Kind.GHOST: "a book message deletes a level that nobody had",
    Kind.QUIET: "an order that fills at once is never told as new",
    Kind.TOO_MANY: "refused by the venue's own rate limit",
    Kind.FAILING: "an order request fails with the venue's own server error",
    Kind.RESTARTING: "an order request is refused because its server restarts",
    Kind.BLIND: "an order request is done, and answered with the server error",
    Kind.LAG: "a reading is length_s old (0.4 where nothing is said)",
}
"""What each kind does, for people."""


class FaultWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one may say of a fault. Times in seconds, from now.

    `after_s` and `for_s` are its window; `length_s` is how long a silence or delay takes, or how
    far a clock is off. `of` names a place of the venue (`orders`, `public`, …); `path`, `text`,
    `method`, `carried` and `way` narrow it down further.
    """

    kind: Kind
    of: str = ""
    path: str = ""
    text: str = ""
    method: str = ""
    carried: Carried | None = None
    way: Way | None = None
    account: str = ""
    symbol: str = ""
    chance: float = 1.0
    times: int = 0
    after_s: float = 0.0
    for_s: float = 0.0
    length_s: float = 0.0
    status: int = 503
    body: str = ""
    retry_after_s: int | None = None
    field: str = ""
    to: str = ""


def spoken(text: str) -> FaultWords:
    """Read `kind:key=value,…`; raises ConfigError that names the wrong word."""
    kind, _, rest = text.partition(":")
    words: dict[str, str] = {"kind": kind}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise ConfigError(
                f"Read the fault {text!r}, found {part!r} without a value; write key=value."
            )
        words[key.strip()] = value.strip()
    return _converted(words, text)


def written(body: bytes) -> FaultWords:
    """Read a fault from JSON; raises ConfigError that names the wrong word."""
    try:
        words = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise ConfigError(f"Read a fault, found {error}; write a JSON object.") from error
    return _converted(words, "in JSON")


def planned(
    words: FaultWords,
    now_ns: int,
    places: Mapping[str, Scope] = NO_PLACES,
    able: Collection[Kind] = frozenset(Kind),
) -> Fault:
    """Return the fault that is meant, from `now_ns` on; `able` are the kinds of this venue.

    Raises ConfigError for an unknown place, a kind that this venue cannot do, and a word that is
    missing or does not go with the kind.
    """
    _check(words, able)
    scope = _scope(words, places)
    start_ns = now_ns + int(words.after_s * NANOS)
    end_ns = start_ns + int(words.for_s * NANOS) if words.for_s else NEVER
    alone = words.kind in ONCE and words.chance >= 1.0 and not words.for_s
    length_s = words.length_s or (USUAL_LAG_S if words.kind is Kind.LAG else 0.0)
    return Fault(
        kind=words.kind,
        scope=scope,
        chance=words.chance,
        times=words.times or (1 if alone else 0),
        start_ns=start_ns,
        end_ns=end_ns,
        length_ns=int(length_s * NANOS),
        status=words.status,
        body=words.body,
        retry_after_s=words.retry_after_s,
        field=words.field,
        to=words.to,
    )


def scoped(words: FaultWords, places: Mapping[str, Scope] = NO_PLACES) -> tuple[Kind, Scope]:
    """Return which faults are meant, by kind and scope; raises ConfigError for an unknown place."""
    return words.kind, _scope(words, places)


def _check(words: FaultWords, able: Collection[Kind]) -> None:
    kind = words.kind
    if kind not in able:
        known = ", ".join(each for each in Kind if each in able)
        raise ConfigError(f"Read a fault {kind}, found that this venue has none; use {known}.")
    for word, (kinds, hint) in NEEDS.items():
        if kind in kinds and not getattr(words, word):
            raise ConfigError(f"Read a fault {kind}, found no {word}; {hint}.")
    wrong = OF_WIRE if kind in OWN else OF_VENUE
    for word in wrong:
        if getattr(words, word):
            use = OF_VENUE if kind in OWN else OF_WIRE
            raise ConfigError(
                f"Read a fault {kind}, found {word}, which it does not go by; narrow it down by "
                f"{', '.join(use)}."
            )
    if kind in UNDRAWN and (words.chance < 1.0 or words.times):
        raise ConfigError(
            f"Read a fault {kind}, found a chance or times; say when it begins, by after_s, and "
            f"how long it takes, by for_s."
        )


def _scope(words: FaultWords, places: Mapping[str, Scope]) -> Scope:
    if words.of and words.of not in places:
        known = ", ".join(places) or "none"
        raise ConfigError(
            f"Read a fault of {words.of!r}, found no such place here; use one of {known}."
        )
    place = places.get(words.of, Scope())
    return Scope(
        path=words.path or place.path,
        text=words.text or place.text,
        method=words.method or place.method,
        carried=words.carried or place.carried,
        way=words.way or place.way,
        account=words.account,
        symbol=words.symbol,
    )


def _converted(words: Any, text: str) -> FaultWords:
    try:
        return msgspec.convert(words, FaultWords, strict=False)
    except msgspec.ValidationError as error:
        kind = words.get("kind", "") if isinstance(words, dict) else ""
        kinds = [each.value for each in Kind]
        near = get_close_matches(str(kind), kinds, n=1)
        hint = f"did you mean {near[0]}?" if near else f"kinds are {', '.join(kinds)}."
        hint = "see the words of a fault in the help." if kind in kinds else hint
        raise ConfigError(f"Read the fault {text}, found that {error}; {hint}") from error
