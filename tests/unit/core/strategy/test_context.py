"""What a strategy sees is read-only and its own; what it says is collected, never sent."""

from typing import Any

import pytest

from tests.harness import START, Bench, D, account, binary
from tests.unit.core.hand import BTC, BUY, ETH, SELL, Hand, do, hold, place, scene
from tradewind import Context
from tradewind.core.strategy.requests import Cycle, SetTimer, Watch
from tradewind.model.commands import SingleFire, Stop
from tradewind.model.effects import Level
from tradewind.model.errors import ConfigError
from tradewind.model.events import ReferencePrice
from tradewind.model.ids import NET, AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.intents import Amend, Cancel, Protect, Protection
from tradewind.model.order import OrderType, PlaceOrder, TimeInForce

S1 = InstanceId("s1")
NONE = InstrumentId("BYBIT:NONE")
YES, NO = binary()


def view(bench: Bench, name: str = "s1") -> Context:
    return bench.desk.instances[InstanceId(name)].ctx


def said(ctx: Context, act: Any) -> Any:
    """Return the one thing that an act leaves in the outbox."""
    act(ctx)
    (item,) = ctx.outbox
    ctx.outbox.clear()
    return item


# --- verbs ----------------------------------------------------------------------------------------

A = AccountId("A")
PROTECTION = Protection(stop=D(90))
SAID: list[tuple[Any, Any]] = [
    (lambda ctx: ctx.cancel(OrderId("X"), "late"), Cancel(OrderId("X"), "late")),
    (lambda ctx: ctx.amend(OrderId("X"), px=D(1)), Amend(OrderId("X"), None, D(1))),
    (lambda ctx: ctx.timer("t", after_s=2), SetTimer("t", START + 2_000_000_000)),
    (lambda ctx: ctx.timer("t", at_ns=5), SetTimer("t", 5)),
    (lambda ctx: ctx.cancel_timer("t"), SetTimer("t", 0)),
    (lambda ctx: ctx.watch(ETH.id), Watch(ETH.id, on=True)),
    (lambda ctx: ctx.unwatch(ETH.id), Watch(ETH.id, on=False)),
    (lambda ctx: ctx.open_cycle("c"), Cycle("c", open=True)),
    (lambda ctx: ctx.close_cycle("c"), Cycle("c", open=False)),
    (lambda ctx: ctx.protect(BTC.id, PROTECTION), Protect(A, BTC.id, NET, PROTECTION)),
]


@pytest.mark.parametrize(("act", "item"), SAID)
def test_verbs_only_collect_what_was_asked(act: Any, item: Any) -> None:
    bench = scene()
    mark = len(bench.effects)
    assert said(view(bench), act) == item
    assert len(bench.effects) == mark


PLACED: list[tuple[Any, dict[str, Any]]] = [
    (lambda ctx: ctx.buy(BTC.id, 1, "99"), {"px": D(99), "order_type": OrderType.LIMIT}),
    (lambda ctx: ctx.buy(BTC.id, "1"), {"order_type": OrderType.MARKET}),
    (
        lambda ctx: ctx.sell(BTC.id, D(2), 99, tif=TimeInForce.IOC, reason="exit"),
        {"side": SELL, "qty": D(2), "px": D(99), "tif": TimeInForce.IOC, "reason": "exit"},
    ),
    (
        lambda ctx: ctx.place(BTC.id, BUY, 1, trigger_px=D(101), order_type=OrderType.STOP),
        {"trigger_px": D(101), "order_type": OrderType.STOP},
    ),
]


@pytest.mark.parametrize(("act", "fields"), PLACED)
def test_an_order_has_its_id_before_it_is_sent(act: Any, fields: dict[str, Any]) -> None:
    bench = scene()
    ctx = view(bench)
    order_id, spec = said(ctx, act)
    told = {"account": A, "instrument": BTC.id, "side": BUY, "qty": D(1), "px": None, **fields}
    assert spec == PlaceOrder(**told)
    assert len(order_id) == 20
    other, _ = said(ctx, act)
    assert other != order_id
    assert bench.submitted() == []


@pytest.mark.parametrize(
    ("act", "found"),
    [
        (lambda ctx: ctx.buy(BTC.id, 0.5, "99"), "quantity of an order"),
        (lambda ctx: ctx.buy(BTC.id, 1, 99.0), "price of an order"),
        (lambda ctx: ctx.buy(BTC.id, "much", "99"), "quantity of an order"),
        (lambda ctx: ctx.buy(NONE, 1, "99"), "no such instrument"),
        (lambda ctx: ctx.buy(YES.id, 1, "0.5"), "no account of s1 at KALSHI"),
        (lambda ctx: ctx.timer("t"), "found both or neither time"),
        (lambda ctx: ctx.timer("t", after_s=1, at_ns=1), "found both or neither time"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_is_said(act: Any, found: str) -> None:
    bench = scene()
    bench.define(YES, NO)
    ctx = view(bench)
    with pytest.raises(ConfigError, match=found):
        act(ctx)
    assert ctx.outbox == []


def test_cancel_all_takes_the_orders_of_the_instance_or_those_given() -> None:
    bench = scene()
    first, second = place(bench, BUY, 1, "99"), place(bench, BUY, 1, "98")
    bench.deploy(Hand, BTC, name="s2")
    place(bench, BUY, 1, "97", name="s2")
    ctx = view(bench)
    ctx.cancel_all()
    assert [each.client_order_id for each in ctx.outbox] == [
        first.client_order_id,
        second.client_order_id,
    ]
    ctx.outbox.clear()
    ctx.cancel_all([second], "late")
    assert ctx.outbox == [Cancel(second.client_order_id, "late")]


def test_an_alert_has_a_level() -> None:
    bench = scene()
    do(bench, lambda ctx: ctx.alert("odd", "look", Level.CRITICAL))
    assert bench.alerts("odd")[0].level is Level.CRITICAL


# --- views ----------------------------------------------------------------------------------------


def test_an_instance_sees_its_own_orders_and_positions_only() -> None:
    bench = scene(BTC, ETH)
    bench.deploy(Hand, BTC, name="s2")
    hold(bench, "2")
    mine = place(bench, BUY, 1, "98", instrument=ETH)
    mine2, other = view(bench), view(bench, "s2")
    assert (mine2.position(BTC.id).qty, other.position(BTC.id).qty) == (D(2), D(0))
    assert (mine2.orders(), mine2.orders(BTC.id), mine2.orders(ETH.id)) == ([mine], [], [mine])
    assert other.orders() == []
    assert (mine2.exposed, other.exposed) == (True, False)
    assert mine2.order(mine.client_order_id) is mine


def test_a_position_never_traded_is_flat_in_the_instruments_money() -> None:
    held = view(scene()).position(BTC.id)
    assert (held.qty, held.owner, held.currency) == (D(0), "s1", "USDT")


def test_money_is_cash_and_what_positions_are_worth() -> None:
    bench = scene()
    ctx = view(bench)
    assert (ctx.cash(), ctx.equity()) == (D(10_000), D(10_000))
    hold(bench, "2")
    bench.quote(BTC, "109.9", "110.1")
    assert (ctx.cash(), ctx.equity()) == (D(10_000), D(10_020))


def test_the_account_of_an_order_is_the_first_at_its_venue() -> None:
    bench = Bench(account("K", "KALSHI", "USD"), account("A"), account("B"))
    bench.define(BTC, YES, NO)
    bench.deploy(Hand, BTC)
    assert (view(bench).account_for(BTC.id), view(bench).account_for(YES.id)) == ("A", "K")


def test_what_is_fresh_is_what_the_gate_takes() -> None:
    bench = scene()
    ctx = view(bench)
    assert ctx.fresh(BTC.id)
    do(bench, lambda ctx: ctx.timer("t", after_s=10))
    bench.silence(10)
    assert not ctx.fresh(BTC.id)
    assert ctx.now_ns == bench.now


def test_lookups_of_what_is_not_there() -> None:
    bench = scene()
    ctx = view(bench)
    assert (ctx.known(BTC.id), ctx.known(NONE)) == (True, False)
    assert ctx.order(OrderId("X")) is None
    assert ctx.reference("f") is None
    assert ctx.worth(D(1), "ZZZ") is None
    with pytest.raises(ConfigError, match="no such instrument on this desk"):
        ctx.market(NONE)
    told = ReferencePrice("f", bench.now, bench.now, 2.5)
    bench.feed(told)
    assert ctx.reference("f") == told


def test_whether_anything_may_begin_is_seen_in_one_word() -> None:
    bench = scene()
    ctx = view(bench)
    assert (ctx.may_open, ctx.stopping) == (True, False)
    bench.command(SingleFire(S1))
    place(bench, BUY, 1, "99")
    assert (ctx.may_open, ctx.barred(BTC.id)) == (False, "single_fire")
    bench.command(Stop(S1))
    assert (ctx.may_open, ctx.stopping) == (False, True)
    assert not ctx.open_cycle("c")


def test_an_open_cycle_is_not_barred_by_a_stop() -> None:
    bench = scene()
    do(bench, lambda ctx: ctx.open_cycle("c"))
    place(bench, BUY, 1, "99", group="c")
    bench.command(Stop(S1))
    ctx = view(bench)
    assert (ctx.barred(BTC.id), ctx.barred(BTC.id, group="c")) == ("not_running", "")


# --- own size in a displayed book -----------------------------------------------------------------


def test_the_best_of_others_leaves_out_what_is_ours() -> None:
    bench = Bench(account("K", "KALSHI", "USD"))
    bench.define(YES, NO)
    bench.books(YES, NO, {"0.42": 5, "0.41": 9}, {"0.55": 4})
    bench.deploy(Hand, YES, NO)
    bench.books(YES, NO, {"0.42": 5, "0.41": 9}, {"0.55": 4})
    place(bench, BUY, 5, "0.42", instrument=YES)
    ctx = view(bench)
    assert ctx.own_levels(YES.id, BUY) == {D("0.42"): D(5)}
    assert ctx.others_best(YES.id) == D("0.41")
    assert ctx.others_best(NO.id) == D("0.55")
    assert ctx.own_levels(YES.id, SELL) == {}


def test_a_feed_that_does_not_show_our_orders_has_nothing_to_leave_out() -> None:
    bench = scene()
    place(bench, BUY, 5, "99.9")
    ctx = view(bench)
    assert ctx.own_levels(BTC.id, BUY) == {}
    assert (ctx.others_best(BTC.id), ctx.others_best(BTC.id, SELL)) == (D("99.9"), D("100.1"))
