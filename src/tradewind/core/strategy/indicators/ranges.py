"""Indicators of a candle's reach and direction: true range, ATR, ADX. See the package."""

from tradewind.core.strategy.indicators.means import Indicator, WilderMean


class TrueRange(Indicator):
    """Reach of a candle, counted from the previous close where that lies outside of it.

    Undefined on the first candle, which has no previous close.
    """

    __slots__ = ("_previous",)

    def __init__(self) -> None:
        super().__init__()
        self._previous: float | None = None

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next candle and return its true range, or None on the first."""
        previous, self._previous = self._previous, close
        if previous is not None:
            self.value = max(high, previous) - min(low, previous)
        return self.value


class ATR(Indicator):
    """Wilder's mean of the true range; undefined before n + 1 candles.

    Raises ConfigError unless n is at least 1.
    """

    __slots__ = ("_mean", "_range")

    def __init__(self, n: int) -> None:
        super().__init__()
        self._range = TrueRange()
        self._mean = WilderMean(n)

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take the next candle and return the ATR, or None during warm-up."""
        reach = self._range.update(high, low, close)
        if reach is not None:
            self.value = self._mean.update(reach)
        return self.value


class ADX(Indicator):
    """Wilder's trend strength, 0 to 100; undefined before 2n candles.

    `DX = 100*|+DI - -DI|/(+DI + -DI)`; the true range in both DIs cancels, so it is not kept.
    DX is 0 where neither side moves. Every smoothing starts from a mean of n values; libraries
    that start otherwise agree after some tens of n. Raises ConfigError unless n is at least 1.
    """

    __slots__ = ("_down", "_index", "_previous", "_up")

    def __init__(self, n: int) -> None:
        super().__init__()
        self._up = WilderMean(n)
        self._down = WilderMean(n)
        self._index = WilderMean(n)
        self._previous: tuple[float, float] | None = None

    def update(self, high: float, low: float) -> float | None:
        """Take the next candle and return the ADX, or None during warm-up."""
        previous, self._previous = self._previous, (high, low)
        if previous is None:
            return None
        rise, fall = high - previous[0], previous[1] - low
        up = self._up.update(rise if rise > fall and rise > 0.0 else 0.0)
        down = self._down.update(fall if fall > rise and fall > 0.0 else 0.0)
        if up is not None and down is not None:
            both = up + down
            self.value = self._index.update(100.0 * abs(up - down) / both if both else 0.0)
        return self.value
