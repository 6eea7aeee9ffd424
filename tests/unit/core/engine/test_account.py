"""What the venue answers, and what the desk does with an answer that does not fit."""

import pytest

from tests.harness import Bench, D, account
from tests.unit.core.engine.venue import (
    A,
    absent,
    execution,
    later,
    locks,
    not_sent,
    reading,
    reads,
    row,
    says,
    sent,
    unanswered,
)
from tests.unit.core.hand import (
    BTC,
    BUY,
    ETH,
    SELL,
    denial,
    do,
    hold,
    place,
    quote,
    scene,
    stage,
)
from tradewind.model.commands import DESK, Kill, Rearm, Scope, ScopeKind, Unlock
from tradewind.model.config import Breaker
from tradewind.model.effects import CancelAll, CancelOrder, Confirmation, Effect
from tradewind.model.events import (
    AmendRejected,
    CancelRejected,
    Locked,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderExpired,
    OrderPrepared,
    OrderRejected,
    OrderSent,
    OrderTriggered,
    RequestsCounted,
    SessionChanged,
)
from tradewind.model.ids import OrderId, VenueId, VenueOrderId
from tradewind.model.order import Order, OrderStatus, SelfMatchPolicy

S = OrderStatus


def session(bench: Bench, live: bool) -> list[Effect]:
    return list(bench.feed(SessionChanged(A, bench.now, bench.now, live, "gone")))


def ended(bench: Bench, how: str) -> Order:
    """Return an order that was never there, as far as anybody could tell."""
    bench.auto_ack = False
    bench.reads_fail = True
    order = place(bench, BUY, 4, 99)
    if how == "rejected":
        bench.rejected(order)
    elif how == "never left":
        not_sent(bench, order)
    else:
        unanswered(bench, order)
        absent(bench, order)
    return order


# --- orders that rise -------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["rejected", "never left", "absent"])
@pytest.mark.parametrize("news", [OrderAccepted, OrderTriggered])
def test_an_order_that_had_ended_and_lives_is_cancelled_locked_and_read(
    how: str, news: type
) -> None:
    bench = scene()
    order = ended(bench, how)
    over = order.status
    fields = (VenueOrderId("V7"),) if news is OrderAccepted else ()
    effects = says(bench, news, order, *fields)
    assert order.status is over
    assert [type(each) for each in sent(effects)] == [CancelOrder]
    assert len(bench.alerts("risen_order")) == 1
    assert "rests at the venue" in locks(bench)[BTC.id]
    assert reads(effects)
    assert denial(bench, BUY, 1, 98).rule == "locked"
    says(bench, news, order, *fields)
    assert len(bench.alerts("risen_order")) == 1


def test_a_risen_order_is_cancelled_until_a_reading_finds_it_gone() -> None:
    bench = scene()
    order = ended(bench, "rejected")
    says(bench, OrderAccepted, order, VenueOrderId("V7"))
    assert sent(reading(bench, row(bench, order)))
    reading(bench)  # taken before the cancel can have worked
    assert locks(bench)
    later(bench, 1)
    assert sent(reading(bench, row(bench, order)))
    assert locks(bench)
    assert not sent(reading(bench))
    assert not locks(bench)
    place(bench, BUY, 1, 98)


def test_an_acknowledgement_that_was_only_slower_than_the_end_is_no_alarm() -> None:
    bench = scene()
    bench.auto_ack = False
    order = place(bench, BUY, 4, 99)
    says(bench, OrderCancelled, order)
    says(bench, OrderAccepted, order, VenueOrderId("V7"))
    assert order.status is S.CANCELLED
    assert not bench.alerts("risen_order")
    assert not bench.alerts("odd_answer")


def test_a_cancelled_order_that_later_readings_list_has_risen() -> None:
    bench = scene()
    bench.reads_fail = True
    order = place(bench, BUY, 4, 99)
    bench.cancelled(order)
    assert not sent(reading(bench, row(bench, order)))  # as old as the cancel, perhaps
    later(bench, 2)
    assert sent(reading(bench, row(bench, order)))
    assert len(bench.alerts("risen_order")) == 1


# --- answers that do not fit ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (OrderAccepted, (VenueOrderId("V1"),)),
        (OrderRejected, ("no",)),
        (OrderCancelled, ()),
        (OrderExpired, ()),
        (OrderAmended, (D(1), D(1))),
        (AmendRejected, ("no",)),
        (CancelRejected, ("no",)),
        (OrderTriggered, ()),
        (OrderClaimed, (D(1),)),
        (OrderPrepared, ("wire", "digest")),
        (OrderSent, (1,)),
    ],
)
def test_news_of_an_order_that_nobody_remembers_locks_the_account_until_it_is_read(
    kind: type, fields: tuple[object, ...]
) -> None:
    bench = scene()
    bench.reads_fail = True
    effects = bench.feed(kind(A, bench.now, bench.now, OrderId("SOMEBODYELSES"), *fields))
    assert reads(effects)
    assert len(bench.alerts("unknown_order")) == 1
    assert denial(bench, BUY, 1, 99).rule == "locked"
    reading(bench)
    place(bench, BUY, 1, 99)


def test_an_answer_that_does_not_fit_changes_nothing_and_is_reported() -> None:
    bench = scene()
    order = place(bench, BUY, 4, 99)
    bench.fill(order, "1")
    bench.rejected(order, "much too late")
    assert (order.status, order.reserved, bench.position(BTC)) == (S.PARTIALLY_FILLED, 3, 1)
    assert len(bench.alerts("odd_answer")) == 1


def test_the_wire_id_is_noted_before_anything_is_sent() -> None:
    bench = scene()
    bench.auto_ack = False
    order = place(bench, BUY, 4, 99)
    says(bench, OrderPrepared, order, "0xabc", "digest")
    assert (order.wire_id, order.status) == ("0xabc", S.PENDING_NEW)


def test_a_sleeping_stop_reserves_nothing_and_meets_nobody_until_it_wakes() -> None:
    bench = scene()
    hold(bench, "2")
    stop = place(bench, SELL, 2, 95, trigger_px=D(96), reduce_only=True, order_type="stop_limit")
    assert (stop.asleep, stop.reserved) == (True, 0)
    target = place(bench, SELL, 2, 105, reduce_only=True)
    assert target.reserved == 2
    says(bench, OrderTriggered, stop)
    assert (stop.asleep, stop.reserved) == (False, 2)
    assert denial(bench, BUY, 1, 95).rule == "self_match"
    says(bench, OrderTriggered, target)  # of one that has not slept: no change
    bench.fill(stop, "2", "95")
    says(bench, OrderTriggered, stop)  # told after its fill
    assert not bench.alerts("risen_order")


# --- sessions and breakers --------------------------------------------------------------------


def test_a_lost_session_lets_only_a_reading_bring_new_risk_back() -> None:
    bench = scene()
    hold(bench, "2")
    session(bench, False)
    session(bench, False)
    assert len(bench.alerts("session_lost")) == 1
    assert denial(bench, BUY, 1, 99).rule == "session"
    bench.reads_fail = True
    assert reads(session(bench, True))
    assert denial(bench, BUY, 1, 99).rule == "not_reconciled"
    place(bench, SELL, 1, 101, reduce_only=True)
    reading(bench)
    place(bench, BUY, 1, 99)


def test_a_reading_that_began_before_the_session_was_back_reconciles_nothing() -> None:
    bench = scene()
    bench.reads_fail = True
    session(bench, False)
    began_ns = bench.now
    bench.pass_time(1)
    session(bench, True)
    assert reads(reading(bench, taken_ns=began_ns)), "it is read again"
    assert denial(bench, BUY, 1, 99).rule == "not_reconciled"
    reading(bench)
    place(bench, BUY, 1, 99)


def test_an_account_that_the_runtime_distrusts_is_read_before_new_risk() -> None:
    bench = scene()
    bench.reads_fail = True
    effects = bench.feed(Locked(A, VenueId("BYBIT"), "answers are late", bench.now))
    assert reads(effects)
    assert denial(bench, BUY, 1, 99).rule == "not_reconciled"
    reading(bench)
    place(bench, BUY, 1, 99)


def test_failed_orders_within_the_window_open_the_breaker() -> None:
    bench = scene(breaker=Breaker(failed_orders=3, failed_window_ns=60_000_000_000))
    hold(bench, "2")
    rests = place(bench, BUY, 1, 98)
    exit_ = place(bench, SELL, 1, 103, reduce_only=True)
    for pause_s in (0, 50, 20):
        later(bench, pause_s)
        bench.auto_ack = False
        bench.rejected(place(bench, BUY, 1, 97))
        bench.auto_ack = True
    place(bench, BUY, 1, 97)  # the first of the three was more than a minute ago
    bench.auto_ack = False
    bench.rejected(bench.orders()[-1])
    assert denial(bench, BUY, 1, 97).rule == "breaker"
    assert rests.status is S.PENDING_CANCEL
    assert exit_.status is S.NEW
    place(bench, SELL, 1, 102, reduce_only=True)
    answer = bench.command(Rearm(Scope(ScopeKind.ACCOUNT, A)))
    assert answer.confirmation is Confirmation.CONFIRMED
    assert "3 failed orders" in answer.effect
    place(bench, BUY, 1, 97)


def test_an_order_refused_twice_counts_once() -> None:
    bench = scene(breaker=Breaker(failed_orders=2))
    bench.auto_ack = False
    order = place(bench, BUY, 1, 97)
    for _ in range(3):
        bench.rejected(order)
    place(bench, BUY, 1, 97)


def test_too_many_failed_requests_open_the_breaker() -> None:
    bench = scene(breaker=Breaker(error_window=20, error_rate_pct=D(10)))

    def counted(answered: int, failed: int) -> None:
        bench.feed(RequestsCounted(A, bench.now, bench.now, answered, failed))

    counted(0, 1)
    place(bench, BUY, 1, 97)  # so few prove nothing
    counted(18, 0)
    place(bench, BUY, 1, 97)
    counted(0, 1)
    assert denial(bench, BUY, 1, 97).rule == "breaker"


# --- locks ------------------------------------------------------------------------------------


def test_a_lock_holds_until_the_last_of_its_causes_is_gone() -> None:
    bench = scene(BTC, ETH)
    bench.reads_fail = True
    first, second = place(bench, BUY, 4, 99), place(bench, BUY, 4, 98)
    for order in (first, second):
        says(bench, OrderClaimed, order, D(1))
    reading(bench, row(bench, first), row(bench, second), held={BTC.id: "1"})
    later(bench, 6)
    quote(bench, ETH)
    assert locks(bench)[BTC.id].count(";") == 1  # the difference, and the claims
    place(bench, BUY, 1, 99, instrument=ETH)
    bench.fill(first, "1")
    assert "claimed" in locks(bench)[BTC.id]  # the other claim still waits
    reading(bench, row(bench, first), row(bench, second), held={BTC.id: "1"})
    assert "differs" not in locks(bench)[BTC.id]
    bench.fill(second, "1")
    assert not locks(bench)


def test_a_person_may_release_a_lock_and_only_one_that_is_there() -> None:
    bench = scene()
    assert bench.command(Unlock(A, BTC.id)).confirmation is Confirmation.REFUSED
    reading(bench, held={BTC.id: "1"})
    assert denial(bench, BUY, 1, 99).rule == "locked"
    answer = bench.command(Unlock(A, BTC.id))
    assert "differs" in answer.effect
    place(bench, BUY, 1, 99)


# --- self match, as far as it hangs on answers (SM-5, SM-6) -------------------------------------


def two_accounts() -> Bench:
    bench = stage(account("A"), account("B"))
    bench.reads_fail = True
    bench.auto_ack = False
    return bench


def test_sm5_an_unacknowledged_order_blocks_until_the_venue_refuses_it() -> None:
    bench = two_accounts()
    bid = place(bench, BUY, 50, 100, account=A)
    assert denial(bench, SELL, 50, 100, account="B").rule == "self_match"
    unanswered(bench, bid)
    assert denial(bench, SELL, 50, 100, account="B").rule == "self_match"
    bench.rejected(bid)
    place(bench, SELL, 50, 100, account="B")


@pytest.mark.parametrize("end", ["cancelled", "refused", "silence"])
def test_sm6_an_order_waits_for_the_cancel_in_its_way_and_is_sized_anew(end: str) -> None:
    bench = two_accounts()
    hold(bench, "30", "99")  # what the new order shall sell
    bid = place(bench, BUY, 50, 100)
    says(bench, OrderAccepted, bid, VenueOrderId("V1"))
    do(bench, lambda ctx: ctx.cancel(bid.client_order_id))
    terms = {"self_match": SelfMatchPolicy.CANCEL_RESTING, "reduce_only": True}
    exit_ = place(bench, SELL, 30, 100, **terms)
    assert exit_.status is S.PARKED
    assert exit_.reserved == 0
    bench.fill(bid, "20")
    assert exit_.status is S.PARKED  # the cancel is not confirmed
    if end == "cancelled":
        bench.cancelled(bid, "20")
        assert (exit_.status, exit_.qty) == (S.PENDING_NEW, 30)
        assert bench.submitted()[-1].client_order_id == exit_.client_order_id
        return
    if end == "refused":
        says(bench, CancelRejected, bid, "busy")
        assert bid.status is S.PARTIALLY_FILLED
    later(bench, 2.1)
    assert exit_.status is S.DENIED
    assert bench.denied()[-1].rule == "self_match"


def test_sm6_what_waits_is_not_let_go_by_half_a_reading() -> None:
    bench = two_accounts()
    bid = place(bench, BUY, 50, 100)
    says(bench, OrderAccepted, bid, VenueOrderId("V1"))
    do(bench, lambda ctx: ctx.cancel(bid.client_order_id))
    ask_ = place(bench, SELL, 80, 100, self_match=SelfMatchPolicy.CANCEL_RESTING)
    assert ask_.status is S.PARKED
    # The reading frees its way with a fill, and finds that the venue holds something else.
    reading(bench, fills=(execution(bench, bid, "50"),), held={BTC.id: "70"})
    assert "differs" in locks(bench)[BTC.id]
    assert ask_.status is S.DENIED
    assert bench.denied()[-1].rule == "locked"


def test_sm6_what_was_held_by_the_order_in_the_way_is_no_longer_asked_for() -> None:
    bench = two_accounts()
    hold(bench, "-50", "101")
    ask_ = place(bench, SELL, 20, 100)  # adds to the short
    says(bench, OrderAccepted, ask_, VenueOrderId("V1"))
    cover = place(bench, BUY, 60, 100, self_match=SelfMatchPolicy.CANCEL_RESTING, reduce_only=True)
    assert cover.status is S.PARKED
    assert ask_.status is S.PENDING_CANCEL
    bench.fill(ask_, "5")
    bench.cancelled(ask_, "5")
    assert (cover.status, cover.qty) == (S.PENDING_NEW, 55)


def test_the_patience_of_an_order_begins_once_whoever_else_is_in_its_way() -> None:
    bench = two_accounts()
    first = place(bench, BUY, 50, 100)
    waits = place(bench, SELL, 50, 100, self_match=SelfMatchPolicy.CANCEL_RESTING)
    second = place(bench, BUY, 50, 100, account="B")
    later(bench, 1.5)
    bench.cancelled(first)
    assert (waits.status, second.status) == (S.PARKED, S.PENDING_CANCEL)
    later(bench, 0.6)
    assert waits.status is S.DENIED


@pytest.mark.parametrize("exit_", [False, True])
def test_a_kill_purges_what_waits_at_the_gate(exit_: bool) -> None:
    bench = two_accounts()
    hold(bench, "50", "99")
    bid = place(bench, BUY, 50, 100)
    terms = {"self_match": SelfMatchPolicy.CANCEL_RESTING, "reduce_only": exit_}
    waits = place(bench, SELL, 50, 100, **terms)
    bench.command(Kill(DESK))
    assert waits.status is S.CANCELLED
    bench.cancelled(bid)
    assert bench.submitted()[-1].client_order_id == bid.client_order_id
    assert [type(each) for each in bench.effects].count(CancelAll) == 2
