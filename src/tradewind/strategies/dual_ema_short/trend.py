"""Two means, the regime and the crosses of one instrument, one closed candle at a time.

Floats only: nothing here becomes an order. It knows no position and no context. A candle is
named by its close time, in nanoseconds UTC.
"""

from tradewind.core.strategy.indicators import EMA

DAY_NS = 86_400_000_000_000
RESET_NS = 60_000_000_000
"""The day's count of crosses starts again at 00:01 UTC."""


def count_day(close_ns: int) -> int:
    """Return the number of the counting day that a candle's close falls into."""
    return (close_ns - RESET_NS) // DAY_NS


class Trend:
    """The means of one instrument, whether it may be shorted, and the day's downward crosses.

    `stacked` asks for close < fast < slow, else the close has only to be below both. Crosses
    count once both means stood on the candle before; two on one candle count two.
    """

    __slots__ = (
        "_fast_keep",
        "_fast_mean",
        "_fast_weight",
        "_slow_keep",
        "_slow_mean",
        "_slow_weight",
        "_stacked",
        "active",
        "candles",
        "close",
        "close_ns",
        "cross_ns",
        "crosses",
        "day",
        "fast",
        "ready",
        "slow",
    )

    def __init__(self, fast: int, slow: int, *, stacked: bool) -> None:
        self._stacked = stacked
        self._fast_mean = EMA(fast)
        self._slow_mean = EMA(slow)
        self._fast_weight = 2.0 / (fast + 1)
        self._slow_weight = 2.0 / (slow + 1)
        self._fast_keep = 1.0 - self._fast_weight
        self._slow_keep = 1.0 - self._slow_weight
        self.ready = False
        self.fast = 0.0
        self.slow = 0.0
        self.close = 0.0
        self.close_ns = 0
        self.candles = 0
        self.active = False
        self.day = 0
        self.crosses = 0
        self.cross_ns = 0

    def update(self, close: float, close_ns: int) -> int:
        """Take the next closed candle and return how many crosses it made: 0, 1 or 2.

        `fast` and `slow` are those of the EMA indicator to the last bit, once `ready`; they are
        computed here because a call for each would cost more than the rest of a candle.
        """
        self.candles += 1
        self.close_ns = close_ns
        before, self.close = self.close, close
        if not self.ready:
            self._warm_up(close)
            return 0
        fast_before = self.fast
        slow_before = self.slow
        self.fast = fast = close * self._fast_weight + fast_before * self._fast_keep
        self.slow = slow = close * self._slow_weight + slow_before * self._slow_keep
        crosses = 0
        if close < fast:
            self.active = fast < slow if self._stacked else close < slow
            if before > fast_before:
                crosses = 1
        else:
            self.active = False
        if close < slow and before > slow_before:
            crosses += 1
        if crosses:
            self._count(crosses, close_ns)
        return crosses

    def _warm_up(self, close: float) -> None:
        fast = self._fast_mean.update(close)
        slow = self._slow_mean.update(close)
        if fast is not None and slow is not None:
            self.ready = True
            self.fast, self.slow = fast, slow
            below = close < fast
            self.active = below and (fast < slow if self._stacked else close < slow)

    def crosses_on(self, close_ns: int) -> int:
        """Return how many crosses the counting day of this close has seen so far."""
        return self.crosses if self.day == count_day(close_ns) else 0

    def resume_count(self, day: int, crosses: int, cross_ns: int) -> None:
        """Take over a count kept from before a restart where it knows more than the candles do."""
        if day == self.day:
            self.crosses = max(self.crosses, crosses)
        elif day > self.day:
            self.day, self.crosses = day, crosses
        self.cross_ns = max(self.cross_ns, cross_ns)

    def _count(self, crosses: int, close_ns: int) -> None:
        day = count_day(close_ns)
        if day != self.day:
            self.day = day
            self.crosses = 0
        self.crosses += crosses
        self.cross_ns = close_ns
