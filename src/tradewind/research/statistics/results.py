"""What round trips and fills say: wins, losses, exposure, turnover, fees, adverse selection.

A round trip runs from flat to flat; its result is after fees. Money is in one currency, as
floats. None where a number is undefined, such as an average of nothing.
"""

import itertools
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from tradewind.research.statistics.curve import FloatArray, IntArray, finite

_SECOND_NS = 1_000_000_000


class RoundTrip(msgspec.Struct, frozen=True, gc=False):
    """One position from flat to flat: its profit after fees, and its two ends."""

    net_pnl: float
    opened_ns: int
    closed_ns: int


class FillSample(msgspec.Struct, frozen=True, gc=False):
    """One of our fills; `signed_qty` counts the multiplier in, `fee` is positive when paid."""

    ts_ns: int
    instrument: str
    signed_qty: float
    px: float
    fee: float
    maker: bool


class PriceSeries(msgspec.Struct, frozen=True):
    """An instrument's reference price (mid, else last) at rising times."""

    ts_ns: IntArray
    px: FloatArray


def win_rate(pnl: FloatArray) -> float | None:
    """Return winners over winners and losers; round trips of exactly zero are neither."""
    decided = int(np.count_nonzero(pnl))
    return int(np.count_nonzero(pnl > 0.0)) / decided if decided else None


def avg_win(pnl: FloatArray) -> float | None:
    """Return the mean of the winners."""
    return _mean(pnl[pnl > 0.0])


def avg_loss(pnl: FloatArray) -> float | None:
    """Return the mean of the losers, a negative number."""
    return _mean(pnl[pnl < 0.0])


def payoff_ratio(pnl: FloatArray) -> float | None:
    """Return the average win over the average loss; None unless there are both."""
    win, loss = avg_win(pnl), avg_loss(pnl)
    return None if win is None or loss is None else finite(win / -loss)


def profit_factor(pnl: FloatArray) -> float | None:
    """Return the sum won over the sum lost: 0 if nothing was won, None if nothing was lost."""
    lost = -float(np.sum(pnl[pnl < 0.0]))
    return finite(float(np.sum(pnl[pnl > 0.0])) / lost) if lost else None


def expectancy(pnl: FloatArray) -> float | None:
    """Return the mean result of a round trip."""
    return _mean(pnl)


def _mean(values: FloatArray) -> float | None:
    return finite(float(np.mean(values))) if len(values) else None


def exposure(held_ns: Sequence[tuple[int, int]], start_ns: int, end_ns: int) -> float | None:
    """Return the share of the time from start to end in which any interval was held."""
    if end_ns <= start_ns:
        return None
    covered, reached = 0, start_ns
    for opened, closed in sorted(held_ns):
        covered += max(0, min(closed, end_ns) - max(opened, reached))
        reached = max(reached, closed)
    return covered / (end_ns - start_ns)


def turnover(fills: Sequence[FillSample], mean_equity: float | None) -> float | None:
    """Return the notional traded, both ways, over the average equity."""
    if mean_equity is None or mean_equity <= 0.0:
        return None
    return finite(sum(_notional(fill) for fill in fills) / mean_equity)


def total_fees(fills: Sequence[FillSample]) -> float:
    """Return the fees paid less rebates received."""
    return sum((fill.fee for fill in fills), start=0.0)


def maker_share(fills: Sequence[FillSample]) -> float | None:
    """Return the share of the notional that was filled as maker."""
    traded = sum(_notional(fill) for fill in fills)
    return sum(_notional(fill) for fill in fills if fill.maker) / traded if traded else None


def mark_out(
    fills: Sequence[FillSample], prices: Mapping[str, PriceSeries], horizon_s: float
) -> float | None:
    """Return what fills gained `horizon_s` later, in basis points of their notional.

    Positive where the price went our way. The later price is the last one known by then; fills
    whose horizon lies beyond their prices do not count.
    """
    gained = traded = 0.0
    order = sorted(fills, key=lambda fill: fill.instrument)
    for instrument, group in itertools.groupby(order, key=lambda fill: fill.instrument):
        if instrument in prices:
            gain, notional = _marked(list(group), prices[instrument], horizon_s)
            gained += gain
            traded += notional
    return finite(gained / traded * 10_000.0) if traded else None


def _marked(fills: list[FillSample], prices: PriceSeries, horizon_s: float) -> tuple[float, float]:
    if not len(prices.ts_ns):
        return 0.0, 0.0
    later_ns = np.array([fill.ts_ns for fill in fills]) + round(horizon_s * _SECOND_NS)
    at = np.searchsorted(prices.ts_ns, later_ns, side="right") - 1
    known = (at >= 0) & (later_ns <= prices.ts_ns[-1])
    qty = np.array([fill.signed_qty for fill in fills])[known]
    px = np.array([fill.px for fill in fills])[known]
    return float(qty @ (prices.px[at[known]] - px)), float(np.abs(qty) @ px)


def _notional(fill: FillSample) -> float:
    return abs(fill.signed_qty) * fill.px
