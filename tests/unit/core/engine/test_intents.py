"""From what a strategy asked to what is sent: words, amendments, times."""

from typing import Any

import pytest

from tests.harness import SECOND, Bench, D, account, binary, perpetual
from tests.unit.core.engine.venue import later, not_sent, says, sent
from tests.unit.core.hand import BTC, BUY, SELL, denial, do, hold, place, scene, stage
from tradewind.model.commands import Tell
from tradewind.model.config import Limits
from tradewind.model.effects import AmendOrder, CancelOrder, Confirmation
from tradewind.model.events import (
    CallbackOverran,
    CancelRejected,
    DeskStarted,
    OrderAccepted,
    Request,
    RequestsCounted,
)
from tradewind.model.ids import InstanceId, VenueOrderId
from tradewind.model.order import Order, OrderStatus, OrderType, SelfMatchPolicy, Side, TimeInForce

S = OrderStatus


def amend(bench: Bench, order: Order, **terms: Any) -> list[str]:
    """Let the strategy change an order; return the rules by which that was denied."""
    before = len(bench.denied())
    do(bench, lambda ctx: ctx.amend(order.client_order_id, **terms))
    return [each.rule for each in bench.denied()[before:]]


# --- words ------------------------------------------------------------------------------------


def test_plain_text_is_taken_for_the_word_that_it_is() -> None:
    bench = scene()
    hold(bench, "2")
    words: dict[str, Any] = {
        "side": "sell",
        "order_type": "stop_limit",
        "tif": "ioc",
        "self_match": "reprice",
        "trigger_by": "mark",
    }
    order_id = do(bench, lambda ctx: ctx.place(BTC.id, qty=2, px=95, trigger_px=D(96), **words))
    order = bench.desk.orders.find(order_id)
    assert order is not None
    assert order.side is Side.SELL
    assert order.spec.order_type is OrderType.STOP_LIMIT
    assert order.spec.tif is TimeInForce.IOC
    assert order.spec.self_match is SelfMatchPolicy.REPRICE


@pytest.mark.parametrize("terms", [{"side": "sel"}, {"tif": "soon"}, {"order_type": "big"}])
def test_a_word_that_is_none_is_refused_and_nothing_is_sent(terms: dict[str, str]) -> None:
    bench = scene()
    side = terms.get("side", BUY)
    rest = {name: word for name, word in terms.items() if name != "side"}
    act = {"act": lambda ctx: ctx.place(BTC.id, side, 1, 99, **rest), "results": []}
    answer = bench.command(Tell(InstanceId("s1"), "do", act))
    assert answer.confirmation is Confirmation.REFUSED
    assert "use one of" in answer.effect
    assert not bench.submitted()


# --- amendments -------------------------------------------------------------------------------


def test_an_amendment_goes_to_the_venue_as_the_total_wanted() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 99)
    bench.fill(order, "1")
    assert not amend(bench, order, qty=D(6), px=D(98))
    asked = [each for each in bench.effects if type(each) is AmendOrder]
    assert [(each.qty, each.px, each.venue_order_id) for each in asked] == [(6, 98, "V1")]
    assert (order.status, order.qty, order.px) == (S.PARTIALLY_FILLED, 6, 98)


@pytest.mark.parametrize(
    ("terms", "rule"),
    [
        ({"qty": D(9)}, "position_qty"),
        ({"px": D("98.05")}, "tick"),
        ({"qty": D("1.0005")}, "step"),
        ({"qty": D(1)}, "qty_positive"),
        ({"px": D(101)}, "self_match"),
    ],
)
def test_an_amendment_passes_the_same_gate(terms: dict[str, object], rule: str) -> None:
    bench = scene(limits=Limits(max_position_qty=D(8)))
    place(bench, SELL, 1, 101)
    order = place(bench, BUY, 4, 99)
    bench.fill(order, "1")
    found = amend(bench, order, **terms)
    assert len(found) == 1
    assert rule in found[0]
    assert (order.status, order.reserved) == (S.PARTIALLY_FILLED, 3)
    assert not [each for each in bench.effects if type(each) is AmendOrder]


def test_only_an_answered_order_can_be_changed_and_only_by_its_owner() -> None:
    bench = scene()
    bench.auto_ack = False
    order = place(bench, BUY, 4, 99)
    assert amend(bench, order, px=D(98)) == ["order_busy"]
    says(bench, OrderAccepted, order, VenueOrderId("V1"))
    assert not amend(bench, order, px=D(98))
    assert amend(bench, order, px=D(97)) == ["order_busy"]
    bench.deploy(type(bench.desk.instances[InstanceId("s1")].strategy), BTC, name="s2")
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D(97)), "s2")
    assert bench.denied()[-1].rule == "order_gone"
    do(bench, lambda ctx: ctx.cancel(order.client_order_id), "s2")
    assert order.status is S.PENDING_REPLACE


def test_where_the_venue_cannot_change_an_order_it_is_cancelled_and_proved_gone_first() -> None:
    plain = perpetual(native_amend=False)
    bench = scene(plain)
    bench.auto_ack = False
    order = place(bench, BUY, 4, 99)
    says(bench, OrderAccepted, order, VenueOrderId("V1"))
    assert amend(bench, order, px=D(98)) == ["no_amend"]
    assert "a cancel" in bench.denied()[-1].passes
    bench.fill(order, "1")
    effects = len(bench.effects)
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    assert [type(each) for each in sent(bench.effects[effects:])] == [CancelOrder]
    assert order.reserved == 3  # both may still trade: the old one counts until it is over


# --- times ------------------------------------------------------------------------------------


def test_an_order_with_a_life_is_cancelled_at_its_end() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 99, ttl_ns=10 * SECOND)
    short = place(bench, BUY, 4, 98, ttl_ns=5 * SECOND)
    bench.auto_ack = False
    bench.fill(short)
    later(bench, 9)
    assert order.status is S.NEW
    later(bench, 1)
    assert order.status is S.PENDING_CANCEL
    assert short.status is S.FILLED


@pytest.mark.parametrize("cause", ["its time", "a halt", "a fault"])
def test_what_may_not_rest_on_is_cancelled_until_it_is_gone(cause: str) -> None:
    bench = scene()
    order = place(bench, BUY, 4, 99, ttl_ns=5 * SECOND if cause == "its time" else 0)
    bench.auto_ack = False
    if cause == "a halt":
        bench.feed(RequestsCounted(order.account, bench.now, bench.now, 0, 1000))
    elif cause == "a fault":
        bench.feed(CallbackOverran(order.instance, "on_book", SECOND, bench.now, fatal=True))
    else:
        later(bench, 5)
    for unsent in (True, False, True):
        assert order.status is S.PENDING_CANCEL
        if unsent:
            not_sent(bench, order, Request.CANCEL)
        else:
            says(bench, CancelRejected, order, "busy")
        assert order.status is S.NEW
        later(bench, 2)
    assert order.status is S.PENDING_CANCEL
    bench.cancelled(order)
    effects = len(bench.effects)
    later(bench, 5)
    assert not sent(bench.effects[effects:])


def test_an_order_that_waits_for_the_rate_is_sent_when_there_is_room_and_lives_from_then() -> None:
    bench = scene(orders_per_s=D(1), order_burst=1)
    place(bench, BUY, 1, 99)
    waits = place(bench, BUY, 1, 99, ttl_ns=10 * SECOND)
    assert (waits.status, waits.reserved) == (S.PARKED, 0)
    asked_ns = bench.now
    later(bench, 2)
    assert waits.status is S.NEW
    assert waits.created_ns > asked_ns
    assert waits.expire_ns == waits.created_ns + 10 * SECOND


def test_what_waits_at_the_gate_does_not_survive_a_restart() -> None:
    bench = scene()
    bench.auto_ack = False
    place(bench, BUY, 4, 100)
    waits = place(bench, SELL, 4, 100, self_match=SelfMatchPolicy.CANCEL_RESTING)
    assert waits.status is S.PARKED
    effects = bench.feed(DeskStarted(2, 9, bench.desk.config, bench.now))
    assert waits.status is S.DENIED
    assert not sent(effects)
    later(bench, 10)
    assert len(bench.submitted()) == 1


# --- one market, two names ---------------------------------------------------------------------


def test_yes_and_no_of_one_market_meet_until_the_other_is_proved_gone() -> None:
    yes, no = binary()
    bench = stage(account("A", "KALSHI", "USD"), instruments=(yes, no))
    bench.reads_fail = True
    bid = place(bench, BUY, 50, "0.60", instrument=yes)
    bench.auto_ack = False
    assert denial(bench, BUY, 50, "0.40", instrument=no).rule == "self_match"
    do(bench, lambda ctx: ctx.cancel(bid.client_order_id))
    assert denial(bench, BUY, 50, "0.40", instrument=no).rule == "self_match"
    bench.cancelled(bid)
    place(bench, BUY, 50, "0.40", instrument=no)
