"""What the charts and the list of round trips are drawn from: thinned, compact, ready for JSON.

Knows how many points an eye can tell apart. Must not know HTML. Times go out in milliseconds,
columns of numbers as differences of neighbours, which are short to write.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from tradewind.model.instrument import Instrument
from tradewind.model.order import Side
from tradewind.research.figures import exact, money_digits, zone
from tradewind.research.price_tracks import columns_of, fit
from tradewind.research.results import (
    BacktestResult,
    CandleSeries,
    EquityCurve,
    FillRow,
    RoundTripRow,
)
from tradewind.research.statistics import FloatArray, IntArray

CURVE_BUCKETS = 1_000
CANDLES_IN_ALL = 60_000
CANDLES_EACH = 1_500
MARKERS = 20_000
ROUND_TRIPS = 20_000
BARS = 24
_MILLI_NS = 1_000_000


def chart_data(result: BacktestResult) -> dict[str, Any]:
    """Return everything that the page's script needs."""
    clock = zone(result)
    rules = {instrument.id: instrument for instrument in result.instruments}
    words = _Words()
    trips = shown_trips(result)
    each = max(CANDLES_EACH, CANDLES_IN_ALL // max(1, len(result.prices)))
    return {
        "zone": {"offset": clock.offset_ns // _MILLI_NS, "name": clock.name},
        "currency": result.currency,
        "digits": money_digits(result),
        "start": float(result.starting_equity),
        "curve": curve_columns(result.curve),
        "prices": [
            price_columns(candles, rules.get(candles.instrument), each) for candles in result.prices
        ],
        "markers": marker_columns(result, words),
        "trips": trip_columns(trips, rules, words),
        "results": distribution(result.round_trips),
        "words": words.said,
    }


class _Words:
    """Repeated text, said once: each word by its number."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._numbers: dict[str, int] = {}

    def __call__(self, word: str) -> int:
        if word not in self._numbers:
            self._numbers[word] = len(self.said)
            self.said.append(word)
        return self._numbers[word]


def curve_columns(curve: EquityCurve) -> dict[str, Any]:
    """Return the curve with the extremes of each of 1,000 equal stretches of time."""
    ts_ns = np.array(curve.ts_ns, np.int64)
    equity, below = np.array(curve.equity), np.array(curve.drawdown)
    kept = extremes(ts_ns, (equity, below), CURVE_BUCKETS)
    digits = _digits(equity)
    return {
        "t": _steps(ts_ns[kept] // _MILLI_NS),
        "scale": 10.0**-digits,
        "equity": _steps(np.rint(equity[kept] * 10.0**digits).astype(np.int64)),
        "below": _steps(np.rint(below[kept] * 1e5).astype(np.int64)),
    }


def extremes(ts_ns: IntArray, columns: Sequence[FloatArray], buckets: int) -> IntArray:
    """Return which points to draw: both ends, and lows and highs of each column in each bucket."""
    count = len(ts_ns)
    if count <= 2 * len(columns) * buckets:
        return np.arange(count)
    width = max(1, -(-(int(ts_ns[-1]) - int(ts_ns[0]) + 1) // buckets))
    bucket = (ts_ns - ts_ns[0]) // width
    kept = [np.array([0, count - 1])]
    for column in columns:
        # Sorted by bucket and value, the ends of each bucket are its extremes.
        order = np.lexsort((column, bucket))
        turns = np.flatnonzero(np.diff(bucket[order]))
        kept += [order[np.append(0, turns + 1)], order[np.append(turns, count - 1)]]
    return np.unique(np.concatenate(kept))


def price_columns(candles: CandleSeries, rules: Instrument | None, limit: int) -> dict[str, Any]:
    """Return candles as integers: times in intervals, openings from the close before.

    The first opening counts from its own close. `up` and `down` are the wicks.
    """
    columns, interval_ns = fit(columns_of(candles), candles.interval_ns, limit)
    ts_ns, *prices = columns
    exponent = rules.px_exponent if rules is not None else _digits(prices[3])
    # Mids lie between two ticks, hence one digit more.
    opens, highs, lows, closes = (
        np.rint(column * 10.0 ** (exponent + 1)).astype(np.int64) for column in prices
    )
    return {
        "name": candles.instrument,
        "interval": interval_ns // _MILLI_NS,
        "scale": 10.0 ** -(exponent + 1),
        "digits": exponent,
        "t": _steps(ts_ns // interval_ns),
        "close": _steps(closes),
        "open": (opens - np.append(closes[:1], closes[:-1])).tolist(),
        "up": (highs - np.maximum(opens, closes)).tolist(),
        "down": (np.minimum(opens, closes) - lows).tolist(),
    }


def marker_columns(result: BacktestResult, words: _Words) -> dict[str, Any]:
    """Return our fills, or where there are too many, one for each stretch, side and effect."""
    fills = sorted(result.fills, key=lambda fill: fill.ts_ns)
    counts = [1] * len(fills)
    if len(fills) > MARKERS:
        fills, counts = _thinned(fills)
    return {
        "t": _steps([fill.ts_ns // _MILLI_NS for fill in fills]),
        "name": [words(fill.instrument) for fill in fills],
        "sign": [fill.side.sign for fill in fills],
        "effect": [words(fill.effect) for fill in fills],
        "px": [float(fill.px) for fill in fills],
        "qty": [exact(fill.qty) for fill in fills],
        "reason": [words(fill.reason) for fill in fills],
        "trip": [fill.trip for fill in fills],
        "count": counts if len(fills) < len(result.fills) else [],
    }


def _thinned(fills: Sequence[FillRow]) -> tuple[list[FillRow], list[int]]:
    stretch_ns = max(1, (fills[-1].ts_ns - fills[0].ts_ns) // (MARKERS // 8))
    first: dict[tuple[object, ...], FillRow] = {}
    counts: dict[tuple[object, ...], int] = {}
    for fill in fills:
        key = (fill.ts_ns // stretch_ns, fill.instrument, fill.side, fill.effect)
        first.setdefault(key, fill)
        counts[key] = counts.get(key, 0) + 1
    return list(first.values()), list(counts.values())


def shown_trips(result: BacktestResult) -> tuple[RoundTripRow, ...]:
    """Return all round trips, or where there are too many, those with the largest results."""
    trips = result.round_trips
    if len(trips) <= ROUND_TRIPS:
        return trips
    largest = sorted(trips, key=lambda trip: -abs(trip.net_pnl))[:ROUND_TRIPS]
    return tuple(sorted(largest, key=lambda trip: trip.number))


def trip_columns(
    trips: Iterable[RoundTripRow], rules: dict[Any, Instrument], words: _Words
) -> dict[str, Any]:
    """Return the list of round trips by column."""
    rows = tuple(trips)
    return {
        "number": [trip.number for trip in rows],
        "instance": [words(trip.instance) for trip in rows],
        "name": [words(trip.instrument) for trip in rows],
        "long": [int(trip.side is Side.BUY) for trip in rows],
        "opened": [trip.opened_ns // _MILLI_NS for trip in rows],
        "closed": [trip.closed_ns and trip.closed_ns // _MILLI_NS for trip in rows],
        "qty": [exact(trip.qty) for trip in rows],
        "entry": [_px(trip.entry_px, rules.get(trip.instrument)) for trip in rows],
        "exit": [_px(trip.exit_px, rules.get(trip.instrument)) for trip in rows],
        "entryPx": [float(trip.entry_px) for trip in rows],
        "exitPx": [None if trip.exit_px is None else float(trip.exit_px) for trip in rows],
        "net": [round(float(trip.net_pnl), 8) for trip in rows],
        "part": [None if trip.net_return is None else round(trip.net_return, 6) for trip in rows],
        "fees": [round(float(trip.fees + trip.funding), 8) for trip in rows],
        "entryReason": [words(trip.entry_reason) for trip in rows],
        "exitReason": [words(trip.exit_reason) for trip in rows],
        "currency": [words(trip.currency) for trip in rows],
    }


def _px(px: Decimal | None, rules: Instrument | None) -> str:
    if px is None:
        return ""
    if rules is None:
        return exact(px)
    # An average of several fills lies between ticks; more digits than a tick's say nothing.
    digits = rules.tick.normalize().as_tuple().exponent
    return exact(px.quantize(Decimal(1).scaleb(min(digits, 0)) if isinstance(digits, int) else px))


def distribution(trips: Sequence[RoundTripRow]) -> dict[str, Any]:
    """Return how many round trips ended in each band of net result; zero is always a border.

    The first and last band are open: one result far out must not squeeze all others together.
    """
    net = np.array([float(trip.net_pnl) for trip in trips if trip.closed_ns is not None])
    if not len(net):
        return {"width": 1.0, "first": 0, "counts": []}
    low, high = np.percentile(net, [1, 99])
    width = nice_width(max(high, 0.0) - min(low, 0.0), BARS)
    first, last = int(np.floor(min(low, 0.0) / width)), int(np.ceil(max(high, 0.0) / width))
    last = max(last, first + 1)
    band = np.clip(np.floor(net / width).astype(np.int64), first, last - 1) - first
    return {
        "width": width,
        "first": first,
        "counts": np.bincount(band, minlength=last - first).tolist(),
        "open": [bool(net.min() < first * width), bool(net.max() > last * width)],
    }


def nice_width(span: float, parts: int) -> float:
    """Return 1, 2 or 5 times a power of ten: the smallest that cuts a span into so many parts."""
    if not span > 0.0:
        return 1.0
    rough = span / parts
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999))


def _digits(values: FloatArray) -> int:
    """Return how many decimals nine digits leave; whole numbers that are large have none."""
    largest = float(np.max(np.abs(values))) if len(values) else 0.0
    return 6 if largest < 1.0 else max(0, 8 - int(np.floor(np.log10(largest))))


def _steps(values: IntArray | list[int]) -> list[int]:
    column = np.asarray(values, np.int64)
    differences: list[int] = np.diff(column, prepend=0).tolist()
    return differences
