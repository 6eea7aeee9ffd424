"""What happens by itself and when: pushes, trades of the public, funding, cuts.

Knows times and the order of things due at once. Must not know what they are.
"""

from collections.abc import Callable
from heapq import heappop, heappush

NEVER = 1 << 62
Deed = Callable[[int], None]
"""Called with its own time, in nanoseconds."""


class Agenda:
    """Deeds by time; of equal times, the one planned first."""

    __slots__ = ("_count", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Deed]] = []
        self._count = 0

    @property
    def next_ns(self) -> int:
        """Return when the next one is due, NEVER for none."""
        return self._heap[0][0] if self._heap else NEVER

    def at(self, due_ns: int, deed: Deed) -> None:
        """Plan something."""
        self._count += 1
        heappush(self._heap, (due_ns, self._count, deed))

    def run(self, until_ns: int) -> None:
        """Do all that is due, each at its own time."""
        heap = self._heap
        while heap and heap[0][0] <= until_ns:
            due_ns, _, deed = heappop(heap)
            deed(due_ns)
