"""Means and what is built on them alone: EMA, RSI, VWAP, relative volume. See the package."""

from itertools import accumulate
from typing import Literal

from tradewind.model.errors import ConfigError


class Indicator:
    """The common face: `value` is the newest result, None while it is undefined."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float | None = None

    @property
    def ready(self) -> bool:
        """Tell whether `value` is defined."""
        return self.value is not None


class SMA(Indicator):
    """Arithmetic mean of the last `n` values; undefined before n values.

    Raises ConfigError unless n is a whole number of at least 1.
    """

    __slots__ = ("_block", "_head", "_tails", "n")

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = window_length("SMA", n, 1)
        self._block: list[float] = []
        self._tails: list[float] = []
        self._head = 0.0

    def update(self, x: float) -> float | None:
        """Take the next value and return the mean, or None during warm-up."""
        block = self._block
        block.append(x)
        self._head = head = self._head + x
        if self._tails:
            self.value = (self._tails.pop() + head) / self.n
        elif len(block) == self.n:
            self.value = head / self.n
        else:
            return None
        if len(block) == self.n:
            self._start_block()
        return self.value

    def _start_block(self) -> None:
        # [0, newest, newest two, ...]: what is left of this block as the next one grows.
        self._tails = list(accumulate(self._block[:0:-1], initial=0.0))
        self._block.clear()
        self._head = 0.0


class EMA(Indicator):
    """Exponential mean `E = c*k + E_prev*(1 - k)` with `k = 2/(n + 1)`; undefined before n values.

    `seed="sma"` starts from the mean of the first n values. `seed="first"` starts from the first
    value, as other engines' benchmarks do; it too stays undefined before n values. Raises
    ConfigError for another seed, or unless n is a whole number of at least 1.
    """

    __slots__ = ("_count", "_keep", "_partial", "_weight", "n", "seed")

    def __init__(self, n: int, seed: Literal["sma", "first"] = "sma") -> None:
        super().__init__()
        if seed not in ("sma", "first"):
            raise ConfigError(f'Built an EMA, found the seed {seed!r}; use "sma" or "first".')
        self.n = window_length("EMA", n, 1)
        self.seed = seed
        self._weight = 2.0 / (n + 1)
        self._keep = 1.0 - self._weight
        self._count = 0
        self._partial = 0.0

    def update(self, x: float) -> float | None:
        """Take the next value and return the mean, or None during warm-up."""
        value = self.value
        if value is None:
            return self._warm_up(x)
        self.value = value = x * self._weight + value * self._keep
        return value

    def _warm_up(self, x: float) -> float | None:
        self._count += 1
        if self.seed == "sma":
            self._partial += x
            seeded = self._partial / self.n
        elif self._count == 1:
            self._partial = seeded = x
        else:
            self._partial = seeded = x * self._weight + self._partial * self._keep
        if self._count == self.n:
            self.value = seeded
        return self.value


class WilderMean(Indicator):
    """Wilder's smoothing: the mean of the first `n` values, then `(prev*(n - 1) + x)/n`.

    Raises ConfigError unless n is a whole number of at least 1.
    """

    __slots__ = ("_count", "_sum", "n")

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = window_length("Wilder mean", n, 1)
        self._count = 0
        self._sum = 0.0

    def update(self, x: float) -> float | None:
        """Take the next value and return the smoothed one, or None during warm-up."""
        if self.value is not None:
            self.value = (self.value * (self.n - 1) + x) / self.n
            return self.value
        self._count += 1
        self._sum += x
        if self._count == self.n:
            self.value = self._sum / self.n
        return self.value


class WilderRSI(Indicator):
    """Relative strength, 0 to 100, over `n` changes; undefined before n + 1 closes.

    100 without losses, 50 where nothing moved. Raises ConfigError unless n is at least 1.
    """

    __slots__ = ("_gain", "_loss", "_previous", "n")

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = window_length("RSI", n, 1)
        self._gain = WilderMean(n)
        self._loss = WilderMean(n)
        self._previous: float | None = None

    def update(self, close: float) -> float | None:
        """Take the next close and return the RSI, or None during warm-up."""
        previous, self._previous = self._previous, close
        if previous is None:
            return None
        change = close - previous
        gain = self._gain.update(max(change, 0.0))
        loss = self._loss.update(max(-change, 0.0))
        if gain is None or loss is None:
            return None
        if loss == 0.0:
            self.value = 100.0 if gain > 0.0 else 50.0
        else:
            self.value = 100.0 - 100.0 / (1.0 + gain / loss)
        return self.value


class RVR(Indicator):
    """Relative volume ratio: the newest volume over the mean of the last `n`, itself included.

    Undefined before n values and where the mean is 0. Raises ConfigError unless n is at least 1.
    """

    __slots__ = ("_mean",)

    def __init__(self, n: int) -> None:
        super().__init__()
        self._mean = SMA(n)

    def update(self, volume: float) -> float | None:
        """Take the next volume and return the ratio, or None while it is undefined."""
        mean = self._mean.update(volume)
        self.value = volume / mean if mean else None
        return self.value


class VWAP(Indicator):
    """Mean typical price `(high + low + close)/3` of a session, weighted by volume.

    Undefined until something has traded. The caller says when a session opens, with `reset`.
    """

    __slots__ = ("_value", "_volume")

    def __init__(self) -> None:
        super().__init__()
        self._value = 0.0
        self._volume = 0.0

    def reset(self) -> None:
        """Forget the old session; call it before the first candle of a new one."""
        self._value = self._volume = 0.0
        self.value = None

    def update(self, high: float, low: float, close: float, volume: float) -> float | None:
        """Take the next candle of the session and return the VWAP, or None before any volume."""
        self._value += (high + low + close) / 3.0 * volume
        self._volume += volume
        if self._volume:
            self.value = self._value / self._volume
        return self.value


def window_length(what: str, n: object, least: int) -> int:
    """Return `n` if it is a whole number of at least `least`; raises ConfigError if not."""
    if isinstance(n, bool) or not isinstance(n, int) or n < least:
        raise ConfigError(
            f"Built the {what}, found the window {n!r}; use a whole number of at least {least}."
        )
    return n
