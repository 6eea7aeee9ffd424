"""Candles from prints and quotes by hand, and the same candles in any order of arrival."""

import random
from collections.abc import Iterable

import pytest

from tests.unit.core.market.samples import PERP, PERP_ID, D, quote, trade
from tradewind.core.market.candles import KEPT, CandleBuilder, CandleRollup
from tradewind.model.errors import ConfigError
from tradewind.model.events import Candle, Trade
from tradewind.model.market import CandleStatus
from tradewind.model.money import NANOS

CLOSED, CORRECTED = CandleStatus.CLOSED, CandleStatus.CORRECTED
PROVISIONAL = CandleStatus.PROVISIONAL
MINUTE = 60 * NANOS
GRACE = 2 * NANOS


def ohlc(candle: Candle | None) -> tuple[int, int, int, int, float]:
    """Return a candle's prices in quanta and its volume."""
    assert candle is not None
    return (
        candle.open_quanta,
        candle.high_quanta,
        candle.low_quanta,
        candle.close_quanta,
        candle.volume,
    )


def part(minute: int, prices: str, volume: float = 1.0, status: CandleStatus = CLOSED) -> Candle:
    """Return a one-minute candle with `open high low close` in quanta."""
    o, h, low, c = (int(px) for px in prices.split())
    return Candle(
        PERP_ID,
        minute * MINUTE,
        (minute + 1) * MINUTE,
        "1m",
        o,
        h,
        low,
        c,
        o / 100,
        h / 100,
        low / 100,
        c / 100,
        volume,
        status,
    )


def build(builder: CandleBuilder, trades: Iterable[Trade], until: int) -> list[Candle]:
    """Feed prints and return every candle that came out."""
    out = [candle for one in trades for candle in builder.add(one)]
    return out + list(builder.advance(until))


def test_prints_become_a_candle_after_end_and_grace() -> None:
    builder = CandleBuilder(PERP, "1m")
    for ts, px, qty in (
        (1, "100.00", "1"),
        (2, "100.50", "2"),
        (3, "99.5", "3"),
        (4, "100.1", "4"),
    ):
        assert builder.add(trade(ts * NANOS, px, qty)) == ()
    assert builder.advance(MINUTE + GRACE - 1) == ()
    (candle,) = builder.advance(MINUTE + GRACE)
    assert ohlc(candle) == (10_000, 10_050, 9_950, 10_010, 10.0)
    assert (candle.open, candle.high, candle.low, candle.close) == (100.0, 100.5, 99.5, 100.1)
    assert (candle.ts_event, candle.ts_recv) == (0, MINUTE + GRACE)
    assert (candle.interval, candle.status) == ("1m", CLOSED)
    assert builder.forming is None
    assert builder.advance(9 * MINUTE) == ()


def test_the_next_message_closes_what_is_due() -> None:
    builder = CandleBuilder(PERP, "1m")
    builder.add(trade(1, "100"))
    assert builder.add(trade(MINUTE, "101")) == ()
    (candle,) = builder.add(trade(MINUTE + GRACE, "102"))
    assert ohlc(candle) == (10_000,) * 4 + (1.0,)
    assert ohlc(builder.forming) == (10_100, 10_200, 10_100, 10_200, 2.0)


def test_a_late_print_within_the_grace_still_counts() -> None:
    builder = CandleBuilder(PERP, "1m")
    builder.add(trade(1, "100"))
    builder.add(trade(MINUTE + 1, "105"))
    assert builder.add(trade(MINUTE - 1, "90", ts_recv=MINUTE + NANOS)) == ()
    (candle,) = builder.advance(MINUTE + GRACE)
    assert ohlc(candle) == (10_000, 10_000, 9_000, 9_000, 2.0)
    assert candle.status is CLOSED


def test_the_forming_candle_is_provisional() -> None:
    builder = CandleBuilder(PERP, "1m")
    builder.add(trade(7, "100", ts_recv=9))
    forming = builder.forming
    assert forming is not None
    assert (forming.status, forming.ts_recv, forming.close_quanta) == (PROVISIONAL, 9, 10_000)


@pytest.mark.parametrize(
    ("lost", "back", "statuses"),
    [
        (MINUTE - 2, MINUTE - 1, [PROVISIONAL, CLOSED, CLOSED]),
        (MINUTE - 2, MINUTE + 1, [PROVISIONAL, PROVISIONAL, CLOSED]),
        (MINUTE, MINUTE + 1, [CLOSED, PROVISIONAL, CLOSED]),
        (MINUTE, None, [CLOSED, PROVISIONAL, PROVISIONAL]),
    ],
)
def test_a_bucket_whose_prints_may_be_missing_is_never_called_closed(
    lost: int, back: int | None, statuses: list[CandleStatus]
) -> None:
    builder = CandleBuilder(PERP, "1m")
    builder.add(trade(1, "100"))
    builder.lose(lost)
    builder.lose(lost + 5)  # it is as old as when it was first lost
    if back is not None:
        builder.regain(back)
    out = build(builder, [trade(minute * MINUTE + 9, "101") for minute in (1, 2)], 9 * MINUTE)
    assert [candle.status for candle in out] == statuses
    late = [trade(minute * MINUTE + 10, "102", ts_recv=9 * MINUTE) for minute in range(3)]
    corrected = [candle.ts_event for candle in build(builder, late, 9 * MINUTE)]
    whole = [minute * MINUTE for minute in range(3) if statuses[minute] is CLOSED]
    assert corrected == whole, "a correction does not heal it"


def test_a_bucket_without_prints_makes_no_candle() -> None:
    builder = CandleBuilder(PERP, "1m")
    out = build(builder, [trade(0, "100"), trade(5 * MINUTE, "101")], 9 * MINUTE)
    assert [candle.ts_event for candle in out] == [0, 5 * MINUTE]


def test_a_print_after_the_close_makes_the_candle_anew() -> None:
    builder = CandleBuilder(PERP, "1m")
    build(builder, [trade(5, "100")], 2 * MINUTE)
    (candle,) = builder.add(trade(1, "99", ts_recv=3 * MINUTE))
    assert (candle.status, candle.ts_event, candle.ts_recv) == (CORRECTED, 0, 3 * MINUTE)
    assert ohlc(candle) == (9_900, 10_000, 9_900, 10_000, 2.0)


def test_a_print_for_an_empty_closed_bucket_makes_a_corrected_candle() -> None:
    builder = CandleBuilder(PERP, "1m")
    build(builder, [trade(5 * MINUTE, "100")], 9 * MINUTE)
    (candle,) = builder.add(trade(3 * MINUTE, "99", ts_recv=9 * MINUTE))
    assert (candle.status, candle.ts_event) == (CORRECTED, 3 * MINUTE)


def test_memory_is_bounded_and_what_is_too_late_is_counted() -> None:
    builder = CandleBuilder(PERP, "1m")
    last = 10 * KEPT
    build(builder, [trade(at * MINUTE, "100") for at in range(last)], (last + 1) * MINUTE)
    edge = last - KEPT
    assert builder.add(trade(edge * MINUTE, "1", ts_recv=(last + 1) * MINUTE)) != ()
    assert builder.add(trade(edge * MINUTE - 1, "1", ts_recv=(last + 1) * MINUTE)) == ()
    assert builder.dropped == 1


def test_quotes_build_candles_of_their_middle() -> None:
    builder = CandleBuilder(PERP, "1m", source="quote")
    builder.add(trade(1, "500"))
    builder.add(quote("100.00", "100.10", ts=2))
    builder.add(quote("", "100.10", ts=3))
    builder.add(quote("100.00", "100.01", ts=4))
    builder.add(quote("100.02", "100.03", ts=5))
    (candle,) = builder.advance(MINUTE + GRACE)
    # 100.005 and 100.025 are halfway between two quanta: to the even one.
    assert ohlc(candle) == (10_005, 10_005, 10_000, 10_002, 0.0)


def test_a_day_may_begin_at_another_hour() -> None:
    india = -int(5.5 * 3_600) * NANOS
    builder = CandleBuilder(PERP, "1d", offset_ns=india)
    midnight = 24 * 3_600 * NANOS + india
    out = build(builder, [trade(midnight - 1, "1"), trade(midnight, "2")], 4 * midnight)
    assert [candle.ts_event for candle in out] == [india, midnight]


@pytest.mark.parametrize("seed", [4, 5, 6], ids=lambda seed: f"seed {seed}")
def test_any_order_of_arrival_ends_in_the_same_candles(seed: int) -> None:
    dice = random.Random(seed)
    prints = [
        trade(ts, str(D(dice.randrange(9_000, 11_000)) / 100), str(dice.randrange(1, 9)))
        for ts in dice.sample(range(5 * MINUTE), 300)
    ]
    straight = build(
        CandleBuilder(PERP, "1m"), sorted(prints, key=lambda p: p.ts_event), 9 * MINUTE
    )
    expected = {candle.ts_event: ohlc(candle) for candle in straight}
    dice.shuffle(prints)
    latest = 0
    late = CandleBuilder(PERP, "1m")
    final: dict[int, tuple[int, int, int, int, float]] = {}
    for one in prints:
        latest = max(latest, one.ts_event)
        arrived = trade(one.ts_event, str(one.px), str(one.qty), ts_recv=latest)
        final |= {candle.ts_event: ohlc(candle) for candle in late.add(arrived)}
    final |= {candle.ts_event: ohlc(candle) for candle in late.advance(9 * MINUTE)}
    assert final == expected
    assert late.dropped == 0


def test_floats_are_those_that_columns_of_quanta_give() -> None:
    builder = CandleBuilder(PERP, "1m")
    (candle,) = build(builder, [trade(1, "103.52")], 2 * MINUTE)
    assert candle.close == 10_352 / 100 == 103.52


def test_small_candles_make_a_large_one_with_the_last_part() -> None:
    rollup = CandleRollup("1m", "5m")
    prices = ["10 12 9 11", "11 15 11 14", "14 14 8 9", "9 9 9 9"]
    for minute, text in enumerate(prices):
        assert rollup.add(part(minute, text, 2.0)) == ()
    assert rollup.add(part(4, "0 99 0 0", status=PROVISIONAL)) == ()
    forming = rollup.forming
    assert ohlc(forming) == (10, 15, 8, 9, 8.0)
    (whole,) = rollup.add(part(4, "9 10 7 10", 0.5))
    assert ohlc(whole) == (10, 15, 7, 10, 8.5)
    assert (whole.ts_event, whole.ts_recv, whole.interval) == (0, 5 * MINUTE, "5m")
    assert whole.status is CLOSED
    assert (whole.open, whole.high, whole.low, whole.close) == (0.10, 0.15, 0.07, 0.10)


def test_the_next_bucket_or_the_time_closes_a_whole_without_its_last_part() -> None:
    rollup = CandleRollup("1m", "5m")
    rollup.add(part(1, "10 12 9 11"))
    (whole,) = rollup.add(part(5, "11 11 11 11"))
    assert (whole.ts_event, ohlc(whole)) == (0, (10, 12, 9, 11, 1.0))
    assert rollup.advance(10 * MINUTE + GRACE - 1) == ()
    (whole,) = rollup.advance(10 * MINUTE + GRACE)
    assert (whole.ts_event, whole.ts_recv) == (5 * MINUTE, 10 * MINUTE + GRACE)


def test_a_corrected_part_makes_a_corrected_whole() -> None:
    rollup = CandleRollup("1m", "3m")
    done = [whole for minute in range(3) for whole in rollup.add(part(minute, "10 12 9 11"))]
    assert len(done) == 1
    rollup.add(part(3, "11 11 11 11"))
    (whole,) = rollup.add(part(1, "10 99 9 11", 5.0, CORRECTED))
    assert (whole.status, ohlc(whole)) == (CORRECTED, (10, 99, 9, 11, 7.0))
    assert rollup.add(part(3, "11 50 11 12", status=CORRECTED)) == ()
    assert ohlc(rollup.forming) == (11, 50, 11, 12, 1.0)


def test_a_part_far_too_late_is_counted() -> None:
    rollup = CandleRollup("1m", "3m")
    for minute in range(3 * KEPT + 3):
        rollup.add(part(minute, "1 1 1 1"))
    assert rollup.add(part(3, "1 1 1 1", status=CORRECTED))
    assert rollup.add(part(2, "1 1 1 1", status=CORRECTED)) == ()
    assert rollup.dropped == 1


@pytest.mark.parametrize("seed", [7, 8], ids=lambda seed: f"seed {seed}")
def test_a_rollup_equals_building_the_large_candle_directly(seed: int) -> None:
    dice = random.Random(seed)
    prints = [
        trade(ts, str(D(dice.randrange(9_000, 11_000)) / 100), str(dice.randrange(1, 9)))
        for ts in sorted(dice.sample(range(60 * MINUTE), 200))
    ]
    small = build(CandleBuilder(PERP, "1m"), prints, 99 * MINUTE)
    rollup = CandleRollup("1m", "15m")
    rolled = [whole for one in small for whole in rollup.add(one)]
    rolled += rollup.advance(99 * MINUTE)
    direct = build(CandleBuilder(PERP, "15m"), prints, 99 * MINUTE)
    assert [(w.ts_event, ohlc(w)) for w in rolled] == [(w.ts_event, ohlc(w)) for w in direct]


@pytest.mark.parametrize(
    ("small", "large"), [("1m", "1m"), ("5m", "1m"), ("3m", "5m"), ("2m", "4m"), ("1m", "7m")]
)
def test_a_rollup_refuses_intervals_that_do_not_fit(small: str, large: str) -> None:
    with pytest.raises(ConfigError, match=r"choose|use"):
        CandleRollup(small, large)


def test_a_builder_refuses_an_unknown_interval_and_source() -> None:
    with pytest.raises(ConfigError, match="1m, 3m"):
        CandleBuilder(PERP, "1min")
    with pytest.raises(ConfigError, match="source"):
        CandleBuilder(PERP, "1m", source="tape")  # type: ignore[arg-type]
