"""What the charts get: few enough points, with nothing that an eye would miss."""

import time
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from tests.unit.research.sample import empty_result, perpetual, sample_result
from tradewind.research.drawdowns import drawdown
from tradewind.research.report.chart_data import (
    CURVE_BUCKETS,
    MARKERS,
    ROUND_TRIPS,
    chart_data,
    curve_columns,
    distribution,
    extremes,
    nice_width,
    price_columns,
)
from tradewind.research.results import BacktestResult, EquityCurve


def summed(steps: list[int], scale: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.cumsum(np.array(steps, np.float64)) * scale


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return sample_result(days=30)


def test_a_short_curve_keeps_every_point(result: BacktestResult) -> None:
    drawn = curve_columns(result.curve)
    assert summed(drawn["t"]).tolist() == [ts_ns // 1_000_000 for ts_ns in result.curve.ts_ns]
    assert np.allclose(summed(drawn["equity"], drawn["scale"]), result.curve.equity, atol=1e-3)
    assert np.allclose(summed(drawn["below"], 1e-5), result.curve.drawdown, atol=1e-5)


def test_a_million_points_become_few_thousand_with_all_extremes(seed: int) -> None:
    dice = np.random.default_rng(seed)
    count = 1_000_000
    ts_ns = np.arange(count) * 1_000_000_000
    equity = 1e5 + np.cumsum(dice.normal(size=count))
    started = time.perf_counter()
    kept = extremes(ts_ns, (equity, drawdown(equity)), CURVE_BUCKETS)
    assert time.perf_counter() - started < 5.0
    assert len(kept) <= 4 * CURVE_BUCKETS + 2
    assert {0, count - 1} <= set(kept.tolist())
    assert equity[kept].max() == equity.max()
    assert equity[kept].min() == equity.min()
    assert drawdown(equity)[kept].min() == drawdown(equity).min()
    bucket = ts_ns[-1] // CURVE_BUCKETS
    inside = (ts_ns >= 500 * bucket) & (ts_ns < 502 * bucket)
    assert equity[inside].max() <= equity[kept][(ts_ns[kept] >= 499 * bucket)].max()


def test_a_whole_report_of_a_million_points_is_small() -> None:
    count = 1_000_000
    curve = EquityCurve(
        tuple(range(0, count * 1_000_000_000, 1_000_000_000)),
        tuple(float(value) for value in range(count)),
        (0.0,) * count,
    )
    text = msgspec.json.encode(curve_columns(curve))
    assert len(text) < 100_000


def test_candles_come_back_from_their_differences(result: BacktestResult) -> None:
    candles = result.prices[0]
    drawn = price_columns(candles, perpetual("BTCUSDT"), 100_000)
    close = summed(drawn["close"], drawn["scale"])
    opens = np.append(close[0], close[:-1]) + np.array(drawn["open"]) * drawn["scale"]
    high = np.maximum(opens, close) + np.array(drawn["up"]) * drawn["scale"]
    low = np.minimum(opens, close) - np.array(drawn["down"]) * drawn["scale"]
    assert np.allclose(close, candles.close)
    assert np.allclose(opens, candles.open)
    assert np.allclose(high, candles.high)
    assert np.allclose(low, candles.low)
    assert (summed(drawn["t"], drawn["interval"]) * 1e6).tolist() == list(candles.ts_ns)


def test_candles_are_thinned_to_what_a_chart_needs(result: BacktestResult) -> None:
    drawn = price_columns(result.prices[0], None, 500)
    assert len(drawn["t"]) <= 500


def test_crowded_fills_become_one_for_each_stretch(result: BacktestResult) -> None:
    fills = tuple(
        msgspec.structs.replace(fill, ts_ns=fill.ts_ns + shift)
        for shift in range(100)
        for fill in result.fills
    )
    assert len(fills) > MARKERS
    drawn = chart_data(msgspec.structs.replace(result, fills=fills))["markers"]
    assert len(drawn["t"]) <= MARKERS
    assert sum(drawn["count"]) == len(fills)
    assert chart_data(result)["markers"]["count"] == []


def test_only_the_largest_of_too_many_round_trips_are_listed(result: BacktestResult) -> None:
    small = result.round_trips[0]
    many = tuple(
        msgspec.structs.replace(small, number=number, net_pnl=Decimal(number % 7))
        for number in range(1, ROUND_TRIPS + 1_000)
    )
    drawn = chart_data(msgspec.structs.replace(result, round_trips=many))["trips"]
    assert len(drawn["number"]) == ROUND_TRIPS
    assert drawn["number"] == sorted(drawn["number"])
    assert drawn["net"].count(6.0) == sum(trip.net_pnl == 6 for trip in many)


def test_results_are_counted_in_bands_with_zero_at_a_border(result: BacktestResult) -> None:
    drawn = distribution(result.round_trips)
    closed = [trip for trip in result.round_trips if trip.closed_ns is not None]
    assert sum(drawn["counts"]) == len(closed)
    lost = sum(trip.net_pnl < 0 for trip in closed)
    assert sum(drawn["counts"][: -drawn["first"]]) == lost


def test_one_result_far_out_does_not_squeeze_the_others(result: BacktestResult) -> None:
    closed = [trip for trip in result.round_trips if trip.closed_ns is not None]
    lucky = msgspec.structs.replace(closed[0], net_pnl=Decimal(1_000_000))
    drawn = distribution((*closed, lucky))
    assert drawn["width"] <= 50.0
    assert drawn["open"][1]


@pytest.mark.parametrize(
    ("span", "parts", "expected"),
    [(100.0, 24, 5.0), (24.0, 24, 1.0), (0.3, 24, 0.02), (0.0, 24, 1.0), (1e6, 24, 50_000.0)],
)
def test_bands_have_round_widths(span: float, parts: int, expected: float) -> None:
    assert nice_width(span, parts) == pytest.approx(expected)


def test_a_run_without_anything_has_empty_columns() -> None:
    drawn = chart_data(empty_result())
    assert drawn["prices"] == []
    assert drawn["trips"]["number"] == drawn["markers"]["t"] == drawn["results"]["counts"] == []
