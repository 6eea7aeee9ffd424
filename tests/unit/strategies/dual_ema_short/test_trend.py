"""Means, regime and crosses of one instrument."""

import random

import pytest

from tradewind.core.strategy.indicators import EMA
from tradewind.strategies.dual_ema_short.trend import DAY_NS, Trend, count_day

CANDLE_NS = 300_000_000_000
FALL = (100, 101, 102, 103, 104, 105, 104.5, 102.5)


def trend_of(*closes: float, stacked: bool = False) -> Trend:
    trend = Trend(3, 5, stacked=stacked)
    for number, close in enumerate(closes, 1):
        trend.update(close, number * CANDLE_NS)
    return trend


@pytest.mark.parametrize(
    ("name", "closes", "stacked", "active", "crosses"),
    [
        ("warming up", FALL[:4], False, False, 0),
        ("rising", FALL[:6], False, False, 0),
        ("through both means", FALL, False, True, 2),
        ("the means are not stacked yet", FALL, True, False, 2),
        ("the means are stacked", (*FALL, 100.0), True, True, 2),
        ("through the fast mean only", (*FALL[:6], 103.9), False, False, 1),
        ("first the fast, then the slow", (*FALL[:6], 103.9, 103.0), False, True, 2),
        ("below already", (*FALL, 101.0), False, True, 2),
    ],
)
def test_regime_and_crosses(
    name: str, closes: tuple[float, ...], stacked: bool, active: bool, crosses: int
) -> None:
    trend = trend_of(*closes, stacked=stacked)
    assert (trend.active, trend.crosses) == (active, crosses), name


def test_a_count_from_before_a_restart_is_taken_where_it_knows_more() -> None:
    day_ns = 100 * DAY_NS
    for kept_day, kept, expected in ((100, 5, 5), (100, 1, 2), (99, 9, 2), (101, 3, 0)):
        trend = Trend(3, 5, stacked=False)
        for number, close in enumerate(FALL, 1):
            trend.update(close, day_ns + number * CANDLE_NS)
        trend.resume_count(kept_day, kept, 0)
        assert trend.crosses_on(day_ns + DAY_NS // 2) == expected


def test_the_means_are_those_of_the_indicator_and_a_day_counts_from_one_minute_past(
    seed: int,
) -> None:
    dice = random.Random(seed)
    fast, slow, trend = EMA(7), EMA(19), Trend(7, 19, stacked=False)
    before: tuple[float, float | None, float | None] = (0.0, None, None)
    counted: dict[int, int] = {}
    price = 100.0
    for number in range(1, 2000):
        price *= 1 + dice.uniform(-0.004, 0.004)
        close_ns = number * CANDLE_NS
        now = (price, fast.update(price), slow.update(price))
        trend.update(price, close_ns)
        for index in (1, 2):
            was, mean = before[index], now[index]
            if was is not None and mean is not None and before[2] is not None:
                crossed = before[0] > was and price < mean
                day = count_day(close_ns)
                counted[day] = counted.get(day, 0) + crossed
        before = now
        assert trend.ready is slow.ready
        assert not trend.ready or (trend.fast, trend.slow) == now[1:]
        assert trend.crosses_on(close_ns) == counted.get(count_day(close_ns), 0)
