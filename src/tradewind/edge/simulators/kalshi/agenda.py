"""What is planned to happen by itself, in the order of time.

Knows times and words. Must not know what the words mean.
"""

from heapq import heappop, heappush

import msgspec

from tradewind.edge.simulators.kalshi.listing import NEVER


class Due(msgspec.Struct, frozen=True, order=True):
    """Something that happens by itself: `what` names it, `key` says to whom."""

    at_ns: int
    number: int
    what: str
    key: str


class Agenda:
    """Planned things, earliest first; of equal times, the one planned first."""

    __slots__ = ("_count", "_due")

    def __init__(self) -> None:
        self._due: list[Due] = []
        self._count = 0

    @property
    def next_ns(self) -> int:
        """Return when the next thing happens."""
        return self._due[0].at_ns if self._due else NEVER

    def plan(self, at_ns: int, what: str, key: str = "") -> None:
        """Let something happen at a time."""
        self._count += 1
        heappush(self._due, Due(at_ns, self._count, what, key))

    def take(self) -> Due:
        """Return what is due first, and forget it."""
        return heappop(self._due)
