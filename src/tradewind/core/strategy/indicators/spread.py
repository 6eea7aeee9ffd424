"""How far values lie apart: deviations, bands, their rank, variance. See the package."""

import math
from bisect import bisect_left, insort
from collections import deque

from tradewind.core.strategy.indicators.means import Indicator, window_length
from tradewind.model.errors import ConfigError

_ROOT_TWO = math.sqrt(2.0)


def phi(x: float) -> float:
    """Return the standard normal probability of a value at or below `x`; error below 1e-9."""
    return 0.5 * (1.0 + math.erf(x / _ROOT_TWO))


class Stdev(Indicator):
    """Sample standard deviation (divided by n - 1) of the last `n` values.

    Undefined before n values. Raises ConfigError unless n is at least 2.
    """

    __slots__ = ("_moments", "n")

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = window_length("standard deviation", n, 2)
        self._moments = _Moments(n)

    def update(self, x: float) -> float | None:
        """Take the next value and return the deviation, or None during warm-up."""
        if self._moments.update(x):
            self.value = math.sqrt(self._moments.squares / (self.n - 1))
        return self.value


class Bollinger(Indicator):
    """Bands `k` sample standard deviations around the mean of the last `n` closes.

    `value` is the middle; `upper` and `lower` are None as long as it is. Raises ConfigError
    unless n is at least 2.
    """

    __slots__ = ("_moments", "k", "lower", "n", "upper")

    def __init__(self, n: int, k: float) -> None:
        super().__init__()
        self.n = window_length("Bollinger bands", n, 2)
        self.k = k
        self._moments = _Moments(n)
        self.upper: float | None = None
        self.lower: float | None = None

    def update(self, close: float) -> float | None:
        """Take the next close and return the middle, or None during warm-up."""
        if not self._moments.update(close):
            return None
        middle = self._moments.mean
        reach = self.k * math.sqrt(self._moments.squares / (self.n - 1))
        self.upper = middle + reach
        self.lower = middle - reach
        self.value = middle
        return middle


class BBWidth(Indicator):
    """Width of the Bollinger bands as a fraction of their middle; undefined where that is 0.

    `bands` holds the bands themselves.
    """

    __slots__ = ("bands",)

    def __init__(self, n: int, k: float) -> None:
        super().__init__()
        self.bands = Bollinger(n, k)

    def update(self, close: float) -> float | None:
        """Take the next close and return the width, or None while it is undefined."""
        middle = self.bands.update(close)
        upper, lower = self.bands.upper, self.bands.lower
        if not middle or upper is None or lower is None:
            self.value = None
        else:
            self.value = (upper - lower) / middle
        return self.value


class PercentileRank(Indicator):
    """Share of the last `length` values that are strictly smaller than the newest, 0 to 1.

    The newest belongs to the window, so the divisor is length - 1. A search by halves plus one
    shift in a sorted list. Raises ConfigError unless length is at least 2.
    """

    __slots__ = ("_newest", "_sorted", "length")

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = window_length("percentile rank", length, 2)
        self._newest: deque[float] = deque()
        self._sorted: list[float] = []

    def update(self, x: float) -> float | None:
        """Take the next value and return its rank, or None during warm-up."""
        ranked = self._sorted
        if len(self._newest) == self.length:
            del ranked[bisect_left(ranked, self._newest.popleft())]
        self._newest.append(x)
        insort(ranked, x)
        if len(ranked) == self.length:
            self.value = bisect_left(ranked, x) / (self.length - 1)
        return self.value


class BBWidthPercentile(Indicator):
    """Percentile rank of the newest BBWidth(n, k) among the last `length` of them, 0 to 1.

    `width` holds the width, and `width.bands` the bands. A candle without a width has no rank
    and takes no place among the widths.
    """

    __slots__ = ("_rank", "width")

    def __init__(self, n: int, k: float, length: int) -> None:
        super().__init__()
        self.width = BBWidth(n, k)
        self._rank = PercentileRank(length)

    def update(self, close: float) -> float | None:
        """Take the next close and return the rank, or None while it is undefined."""
        width = self.width.update(close)
        self.value = None if width is None else self._rank.update(width)
        return self.value


class EWMAVariance(Indicator):
    """Exponentially weighted variance of returns around zero, seeded with the first square.

    `decay` (lambda) is the weight of the past; `count` is how many returns went in. Raises
    ConfigError unless decay lies between 0 and 1.
    """

    __slots__ = ("count", "decay")

    def __init__(self, decay: float) -> None:
        super().__init__()
        if not 0.0 < decay < 1.0:
            raise ConfigError(f"Built an EWMA variance, found decay {decay}; use one in (0, 1).")
        self.decay = decay
        self.count = 0

    def update(self, change: float) -> float | None:
        """Take the next return and return the variance per period."""
        square = change * change
        self.count += 1
        if self.value is None:
            self.value = square
        else:
            self.value = self.decay * self.value + (1.0 - self.decay) * square
        return self.value


class _Moments:
    """Mean and summed squared deviation of the last `n` values, joined from two blocks."""

    __slots__ = ("_block", "_mean", "_squares", "_tails", "mean", "n", "squares")

    def __init__(self, n: int) -> None:
        self.n = n
        self.mean = 0.0
        self.squares = 0.0
        self._block: list[float] = []
        self._tails: list[tuple[float, float]] = []
        self._mean = 0.0
        self._squares = 0.0

    def update(self, x: float) -> bool:
        """Take the next value; tell whether `mean` and `squares` describe a full window."""
        self._block.append(x)
        count = len(self._block)
        self._mean, self._squares = _add(self._mean, self._squares, x, count)
        if self._tails:
            self._join(count)
        elif count == self.n:
            self.mean, self.squares = self._mean, self._squares
        else:
            return False
        if count == self.n:
            self._start_block()
        return True

    def _join(self, count: int) -> None:
        mean, squares = self._tails.pop()
        older = self.n - count
        gap = mean - self._mean
        self.mean = self._mean + gap * older / self.n
        self.squares = self._squares + squares + gap * gap * older * count / self.n

    def _start_block(self) -> None:
        mean = squares = 0.0
        self._tails = [(mean, squares)]
        for count, x in enumerate(self._block[:0:-1], 1):
            mean, squares = _add(mean, squares, x, count)
            self._tails.append((mean, squares))
        self._block.clear()
        self._mean = self._squares = 0.0


def _add(mean: float, squares: float, x: float, count: int) -> tuple[float, float]:
    """Add the count-th value to a running mean and its summed squared deviations."""
    gap = x - mean
    mean += gap / count
    return mean, squares + gap * (x - mean)
