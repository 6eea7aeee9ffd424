"""What becomes of an order: its quantities, what stays reserved, and what ends it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness import Bench, D, account
from tests.unit.core.engine.venue import (
    A,
    absent,
    again,
    execution,
    later,
    locks,
    not_sent,
    reading,
    reads,
    row,
    says,
    sent,
    stream,
    unanswered,
)
from tests.unit.core.hand import BTC, BUY, SELL, ask, denial, do, hand, hold, place, scene, stage
from tradewind.model.config import Limits
from tradewind.model.effects import CancelOrder, SubmitOrder
from tradewind.model.events import (
    AmendRejected,
    CancelRejected,
    DeskStarted,
    FillFailed,
    FillFinalised,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderExpired,
    OrderRejected,
    Request,
)
from tradewind.model.fill import FillLife
from tradewind.model.ids import VenueOrderId
from tradewind.model.order import Order, OrderStatus

S = OrderStatus


def silent(**more: Any) -> Bench:
    """Return a desk whose venue answers nothing by itself, once the desk has been reconciled."""
    bench = stage(account(**more), auto_ack=False)
    bench.reads_fail = True
    return bench


def accept(bench: Bench, order: Order) -> None:
    says(bench, OrderAccepted, order, VenueOrderId("V9"))


def working(bench: Bench, qty: object = 4) -> Order:
    order = place(bench, BUY, qty, 99)
    accept(bench, order)
    return order


# --- fills ------------------------------------------------------------------------------------


def test_partial_fills_add_up_until_the_order_is_filled() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    bench.fill(order, "1", "99")
    assert (order.status, order.filled_qty, order.leaves_qty) == (S.PARTIALLY_FILLED, 1, 3)
    bench.fill(order, "3", "97")
    assert (order.status, order.avg_px, order.leaves_qty) == (S.FILLED, D("97.5"), 0)
    assert order.reserved == 0
    assert bench.orders() == []
    assert bench.position(BTC) == 4


def test_a_fill_may_overtake_its_acknowledgement() -> None:
    bench = silent()
    order = place(bench, BUY, 4, 100)
    bench.fill(order, "1")
    assert order.status is S.PARTIALLY_FILLED
    accept(bench, order)
    assert (order.status, order.venue_order_id) == (S.PARTIALLY_FILLED, "V9")


@pytest.mark.parametrize("end", [OrderCancelled, OrderExpired])
def test_a_fill_told_after_the_end_is_posted_and_the_strategy_hears_of_it(end: type) -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    says(bench, end, order)
    over = order.status
    bench.fill(order, "1", key="late")
    assert (order.status, order.filled_qty, bench.position(BTC)) == (over, 1, 1)
    assert ("fill", "late", FillLife.FINAL) in hand(bench).heard
    assert not bench.alerts("overfill")
    bench.fill(order, "3")
    assert order.status is S.FILLED
    assert order.reserved == 0


@pytest.mark.parametrize(("first", "second"), [("4", "1"), ("3", "2")])
def test_more_than_was_asked_for_is_posted_alarmed_and_read(first: str, second: str) -> None:
    bench = scene()
    bench.reads_fail = True
    order = place(bench, BUY, 4, 100)
    bench.fill(order, first)
    effects = bench.fill(order, second)
    assert bench.position(BTC) == 5
    assert order.status is S.FILLED
    assert order.reserved == 0
    assert len(bench.alerts("overfill")) == 1
    assert reads(effects)


@pytest.mark.parametrize("end", ["rejected", "never left"])
def test_a_fill_of_what_never_was_is_posted_alarmed_and_read(end: str) -> None:
    bench = silent()
    order = place(bench, BUY, 4, 100)
    if end == "rejected":
        bench.rejected(order)
    else:
        not_sent(bench, order)
    effects = bench.fill(order, "1")
    assert bench.position(BTC) == 1
    assert len(bench.alerts("overfill")) == 1
    assert reads(effects)


def test_the_same_execution_by_another_road_changes_nothing() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    fill = execution(bench, order, "1")
    stream(bench, fill)
    heard = list(hand(bench).heard)
    reading(bench, row(bench, order), fills=(again(fill, ts_event=fill.ts_event + 5),))
    stream(bench, fill)
    assert (order.filled_qty, bench.position(BTC)) == (1, 1)
    assert hand(bench).heard == heard
    assert not locks(bench)


def test_a_known_key_with_other_contents_is_not_posted_and_locks_the_instrument() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    fill = execution(bench, order, "1")
    stream(bench, fill)
    stream(bench, again(fill, qty=D(2)))
    assert (order.filled_qty, bench.position(BTC)) == (1, 1)
    assert len(bench.alerts("fill_key")) == 1
    assert BTC.id in locks(bench)


def test_a_fill_that_failed_is_reversed_and_heard_of() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    fill = execution(bench, order, "4", key="m1", life=FillLife.MATCHED)
    stream(bench, fill)
    assert order.status is S.FILLED
    bench.feed(FillFailed(A, bench.now, bench.now, fill.key, "reorganised"))
    assert bench.position(BTC) == 0
    assert (order.status, order.filled_qty, order.reserved) == (S.FILLED, 0, 0)
    assert ("fill", "m1", FillLife.FAILED) in hand(bench).heard
    assert len(bench.alerts("fill_failed")) == 1
    stream(bench, fill)  # once more by a slower road
    bench.feed(FillFailed(A, bench.now, bench.now, fill.key, "again"))
    assert bench.position(BTC) == 0
    assert len(bench.alerts("fill_failed")) == 1


def test_what_is_final_can_no_longer_fail() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    fill = execution(bench, order, "1", life=FillLife.MATCHED)
    stream(bench, fill)
    bench.feed(FillFinalised(A, bench.now, bench.now, fill.key))
    bench.feed(FillFailed(A, bench.now, bench.now, fill.key, "late"))
    assert bench.position(BTC) == 1
    assert len(bench.alerts("contradiction")) == 1


# --- claims -----------------------------------------------------------------------------------


def test_a_claim_reserves_at_once_but_enters_the_ledger_only_by_its_fills() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    says(bench, OrderClaimed, order, D(3))
    assert bench.position(BTC) == 0
    assert (order.filled_qty, order.leaves_qty, order.reserved) == (0, 1, 4)
    bench.fill(order, "3")
    assert (order.filled_qty, order.leaves_qty, order.reserved) == (3, 1, 1)
    later(bench, 30)
    assert not locks(bench)


@pytest.mark.parametrize("end", [OrderCancelled, OrderExpired])
def test_a_final_total_above_our_fills_stays_reserved_until_its_fills_are_there(end: type) -> None:
    bench = scene(limits=Limits(max_position_qty=D(5)))
    order = place(bench, BUY, 4, 100)
    says(bench, end, order, filled_qty=D(3))
    assert order.reserved == 3
    assert denial(bench, BUY, 3, 100).rule == "position_qty"
    bench.fill(order, "3")
    assert (order.reserved, bench.position(BTC)) == (0, 3)
    place(bench, BUY, 2, 100)


def test_a_claim_whose_fill_was_undone_is_no_claim_any_more() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    says(bench, OrderCancelled, order, filled_qty=D(3))
    fill = execution(bench, order, "1", life=FillLife.MATCHED)
    stream(bench, fill)
    bench.feed(FillFailed(A, bench.now, bench.now, fill.key, "undone"))
    assert (order.reserved, bench.position(BTC)) == (2, 0)  # two more are still claimed


def test_a_claim_beyond_the_quantity_is_reserved_whole() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 100)
    says(bench, OrderClaimed, order, D(6))
    assert order.reserved == 6


def test_an_uncovered_claim_locks_reads_again_and_again_and_is_freed_by_its_fill() -> None:
    bench = scene()
    bench.reads_fail = True
    order = place(bench, BUY, 4, 100)
    says(bench, OrderClaimed, order, D(3))
    bench.fill(order, "1")
    later(bench, 4)
    assert not locks(bench)
    says(bench, OrderClaimed, order, D(3))  # said again, it does not get more time
    later(bench, 1)
    assert "claimed" in locks(bench)[BTC.id]
    assert denial(bench, BUY, 1, 90).rule == "locked"
    reading(bench, row(bench, order, filled_qty=D(3)))
    assert BTC.id in locks(bench)  # a reading without the execution covers nothing
    before = len(bench.effects)
    later(bench, 5)
    assert reads(bench.effects[before:])
    bench.fill(order, "2")
    assert not locks(bench)
    place(bench, BUY, 1, 90)


# --- amendments -------------------------------------------------------------------------------


@pytest.mark.parametrize(("wanted", "reserved"), [("6", 6), ("2", 4)])
def test_an_amendment_under_way_reserves_the_larger_quantity(wanted: str, reserved: int) -> None:
    bench = silent()
    order = working(bench)
    do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(wanted)))
    assert (order.status, order.qty, order.reserved) == (S.PENDING_REPLACE, 4, reserved)
    says(bench, OrderAmended, order, D(wanted), D(98))
    assert (order.status, order.qty, order.px) == (S.NEW, D(wanted), 98)
    assert order.reserved == D(wanted)


@pytest.mark.parametrize("how", ["refused", "never left"])
def test_the_old_terms_stand_when_an_amendment_is_not_carried_out(how: str) -> None:
    bench = silent()
    order = working(bench)
    bench.fill(order, "1")
    do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(6)))
    assert order.reserved == 5
    if how == "refused":
        says(bench, AmendRejected, order, "no")
    else:
        not_sent(bench, order, Request.AMEND)
    assert (order.status, order.qty, order.reserved) == (S.PARTIALLY_FILLED, 4, 3)


def test_an_amendment_below_what_has_filled_ends_the_order() -> None:
    bench = silent()
    order = working(bench)
    do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(2)))
    bench.fill(order, "2")
    says(bench, OrderAmended, order, D(2), D(99))
    assert (order.status, order.reserved) == (S.FILLED, 0)


def test_an_unanswered_amendment_keeps_the_larger_reservation_until_the_order_is_seen() -> None:
    bench = silent()
    order = working(bench)
    do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(6), px=D(98)))
    unanswered(bench, order, Request.AMEND)
    assert (order.status, order.reserved) == (S.UNKNOWN, 6)
    bench.fill(order, "1")
    assert order.reserved == 5  # it is there, but with which of the two sizes?
    later(bench, 2)
    reading(bench, row(bench, order, qty=D(6), px=D(98)))
    assert (order.status, order.qty, order.px) == (S.PARTIALLY_FILLED, 6, 98)
    assert order.reserved == 5


# --- cancels ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "news",
    [
        lambda bench, order: unanswered(bench, order, Request.CANCEL),
        lambda bench, order: accept(bench, order),
        lambda bench, order: says(bench, OrderAmended, order, D(4), D(98)),
        lambda bench, order: says(bench, AmendRejected, order, "no"),
        lambda bench, order: not_sent(bench, order, Request.AMEND),
        lambda bench, order: says(bench, CancelRejected, order, "none", not_found=True),
        lambda bench, order: bench.fill(order, "1"),
        lambda bench, order: reading(bench, row(bench, order)),
        lambda bench, order: reading(bench, asked=(order,)),
    ],
)
def test_a_pending_cancel_ends_by_none_of_these(news: Callable[[Bench, Order], Any]) -> None:
    bench = silent()
    order = working(bench)
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D(98)))
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    news(bench, order)
    assert order.status is S.PENDING_CANCEL
    assert order.reserved == 4 - order.filled_qty


def test_a_refused_cancel_puts_the_order_back_and_a_final_row_ends_it() -> None:
    bench = silent()
    order = working(bench)
    for _ in range(2):
        do(bench, lambda ctx: ctx.cancel(order.client_order_id))
        says(bench, CancelRejected, order, "busy")
        assert (order.status, order.reserved) == (S.NEW, 4)
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    reading(bench, row(bench, order, S.CANCELLED))
    assert (order.status, order.reserved) == (S.CANCELLED, 0)


def test_a_cancel_is_repeated_when_readings_go_on_to_show_the_order() -> None:
    bench = silent()
    order = working(bench)
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    later(bench, 1)
    assert not sent(reading(bench, row(bench, order)))  # it may be older than the cancel
    later(bench, 2)
    again_ = sent(reading(bench, row(bench, order)))
    assert [type(each) for each in again_] == [CancelOrder]
    assert order.status is S.PENDING_CANCEL


def test_not_found_never_counts_against_a_create_without_an_answer() -> None:
    bench = silent()
    order = place(bench, BUY, 4, 99)
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    effects = says(bench, CancelRejected, order, "unknown order", not_found=True)
    assert (order.status, order.reserved) == (S.PENDING_CANCEL, 4)
    assert reads(effects)
    accept(bench, order)
    assert order.status is S.PENDING_CANCEL
    says(bench, OrderCancelled, order)
    assert order.status is S.CANCELLED


# --- Unknown ----------------------------------------------------------------------------------


def test_an_unanswered_create_is_reserved_asked_about_and_never_sent_again() -> None:
    bench = silent(limits=Limits(max_position_qty=D(5)))
    order = place(bench, BUY, 4, 99)
    effects = unanswered(bench, order)
    assert (order.status, order.reserved) == (S.UNKNOWN, 4)
    assert reads(effects)[0].ask == (order.client_order_id,)
    before = len(bench.effects)
    later(bench, 60)
    assert not [each for each in bench.effects[before:] if type(each) is SubmitOrder]
    assert denial(bench, BUY, 1, 99).rule == "slot_unknown"
    assert denial(bench, BUY, 2, 99, reason="add").rule == "position_qty"
    assert order.status is S.UNKNOWN  # time alone, and failed readings, prove nothing


def test_absence_needs_the_window_and_two_readings_the_lag_apart() -> None:
    bench = silent()
    order = place(bench, BUY, 4, 99)
    unanswered(bench, order)
    reading(bench, asked=(order,))
    later(bench, 14)
    reading(bench, asked=(order,))
    later(bench, 1)
    reading(bench, asked=(order,))  # the first that counts: the window is over
    assert order.status is S.UNKNOWN
    reading(bench, asked=(order,))
    later(bench, 0.5)
    reading(bench, asked=(order,))
    assert order.status is S.UNKNOWN  # the lag between two readings is not over
    later(bench, 0.5)
    reading(bench)
    assert order.status is S.UNKNOWN  # it was not asked about
    reading(bench, asked=(order,))
    assert (order.status, order.reserved) == (S.REJECTED, 0)
    place(bench, BUY, 4, 99)


def test_a_sighting_between_two_readings_begins_the_proof_anew() -> None:
    bench = silent()
    order = working(bench)
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D(98)))
    unanswered(bench, order, Request.AMEND)
    later(bench, 20)
    reading(bench, asked=(order,))
    reading(bench, row(bench, order), asked=(order,))
    assert order.status is S.NEW
    later(bench, 5)
    reading(bench, asked=(order,))
    assert order.status is S.UNKNOWN
    later(bench, 1)
    reading(bench, asked=(order,))
    assert order.status is S.CANCELLED  # it had been there: it ended, nobody refused it


def test_a_total_without_executions_breaks_the_proof_of_absence() -> None:
    bench = silent()
    order = place(bench, BUY, 4, 99)
    unanswered(bench, order)
    later(bench, 20)
    reading(bench, asked=(order,))
    reading(bench, row(bench, order, S.FILLED, filled_qty=D(4)), asked=(order,))
    later(bench, 1)
    reading(bench, asked=(order,))
    assert (order.status, order.reserved) == (S.UNKNOWN, 4)


@pytest.mark.parametrize("proof", ["accepted", "filled", "listed", "amended"])
def test_any_sign_of_life_ends_the_doubt(proof: str) -> None:
    bench = silent()
    order = place(bench, BUY, 4, 99)
    unanswered(bench, order)
    if proof == "accepted":
        accept(bench, order)
    elif proof == "filled":
        bench.fill(order, "1")
    elif proof == "listed":
        reading(bench, row(bench, order))
    else:
        says(bench, OrderAmended, order, D(4), D(99))
    assert order.status is (S.PARTIALLY_FILLED if proof == "filled" else S.NEW)
    place(bench, BUY, 1, 99)


@pytest.mark.parametrize("end", ["rejected", "absent", "never left"])
def test_only_a_definite_end_lets_the_same_be_asked_again(end: str) -> None:
    bench = silent()
    order = place(bench, BUY, 4, 99)
    if end == "never left":
        not_sent(bench, order)
    else:
        unanswered(bench, order)
        not_sent(bench, order)  # somebody else's word came later: it may have left
        assert order.status is S.UNKNOWN
        assert denial(bench, BUY, 4, 99).rule == "slot_unknown"
        if end == "absent":
            absent(bench, order)
        else:
            says(bench, OrderRejected, order, "no")
    assert order.status is (S.NOT_SENT if end == "never left" else S.REJECTED)
    place(bench, BUY, 4, 99)


@pytest.mark.parametrize("enforced", [True, False])
def test_while_an_exit_is_unknown_only_a_venue_enforced_one_may_follow(enforced: bool) -> None:
    bench = scene(reduce_only_flag=enforced)
    bench.reads_fail = True
    hold(bench, "2")
    bench.auto_ack = False
    first = place(bench, SELL, 2, 101, reduce_only=True, reason="exit")
    unanswered(bench, first)
    ask(bench, SELL, 2, 101, reduce_only=True, reason="flee")
    assert [each.rule for each in bench.denied()] == ([] if enforced else ["exit_unknown"])
    assert denial(bench, SELL, 2, 101, reason="run").rule == "exit_unknown"


def test_a_restart_doubts_what_was_under_way_and_trusts_what_was_answered() -> None:
    bench = silent()
    rests = working(bench)
    cancelling, amending = working(bench), working(bench)
    do(bench, lambda ctx: ctx.cancel(cancelling.client_order_id))
    do(bench, lambda ctx: ctx.amend(amending.client_order_id, qty=D(6)))
    creating = place(bench, BUY, 1, 98)
    effects = bench.feed(DeskStarted(2, 7, bench.desk.config, bench.now))
    assert not sent(effects)
    assert rests.status is S.NEW
    for order, reserved in ((cancelling, 4), (amending, 6), (creating, 1)):
        assert (order.status, order.reserved) == (S.UNKNOWN, reserved)
    says(bench, AmendRejected, amending, "no")  # of which of the amendments?
    assert (amending.status, amending.reserved) == (S.UNKNOWN, 6)
