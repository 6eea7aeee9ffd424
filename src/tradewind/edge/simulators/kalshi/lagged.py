"""A value that may be read as it was a moment ago.

Knows versions and times. Must not know what the value is, nor when a read is late.
"""

from collections import deque
from random import Random
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Lagged(Generic[Value]):
    """The newest value, and as many older ones as a late read can ask for."""

    __slots__ = ("_keep_ns", "_versions")

    def __init__(self, keep_ns: int) -> None:
        self._keep_ns = keep_ns
        self._versions: deque[tuple[int, Value]] = deque()

    def put(self, value: Value, now_ns: int) -> None:
        """Take a new version, and forget those that nobody can see any more."""
        versions = self._versions
        versions.append((now_ns, value))
        seen_ns = now_ns - self._keep_ns
        while len(versions) > 1 and versions[1][0] <= seen_ns:
            versions.popleft()

    def at(self, as_of_ns: int) -> Value | None:
        """Return the value as it stood then, None where there was none yet."""
        found = None
        for ts, value in self._versions:
            if ts > as_of_ns:
                break
            found = value
        return found

    @property
    def newest(self) -> Value:
        """Return the value as it is."""
        return self._versions[-1][1]


class Lag:
    """How old a reading is: with a chance, `lag_ns`, but never older than was promised."""

    def __init__(self, lag_ns: int, chance: float) -> None:
        self.lag_ns = lag_ns
        self.chance = chance
        self._promised_ns = 0

    def as_of_ns(self, now_ns: int, dice: Random) -> int:
        """Return the time as which a reading shows everything."""
        late = self.lag_ns and dice.random() < self.chance
        return max(now_ns - (self.lag_ns if late else 0), self._promised_ns)

    def promise_ns(self, now_ns: int) -> int:
        """Return the time that no reading will be older than, from now on."""
        self._promised_ns = max(now_ns - self.lag_ns, self._promised_ns)
        return self._promised_ns
