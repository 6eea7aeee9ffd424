"""How far an equity curve lay below its peak, and its deepest falls. Knows arrays, nothing else."""

import numpy as np

from tradewind.research.results import Drawdown
from tradewind.research.statistics import FloatArray, IntArray

SHOWN = 5


def drawdown(equity: FloatArray) -> FloatArray:
    """Return for each value how far it lies below the peak so far, as a fraction <= 0.

    Zero where the peak is not positive: there is nothing to lose a part of.
    """
    if not len(equity):
        return equity
    peak = np.maximum.accumulate(equity)
    below = np.zeros(len(equity))
    np.divide(equity - peak, peak, out=below, where=peak > 0.0)
    return below


def deepest(ts_ns: IntArray, equity: FloatArray, *, shown: int = SHOWN) -> tuple[Drawdown, ...]:
    """Return the deepest falls, the worst first; each runs from a peak to its recovery."""
    below = drawdown(equity)
    edges = np.diff(np.concatenate(([False], below < 0.0, [False])).astype(np.int8))
    falls = [
        _fall(ts_ns, below, int(first), int(end))
        for first, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True)
    ]
    return tuple(sorted(falls, key=lambda fall: (fall.depth, fall.peak_ns))[:shown])


def _fall(ts_ns: IntArray, below: FloatArray, first: int, end: int) -> Drawdown:
    trough = first + int(np.argmin(below[first:end]))
    return Drawdown(
        peak_ns=int(ts_ns[max(first - 1, 0)]),
        trough_ns=int(ts_ns[trough]),
        recovered_ns=int(ts_ns[end]) if end < len(ts_ns) else None,
        depth=float(below[trough]),
    )
