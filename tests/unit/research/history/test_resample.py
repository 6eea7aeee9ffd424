"""Larger candles are what the running desk would have made of the smaller ones."""

import numpy as np
import pytest

from tests.unit.runtime.instruments import perpetual
from tradewind.core.market.candles import CandleRollup
from tradewind.model.errors import DataError
from tradewind.model.events import Candle
from tradewind.model.history import columns_of
from tradewind.ports import Columns
from tradewind.research.history import resample
from tradewind.runtime import feed

MINUTE = 60_000_000_000
NAMES = tuple(columns_of("candle:1m"))
BTC = perpetual()


def candles(rows: list[tuple[int, int, int, int, int, float]], status: int = 1) -> Columns:
    """Return 1m candles from (minute, open, high, low, close, volume)."""
    minute, *prices, volume = (np.array(each) for each in zip(*rows, strict=True))
    ts = minute * MINUTE
    codes = np.full(len(rows), status, np.int8)
    return Columns(NAMES, (ts, ts + MINUTE, *prices, volume.astype(float), codes))


def test_a_bucket_is_first_highest_lowest_last_and_sum() -> None:
    source = candles(
        [(0, 10, 15, 9, 12, 0.1), (1, 12, 20, 11, 13, 0.2), (4, 13, 14, 2, 3, 0.3),
         (5, 3, 4, 3, 4, 1.0)]
    )  # fmt: skip
    made = resample(source, "1m", "5m")
    rows = [array.tolist() for array in made.arrays]
    assert rows == [
        [0, 5 * MINUTE], [5 * MINUTE, 10 * MINUTE], [10, 3], [20, 4], [2, 3], [3, 4],
        [0.6, 1.0], [1, 1],
    ]  # fmt: skip
    assert made.names == NAMES


def test_holes_make_no_candle_and_young_ones_are_closed() -> None:
    made = resample(candles([(0, 1, 1, 1, 1, 1), (61, 2, 2, 2, 2, 1)]), "1m", "30m")
    assert [ts // MINUTE for ts in made.arrays[0].tolist()] == [0, 60]
    assert made.arrays[-1].tolist() == [1, 1]


def test_an_indian_day_begins_at_its_own_midnight() -> None:
    offset_ns = -19_800_000_000_000
    late, early = 18 * 60 + 29, 18 * 60 + 30
    made = resample(candles([(late, 1, 1, 1, 1, 1), (early, 2, 2, 2, 2, 1)]), "1m", "1d", offset_ns)
    assert [ts // MINUTE for ts in made.arrays[0].tolist()] == [-330, 18 * 60 + 30]


def test_the_same_interval_is_the_same_rows_without_provisional_ones() -> None:
    source = candles([(0, 1, 1, 1, 1, 1), (1, 2, 2, 2, 2, 1)])
    source.arrays[-1][1] = 0
    assert resample(source, "1m", "1m").arrays[0].tolist() == [0]


def test_it_agrees_with_the_desks_own_rollup(seed: int) -> None:
    dice = np.random.default_rng(seed)
    minutes = np.unique(dice.integers(0, 5_000, 3_000))
    close = dice.integers(90, 110, len(minutes))
    source = candles(
        [
            (int(minute), int(px), int(px) + 3, int(px) - 2, int(px) + 1, float(volume))
            for minute, px, volume in zip(minutes, close, dice.random(len(minutes)), strict=True)
        ]
    )
    rollup = CandleRollup("1m", "15m")
    expected: list[Candle] = []
    for part in feed.candles(BTC, "1m", source):
        expected += rollup.add(part)
    expected += rollup.advance(2**60)
    made = feed.candles(BTC, "15m", resample(source, "1m", "15m"))
    kept = [(c.ts_event, c.open, c.high, c.low, c.close, c.volume) for c in made]
    assert kept == [(c.ts_event, c.open, c.high, c.low, c.close, c.volume) for c in expected]


@pytest.mark.parametrize(
    ("small", "large"), [("5m", "1m"), ("3m", "5m"), ("1m", "7m"), ("2m", "1h")]
)
def test_an_interval_that_does_not_fit_is_refused(small: str, large: str) -> None:
    with pytest.raises(DataError, match=r"interval|whole number"):
        resample(candles([(0, 1, 1, 1, 1, 1)]), small, large)
