"""What goes wrong on the wire and at the venue itself, planned by struct and drawn by a seed.

Knows requests, answers and frames as bytes that pass, and occasions at which an exchange asks.
Must not know any venue's words: what is an order or public is said by a path or by a piece of
text, what an exchange does wrong by the exchange.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from random import Random

import msgspec

NEVER = 1 << 62
REMEMBERED = 10_000


class Kind(StrEnum):
    """What goes wrong.

    Connections: `drop` cuts the connection before what passes arrives, `drop_after` when the
    exchange has taken it; `silence` holds everything both ways for `length_ns` (the connection
    stays up; what was held arrives afterwards); `delay` holds one thing up to `length_ns`.
    Requests, and frames of the client: `status` answers without the exchange having seen it,
    `status_after` when it has (of a frame: its answer is left out); `hang` swallows it,
    `hang_after` lets the exchange take it and never answers. Frames of the venue: `duplicate`,
    `reorder` (with the next one), `gap` (left out). Frames and answers of the venue: `truncate`,
    `garbage` (no JSON), `rename` and `omit` of a JSON field.

    The venue itself (see OWN), asked at each occasion: `race` (a fill crosses with a cancel),
    `partial` (an order gets a part of what it could), `skip` (a book message spends its number
    unheard), `ghost` (a level goes that nobody had), `quiet` (no word of a new order that fills at
    once), `too_many`, `failing`, `restarting` (refused with the venue's own words), `blind` (done,
    and answered as failed). As long as the window is open: `skew` (its clock is `length_ns` off),
    `lag` (readings are `length_ns` old), `maintenance`, `shut`, `halt` of one market and `tick`
    (other price steps). Once: `restart` of the book service, `cut` of all sockets, `close` of a
    market.
    """

    DROP = "drop"
    DROP_AFTER = "drop_after"
    SILENCE = "silence"
    DELAY = "delay"
    STATUS = "status"
    STATUS_AFTER = "status_after"
    HANG = "hang"
    HANG_AFTER = "hang_after"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    GAP = "gap"
    TRUNCATE = "truncate"
    GARBAGE = "garbage"
    RENAME = "rename"
    OMIT = "omit"
    SKEW = "skew"
    MAINTENANCE = "maintenance"
    SHUT = "shut"
    HALT = "halt"
    TICK = "tick"
    RESTART = "restart"
    CUT = "cut"
    CLOSE = "close"
    RACE = "race"
    PARTIAL = "partial"
    SKIP = "skip"
    GHOST = "ghost"
    QUIET = "quiet"
    TOO_MANY = "too_many"
    FAILING = "failing"
    RESTARTING = "restarting"
    BLIND = "blind"
    LAG = "lag"


STATES = frozenset({Kind.MAINTENANCE, Kind.SHUT, Kind.HALT, Kind.TICK, Kind.LAG})
"""What an exchange is in while a window is open."""
MOMENTS = frozenset({Kind.RESTART, Kind.CUT, Kind.CLOSE})
"""What an exchange does once, as soon as a window opens."""
OCCASIONS = frozenset(
    {Kind.RACE, Kind.PARTIAL, Kind.SKIP, Kind.GHOST, Kind.QUIET, Kind.TOO_MANY, Kind.FAILING}
    | {Kind.RESTARTING, Kind.BLIND}
)
"""What an exchange asks for whenever it could happen."""
OWN = STATES | MOMENTS | OCCASIONS
"""What the exchange itself does; the rest befalls what passes, or its clock."""
TIMED = STATES | MOMENTS | {Kind.SKEW}


class Way(StrEnum):
    """`there` is from the client to the venue, `back` from the venue to the client."""

    THERE = "there"
    BACK = "back"


class Carried(StrEnum):
    """How bytes travel."""

    HTTP = "http"
    SOCKET = "socket"


class Passing(msgspec.Struct, frozen=True):
    """One thing under way. `path` is the request's without its query, a frame's its socket's."""

    carried: Carried
    way: Way
    path: str
    text: bytes = b""
    method: str = ""


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which things a fault concerns; what is left empty matches everything.

    `path` is a prefix, `text` a piece of the body or frame, `method` an HTTP method. Of an
    exchange's own faults: `account` is a key id, `symbol` a market as its truth names it.
    """

    path: str = ""
    text: str = ""
    method: str = ""
    carried: Carried | None = None
    way: Way | None = None
    account: str = ""
    symbol: str = ""

    def covers(self, passing: Passing) -> bool:
        """Tell whether the thing is one of those meant."""
        return (
            passing.path.startswith(self.path)
            and self.way in (None, passing.way)
            and self.carried in (None, passing.carried)
            and self.method in ("", passing.method)
            and (not self.text or self.text.encode() in passing.text)
        )

    def concerns(self, accounts: Collection[str], symbol: str) -> bool:
        """Tell whether an occasion of these accounts and this market is one of those meant."""
        return self.symbol in ("", symbol) and (not self.account or self.account in accounts)


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One planned fault: of which kind, for what, how often, and between which times.

    Times are nanoseconds UTC, [start, end). `chance` is drawn for each thing in scope, `times`
    bounds how often it happens at all (0: no bound). `length_ns` is how long (see Kind);
    a `silence` without one lasts until `end_ns`. `status` and `body` are what `status` answers,
    `retry_after_s` adds its header. `field` is what `rename` (to `to`) and `omit` look for; what
    the price steps of `tick` become is in `to`.
    """

    kind: Kind
    scope: Scope = Scope()
    chance: float = 1.0
    times: int = 0
    start_ns: int = 0
    end_ns: int = NEVER
    length_ns: int = 0
    status: int = 503
    body: str = ""
    retry_after_s: int | None = None
    field: str = ""
    to: str = ""

    def open_at(self, ts: int) -> bool:
        """Tell whether its window is open."""
        return self.start_ns <= ts < self.end_ns


class Happened(msgspec.Struct, frozen=True):
    """A fault that took place, for traces; `what` says to which request or socket."""

    ts: int
    kind: Kind
    what: str


class Faults:
    """The faults of one venue: those planned, and what happened by them.

    `happened` keeps the newest 10,000; `counts` counts all. Chances are drawn from `dice` in the
    order in which things pass, and only by faults that concern them.
    """

    def __init__(self, dice: Random, planned: Iterable[Fault] = ()) -> None:
        self.dice = dice
        self.planned: list[Fault] = list(planned)
        self.happened: deque[Happened] = deque(maxlen=REMEMBERED)
        self.counts: Counter[Kind] = Counter()
        self._left: dict[int, int] = {}

    def plan(self, fault: Fault) -> None:
        """Add a fault."""
        self.planned.append(fault)

    def clear(self) -> None:
        """Forget every planned fault; what happened stays told."""
        self.planned.clear()
        self._left.clear()

    def end(self, kind: Kind, scope: Scope, ts: int) -> int:
        """End the faults of a kind that are planned for a scope; return how many had not ended."""
        ended = 0
        for place, fault in enumerate(self.planned):
            meant = fault.kind is kind and scope in (Scope(), fault.scope)
            if meant and fault.end_ns > ts:
                self.planned[place] = msgspec.structs.replace(fault, end_ns=ts)
                ended += 1
        return ended

    def draw(self, passing: Passing, ts: int, kinds: frozenset[Kind]) -> dict[Kind, Fault]:
        """Return which of these kinds strike the thing now, each with its fault."""
        struck: dict[Kind, Fault] = {}
        for place, fault in enumerate(self.planned):
            if fault.kind not in kinds or fault.kind in struck or not fault.open_at(ts):
                continue
            if fault.scope.covers(passing) and self._strikes(place, fault):
                struck[fault.kind] = fault
                self.record(fault.kind, _name(passing), ts)
        return struck

    def befall(self, kind: Kind, accounts: Collection[str], symbol: str, ts: int) -> Fault | None:
        """Return the fault that strikes an exchange at an occasion, None where all goes well."""
        for place, fault in enumerate(self.planned):
            if fault.kind is not kind or not fault.open_at(ts):
                continue
            if fault.scope.concerns(accounts, symbol) and self._strikes(place, fault):
                self.record(kind, " ".join((*accounts, symbol)).strip() or "venue", ts)
                return fault
        return None

    def moments(self, ts: int) -> Iterator[Fault]:
        """Return what an exchange is to do now; each is returned once."""
        for place, fault in enumerate(self.planned):
            if fault.kind in MOMENTS and fault.open_at(ts) and self._left.get(place, 1):
                self._left[place] = 0
                yield fault

    def states(self, ts: int) -> dict[tuple[Kind, str], Fault]:
        """Return the states of an exchange whose windows are open, by kind and market."""
        return {
            (each.kind, each.scope.symbol): each
            for each in self.planned
            if each.kind in STATES and each.open_at(ts)
        }

    def active(self, kind: Kind, ts: int) -> Fault | None:
        """Return the first fault of a kind whose window is open."""
        return next((each for each in self.planned if each.kind is kind and each.open_at(ts)), None)

    def next_window_ns(self, after_ns: int) -> int:
        """Return when the next window of the exchange itself opens or closes."""
        edges = (
            edge
            for fault in self.planned
            if fault.kind in TIMED
            for edge in (fault.start_ns, fault.end_ns)
            if edge > after_ns
        )
        return min(edges, default=NEVER)

    def record(self, kind: Kind, what: str, ts: int) -> None:
        """Note that a fault took place."""
        self.counts[kind] += 1
        self.happened.append(Happened(ts, kind, what))

    def _strikes(self, place: int, fault: Fault) -> bool:
        left = self._left.get(place, fault.times or NEVER)
        if not left or (fault.chance < 1.0 and self.dice.random() >= fault.chance):
            return False
        self._left[place] = left - 1
        return True


def _name(passing: Passing) -> str:
    arrow = ">" if passing.way is Way.THERE else "<"
    return f"{passing.method or passing.carried} {passing.path} {arrow} {len(passing.text)} bytes"
