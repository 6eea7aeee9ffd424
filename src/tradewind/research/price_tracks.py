"""Prices of one instrument as candles, coarse enough to keep, with every high and low.

Knows candles and how to merge them. Must not know where prices come from, nor charts. All prices
are floats: this is for looking at.
"""

from array import array
from itertools import pairwise

import numpy as np

from tradewind.model.ids import InstrumentId
from tradewind.model.market import INTERVALS_NS
from tradewind.research.results import CandleSeries
from tradewind.research.statistics import DAY_NS, FloatArray, IntArray

SECOND_NS = INTERVALS_NS["1s"]
# Each divides the next, so that a candle never lies across the border of a coarser one.
LADDER_NS = (
    *(INTERVALS_NS[name] for name in ("1s", "5s", "15s", "1m", "5m", "15m", "1h", "4h", "1d")),
    7 * DAY_NS,
    28 * DAY_NS,
)
assert all(not coarse % fine for fine, coarse in pairwise(LADDER_NS))

Columns = tuple[IntArray, FloatArray, FloatArray, FloatArray, FloatArray]
"""Opening times, open, high, low and close."""


def coarser(interval_ns: int) -> int:
    """Return the next interval that candles of `interval_ns` merge into without a remainder."""
    for step_ns in LADDER_NS:
        if step_ns > interval_ns and not step_ns % interval_ns:
            return step_ns
    return interval_ns * 2


def merge(columns: Columns, interval_ns: int) -> Columns:
    """Merge candles by time into candles of `interval_ns`; highs and lows are kept exactly."""
    ts_ns, opens, highs, lows, closes = columns
    if not len(ts_ns):
        return columns
    bucket = ts_ns // interval_ns
    starts = np.flatnonzero(np.append(True, np.diff(bucket) != 0))
    ends = np.append(starts[1:], len(ts_ns)) - 1
    return (
        bucket[starts] * interval_ns,
        opens[starts],
        np.maximum.reduceat(highs, starts),
        np.minimum.reduceat(lows, starts),
        closes[ends],
    )


def fit(columns: Columns, interval_ns: int, limit: int) -> tuple[Columns, int]:
    """Merge until no more than `limit` candles are left; return them and their interval."""
    columns = merge(columns, interval_ns)
    while len(columns[0]) > limit:
        interval_ns = coarser(interval_ns)
        columns = merge(columns, interval_ns)
    return columns, interval_ns


class PriceTrack:
    """Candles of one instrument while they come; never more than `limit` of them.

    Within an interval a price costs three comparisons. Times that go back are not drawn.
    """

    __slots__ = (
        "_columns",
        "_end_ns",
        "_limit",
        "_start_ns",
        "close",
        "high",
        "interval_ns",
        "low",
    )

    def __init__(self, interval_ns: int, limit: int) -> None:
        self.interval_ns = interval_ns
        self._limit = limit
        self._columns = (array("q"), array("d"), array("d"), array("d"), array("d"))
        self._start_ns = self._end_ns = -(1 << 62)
        self.high = self.low = self.close = 0.0

    def add(self, ts_ns: int, open_px: float, high: float, low: float, close: float) -> None:
        """Take a candle, or one price four times."""
        if ts_ns < self._end_ns:
            if ts_ns >= self._start_ns:
                if high > self.high:
                    self.high = high
                if low < self.low:
                    self.low = low
                self.close = close
            return
        self._keep()
        self._begin(ts_ns, open_px)
        self.high, self.low, self.close = high, low, close
        if len(self._columns[0]) > self._limit:
            self._thin()

    def columns(self) -> Columns:
        """Return the candles so far, the one under way included."""
        times, *prices = (np.array(column) for column in self._columns)
        if len(prices[1]) < len(times):
            under_way = (self.high, self.low, self.close)
            prices[1:] = [
                np.append(column, px) for column, px in zip(prices[1:], under_way, strict=True)
            ]
        return (times, *prices)  # type: ignore[return-value]

    def _begin(self, ts_ns: int, open_px: float) -> None:
        self._start_ns = ts_ns - ts_ns % self.interval_ns
        self._end_ns = self._start_ns + self.interval_ns
        times, opens, *_ = self._columns
        times.append(self._start_ns)
        opens.append(open_px)

    def _keep(self) -> None:
        # The opening of the candle under way is in the columns already; now the rest follows.
        times, _, highs, lows, closes = self._columns
        if len(highs) < len(times):
            highs.append(self.high)
            lows.append(self.low)
            closes.append(self.close)

    def _thin(self) -> None:
        columns, self.interval_ns = fit(self.columns(), coarser(self.interval_ns), self._limit)
        times, *prices = columns
        self._columns = (array("q", times.tobytes()), *(array("d", px.tobytes()) for px in prices))  # type: ignore[assignment]
        # The last candle is under way again: what follows may still belong to it.
        kept, _, highs, lows, closes = self._columns
        self.high, self.low, self.close = highs.pop(), lows.pop(), closes.pop()
        self._start_ns = kept[-1]
        self._end_ns = self._start_ns + self.interval_ns


def series(instrument: InstrumentId, columns: Columns, interval_ns: int) -> CandleSeries:
    """Return candles as a value for the result."""
    ts_ns, opens, highs, lows, closes = columns
    return CandleSeries(
        instrument=instrument,
        interval_ns=interval_ns,
        ts_ns=tuple(ts_ns.tolist()),
        open=tuple(opens.tolist()),
        high=tuple(highs.tolist()),
        low=tuple(lows.tolist()),
        close=tuple(closes.tolist()),
    )


def columns_of(candles: CandleSeries) -> Columns:
    """Return the candles of a result as columns."""
    return (
        np.array(candles.ts_ns, np.int64),
        np.array(candles.open),
        np.array(candles.high),
        np.array(candles.low),
        np.array(candles.close),
    )
