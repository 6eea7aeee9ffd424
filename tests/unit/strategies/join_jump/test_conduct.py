"""Orders in odd moments, the end of a market, and dust, through the real engine."""

from typing import Any

import pytest

from tests.harness import SECOND, START, Bench, D, account, binary
from tests.unit.strategies.join_jump.pairs import NO_B0, Pair, kalshi_pair, no, yes
from tradewind.model.commands import Kill, PlaceManual, Rearm, Scope, ScopeKind
from tradewind.model.effects import AmendOrder, CancelOrder, Effect
from tradewind.model.events import (
    ClockStepped,
    Event,
    FillFailed,
    FillReceived,
    NoAnswer,
    Request,
    TradingChanged,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import FillKey
from tradewind.model.market import Trading
from tradewind.model.order import Liquidity, OrderStatus, PlaceOrder, Side

# --- orders -----------------------------------------------------------------------------------


def test_without_native_amend_the_cancel_is_confirmed_before_the_next_order() -> None:
    pair = kalshi_pair(rules={"native_amend": False})
    pair.tick()
    old = pair.order(pair.a)
    pair.bench.auto_ack = False
    pair.books({"0.41": 100, "0.42": 3}, {"0.55": 83})
    pair.tick(3)
    assert pair.bench.orders(pair.a) == [old]
    assert old.status is OrderStatus.PENDING_CANCEL
    assert len([each for each in pair.bench.effects if type(each) is CancelOrder]) == 1
    pair.bench.auto_ack = True
    pair.bench.cancelled(old)
    assert pair.rows() == [yes(3, "0.41"), no(3, "0.55")]


class _SlowVenue(Bench):
    """A venue whose account cannot be read once `mute` is set."""

    mute = False

    def answer(self, effect: Effect) -> list[Event]:
        return [] if self.mute else super().answer(effect)


def test_a_slot_with_an_unknown_order_takes_no_new_intent() -> None:
    bench = _SlowVenue(account("K", "KALSHI", "USD"), auto_ack=False)
    pair = Pair(bench, *binary(netting=True))
    pair.books()
    pair.tick()
    bench.mute = True
    order = pair.order(pair.a)
    now = bench.now
    bench.feed(NoAnswer(order.account, now, now, order.client_order_id, Request.SUBMIT))
    assert order.status is OrderStatus.UNKNOWN
    pair.books({"0.40": 100}, {"0.55": 83})
    pair.tick(5)
    assert pair.bench.orders(pair.a) == [order]


def test_a_raise_waits_until_the_other_leg_has_come_down() -> None:
    pair = kalshi_pair()
    pair.books({"0.40": 100}, {"0.58": 100})
    pair.tick()
    assert pair.rows() == [yes(3, "0.40"), no(3, "0.58")]
    pair.bench.auto_ack = False
    pair.books({"0.43": 100, "0.40": 3}, {"0.54": 100})
    effects = pair.bench.pass_time(1)
    assert [type(each) for each in effects if type(each) is AmendOrder] == [AmendOrder]
    assert pair.order(pair.b).status is OrderStatus.PENDING_REPLACE
    assert pair.order(pair.a).px == D("0.40")
    pair.bench.auto_ack = True
    (lowering,) = (each for each in effects if type(each) is AmendOrder)
    for answer in pair.bench.answer(lowering):
        pair.bench.feed(answer)
    assert pair.rows() == [yes(3, "0.43"), no(3, "0.54")]


def test_min_requote_ms_holds_a_price_back() -> None:
    pair = kalshi_pair(min_requote_ms=5000)
    pair.tick()
    pair.books({"0.41": 100, "0.42": 3}, {"0.55": 83})
    pair.tick(3)
    assert pair.rows()[0] == yes(3, "0.42")
    pair.tick(2)
    assert pair.rows()[0] == yes(3, "0.41")


def test_jump_meets_the_self_match_guard_and_stays_armed() -> None:
    pair = kalshi_pair()
    own = PlaceOrder(pair.bench.accounts[0].id, pair.b.id, Side.BUY, D(5), D("0.57"))
    pair.bench.command(PlaceManual(own))
    pair.books(None, NO_B0)
    pair.tick()
    assert pair.rows()[0] == yes(3, "0.42")
    pair.tell("toggle_jump", market_index=0)
    pair.tick(2)
    assert pair.order(pair.a).px == D("0.42")
    assert pair.maker.state.legs[0].jump
    assert [each.rule for each in pair.bench.denied()] == ["self_match"]
    assert pair.notes("jump_refused")[-1]["reason"] in ("self_match", "refused")


def test_auto_jump_arms_when_the_queue_ahead_is_long() -> None:
    pair = kalshi_pair(auto_jump=True, auto_jump_queue_ratio=50)
    pair.books({"0.42": 160}, {"0.55": 100})
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]
    pair.tick()
    # 157 others before 3 of ours; 0.03 = min_spread + one tick allows it.
    assert pair.notes("jump_armed")[0]["leg"] == "0"
    assert pair.rows()[0] == yes(3, "0.43")


def test_a_claim_without_its_keyed_fill_is_not_bought_twice() -> None:
    pair = kalshi_pair(rules={"native_amend": False})
    pair.tick()
    old = pair.order(pair.a)
    pair.bench.auto_ack = False
    pair.books({"0.41": 100, "0.42": 3}, {"0.55": 83})
    pair.tick()
    pair.bench.auto_ack = True
    pair.bench.cancelled(old, "2")
    pair.books({"0.41": 100}, {"0.55": 83})
    pair.tick()
    assert pair.rows() == [yes(1, "0.41"), no(3, "0.55")]
    pair.bench.fill(old, "2", "0.42")
    assert pair.maker.state.legs[0].filled == 2
    assert pair.maker.state.open_qty(0) == 1


def test_an_undone_fill_is_bought_again() -> None:
    pair = kalshi_pair()
    pair.tick()
    order, now = pair.order(pair.b), pair.bench.now
    matched = Fill(
        FillKey("CHAIN-1"),
        order.account,
        order.instrument,
        Side.BUY,
        D(3),
        D("0.55"),
        D(0),
        pair.b.quote,
        Liquidity.MAKER,
        now,
        order.client_order_id,
        life=FillLife.MATCHED,
    )
    pair.bench.feed(FillReceived(order.account, now, now, matched))
    assert pair.rows() == [yes(3, "0.42")]
    pair.bench.feed(FillFailed(order.account, now, now, matched.key, "reorg"))
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]


# --- the market's end and limits --------------------------------------------------------------


def test_near_the_close_quotes_are_cancelled_and_half_a_pair_gets_one_way_out() -> None:
    pair = kalshi_pair(
        rules={"close_ns": START + 400 * SECOND},
        rebalance_after_s=3600,
        rebalance_adverse_ticks=50,
    )
    pair.tick()
    pair.bench.fill(pair.order(pair.a))
    pair.tick(335)
    assert pair.rows() == [no(3, "0.55")]
    pair.tick(6)
    (way_out,) = pair.bench.orders()
    assert (way_out.reason, way_out.px) == ("rebalance", D("0.58"))
    pair.bench.cancelled(way_out, "0")
    assert pair.rows() == []
    assert "3 contracts" in pair.bench.alerts("left_to_settlement")[0].text
    pair.tick(3)
    assert pair.rows() == []


def test_no_cycle_opens_near_the_close() -> None:
    pair = kalshi_pair(rules={"close_ns": START + 301 * SECOND})
    pair.tick(2)
    assert pair.rows() == []
    assert pair.notes("waiting")[0]["reason"] == "close"


def test_a_paused_market_freezes_and_a_closed_one_ends_the_cycle() -> None:
    pair = kalshi_pair()
    pair.tick()
    now = pair.bench.now
    pair.bench.feed(TradingChanged(pair.a.id, now, now, Trading.PAUSED))
    pair.tick(3)
    assert len(pair.rows()) == 2
    now = pair.bench.now
    pair.bench.feed(TradingChanged(pair.a.id, now, now, Trading.CLOSED))
    pair.tick(1)
    assert pair.rows() == []
    assert pair.notes("cycle_closed")[0]["cause"] == "close"


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"max_unpaired": 3, "contract_increment": 3}, None),
        ({"max_market_cost": "2.90"}, "market_cost"),
        ({"price_min": "0.43"}, "price_range"),
        ({"min_edge": "0.04"}, "edge"),
        ({"expected_fees": "0.03"}, "edge"),
        ({"max_spread": "0.02"}, "spread"),
        ({"rules": {"min_qty": 4, "qty_step": 1}}, "below_minimum"),
    ],
)
def test_the_market_filter_names_what_keeps_a_cycle_from_opening(
    parameters: dict[str, Any], why: str | None
) -> None:
    pair = kalshi_pair(**parameters)
    pair.tick(2)
    assert pair.rows() == ([yes(3, "0.42"), no(3, "0.55")] if why is None else [])
    assert pair.notes("waiting") == ([] if why is None else [{"reason": why}])


def test_dust_that_no_venue_takes_does_not_hold_a_cycle_open() -> None:
    pair = kalshi_pair()
    pair.tick()
    pair.bench.fill(pair.order(pair.a))
    pair.bench.fill(pair.order(pair.b), "2.5")
    pair.tick()
    (closed,) = pair.notes("cycle_closed")
    assert (closed["cause"], D(closed["contracts"])) == ("complete", D("2.5"))
    assert "0.5 contracts of KALSHI:M1:YES" in pair.bench.alerts("position_left_open")[0].text


def test_a_halted_pair_does_not_ask_again_and_again() -> None:
    pair = kalshi_pair()
    pair.tick()
    assert len(pair.rows()) == 2
    halt = Kill(Scope(ScopeKind.INSTANCE, "s1"))
    pair.bench.command(halt)
    pair.tick(5)
    assert pair.rows() == []
    assert pair.bench.denied() == []
    assert [each["reason"] for each in pair.notes("barred")] == 2 * ["killing"] + 2 * ["kill"]
    pair.bench.command(Rearm(halt.scope))
    pair.tick(2)
    assert len(pair.rows()) == 2


def test_a_pair_opens_no_cycle_that_nothing_could_follow() -> None:
    pair = kalshi_pair()
    pair.bench.feed(ClockStepped(600_000_000, pair.bench.now))
    pair.tick(3)
    assert (pair.bench.denied(), pair.maker.state.cycle) == ([], "")
    assert [each["reason"] for each in pair.notes("waiting")] == ["clock"]
    pair.bench.feed(ClockStepped(0, pair.bench.now))
    pair.tick(2)
    assert len(pair.rows()) == 2


def test_what_bids_too_much_is_withdrawn_while_nothing_new_may_follow() -> None:
    pair = kalshi_pair()
    pair.tick()
    assert pair.rows() == [yes(3, "0.42"), no(3, "0.55")]
    pair.bench.feed(ClockStepped(600_000_000, pair.bench.now))
    pair.books(yes={"0.42": 3, "0.41": 300}, no={"0.56": 80, "0.55": 83})
    pair.tick(3)
    assert pair.rows() == [no(3, "0.55")]
    assert pair.bench.denied() == []
