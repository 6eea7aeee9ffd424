"""How many requests an account may still send: a token bucket on event time, by class."""

from decimal import Decimal

from tradewind.model.money import NANOS

CANCEL = 0
PROTECTIVE = 1
NEW = 2
DOWNLOAD = 3
RESERVED_PCT = (0, 0, 0, 75)
"""Tokens, in percent of the burst, that a class must leave for the classes before it."""


class Budget:
    """A token bucket. Cancels are never held back, but they are counted.

    `rate` is tokens a second and `burst` the size of the bucket. Times are nanoseconds.
    `waiting` is how many protective requests wait for a token: new ones leave it to them.
    """

    __slots__ = ("_cost_ns", "_full_ns", "_ready_ns", "_usable_ns", "burst", "waiting")

    def __init__(self, rate: Decimal, burst: int) -> None:
        self.burst = burst
        self._cost_ns = int(NANOS / rate)
        self._full_ns = self._cost_ns * burst
        self._usable_ns = [self._full_ns - self._full_ns * part // 100 for part in RESERVED_PCT]
        # The bucket is kept as the time at which it would be full again.
        self._ready_ns = 0
        self.waiting = 0

    def take(self, now_ns: int, kind: int) -> int:
        """Spend one token; return 0, or the time from which one is there for this class."""
        full_at = self._ready_ns
        if full_at < now_ns:
            full_at = now_ns
        after = full_at + self._cost_ns
        if kind is not CANCEL:
            over = after - now_ns - self._usable_ns[kind]
            if self.waiting and kind > PROTECTIVE:
                over += self.waiting * self._cost_ns
            if over > 0:
                return now_ns + over
        self._ready_ns = after
        return 0

    def observe(self, remaining: int, now_ns: int) -> None:
        """Believe the venue when it says that fewer tokens are left than we thought."""
        known_full_at = now_ns + self._full_ns - remaining * self._cost_ns
        if known_full_at > self._ready_ns:
            self._ready_ns = known_full_at

    def remaining(self, now_ns: int) -> int:
        """Return the whole tokens that are left now."""
        missing = max(0, self._ready_ns - now_ns)
        return max(0, (self._full_ns - missing) // self._cost_ns)
