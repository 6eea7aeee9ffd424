"""Thinned prices: no high and no low may be lost, however the candles came."""

import random

import numpy as np
import pytest

from tradewind.model.ids import InstrumentId
from tradewind.model.market import INTERVALS_NS
from tradewind.research.price_tracks import (
    Columns,
    PriceTrack,
    coarser,
    columns_of,
    fit,
    merge,
    series,
)

MINUTE_NS = INTERVALS_NS["1m"]


def walk(count: int, dice: random.Random) -> Columns:
    """Return minute candles of a random walk, with holes."""
    minutes = sorted(dice.sample(range(3 * count), count))
    closes = np.cumsum([dice.gauss(0, 1) for _ in range(count)]) + 1_000.0
    opens = np.append(1_000.0, closes[:-1])
    up = np.array([abs(dice.gauss(0, 0.5)) for _ in range(count)])
    down = np.array([abs(dice.gauss(0, 0.5)) for _ in range(count)])
    ts_ns = np.array(minutes, np.int64) * MINUTE_NS
    return ts_ns, opens, np.maximum(opens, closes) + up, np.minimum(opens, closes) - down, closes


def streamed(columns: Columns, limit: int) -> tuple[Columns, int]:
    track = PriceTrack(MINUTE_NS, limit)
    for ts_ns, *prices in zip(*(column.tolist() for column in columns), strict=True):
        track.add(ts_ns, *prices)
    return track.columns(), track.interval_ns


@pytest.mark.parametrize("limit", [10, 64, 500, 5_000])
def test_streamed_and_whole_columns_give_the_same_candles(limit: int, seed: int) -> None:
    columns = walk(2_000, random.Random(seed))
    kept, interval_ns = streamed(columns, limit)
    whole, whole_ns = fit(columns, MINUTE_NS, limit)
    assert interval_ns == whole_ns
    assert len(kept[0]) <= limit
    for ours, theirs in zip(kept, whole, strict=True):
        assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("limit", [1, 7, 300])
def test_no_high_and_no_low_is_lost(limit: int, seed: int) -> None:
    columns = walk(1_000, random.Random(seed))
    (ts_ns, opens, highs, lows, closes), interval_ns = fit(columns, MINUTE_NS, limit)
    for start_ns, high, low in zip(ts_ns, highs, lows, strict=True):
        inside = (columns[0] >= start_ns) & (columns[0] < start_ns + interval_ns)
        assert (high, low) == (columns[2][inside].max(), columns[3][inside].min())
    assert (opens[0], closes[-1]) == (columns[1][0], columns[4][-1])


def test_reading_the_candles_does_not_end_the_one_under_way() -> None:
    track = PriceTrack(MINUTE_NS, 10)
    track.add(0, 1.0, 2.0, 0.5, 1.5)
    track.columns()
    track.add(30_000_000_000, 9.0, 9.0, 0.1, 0.2)
    assert [column.tolist() for column in track.columns()] == [[0], [1.0], [9.0], [0.1], [0.2]]


def test_a_time_that_goes_back_is_not_drawn() -> None:
    track = PriceTrack(MINUTE_NS, 10)
    track.add(MINUTE_NS, 1.0, 1.0, 1.0, 1.0)
    track.add(0, 5.0, 5.0, 5.0, 5.0)
    assert [column.tolist() for column in track.columns()] == [[MINUTE_NS], *[[1.0]] * 4]


def test_no_price_makes_no_candle() -> None:
    columns = PriceTrack(MINUTE_NS, 10).columns()
    assert [len(column) for column in merge(columns, MINUTE_NS)] == [0] * 5


@pytest.mark.parametrize(
    ("interval", "expected"),
    [("1s", "5s"), ("1m", "5m"), ("3m", "15m"), ("30m", "1h"), ("4h", "1d")],
)
def test_intervals_grow_by_whole_multiples(interval: str, expected: str) -> None:
    assert coarser(INTERVALS_NS[interval]) == INTERVALS_NS[expected]


def test_an_odd_interval_doubles() -> None:
    assert coarser(7 * MINUTE_NS * 60 * 24 * 28) == 14 * MINUTE_NS * 60 * 24 * 28


def test_a_series_comes_back_as_the_same_columns(seed: int) -> None:
    columns = walk(50, random.Random(seed))
    again = columns_of(series(InstrumentId("X:Y"), columns, MINUTE_NS))
    assert [column.tolist() for column in again] == [column.tolist() for column in columns]
