"""Faults as people write them: `hang_after:of=orders,chance=0.1` or the same as JSON.

Knows the words and their units. Must not know any venue: the names of its places come in.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from tradewind.edge.simulators.wire_faults import NEVER, Carried, Fault, Kind, Scope, Way
from tradewind.model.errors import ConfigError
from tradewind.model.money import NANOS

NO_PLACES: Mapping[str, Scope] = {}
ONCE = frozenset({Kind.SILENCE, Kind.DROP, Kind.DROP_AFTER})
"""Kinds that, with no other bound, happen once: one that never ended would be another venue."""
NEEDS_LENGTH = frozenset({Kind.DELAY, Kind.SKEW})
NEEDS_FIELD = frozenset({Kind.RENAME, Kind.OMIT})


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


def planned(words: FaultWords, now_ns: int, places: Mapping[str, Scope] = NO_PLACES) -> Fault:
    """Return the fault that is meant, from `now_ns` on; raises ConfigError for an unknown place."""
    scope = _scope(words, places)
    if words.kind in NEEDS_LENGTH and not words.length_s:
        raise ConfigError(f"Read a fault {words.kind}, found no length_s; say how many seconds.")
    if words.kind in NEEDS_FIELD and not words.field:
        raise ConfigError(f"Read a fault {words.kind}, found no field; name the JSON field.")
    if words.kind is Kind.RENAME and not words.to:
        raise ConfigError("Read a fault rename, found no `to`; name the field's other name.")
    start_ns = now_ns + int(words.after_s * NANOS)
    end_ns = start_ns + int(words.for_s * NANOS) if words.for_s else NEVER
    alone = words.kind in ONCE and words.chance >= 1.0 and not words.for_s
    return Fault(
        kind=words.kind,
        scope=scope,
        chance=words.chance,
        times=words.times or (1 if alone else 0),
        start_ns=start_ns,
        end_ns=end_ns,
        length_ns=int(words.length_s * NANOS),
        status=words.status,
        body=words.body,
        retry_after_s=words.retry_after_s,
        field=words.field,
        to=words.to,
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
