"""What goes wrong between a client and a venue on the wire, planned by struct and drawn by a seed.

Knows requests, answers and frames as bytes that pass. Must not know any venue's words: what is
an order or public is said by a path or by a piece of text.
"""

from collections import Counter, deque
from collections.abc import Iterable
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
    `garbage` (no JSON), `rename` and `omit` of a JSON field. The venue itself, as long as the
    window is open: `skew` (its clock is `length_ns` off) and `maintenance`.
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

    `path` is a prefix, `text` a piece of the body or frame, `method` an HTTP method.
    """

    path: str = ""
    text: str = ""
    method: str = ""
    carried: Carried | None = None
    way: Way | None = None

    def covers(self, passing: Passing) -> bool:
        """Tell whether the thing is one of those meant."""
        return (
            passing.path.startswith(self.path)
            and self.way in (None, passing.way)
            and self.carried in (None, passing.carried)
            and self.method in ("", passing.method)
            and (not self.text or self.text.encode() in passing.text)
        )


class Fault(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One planned fault: of which kind, for what, how often, and between which times.

    Times are nanoseconds UTC, [start, end). `chance` is drawn for each thing in scope, `times`
    bounds how often it happens at all (0: no bound). `length_ns` is how long (see Kind);
    a `silence` without one lasts until `end_ns`. `status` and `body` are what `status` answers,
    `retry_after_s` adds its header. `field` is what `rename` (to `to`) and `omit` look for.
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

    def active(self, kind: Kind, ts: int) -> Fault | None:
        """Return the first fault of a kind whose window is open."""
        return next((each for each in self.planned if each.kind is kind and each.open_at(ts)), None)

    def next_window_ns(self, after_ns: int) -> int:
        """Return when the next window of `skew` or `maintenance` opens or closes."""
        edges = (
            edge
            for fault in self.planned
            if fault.kind in (Kind.SKEW, Kind.MAINTENANCE)
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
