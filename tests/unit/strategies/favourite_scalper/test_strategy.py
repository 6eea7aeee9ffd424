"""The scalper on a real desk: its worked examples first, then what they leave open."""

import msgspec
import pytest

from tests.harness import SECOND, START, D, binary
from tests.unit.strategies.favourite_scalper.scalping import HOUR_NS, Scalping, market
from tradewind.model.config import Limits
from tradewind.model.events import ClockStepped, InstrumentDefined
from tradewind.model.instrument import Instrument
from tradewind.model.order import OrderStatus, TimeInForce
from tradewind.strategies.favourite_scalper.slots import Phase

IOC = TimeInForce.IOC


# --- worked examples --------------------------------------------------------------------------


def test_hf_1_entry() -> None:
    desk = Scalping()
    desk.book("0.91", "0.92")
    (order,) = desk.bench.orders(desk.rain)
    assert desk.live() == [("buy", "1086", "0.92", "entry")]
    assert (order.spec.tif, order.spec.post_only) == (TimeInForce.GTC, False)
    assert order.spec.ttl_ns == 15 * SECOND
    assert desk.slot().phase is Phase.ENTERING


def test_hf_2_filled() -> None:
    desk = Scalping()
    desk.enter()
    (target,) = desk.bench.orders(desk.rain)
    assert desk.live() == [("sell", "1086", "0.94", "take_profit")]
    assert target.spec.post_only
    assert target.spec.reduce_only
    assert desk.slot().stop == D("0.90")
    desk.book("0.91", "0.92")
    desk.book("0.91", "0.93")
    assert desk.live() == [("sell", "1086", "0.94", "take_profit")]
    assert desk.slot().phase is Phase.MONITORING


def test_hf_3_stop() -> None:
    desk = Scalping()
    desk.book("0.91", "0.92")
    (entry,) = desk.bench.orders(desk.rain)
    desk.bench.fill(entry, fee="5.60")
    desk.book("0.90", "0.91")
    assert desk.live() == [("sell", "1086", "0.94", "take_profit")]
    desk.book("0.90", "0.92")
    (exit_,) = desk.bench.orders(desk.rain)
    assert desk.live() == [("sell", "1086", "0.85", "stop_loss")]
    assert (exit_.spec.tif, exit_.spec.reduce_only) == (IOC, True)
    desk.bench.fill(exit_, px="0.90", fee="6.85")
    assert desk.bench.position(desk.rain) == 0
    assert desk.strategy.state.record.realised == D("-34.17")
    assert desk.slot() is None


def test_hf_4_partial() -> None:
    desk = Scalping()
    desk.enter("400")
    assert desk.slot().phase is Phase.ENTERED
    assert desk.live() == [
        ("buy", "686", "0.92", "entry"),
        ("sell", "400", "0.94", "take_profit"),
    ]
    desk.bench.pass_time(3)
    assert desk.live() == [("sell", "400", "0.94", "take_profit")]
    assert desk.slot().phase is Phase.MONITORING
    assert desk.slot().stop == D("0.90")


@pytest.mark.parametrize(
    ("bid", "ask", "rule"),
    [
        ("0.86", "0.88", "spread"),
        ("0.95", "0.96", "entry_price"),
        ("0.84", "0.85", "probability"),
    ],
)
def test_hf_5_filters(bid: str, ask: str, rule: str) -> None:
    desk = Scalping()
    desk.book(bid, ask)
    assert desk.rejects() == [rule]
    assert desk.live() == []


def test_hf_6_exposure() -> None:
    desk = Scalping(*(market(f"M{number}") for number in range(4)))
    for each in desk.markets[:3]:
        desk.book("0.91", "0.92", each)
        (entry,) = desk.bench.orders(each)
        desk.bench.fill(entry)
    desk.book("0.91", "0.92", desk.markets[3])
    assert desk.rejects() == ["exposure"]
    assert desk.bench.orders(desk.markets[3]) == []


def test_hf_7_close_warning() -> None:
    desk = Scalping(max_hold_min=1440)
    desk.enter("400")
    desk.bench.pass_time(4)
    desk.book("0.93", "0.95")
    desk.bench.pass_time(5.5 * 3600 - 6)
    assert desk.live() == [("sell", "400", "0.94", "take_profit")]
    desk.bench.pass_time(3)
    assert desk.live() == [("sell", "400", "0.88", "market_close_exit")]


# --- entering ---------------------------------------------------------------------------------


def test_the_favoured_outcome_may_be_no() -> None:
    yes, no = binary("RAIN", close_ns=START + 6 * HOUR_NS, statistics={"volume_24h": "25000"})
    desk = Scalping(no, yes)
    desk.bench.books(yes, no, {"0.08": 2000}, {"0.91": 2000})
    assert [(each.instrument, str(each.px)) for each in desk.bench.orders()] == [(no.id, "0.92")]


def test_quotes_serve_where_there_is_no_book() -> None:
    desk = Scalping()
    desk.bench.quote(desk.rain, "0.91", "0.92", "2000")
    assert desk.live() == [("buy", "1086", "0.92", "entry")]
    desk.bench.fill(desk.bench.orders()[0])
    desk.bench.quote(desk.rain, "0.90", "0.92")
    desk.bench.quote(desk.rain, "0.90", "0.92")
    assert desk.live() == [("sell", "1086", "0.85", "stop_loss")]


def test_a_rule_that_rejects_again_and_again_is_noted_once_a_minute() -> None:
    desk = Scalping()
    for bid in ("0.84", "0.80", "0.84"):
        desk.book(bid, "0.86")
        desk.book("0.86", "0.88")
    assert desk.rejects() == ["probability", "spread"]
    desk.bench.pass_time(60)
    desk.book("0.84", "0.86")
    assert desk.rejects() == ["probability", "spread", "probability"]


def test_new_markets_of_a_venue_are_watched_when_asked_for() -> None:
    desk = Scalping(discover_venue="KALSHI", categories=["weather"])
    told = {"volume_24h": "25000", "category": "weather"}
    snow, game = market("SNOW", statistics=told), market("GAME")
    elsewhere = binary("SNOW", "LIMITLESS", statistics=told)[0]
    desk.bench.define(snow, game, elsewhere)
    for each in (snow, game):
        desk.book("0.91", "0.92", each)
    assert [each.instrument for each in desk.bench.orders()] == [snow.id]
    assert not desk.strategy.wants(elsewhere)


def test_an_entry_that_finds_nobody_is_cancelled_at_its_time() -> None:
    desk = Scalping()
    desk.book("0.91", "0.92")
    desk.bench.pass_time(14)
    assert len(desk.live()) == 1
    desk.book("0.84", "0.92")
    desk.bench.pass_time(2)
    assert desk.live() == []
    assert desk.slot() is None
    assert desk.strategy.state.record.outcomes == [False]


def test_a_waiting_partial_entry_keeps_its_rest_and_grows_its_target() -> None:
    desk = Scalping(partial_policy="wait")
    entry = desk.enter("400")
    desk.bench.pass_time(5)
    desk.bench.fill(entry, "100", "0.91")
    assert desk.live() == [
        ("buy", "586", "0.92", "entry"),
        ("sell", "500", "0.94", "take_profit"),
    ]
    assert desk.slot().entry == D("0.918")


def test_a_target_is_replaced_where_the_venue_amends_nothing() -> None:
    desk = Scalping(market(native_amend=False), partial_policy="wait")
    entry = desk.enter("400")
    desk.bench.pass_time(5)
    desk.bench.fill(entry, "100")
    desk.bench.pass_time(2)
    assert ("sell", "500", "0.94", "take_profit") in desk.live()


def test_an_entry_that_nothing_new_may_follow_is_not_asked_for() -> None:
    desk = Scalping()
    desk.bench.feed(ClockStepped(600_000_000, desk.bench.now))
    desk.book("0.91", "0.92")
    desk.book("0.91", "0.92")
    assert (desk.bench.denied(), desk.slot(), desk.rejects()[-1]) == ([], None, "clock")
    desk.bench.feed(ClockStepped(0, desk.bench.now))
    desk.book("0.91", "0.92")
    assert len(desk.live()) == 1
    assert desk.strategy.state.record.outcomes == []


def test_a_denied_entry_is_not_repeated_at_once() -> None:
    desk = Scalping(limits=Limits(max_order_qty=D(1)))
    desk.book("0.91", "0.92")
    desk.book("0.91", "0.92")
    assert [each.rule for each in desk.bench.denied()] == ["order_qty"]
    assert desk.slot() is None
    desk.bench.pass_time(61)
    desk.book("0.91", "0.92")
    assert len(desk.bench.denied()) == 2
    assert desk.strategy.state.record.outcomes == []


def test_the_best_of_several_markets_comes_first() -> None:
    thin = market("THIN")
    deep = market("DEEP", statistics={"volume_24h": "200000"})
    held = market("HELD")
    desk = Scalping(held, thin, deep, max_positions=1)
    desk.enter()
    desk.book("0.91", "0.92", thin)
    desk.book("0.91", "0.92", deep)
    assert desk.rejects() == ["positions", "positions"]
    desk.bench.fill(desk.bench.orders(held)[0])
    desk.book("0.84", "0.85", held)
    desk.book("0.91", "0.92", thin)
    assert [each.instrument for each in desk.bench.orders()] == [deep.id]


@pytest.mark.parametrize(
    ("name", "second", "rule"),
    [
        ("one event", {"event": "RAIN"}, "correlated"),
        ("another event", {"event": "SNOW"}, ""),
    ],
)
def test_markets_that_move_together_are_limited(
    name: str, second: dict[str, str], rule: str
) -> None:
    other = market("SNOW", **second)
    desk = Scalping(market(), other, max_correlated=1)
    desk.enter()
    desk.book("0.91", "0.92", other)
    assert desk.rejects() == ([rule] if rule else []), name
    assert bool(desk.bench.orders(other)) is not bool(rule), name


def test_both_outcomes_of_one_market_are_one_position() -> None:
    yes, no = binary("RAIN", close_ns=START + 6 * HOUR_NS, statistics={"volume_24h": "25000"})
    desk = Scalping(yes, no)
    desk.enter()
    desk.book("0.91", "0.92", no)
    assert desk.rejects() == ["position"]


def test_a_market_whose_statistics_turn_bad_is_no_longer_entered() -> None:
    desk = Scalping()
    busy = msgspec.structs.replace(
        desk.rain, version=2, statistics={"volume_24h": "25000", "range_24h": "0.2"}
    )
    desk.bench.feed(InstrumentDefined(busy, desk.bench.now))
    desk.book("0.91", "0.92")
    assert desk.rejects() == ["event_risk"]


# --- leaving ----------------------------------------------------------------------------------


def test_a_target_that_fills_ends_the_position() -> None:
    desk = Scalping()
    desk.enter()
    (target,) = desk.bench.orders()
    desk.bench.fill(target, "600")
    assert desk.live() == [("sell", "486", "0.94", "take_profit")]
    desk.bench.fill(target)
    assert desk.slot() is None
    assert desk.strategy.state.record.realised == D("21.72")


def test_a_stop_after_part_of_the_target_sells_only_the_rest() -> None:
    desk = Scalping()
    desk.enter()
    (target,) = desk.bench.orders()
    desk.bench.fill(target, "600")
    desk.book("0.90", "0.92")
    desk.book("0.90", "0.92")
    assert desk.live() == [("sell", "486", "0.85", "stop_loss")]


def test_one_update_and_a_print_at_the_stop_are_enough() -> None:
    desk = Scalping()
    desk.enter()
    desk.bench.trade(desk.rain, "0.91")
    desk.book("0.90", "0.92")
    assert desk.slot().phase is Phase.MONITORING
    desk.bench.trade(desk.rain, "0.90")
    assert desk.live() == [("sell", "1086", "0.85", "stop_loss")]


def test_a_bid_that_comes_back_between_disarms_the_first_hit() -> None:
    desk = Scalping()
    desk.enter()
    for bid in ("0.90", "0.91", "0.90", "0.91"):
        desk.book(bid, "0.93")
    assert desk.slot().phase is Phase.MONITORING


def test_the_stop_waits_for_the_target_to_be_cancelled() -> None:
    desk = Scalping()
    desk.enter()
    desk.bench.auto_ack = False
    desk.book("0.90", "0.92")
    desk.book("0.90", "0.92")
    (target,) = desk.bench.orders()
    assert (target.status, target.reason) == (OrderStatus.PENDING_CANCEL, "take_profit")
    desk.bench.pass_time(1.2)
    assert [each.kind for each in desk.bench.alerts("cancel_slow")] == ["cancel_slow"]
    desk.bench.fill(target, "86")
    desk.bench.cancelled(target)
    assert desk.live() == [("sell", "1000", "0.85", "stop_loss")]


def test_an_unfilled_exit_is_repeated_on_the_new_bid_and_then_rests() -> None:
    desk = Scalping()
    desk.enter()
    desk.book("0.90", "0.92")
    desk.book("0.90", "0.92")
    prices = []
    for bid in ("0.89", "0.88", "0.87", "0.86", "0.85", "0.84"):
        (exit_,) = desk.bench.orders()
        assert exit_.spec.tif is IOC
        prices.append(str(exit_.px))
        desk.bench.cancelled(exit_)
        desk.book(bid, "0.92")
        desk.bench.pass_time(1)
    assert prices == ["0.85", "0.84", "0.83", "0.82", "0.81", "0.80"]
    assert desk.live() == [("sell", "1086", "0.84", "stop_loss")]
    assert desk.bench.orders()[0].spec.tif is TimeInForce.GTC
    assert len(desk.bench.alerts("stop_unfilled")) == 1


def test_a_book_without_bids_counts_as_below_the_stop_and_waits_for_one() -> None:
    desk = Scalping()
    desk.enter()
    for _ in range(2):
        desk.bench.book(desk.rain, {}, {"0.92": 100})
    desk.bench.pass_time(10)
    assert desk.live() == []
    assert len(desk.bench.alerts("stop_unfilled")) == 1
    desk.book("0.50", "0.92")
    assert desk.live() == [("sell", "1086", "0.47", "stop_loss")]


def test_slippage_below_the_stop_is_a_warning_and_the_market_cools_down() -> None:
    desk = Scalping()
    desk.enter()
    desk.book("0.88", "0.92")
    desk.book("0.88", "0.92")
    desk.bench.fill(desk.bench.orders()[0], px="0.88")
    assert len(desk.bench.alerts("slippage")) == 1
    desk.book("0.91", "0.92")
    assert desk.rejects() == ["cooldown"]
    desk.bench.pass_time(3601)
    desk.book("0.91", "0.92")
    assert desk.live() == [("buy", "1082", "0.92", "entry")]


@pytest.mark.parametrize(
    ("reason", "max_hold_min", "seconds"),
    [("time_exit", 120, 7200), ("market_close_exit", 1440, 5.5 * 3600)],
)
def test_a_position_is_left_when_its_time_is_over(
    reason: str, max_hold_min: int, seconds: float
) -> None:
    desk = Scalping(max_hold_min=max_hold_min)
    desk.enter()
    desk.bench.pass_time(seconds - 5)
    assert desk.slot().phase is Phase.MONITORING
    desk.bench.pass_time(7)
    assert desk.live() == [("sell", "1086", "0.86", reason)]


def test_a_volume_spike_ends_a_position() -> None:
    desk = Scalping()
    desk.enter()
    told = {"volume_24h": "25000", "volume_1h": "3126"}
    busy = msgspec.structs.replace(desk.rain, version=2, statistics=told)
    desk.bench.feed(InstrumentDefined(busy, desk.bench.now))
    desk.book("0.91", "0.92")
    assert desk.live() == [("sell", "1086", "0.86", "volume_exit")]


def test_the_most_urgent_reason_is_the_one_told() -> None:
    desk = Scalping()
    desk.enter()
    desk.bench.pass_time(7190)
    desk.book("0.90", "0.92")
    desk.book("0.90", "0.92")
    desk.bench.pass_time(20)
    assert {reason for *_, reason in desk.live()} == {"stop_loss"}


def test_silence_warns_then_stops_entries_then_leaves() -> None:
    other = market("SNOW")
    desk = Scalping(market(), other)
    desk.enter()
    desk.bench.silence(12)
    assert len(desk.bench.alerts("silence")) == 1
    desk.bench.silence(5)
    desk.bench.book(other, {"0.91": 2000}, {"0.92": 2000})
    assert desk.rejects() == ["breaker"]
    desk.bench.silence(16)
    assert desk.live() == [("sell", "1086", "0.86", "square_off")]


def test_a_fill_told_after_its_order_ended_is_guarded_all_the_same() -> None:
    desk = Scalping()
    desk.book("0.91", "0.92")
    (entry,) = desk.bench.orders()
    desk.book("0.84", "0.92")
    desk.bench.pass_time(16)
    assert desk.slot() is None
    desk.bench.fill(entry, "100")
    assert desk.live() == [("sell", "100", "0.94", "take_profit")]
    assert desk.slot().stop == D("0.90")


def test_a_target_that_somebody_else_cancels_comes_back_after_a_while() -> None:
    desk = Scalping()
    desk.enter()
    desk.bench.cancelled(desk.bench.orders()[0])
    desk.bench.pass_time(28)
    assert desk.live() == []
    assert desk.slot().stop == D("0.90")
    desk.bench.pass_time(4)
    assert desk.live() == [("sell", "1086", "0.94", "take_profit")]


def test_a_rejected_target_is_placed_again_after_a_second() -> None:
    desk = Scalping()
    desk.book("0.91", "0.92")
    (entry,) = desk.bench.orders()
    desk.bench.auto_ack = False
    desk.bench.fill(entry)
    desk.bench.rejected(desk.bench.orders()[0], "post only")
    desk.book("0.95", "0.96")
    desk.bench.pass_time(1.5)
    (target,) = desk.bench.orders()
    assert (str(target.px), target.spec.post_only) == ("0.94", False)


# --- the day ----------------------------------------------------------------------------------


def lose(desk: Scalping, on: Instrument) -> None:
    desk.book("0.91", "0.92", on)
    desk.bench.fill(desk.bench.orders(on)[0])
    desk.book("0.90", "0.92", on)
    desk.book("0.90", "0.92", on)
    desk.bench.fill(desk.bench.orders(on)[0], px="0.90")


def test_five_losses_in_a_row_close_the_entries_until_the_next_day() -> None:
    names = [market(f"M{number}", close_ns=START + 40 * HOUR_NS) for number in range(6)]
    desk = Scalping(*names, max_hours=100)
    for each in names[:5]:
        lose(desk, each)
    assert [each.kind for each in desk.bench.alerts("breaker")] == ["breaker"]
    desk.book("0.91", "0.92", names[5])
    assert desk.rejects()[-1] == "breaker"
    desk.bench.pass_time(24 * 3600)
    desk.book("0.91", "0.92", names[5])
    assert len(desk.bench.orders(names[5])) == 1


def test_a_breaker_leaves_positions_to_stop_and_target_unless_told() -> None:
    for flattens, reasons in ((False, {"take_profit"}), (True, {"kill_switch"})):
        desk = Scalping(breaker_flattens=flattens, max_daily_loss_pct="0.1")
        desk.enter()
        desk.book("0.901", "0.903")
        desk.bench.pass_time(2)
        assert {reason for *_, reason in desk.live()} == reasons
