"""An exit is proved by the ledger: never by a label, never with what belongs to another."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.harness import Bench, D, account
from tests.unit.core.hand import BTC, BUY, ETH, SELL, Hand, ask, denial, do, hold, place, quote
from tradewind.core.risk.verdict import Approved
from tradewind.model.commands import PlaceManual, TradingState
from tradewind.model.effects import Confirmation
from tradewind.model.events import (
    FillFailed,
    FillFinalised,
    FillReceived,
    NoAnswer,
    OrderClaimed,
    Request,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import OPERATOR, AccountId, BucketId, FillKey, InstanceId
from tradewind.model.order import Liquidity, Order, OrderStatus, OrderType, PlaceOrder, Side

A = AccountId("A")
Act = Callable[[Bench], Any]


def shared(*positions: str, auto_ack: bool = True, **more: Any) -> Bench:
    """Return a desk where s1, s2, … share one account and hold these positions."""
    bench = Bench(account(**more), auto_ack=auto_ack)
    bench.reads_fail = True
    bench.define(BTC, ETH)
    quote(bench, BTC)
    quote(bench, ETH)
    for at, qty in enumerate(positions, 1):
        bench.deploy(Hand, BTC, ETH, name=f"s{at}")
        if qty != "0":
            hold(bench, qty, name=f"s{at}")
    return bench


def halt(bench: Bench) -> None:
    bench.desk.desk_scope.state, bench.desk.desk_scope.cause = TradingState.HALTED, "a test"
    bench.desk.refresh_restriction()


def exits(bench: Bench, side: Side, name: str = "s1", **terms: Any) -> int:
    """Return how much the gate lets this instance take off while the desk is halted."""
    standing = bench.desk.operator
    if name != OPERATOR:
        standing = bench.desk.instances[InstanceId(name)].standing
    most = 0
    for qty in range(1, 12):
        spec = PlaceOrder(A, BTC.id, side, D(qty), D(100), **terms)
        lane = bench.desk.lane(standing, A, BTC.id, spec.bucket)
        if type(bench.desk.gate.check(lane, spec, bench.now)) is not Approved:
            break
        most = qty
    return most


HELD = [
    # what s1 and s2 hold, what s1, s2 and an operator may sell, and what they may buy
    (("5", "0"), (5, 0, 5), (0, 0, 0)),
    (("5", "3"), (5, 3, 8), (0, 0, 0)),
    (("-5", "-3"), (0, 0, 0), (5, 3, 8)),
    (("5", "-2"), (3, 0, 3), (0, 0, 0)),  # the account holds three: more would turn it around
    (("2", "-5"), (0, 0, 0), (0, 3, 3)),
    (("4", "-4"), (0, 0, 0), (0, 0, 0)),
    (("0", "0"), (0, 0, 0), (0, 0, 0)),
]


@pytest.mark.parametrize(("positions", "selling", "buying"), HELD)
def test_an_instance_may_take_off_its_own_part_of_what_the_account_holds(
    positions: tuple[str, ...], selling: tuple[int, ...], buying: tuple[int, ...]
) -> None:
    bench = shared(*positions)
    halt(bench)
    who = ("s1", "s2", OPERATOR)
    assert tuple(exits(bench, SELL, name) for name in who) == selling
    assert tuple(exits(bench, BUY, name) for name in who) == buying


@pytest.mark.parametrize(
    "label",
    [
        {"reduce_only": True},
        {"reason": "stop_loss"},
        {"reason": "flatten", "group": "kill"},
        {"order_type": OrderType.STOP_LIMIT, "trigger_px": D(90), "reason": "stop"},
    ],
)
def test_no_label_makes_an_order_an_exit_and_none_is_needed(label: dict[str, Any]) -> None:
    bench = shared("3", "4")
    halt(bench)
    assert exits(bench, SELL) == exits(bench, SELL, **label) == 3
    assert exits(bench, BUY, **label) == 0


# --- what is under way ------------------------------------------------------------------------


def selling(bench: Bench, qty: str, name: str = "s1", **terms: Any) -> Order:
    return place(bench, SELL, qty, "101", name=name, reason=f"r{len(bench.events)}", **terms)


def unknown(bench: Bench, order: Order) -> None:
    now = bench.now
    bench.feed(NoAnswer(A, now, now, order.client_order_id, Request.SUBMIT))
    assert order.status is OrderStatus.UNKNOWN


def claimed(bench: Bench, order: Order) -> None:
    now = bench.now
    bench.feed(OrderClaimed(A, now, now, order.client_order_id, D(2)))


def pending_cancel(bench: Bench, order: Order) -> None:
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    assert order.status is OrderStatus.PENDING_CANCEL


def amending(bench: Bench, order: Order, qty: str) -> None:
    bench.feed(bench.accepted(order.client_order_id))
    do(bench, lambda ctx: ctx.amend(order.client_order_id, qty=D(qty)))
    assert order.status is OrderStatus.PENDING_REPLACE


UNDER_WAY: list[tuple[str, Act, int, int]] = [
    # what is under way on the position of 5 (s1) and 3 (s2), what s1 and s2 may still sell
    ("unacknowledged", lambda b: selling(b, "2"), 3, 3),
    ("working", lambda b: b.feed(b.accepted(selling(b, "2").client_order_id)), 3, 3),
    ("cancel pending", lambda b: pending_cancel(b, selling(b, "2")), 3, 3),
    ("claimed", lambda b: claimed(b, selling(b, "2")), 3, 3),
    ("growing", lambda b: amending(b, selling(b, "2"), "4"), 1, 3),
    ("shrinking", lambda b: amending(b, selling(b, "2"), "1"), 3, 3),
    ("partly filled", lambda b: b.fill(selling(b, "2"), "1"), 3, 3),
    ("filled", lambda b: b.fill(selling(b, "2")), 3, 3),
    ("cancelled", lambda b: b.cancelled(selling(b, "2")), 5, 3),
    ("rejected", lambda b: b.rejected(selling(b, "2")), 5, 3),
    ("too much of another", lambda b: selling(b, "7", "s2"), 1, 0),
    ("the other side", lambda b: place(b, BUY, "2", "99"), 5, 3),
    ("another instrument", lambda b: selling(b, "2", instrument=ETH), 5, 3),
    (
        "a sleeping stop",
        lambda b: place(
            b, SELL, "5", reduce_only=True, order_type=OrderType.STOP, trigger_px=D(90)
        ),
        5,
        3,
    ),
]


@pytest.mark.parametrize(("name", "act", "first", "second"), UNDER_WAY, ids=lambda v: str(v)[:20])
def test_everything_of_ours_that_may_still_reduce_counts_first(
    name: str, act: Act, first: int, second: int
) -> None:
    bench = shared("5", "3", auto_ack=False)
    act(bench)
    halt(bench)
    assert (exits(bench, SELL, "s1"), exits(bench, SELL, "s2")) == (first, second), name


def test_beside_an_unknown_exit_only_what_the_venue_keeps_reducing_passes() -> None:
    for flag, plain, reduce_only in ((True, 0, 5), (False, 0, 0)):
        bench = shared("5", "3", auto_ack=False, reduce_only_flag=flag)
        unknown(bench, selling(bench, "2"))
        halt(bench)
        assert exits(bench, SELL, reason="another") == plain
        assert exits(bench, SELL, reason="another", reduce_only=True) == reduce_only


def test_a_target_may_rest_beside_the_sleeping_stop_of_the_same_position() -> None:
    bench = shared("5")
    halt(bench)
    stop = {"order_type": OrderType.STOP, "trigger_px": D(90), "reduce_only": True}
    place(bench, SELL, "5", **stop)
    place(bench, SELL, "5", "110", reduce_only=True)
    assert denial(bench, SELL, "1", "110").rule == "halted"
    assert denial(bench, SELL, "6", **stop).rule == "halted"
    place(bench, SELL, "5", reason="another", **stop)


# --- what is final ----------------------------------------------------------------------------


def fill_of(bench: Bench, order: Order, key: str, **more: Any) -> Fill:
    """Return a fill of the whole order."""
    assert order.px is not None
    what = (FillKey(key), A, order.instrument, order.side, order.qty, order.px)
    return Fill(*what, D(0), BTC.quote, Liquidity.TAKER, bench.now, order.client_order_id, **more)


def matched(bench: Bench, side: Side, qty: str, key: str, name: str = "s1") -> None:
    """Fill an order in a way that may still be undone."""
    order = place(bench, side, qty, "100", name=name)
    fill = fill_of(bench, order, key, life=FillLife.MATCHED)
    bench.feed(FillReceived(A, bench.now, bench.now, fill))


LIVES: list[tuple[Side, Act | None, int]] = [
    # five are final, two more are matched: then what, and what may leave
    (BUY, None, 5),
    (BUY, lambda b: b.feed(FillFinalised(A, b.now, b.now, FillKey("m"))), 7),
    (BUY, lambda b: b.feed(FillFailed(A, b.now, b.now, FillKey("m"), "undone")), 5),
    (SELL, None, 3),
    (SELL, lambda b: b.feed(FillFinalised(A, b.now, b.now, FillKey("m"))), 3),
    (SELL, lambda b: b.feed(FillFailed(A, b.now, b.now, FillKey("m"), "undone")), 5),
]


@pytest.mark.parametrize(("side", "then", "most"), LIVES)
def test_only_what_is_final_and_not_provisionally_gone_may_leave(
    side: Side, then: Act | None, most: int
) -> None:
    bench = shared("5")
    matched(bench, side, "2", "m")
    if then is not None:
        then(bench)
    halt(bench)
    assert exits(bench, SELL) == most


def test_a_purchase_that_may_be_undone_covers_nobodys_exit() -> None:
    bench = shared("5", "-3")
    matched(bench, BUY, "3", "m", "s2")
    halt(bench)
    assert bench.position(BTC, "s2") == 0
    assert exits(bench, SELL) == 2, "undone, the account would hold two"


# --- buckets ----------------------------------------------------------------------------------


def test_a_long_and_a_short_of_one_instrument_are_left_each_by_itself() -> None:
    long, short = BucketId("long"), BucketId("short")
    bench = Bench(account(hedge_mode=True))
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC)
    for bucket, side, qty in ((long, BUY, "5"), (short, SELL, "3")):
        order = place(bench, side, qty, "100", bucket=bucket)
        fill = fill_of(bench, order, bucket, bucket=bucket)
        bench.feed(FillReceived(A, bench.now, bench.now, fill))
    halt(bench)
    assert [exits(bench, SELL, bucket=bucket) for bucket in (long, short)] == [5, 0]
    assert [exits(bench, BUY, bucket=bucket) for bucket in (long, short)] == [0, 3]


# --- operators --------------------------------------------------------------------------------


def test_an_operator_may_take_off_everything_and_not_a_unit_more() -> None:
    bench = shared("5", "3")
    halt(bench)
    for qty, sent in ((9, 0), (8, 1), (1, 0)):
        before = len(bench.submitted())
        answer = bench.command(PlaceManual(PlaceOrder(A, BTC.id, SELL, D(qty), D(101))))
        assert len(bench.submitted()) - before == sent
        assert (answer.confirmation is not Confirmation.REFUSED) is bool(sent)


# --- many random tries ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12), ids=lambda seed: f"seed {seed}")
def test_whatever_passes_a_halt_and_however_it_fills_no_position_grows_or_turns(seed: int) -> None:
    dice = random.Random(seed)
    sign = dice.choice((1, -1))
    start = [str(sign * dice.randint(1, 9)) for _ in range(3)]
    bench = shared(*start, auto_ack=False, reduce_only_flag=False)
    halt(bench)
    left = {f"s{at}": abs(Decimal(qty)) for at, qty in enumerate(start, 1)}
    passed = 0
    for step in range(150):
        live = bench.orders()
        if live and dice.random() < 0.5:
            order = dice.choice(live)
            _happen(bench, order, dice)
        else:
            before = len(bench.submitted())
            side = dice.choice((BUY, SELL))
            terms = {"reason": str(step), "reduce_only": dice.random() < 0.3}
            name = dice.choice(list(left))
            ask(bench, side, str(dice.randint(1, 9)), "100", name=name, **terms)
            passed += len(bench.submitted()) - before
        for name, most in left.items():
            now = bench.position(BTC, name) * sign
            assert 0 <= now <= most
            left[name] = now
    assert passed > 2


def _happen(bench: Bench, order: Order, dice: random.Random) -> None:
    what = dice.randrange(5)
    if what < 2:
        bench.fill(order, D(dice.randint(1, int(order.leaves_qty))))
    elif what == 2:
        bench.feed(bench.accepted(order.client_order_id))
    elif what == 3:
        bench.cancelled(order)
    elif dice.random() < 0.3:
        now = bench.now
        bench.feed(NoAnswer(A, now, now, order.client_order_id, Request.SUBMIT))
