"""Our own accounts never trade with each other: who meets whom in YES space, and what then."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.harness import Bench, D, account, binary, perpetual
from tests.unit.core.hand import BTC, BUY, SELL, Hand, ask, denial, do, hold, place, quote
from tradewind.model.config import Limits
from tradewind.model.effects import CancelOrder
from tradewind.model.events import CancelRejected, NoAnswer, OrderTriggered, ReportedOrder, Request
from tradewind.model.ids import AccountId, VenueOrderId
from tradewind.model.instrument import Instrument
from tradewind.model.order import (
    Order,
    OrderStatus,
    OrderType,
    SelfMatchPolicy,
    Side,
    TimeInForce,
)

YES, NO = binary()
OTHER_YES, OTHER_NO = binary(venue="POLY")
REPRICE, CANCEL = SelfMatchPolicy.REPRICE, SelfMatchPolicy.CANCEL_RESTING
A = AccountId("A")


def market(*, auto_ack: bool = True, **limits: Limits) -> Bench:
    """Return s1 on account A and s2 on B at one venue, s3 on C at another."""
    bench = Bench(
        account("A", "KALSHI", "USD"),
        account("B", "KALSHI", "USD", limits=limits.get("B", Limits())),
        account("C", "POLY", "USD"),
        auto_ack=auto_ack,
    )
    bench.reads_fail = True
    bench.define(YES, NO, OTHER_YES, OTHER_NO)
    for each in (YES, NO, OTHER_YES, OTHER_NO):
        quote(bench, each)
    bench.deploy(Hand, YES, NO, accounts=("A",))
    bench.deploy(Hand, YES, NO, accounts=("B",), name="s2")
    bench.deploy(Hand, OTHER_YES, OTHER_NO, accounts=("C",), name="s3")
    return bench


Asked = tuple[Side, Instrument, str]
MEETINGS: list[tuple[Asked, Asked, str | None]] = [
    # what s1 rests, what s2 asks, what is said to pass; None: they do not meet
    ((BUY, YES, "0.60"), (BUY, NO, "0.40"), "0.39"),  # SM-1
    ((BUY, YES, "0.60"), (BUY, NO, "0.39"), None),  # SM-2
    ((SELL, NO, "0.45"), (SELL, YES, "0.55"), "0.56"),  # SM-3
    ((SELL, NO, "0.45"), (SELL, YES, "0.56"), None),
    ((BUY, YES, "0.60"), (SELL, YES, "0.60"), "0.61"),
    ((BUY, YES, "0.60"), (SELL, YES, "0.30"), "0.61"),
    ((BUY, YES, "0.60"), (SELL, YES, "0.61"), None),
    ((SELL, YES, "0.60"), (BUY, YES, "0.60"), "0.59"),
    ((SELL, YES, "0.60"), (BUY, YES, "0.59"), None),
    ((SELL, YES, "0.60"), (SELL, NO, "0.40"), "0.41"),
    ((SELL, YES, "0.60"), (SELL, NO, "0.41"), None),
    ((BUY, NO, "0.40"), (BUY, YES, "0.60"), "0.59"),
    ((BUY, NO, "0.40"), (SELL, NO, "0.40"), "0.41"),
    ((BUY, YES, "0.60"), (BUY, YES, "0.70"), None),  # two bids
    ((BUY, YES, "0.60"), (SELL, NO, "0.30"), None),  # two bids
    ((SELL, YES, "0.01"), (BUY, YES, "0.50"), "the same once that order is over"),
]


@pytest.mark.parametrize(("rests", "asked", "passes"), MEETINGS)
def test_who_meets_whom(rests: Asked, asked: Asked, passes: str | None) -> None:
    for name, where in (("s1", "the same instance"), ("s2", "another account")):
        bench = market()
        resting = place(bench, rests[0], "50", rests[2], instrument=rests[1])
        side, what, px = asked
        terms = {"instrument": what, "name": name, "reason": "asked"}
        if passes is None:
            place(bench, side, "50", px, **terms)
            continue
        found = denial(bench, side, "50", px, **terms)
        assert (found.rule, found.passes) == ("self_match", passes), where
        assert resting.client_order_id in found.why
        if passes[0] == "0":
            place(bench, side, "50", passes, **terms)
        repriced = market()
        place(repriced, rests[0], "50", rests[2], instrument=rests[1])
        if passes[0] == "0":
            order = place(repriced, side, "50", px, **terms, self_match=REPRICE)
            assert order.px == D(passes)
        else:
            assert denial(repriced, side, "50", px, **terms, self_match=REPRICE).passes == passes


def test_of_several_own_orders_the_furthest_says_what_passes() -> None:
    bench = market()
    for px in ("0.60", "0.64", "0.62"):
        place(bench, BUY, "1", px, instrument=YES, reason=px)
    found = denial(bench, BUY, "50", "0.40", instrument=NO, name="s2")
    assert found.passes == "0.35"
    for resting in bench.orders():
        assert resting.client_order_id in found.why
    place(bench, BUY, "50", "0.35", instrument=NO, name="s2")


def test_sm_4_what_rests_at_another_venue_meets_nobody_here() -> None:
    bench = market()
    place(bench, BUY, "50", "0.60", instrument=YES)
    place(bench, BUY, "50", "0.40", instrument=OTHER_NO, name="s3")


# --- who stays in the compared set ------------------------------------------------------------


def no_answer(bench: Bench, order: Order) -> None:
    now = bench.now
    bench.feed(NoAnswer(A, now, now, order.client_order_id, Request.SUBMIT))
    assert order.status is OrderStatus.UNKNOWN


def cancel(bench: Bench, order: Order) -> None:
    bench.feed(bench.accepted(order.client_order_id))
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    assert order.status is OrderStatus.PENDING_CANCEL


def not_found(bench: Bench, order: Order) -> None:
    cancel(bench, order)
    now = bench.now
    bench.feed(CancelRejected(A, now, now, order.client_order_id, "not found", "", True))


STAYS: list[tuple[str, Callable[[Bench, Order], Any], bool]] = [
    ("not acknowledged", lambda b, o: None, True),  # SM-5
    ("unknown", no_answer, True),
    ("cancel pending", cancel, True),
    ("not found", not_found, True),
    ("partly filled", lambda b, o: b.fill(o, "20"), True),
    ("rejected", lambda b, o: b.rejected(o), False),  # SM-5
    ("cancelled", lambda b, o: b.cancelled(o), False),
    ("filled", lambda b, o: b.fill(o), False),
]


@pytest.mark.parametrize(("name", "act", "stays"), STAYS)
def test_an_order_is_compared_until_it_is_proved_gone(
    name: str, act: Callable[[Bench, Order], Any], stays: bool
) -> None:
    bench = market(auto_ack=False)
    act(bench, place(bench, BUY, "50", "0.60", instrument=YES))
    if stays:
        found = denial(bench, BUY, "50", "0.40", instrument=NO, name="s2")
        assert found.rule == "self_match", name
    else:
        place(bench, BUY, "50", "0.40", instrument=NO, name="s2")


@pytest.mark.parametrize(("px", "meets"), [("0.70", "0.70"), ("0.50", "0.60")])
def test_while_an_amendment_is_under_way_the_more_dangerous_price_counts(
    px: str, meets: str
) -> None:
    bench = market(auto_ack=False)
    order = place(bench, BUY, "50", "0.60", instrument=YES)
    bench.feed(bench.accepted(order.client_order_id))
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D(px)))
    assert denial(bench, SELL, "50", meets, instrument=YES, name="s2").rule == "self_match"
    place(bench, SELL, "50", str(D(meets) + D("0.01")), instrument=YES, name="s2")


def test_an_amendment_meets_the_others_and_not_itself() -> None:
    bench = market()
    place(bench, BUY, "50", "0.60", instrument=YES)
    order = place(bench, BUY, "50", "0.30", instrument=NO, name="s2")
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D("0.40")), "s2")
    assert (bench.denied()[-1].rule, bench.denied()[-1].passes) == ("self_match", "0.39")
    assert order.px == D("0.30")
    do(bench, lambda ctx: ctx.amend(order.client_order_id, px=D("0.39")), "s2")
    assert order.px == D("0.39")


# --- policies ---------------------------------------------------------------------------------


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
def test_what_must_trade_at_once_is_never_repriced(tif: TimeInForce) -> None:
    bench = market()
    place(bench, BUY, "50", "0.60", instrument=YES)
    terms = {"instrument": NO, "name": "s2", "self_match": REPRICE, "tif": tif}
    assert denial(bench, BUY, "50", "0.40", **terms).rule == "self_match"


def test_a_market_order_counts_with_its_worst_permitted_price() -> None:
    bench = Bench(account("A"), account("B"))
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC, accounts=("A",))
    bench.deploy(Hand, BTC, accounts=("B",), name="s2")
    for px, meets in (("100.7", True), ("100.8", False)):
        resting = place(bench, SELL, "1", px)
        before = len(bench.denied())
        ask(bench, BUY, "1", name="s2")  # 100.1 and half a percent: up to 100.7
        assert len(bench.denied()) - before == meets, px
        bench.cancelled(resting)


def test_what_was_repriced_is_checked_against_the_limits_again() -> None:
    bench = market(B=Limits(max_order_notional=D("30")))
    place(bench, BUY, "50", "0.60", instrument=YES)
    terms = {"instrument": YES, "name": "s2", "self_match": REPRICE}
    found = denial(bench, SELL, "50", "0.60", **terms)
    assert (found.rule, found.passes) == ("order_notional", "a quantity of at most 49")
    assert place(bench, SELL, "49", "0.60", **terms).px == D("0.61")


def test_what_was_repriced_must_still_be_large_enough_for_the_venue() -> None:
    small = perpetual("SMALL", min_notional=D(100))
    bench = Bench(account("A"), account("B"))
    bench.define(small)
    quote(bench, small)
    bench.deploy(Hand, small, accounts=("A",))
    bench.deploy(Hand, small, accounts=("B",), name="s2")
    place(bench, SELL, "1", "100", instrument=small)
    terms = {"instrument": small, "name": "s2", "self_match": REPRICE}
    assert denial(bench, BUY, "1", "100", **terms).rule == "below_minimum"


def cancelling(bench: Bench, **terms: Any) -> Order:
    """Let s1 bid 0.60 for YES and s2 ask for the opposite, cancelling what is in the way."""
    resting = place(bench, BUY, "50", "0.60", instrument=YES)
    if resting.status is OrderStatus.PENDING_NEW:
        bench.feed(bench.accepted(resting.client_order_id))
    waiting = {"instrument": NO, "name": "s2", "self_match": CANCEL, **terms}
    order = place(bench, BUY, "50", "0.40", **waiting)
    assert order.status is OrderStatus.PARKED
    assert [e.client_order_id for e in bench.effects if type(e) is CancelOrder] == [
        resting.client_order_id
    ]
    return resting


def waiting_order(bench: Bench) -> Order:
    return bench.orders(name="s2")[0]


def test_with_cancel_first_it_goes_once_the_cancel_is_confirmed() -> None:
    bench = market(auto_ack=False)
    resting = cancelling(bench)
    order = waiting_order(bench)
    sent = len(bench.submitted())
    bench.pass_time(1.9)
    assert order.status is OrderStatus.PARKED
    bench.fill(resting, "20")
    assert (order.status, len(bench.submitted())) == (OrderStatus.PARKED, sent), "not yet gone"
    bench.cancelled(resting, "20")
    assert (order.status, len(bench.submitted())) == (OrderStatus.PENDING_NEW, sent + 1)


def test_with_cancel_first_it_is_denied_when_two_seconds_bring_no_confirmation() -> None:
    bench = market(auto_ack=False)
    resting = cancelling(bench)
    order = waiting_order(bench)
    bench.pass_time(2.1)
    assert (order.status, order.reject_reason) == (OrderStatus.DENIED, "self_match")
    sent = len(bench.submitted())
    bench.cancelled(resting)
    bench.pass_time(5)
    assert len(bench.submitted()) == sent


def test_sm_6_while_it_waited_own_fills_changed_what_is_left_to_do() -> None:
    bench = market(auto_ack=False)
    hold(bench, "50", "0.50", instrument=YES, name="s2")
    target = place(bench, SELL, "30", "0.80", instrument=YES, name="s2", reason="target")
    resting = place(bench, BUY, "50", "0.60", instrument=YES)
    bench.feed(bench.accepted(resting.client_order_id))
    terms = {"instrument": YES, "name": "s2", "reduce_only": True, "self_match": CANCEL}
    order = place(bench, SELL, "50", "0.60", **terms)
    assert order.status is OrderStatus.PARKED
    bench.fill(target)
    bench.fill(resting, "20")
    bench.cancelled(resting, "20")
    assert (order.status, order.qty) == (OrderStatus.PENDING_NEW, D(20))


def test_a_strangers_order_blocks_and_is_cancelled_by_nobody_but_a_kill() -> None:
    bench = market()
    bench.reads_fail = False
    now = bench.now
    row = ReportedOrder(
        VenueOrderId("V9"), None, YES.id, BUY, D(10), D("0.60"), D(0), OrderStatus.NEW, now
    )
    bench.open_orders = [row]
    bench.feed(bench.report(A))
    assert bench.desk.exposure.open_orders(A) == 1
    terms = {"instrument": NO, "name": "s2", "self_match": CANCEL}
    assert denial(bench, BUY, "50", "0.40", **terms).rule == "self_match"
    assert not [each for each in bench.effects if type(each) is CancelOrder]


def test_a_sleeping_stop_meets_nobody_and_one_that_woke_without_a_limit_meets_any_price() -> None:
    bench = Bench(account("A"), account("B"))
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC, accounts=("A",))
    bench.deploy(Hand, BTC, accounts=("B",), name="s2")
    hold(bench, "1")
    stop = place(bench, SELL, "1", order_type=OrderType.STOP, trigger_px=D(90), reduce_only=True)
    place(bench, BUY, "1", "89", name="s2")
    now = bench.now
    bench.feed(OrderTriggered(A, now, now, stop.client_order_id))
    for policy in (SelfMatchPolicy.REJECT, REPRICE):
        found = denial(bench, BUY, "1", "1", name="s2", reason="x", self_match=policy)
        assert found.passes == "the same once that order is over"
