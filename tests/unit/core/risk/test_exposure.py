"""What may still trade stays reserved in its worst case, and is released exactly once."""

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.harness import Bench, D, account
from tests.unit.core.hand import (
    BTC,
    BUY,
    SELL,
    Hand,
    ask,
    denial,
    do,
    hold,
    place,
    quote,
    scene,
    stage,
)
from tradewind.model.config import Limits
from tradewind.model.events import (
    AmendRejected,
    CancelRejected,
    NoAnswer,
    NotSent,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderExpired,
    OrderTriggered,
    Request,
)
from tradewind.model.ids import NET, AccountId, InstanceId
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Order, OrderStatus, OrderType

A = AccountId("A")
UNKNOWN = OrderStatus.UNKNOWN


def reserved(bench: Bench) -> Any:
    """Return what s1's orders may still buy and sell, and how many orders that is."""
    bucket = bench.desk.exposure.bucket(A, BTC, NET)
    own = bucket.of(InstanceId("s1"))
    assert (own.buying, own.selling, own.orders) == (bucket.buying, bucket.selling, bucket.orders)
    assert bench.desk.exposure.open_orders(A) == bucket.orders
    return bucket.buying, bucket.selling, bucket.orders


def news(bench: Bench, kind: type, order: Order, *more: object) -> None:
    bench.feed(kind(A, bench.now, bench.now, order.client_order_id, *more))


def change(bench: Bench, order: Order, qty: str) -> None:
    do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(qty)))


def no_answer(bench: Bench, order: Order, request: Request = Request.SUBMIT) -> None:
    news(bench, NoAnswer, order, request)


def test_an_order_is_reserved_from_its_sending_to_its_proved_end() -> None:
    bench = stage(account(), auto_ack=False)
    bench.reads_fail = True
    order = place(bench, BUY, "5", "99")
    assert reserved(bench) == (5, 0, 1), "unacknowledged"
    no_answer(bench, order)
    assert order.status is UNKNOWN
    assert reserved(bench) == (5, 0, 1), "unknown"
    bench.feed(bench.accepted(order.client_order_id))
    bench.fill(order, "2")
    assert reserved(bench) == (3, 0, 1), "working"
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    assert reserved(bench) == (3, 0, 1), "cancel pending"
    news(bench, CancelRejected, order, "not found", "", True)
    assert reserved(bench) == (3, 0, 1), "not found is no end"
    bench.cancelled(order)
    assert reserved(bench) == (0, 0, 0)
    bench.cancelled(order)
    assert reserved(bench) == (0, 0, 0), "told twice"


ENDS = [
    lambda b, o: b.rejected(o),
    lambda b, o: b.cancelled(o),
    lambda b, o: news(b, OrderExpired, o),
    lambda b, o: news(b, NotSent, o, Request.SUBMIT),
    lambda b, o: b.fill(o),
]


@pytest.mark.parametrize("first", range(len(ENDS)))
@pytest.mark.parametrize("second", range(len(ENDS)))
def test_of_two_ends_of_one_order_only_one_releases(first: int, second: int) -> None:
    bench = stage(account(), auto_ack=False)
    order = place(bench, SELL, "5", "101")
    place(bench, SELL, "1", "102", reason="another")
    ENDS[first](bench, order)  # type: ignore[no-untyped-call]
    if order.status not in TERMINAL:
        pytest.skip("no end of an order in this status")
    assert reserved(bench) == (0, 1, 1)
    ENDS[second](bench, order)  # type: ignore[no-untyped-call]
    assert reserved(bench) == (0, 1, 1)


AMENDS = [
    # the new total, while the venue decides, once amended, once refused
    ("8", 8, 8, 5),
    ("3", 5, 3, 5),
]


@pytest.mark.parametrize(("qty", "meanwhile", "amended", "refused"), AMENDS)
def test_during_an_amendment_the_larger_of_both_is_reserved(
    qty: str, meanwhile: int, amended: int, refused: int
) -> None:
    for answer in (OrderAmended, AmendRejected, NotSent):
        bench = stage(account(), auto_ack=False)
        order = place(bench, BUY, "5", "99")
        bench.feed(bench.accepted(order.client_order_id))
        change(bench, order, qty)
        assert reserved(bench) == (meanwhile, 0, 1)
        bench.fill(order, "1")
        assert reserved(bench) == (meanwhile - 1, 0, 1)
        if answer is OrderAmended:
            news(bench, answer, order, D(qty), order.px)
            assert reserved(bench) == (amended - 1, 0, 1)
        else:
            news(bench, answer, order, Request.AMEND if answer is NotSent else "no")
            assert reserved(bench) == (refused - 1, 0, 1)


def test_an_amendment_without_an_answer_keeps_the_larger_of_both() -> None:
    bench = stage(account(), auto_ack=False)
    bench.reads_fail = True
    order = place(bench, BUY, "5", "99")
    bench.feed(bench.accepted(order.client_order_id))
    do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(8)))
    no_answer(bench, order, Request.AMEND)
    assert reserved(bench) == (8, 0, 1)


def test_a_claim_beyond_the_order_is_reserved_until_its_keyed_fill_even_after_the_end() -> None:
    bench = scene()
    bench.reads_fail = True
    order = place(bench, BUY, "5", "99")
    news(bench, OrderClaimed, order, D(2))
    assert reserved(bench) == (5, 0, 1), "a claim takes nothing off"
    news(bench, OrderCancelled, order, "", D(3))
    assert reserved(bench) == (3, 0, 0), "three may be ours"
    bench.fill(order, "2")
    assert reserved(bench) == (1, 0, 0)
    bench.fill(order, "1")
    assert reserved(bench) == (0, 0, 0)


def test_a_sleeping_reduce_only_stop_reserves_nothing_until_it_wakes() -> None:
    bench = scene()
    hold(bench, "2")
    stop = {"order_type": OrderType.STOP, "trigger_px": D(90)}
    order = place(bench, SELL, "2", reduce_only=True, **stop)
    assert reserved(bench) == (0, 0, 1)
    news(bench, OrderTriggered, order)
    assert reserved(bench) == (0, 2, 1)
    bench.fill(order, "2", "90")
    assert reserved(bench) == (0, 0, 0)
    place(bench, SELL, "2", **stop)
    assert reserved(bench) == (0, 2, 1), "a stop that may open a position counts"


def test_what_waits_at_our_own_gate_reserves_nothing() -> None:
    bench = scene(orders_per_s=D(1), order_burst=1)
    place(bench, BUY, "5", "99")
    assert place(bench, BUY, "5", "98").status is OrderStatus.PARKED
    assert reserved(bench) == (5, 0, 1)
    bench.pass_time(2)
    assert reserved(bench) == (10, 0, 2)


def test_an_unknown_order_takes_room_from_the_limit_until_it_is_proved_absent() -> None:
    bench = stage(account(limits=Limits(max_position_qty=D(5))), auto_ack=False)
    order = place(bench, BUY, "5", "99")
    no_answer(bench, order)
    assert denial(bench, BUY, "1", "98", reason="other").rule == "position_qty"
    bench.open_orders = []
    bench.pass_time(40)
    assert order.status in TERMINAL
    place(bench, BUY, "5", "98", reason="other")


# --- many random happenings -------------------------------------------------------------------

SIDES = (BUY, SELL)
NAMES = ("s1", "s2")


class Walk:
    """Random orders and answers, and the sums that anybody could make of them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        limits = Limits(max_position_qty=D(20), max_open_orders=7)
        self.bench = Bench(account(limits=limits), auto_ack=False)
        self.bench.reads_fail = True
        self.bench.define(BTC)
        quote(self.bench, BTC)
        for name in NAMES:
            self.bench.deploy(Hand, BTC, name=name, limits=Limits(max_position_qty=D(14)))
        self.every: list[Order] = []

    def act(self) -> None:
        """Do one thing at random."""
        bench, dice = self.bench, self.dice
        live = self.bench.orders()
        order = dice.choice(live) if live else None
        what = dice.randrange(12)
        if order is None or what < 3:
            self.place()
        elif what == 3:
            bench.feed(bench.accepted(order.client_order_id))
        elif what in (4, 5) and order.leaves_qty > ZERO:
            bench.fill(order, D(dice.randint(1, int(order.leaves_qty))))
        elif what == 6:
            news(bench, OrderClaimed, order, D(dice.randint(0, int(order.qty))))
        elif what == 7:
            total = int(order.filled_qty) + dice.randint(1, 9)
            do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(total)), order.instance)
        elif what == 8:
            do(bench, lambda ctx: ctx.cancel(order.client_order_id), order.instance)
        elif what == 9:
            no_answer(bench, order, dice.choice(list(Request)))
        elif what == 10:
            self.end(order)
        else:
            self.answer(order)

    def place(self) -> None:
        """Ask for an order of s1 or s2; what a denial says would pass does pass."""
        bench, dice = self.bench, self.dice
        name, side = dice.choice(NAMES), dice.choice(SIDES)
        px = "99" if side is BUY else "101"
        terms = {"name": name, "reason": str(len(bench.events))}
        before = len(bench.denied())
        found = bench.desk.orders.find(ask(bench, side, str(dice.randint(1, 9)), px, **terms))
        if found is None or len(bench.denied()) > before:
            passes = bench.denied()[-1].passes
            if not passes.startswith("a quantity"):
                return
            found = bench.desk.orders.find(ask(bench, side, passes.split()[-1], px, **terms))
            if len(bench.denied()) > before + 1:
                # The number of orders is another limit than their size.
                assert bench.denied()[-1].rule == "open_orders"
                return
        assert found is not None
        self.every.append(found)

    def end(self, order: Order) -> None:
        """Let the venue end an order, perhaps with a total that it did not tell before."""
        untold = self.dice.choice([None, None, order.qty])
        if order.status is OrderStatus.PENDING_NEW:
            self.bench.rejected(order)
        elif untold is None:
            self.bench.cancelled(order)
        else:
            self.bench.cancelled(order, str(untold))

    def answer(self, order: Order) -> None:
        """Answer an amendment."""
        if order.amend_qty is not None and self.dice.random() < 0.5:
            news(self.bench, OrderAmended, order, order.amend_qty, order.px)
        elif order.amend_qty is not None:
            news(self.bench, AmendRejected, order, "no")

    def sums(self, name: str) -> tuple[Decimal, Decimal, int]:
        """Return what an instance's orders may still buy and sell, and their number."""
        total = {BUY: ZERO, SELL: ZERO}
        count = 0
        for order in self.every:
            if order.instance != name:
                continue
            worst = order.claimed_qty
            if order.status not in TERMINAL:
                worst = max(worst, order.qty, order.amend_qty or ZERO)
                count += 1
            total[order.side] += max(worst - order.filled_qty, ZERO)
        return total[BUY], total[SELL], count

    def check(self) -> None:
        """Compare the desk's sums with those, and the worst case with the limits."""
        bench = self.bench
        bucket = bench.desk.exposure.bucket(A, BTC, NET)
        buying = selling = ZERO
        count = 0
        held = ZERO
        for name in NAMES:
            own, sums = bucket.of(InstanceId(name)), self.sums(name)
            assert (own.buying, own.selling, own.orders) == sums
            buying, selling, count = buying + sums[0], selling + sums[1], count + sums[2]
            qty = bench.position(BTC, name)
            held += qty
            assert max(qty + sums[0], sums[1] - qty) <= 14
        assert (bucket.buying, bucket.selling, bucket.orders) == (buying, selling, count)
        assert max(held + buying, selling - held) <= 20
        assert bucket.orders <= 7


@pytest.mark.parametrize("seed", range(12), ids=lambda seed: f"seed {seed}")
def test_random_lives_of_many_orders_reserve_what_anybody_could_add_up(seed: int) -> None:
    walk = Walk(seed)
    for _ in range(120):
        walk.act()
        walk.check()
    assert len(walk.every) > 10
