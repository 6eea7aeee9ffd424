"""Incremental float indicators, one closed candle at a time.

Knows the arithmetic of indicators and nothing else: not candles, clocks, orders or money. Each
object takes one value per closed candle, answers None until it is defined, costs constant time
on average, and pickles. Inputs must be finite; candles are checked where they enter.

Rolling windows never subtract what they once added, so they cannot drift and an outlier leaves
no trace: the window is the tail of the previous block of n values (running totals, built once
per block from its end) joined with the head of the current block.
"""

from tradewind.core.strategy.indicators.means import (
    EMA,
    RVR,
    SMA,
    VWAP,
    Indicator,
    WilderMean,
    WilderRSI,
)
from tradewind.core.strategy.indicators.ranges import (
    ADX,
    ATR,
    TrueRange,
)
from tradewind.core.strategy.indicators.spread import (
    BBWidth,
    BBWidthPercentile,
    Bollinger,
    EWMAVariance,
    PercentileRank,
    Stdev,
    phi,
)

__all__ = [
    "ADX",
    "ATR",
    "EMA",
    "RVR",
    "SMA",
    "VWAP",
    "BBWidth",
    "BBWidthPercentile",
    "Bollinger",
    "EWMAVariance",
    "Indicator",
    "PercentileRank",
    "Stdev",
    "TrueRange",
    "WilderMean",
    "WilderRSI",
    "phi",
]
