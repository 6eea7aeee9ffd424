"""The short seller on a real desk: its worked examples first, then what they leave open."""

from typing import Any

import msgspec
import pytest

from tests.harness import SECOND, START, Bench, D, account, perpetual
from tests.unit.strategies.dual_ema_short.shorting import FALL, WORKED, Shorting, coin, sent
from tradewind.model.commands import Pause, Resume, SetParameters, Stop, Tell
from tradewind.model.effects import Alert, Level
from tradewind.model.events import Candle
from tradewind.model.ids import InstanceId
from tradewind.model.instrument import InstrumentKind
from tradewind.model.market import CandleStatus
from tradewind.model.order import OrderType, Side
from tradewind.strategies.dual_ema_short.slots import Phase
from tradewind.strategies.dual_ema_short.strategy import DualEmaShort
from tradewind.strategies.dual_ema_short.trend import Trend, count_day

NAME = InstanceId("s1")

# --- worked examples --------------------------------------------------------------------------


def test_es_1_entry() -> None:
    desk = Shorting()
    desk.feed(*FALL[:-1])
    assert desk.bench.orders() == []
    trend = desk.strategy._assets[desk.coin.id].trend
    assert (round(trend.fast, 4), round(trend.slow, 4)) == (104.25, 103.5)
    desk.feed(FALL[-1])
    assert (round(trend.fast, 4), round(trend.slow, 4)) == (103.375, 103.1667)
    assert (trend.crosses, trend.active) == (2, True)
    (entry,) = desk.bench.orders()
    assert (entry.side, entry.qty, entry.reason) == (Side.SELL, D("48.78"), "entry")
    desk.bench.fill(entry, px="102.5")
    guard = desk.slot().guard
    assert (guard.stop, guard.target) == (D("103.52"), D("99.43"))
    assert (guard.trailing_activation, guard.trailing) == (D("100.45"), D("1.02"))
    resting = {
        (each.spec.order_type, each.px, each.trigger_px, each.qty, each.side)
        for each in desk.bench.orders()
    }
    assert resting == {
        (OrderType.STOP, None, D("103.52"), D("48.78"), Side.BUY),
        (OrderType.LIMIT, D("99.43"), None, D("48.78"), Side.BUY),
    }


def test_es_2_stacked() -> None:
    desk = Shorting(regime_mode="stacked")
    desk.feed(*FALL)
    assert desk.bench.orders() == []


def test_es_3_btc_size() -> None:
    btc = perpetual("BTCUSDT", "0.1", "0.001", base="BTC")
    desk = Shorting(
        btc,
        stop_loss_pct={"BTC": "1"},
        take_profit_pct={"BTC": "3"},
        trailing_pct={"BTC": "1"},
        trailing_activation_pct={"BTC": "2"},
    )
    desk.feed(*(str(D(close) * 60_000 / D("102.5")).split(".")[0] for close in FALL))
    (entry,) = desk.bench.orders()
    assert entry.qty == D("0.083")
    desk.bench.fill(entry, px="60000")
    guard = desk.slot().guard
    assert (guard.stop, guard.target) == (60_600, 58_200)
    assert (guard.trailing_activation, guard.trailing) == (58_800, 600)


def test_es_4_limit() -> None:
    for counted, entries in ((10, 0), (9, 1)):
        desk = Shorting()
        desk.feed(*FALL[:-1])
        trend = desk.strategy._assets[desk.coin.id].trend
        trend.resume_count((desk.bench.now - 60 * 10**9) // (86_400 * 10**9), counted, 0)
        desk.feed(FALL[-1])
        assert trend.crosses == counted + 2
        assert len(desk.bench.orders()) == entries


def test_es_5_regime_exit() -> None:
    desk = Shorting()
    desk.enter()
    for close in ("102.4", "102.3", "102.2", "102.1", "102.0"):
        desk.feed(close)
    effects = desk.feed("103.0")
    (exit_,) = sent(effects)
    assert (exit_.spec.side, exit_.spec.qty) == (Side.BUY, D("48.78"))
    assert (exit_.spec.reduce_only, exit_.spec.reason) == (True, "regime_exit")

    blocked = Shorting(cooldown_blocks_regime_exit=True)
    blocked.enter()
    for minute in range(5, 60, 5):
        effects = blocked.feed("103.4")
        assert sent(effects) == [], minute
    (exit_,) = sent(blocked.feed("103.4"))
    assert exit_.spec.reason == "regime_exit"


def test_es_6_time() -> None:
    desk = Shorting(max_crosses_per_day=500)
    desk.enter()
    close = D("102.5")
    for _ in range(287):
        close -= D("0.005")
        assert sent(desk.feed(str(close))) == []
    effects = desk.feed(str(close - D("0.01")))
    effects += desk.feed(str(close - D("0.02")))
    (exit_,) = sent(effects)
    assert (exit_.spec.reason, exit_.spec.reduce_only) == ("time_exit", True)


def test_es_7_exposure() -> None:
    coins = [coin(f"C{number}USDT") for number in range(5)]
    desk = Shorting(*coins, allocation_pct="4.98")
    for each in coins[:3]:
        desk.feed(*FALL, on=each)
        (entry,) = desk.bench.orders(each)
        desk.bench.fill(entry, px="102.5")
    desk.bench.command(SetParameters(NAME, {"allocation_pct": "5"}))
    desk.feed(*FALL, on=coins[3])
    (entry,) = desk.bench.orders(coins[3])
    desk.bench.fill(entry, px="102.5")
    desk.feed(*FALL, on=coins[4])
    assert desk.bench.orders(coins[4]) == []
    assert desk.notes("reject") == [{"instrument": coins[4].id, "rule": "exposure"}]


# --- signals ----------------------------------------------------------------------------------


def test_nothing_is_entered_before_enough_candles_have_closed() -> None:
    desk = Shorting(min_candles=9)
    desk.feed(*FALL)
    assert desk.bench.orders() == []


def test_a_cross_stays_good_for_its_window_and_no_longer() -> None:
    for window, entries in ((4, 0), (5, 1)):
        desk = Shorting(cross_window_min=window)
        desk.bench.command(Pause(NAME))
        desk.feed(*FALL)
        desk.bench.command(Resume(NAME))
        desk.feed("102.4")
        assert len(desk.bench.orders()) == entries, window


def test_the_counter_starts_again_at_one_minute_past_midnight_utc() -> None:
    trend = Trend(3, 5, stacked=False)
    day_ns = 86_400 * SECOND
    assert count_day(day_ns + 59 * SECOND) == 0
    assert count_day(day_ns + 60 * SECOND) == 1
    trend.resume_count(0, 7, 0)
    assert trend.crosses_on(day_ns) == 7
    assert trend.crosses_on(day_ns + 300 * SECOND) == 0


def test_a_cooldown_begins_with_the_entry_and_blocks_the_next_one() -> None:
    desk = Shorting(cross_window_min=120)
    desk.enter()
    desk.feed("102.4")
    desk.bench.fill(desk.stops()[0], px="102.4")
    assert desk.slot().phase is Phase.FLAT
    for _ in range(10):
        assert sent(desk.feed("102.0")) == []
    desk.feed("101.0")
    assert [each.reason for each in desk.bench.orders()] == ["entry"]


def test_a_cooldown_after_a_quick_exit_begins_with_the_exit() -> None:
    desk = Shorting(cooldown_on="quick_exit", cross_window_min=120)
    desk.enter()
    assert desk.slot().cooldown_ns == 0
    desk.feed("102.4")
    desk.bench.fill(desk.stops()[0], px="102.4")
    assert desk.slot().cooldown_ns == desk.bench.now + 3600 * SECOND


# --- exits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("close", "reason"), [("103.52", "stop_loss"), ("99.43", "take_profit"), ("99.44", "")]
)
def test_a_close_beyond_a_guard_leaves_even_where_the_venue_did_not(
    close: str, reason: str
) -> None:
    desk = Shorting()
    desk.enter()
    found = [each.spec.reason for each in sent(desk.feed(close))]
    assert found == ([reason] if reason else [])


def test_a_target_goes_before_the_time_and_the_time_before_the_regime() -> None:
    for close, reason in (("99.43", "take_profit"), ("103.4", "time_exit")):
        desk = Shorting(max_hold_h="0.1")
        desk.enter()
        desk.feed("102.4")
        assert [each.spec.reason for each in sent(desk.feed(close))] == [reason]


def test_a_regime_exit_can_be_switched_off() -> None:
    desk = Shorting(regime_exit=False)
    desk.enter()
    assert sent(desk.feed("103.4")) == []


def test_an_exit_that_leaves_something_is_repeated_each_second() -> None:
    desk = Shorting()
    desk.enter()
    desk.feed("103.4")
    (exit_,) = [each for each in desk.bench.orders() if each.reason == "regime_exit"]
    desk.bench.fill(exit_, "40", "103.4")
    desk.bench.cancelled(exit_)
    desk.bench.pass_time(1)
    (exit_,) = [each for each in desk.bench.orders() if each.reason == "regime_exit"]
    assert exit_.qty == D("8.78")
    assert {each.leaves_qty for each in desk.stops()} == {D("8.78")}
    desk.bench.fill(exit_, px="103.4")
    assert desk.bench.orders() == []
    assert desk.notes("closed")[0]["result"] == "-43.902"


def test_a_denied_exit_takes_the_guard_away_and_goes_through_alone() -> None:
    desk = Shorting()
    desk.enter()
    desk.bench.command(Pause(NAME))
    desk.bench.desk.gate.clock_doubt = "a test"
    desk.bench.desk.refresh_restriction()
    desk.feed("103.4")
    assert [each.rule for each in desk.bench.denied()] == ["clock"]
    desk.bench.pass_time(1.1)
    assert [(each.reason, each.qty) for each in desk.bench.orders()] == [
        ("regime_exit", D("48.78"))
    ]


def test_an_engine_held_guard_goes_before_the_exit() -> None:
    desk = Shorting(coin(native_stops=False))
    desk.enter()
    assert desk.stops() == []
    desk.feed("103.4")
    desk.bench.pass_time(1.1)
    assert [each.reason for each in desk.bench.orders()] == ["regime_exit"]


def test_a_stop_that_the_venue_keeps_refusing_closes_the_position() -> None:
    desk = Shorting()
    desk.feed(*FALL)
    (entry,) = desk.bench.orders()
    desk.bench.auto_ack = False
    desk.bench.fill(entry, px="102.5")
    for _ in range(40):
        for stop in desk.stops():
            desk.bench.rejected(stop)
        if desk.slot().phase is Phase.EXITING:
            break
        desk.bench.pass_time(0.5)
    assert desk.slot().phase is Phase.EXITING
    assert len(desk.bench.alerts("protection_failed")) == 1


# --- limits and reports -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("halt", "parameters"),
    [("daily_loss", {"max_daily_loss_pct": "1"}), ("drawdown", {"max_drawdown_pct": "1"})],
)
def test_losses_close_the_entries(halt: str, parameters: dict[str, Any]) -> None:
    desk = Shorting(cooldown_min=0, cross_window_min=120, **parameters)
    desk.enter()
    desk.bench.fill(desk.stops()[0], px="105")
    desk.feed("101")
    assert desk.strategy.state.halt == halt
    assert desk.bench.orders() == []
    assert len(desk.bench.alerts("halted")) == 1
    desk.bench.command(Tell(NAME, "reset_halt"))
    desk.feed("100")
    assert [each.reason for each in desk.bench.orders()] == ["entry"]


def test_reports_come_at_their_times_of_day() -> None:
    desk = Shorting()
    desk.enter()
    desk.bench.pass_time(24 * 3600)
    times = [(each.ts - START) / SECOND / 3600 for each in desk.bench.alerts("status")]
    assert times == [8, 14.5, 24]
    assert "XUSDT short" in desk.bench.alerts("status")[0].text


def test_alerts_speak_once_in_a_quarter_of_an_hour() -> None:
    desk = Shorting(alerts=True)
    desk.feed(*FALL)
    kinds = {each.kind for each in desk.bench.effects if type(each) is Alert}
    assert kinds == {"regime_change", "means_near", "price_move"}
    desk.bench.candle(desk.coin, "96", volume=50)
    assert [each.level for each in desk.bench.alerts("volume_surge")] == [Level.WARNING]
    desk.bench.candle(desk.coin, "90", volume=500)
    assert len(desk.bench.alerts("volume_surge")) == 1


def test_means_start_from_remembered_candles() -> None:
    desk = Shorting()
    warm = Bench(account(), config={"candle_memory": 100})
    warm.define(desk.coin)
    watcher = warm.deploy(DualEmaShort, desk.coin, name="watcher", **WORKED)
    for close in FALL[:-1]:
        warm.candle(desk.coin, close)
    late = warm.deploy(DualEmaShort, desk.coin, name="late", **WORKED)
    assert late._assets[desk.coin.id].trend.close == 104.5
    warm.candle(desk.coin, FALL[-1])
    assert len(warm.orders(desk.coin, "late")) == len(warm.orders(desk.coin, "watcher")) == 1
    assert watcher is not late


def test_what_cannot_be_sold_short_is_said_at_the_start() -> None:
    desk = Shorting(coin(kind=InstrumentKind.SPOT, base="X"))
    assert [each.level for each in desk.bench.alerts("not_shortable")] == [Level.WARNING]
    desk.feed(*FALL)
    (entry,) = desk.bench.orders()
    desk.bench.rejected(entry, "insufficient_balance")
    assert desk.notes("entry_failed") == [
        {"instrument": desk.coin.id, "rule": "insufficient_balance"}
    ]
    assert desk.slot().phase is Phase.FLAT


def test_other_means_start_anew_after_a_stop() -> None:
    desk = Shorting()
    desk.feed(*FALL[:6])
    desk.bench.command(Stop(NAME))
    for fast, candles in ((3, 6), (2, 0)):
        desk.bench.command(SetParameters(NAME, {"ema_fast": fast}))
        desk.bench.command(Resume(NAME))
        assert desk.strategy._assets[desk.coin.id].trend.candles == candles
        desk.bench.command(Stop(NAME))


def test_a_corrected_candle_is_taken_into_the_means() -> None:
    desk = Shorting(min_candles=8)
    bench = Bench(account(), config={"candle_memory": 100})
    bench.define(desk.coin)
    strategy = bench.deploy(DualEmaShort, desk.coin, **WORKED)
    for close in (*FALL, "101"):
        bench.candle(desk.coin, close)
    last = bench.events[-1]
    assert type(last) is Candle
    before = strategy._assets[desk.coin.id].trend.fast
    orders = len(bench.orders())
    bench.feed(msgspec.structs.replace(last, close=99.0, status=CandleStatus.CORRECTED))
    trend = strategy._assets[desk.coin.id].trend
    assert trend.fast == pytest.approx(before - 1)
    assert (trend.candles, len(bench.orders())) == (9, orders)


def test_a_fast_mean_that_is_not_faster_is_refused() -> None:
    with pytest.raises(AssertionError, match="give a smaller ema_fast"):
        Shorting(ema_fast=5)


@pytest.mark.parametrize("text", ["8:00", "24:00", "08:60", "noon", "08-00"])
def test_a_time_of_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(AssertionError, match="status_times_utc"):
        Shorting(status_times_utc=[text])
