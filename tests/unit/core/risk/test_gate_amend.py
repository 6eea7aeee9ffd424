"""An amendment is checked like an order, by what it adds."""

from typing import Any

from tests.harness import Bench, D, account, perpetual
from tests.unit.core.hand import (
    BUY,
    SELL,
    ask,
    do,
    hold,
    place,
    scene,
    stage,
)
from tradewind.core.risk.states import ScopeState
from tradewind.model.commands import (
    TradingState,
)
from tradewind.model.config import Limits
from tradewind.model.effects import Denied
from tradewind.model.ids import AccountId

A = AccountId("A")


def halt(bench: Bench, scope: ScopeState, state: TradingState) -> None:
    scope.state, scope.cause = state, "a test"
    bench.desk.refresh_restriction()


def change(bench: Bench, order_id: Any, **terms: Any) -> Denied | None:
    before = len(bench.denied())
    do(bench, lambda ctx: ctx.amend(order_id, **terms))
    return bench.denied()[-1] if len(bench.denied()) > before else None


def test_an_amendment_is_checked_like_an_order_by_what_it_adds() -> None:
    limits = Limits(max_position_qty=D(10), max_order_qty=D(6), max_open_orders=2)
    bench = scene(limits=limits)
    order = place(bench, BUY, "5", "99")
    place(bench, BUY, "4", "98")
    rows = [
        ({"px": D("99.05")}, "tick"),
        ({"qty": D("5.0005")}, "qty_step"),
        ({"qty": D(7)}, "order_qty"),
        ({"qty": D("6.001")}, "order_qty"),
        ({"qty": D(6)}, None),
        ({"qty": D(0)}, "qty_positive"),
    ]
    for terms, rule in rows:
        found = change(bench, order.client_order_id, **terms)
        assert (found.rule if found else None) == rule, terms
    assert order.qty == D(6)
    place_id = ask(bench, BUY, "0.001", "97")
    assert bench.denied()[-1].rule in ("open_orders", "position_qty"), place_id


def test_a_price_that_is_none_is_denied_before_any_limit_counts_with_it() -> None:
    bench = scene(limits=Limits(max_order_notional=D(1000)))
    order = place(bench, BUY, "5", "99")
    found = change(bench, order.client_order_id, px=D(0))
    assert found is not None
    assert found.rule == "price_range"


def test_growing_beyond_the_position_limit_is_denied_and_what_is_said_to_pass_does() -> None:
    bench = scene(limits=Limits(max_position_qty=D(10)))
    order = place(bench, BUY, "5", "99")
    place(bench, BUY, "4", "98")
    found = change(bench, order.client_order_id, qty=D(7))
    assert found is not None
    assert (found.rule, found.passes) == ("position_qty", "a quantity of at most 6")
    assert change(bench, order.client_order_id, qty=D(6)) is None


def test_while_halted_an_order_may_shrink_but_neither_grow_nor_move() -> None:
    bench = scene()
    order = place(bench, BUY, "5", "99")
    halt(bench, bench.desk.desk_scope, TradingState.REDUCING)
    assert change(bench, order.client_order_id, qty=D(6)) is not None
    assert change(bench, order.client_order_id, px=D("99.5")) is not None
    found = change(bench, order.client_order_id, px=D("99.55"))
    assert found is not None
    assert found.rule == "reducing", "the state comes before the grid"
    assert change(bench, order.client_order_id, qty=D(4)) is None
    assert order.qty == D(4)


def test_while_halted_an_exit_may_move_and_grow_within_the_position() -> None:
    bench = scene()
    hold(bench, "5")
    order = place(bench, SELL, "3", "101")
    halt(bench, bench.desk.desk_scope, TradingState.REDUCING)
    assert change(bench, order.client_order_id, px=D("100.5")) is None
    assert change(bench, order.client_order_id, qty=D(5)) is None
    assert change(bench, order.client_order_id, qty=D("5.001")) is not None


def test_an_amendment_counts_against_the_rate_and_waits_for_no_token() -> None:
    bench = scene(orders_per_s=D(1), order_burst=1)
    order = place(bench, BUY, "5", "99")
    found = change(bench, order.client_order_id, qty=D(4))
    assert found is not None
    assert found.rule == "rate"
    bench.pass_time(1)
    assert change(bench, order.client_order_id, qty=D(4)) is None


def test_where_the_venue_cannot_amend_the_denial_says_so() -> None:
    fixed = perpetual("FIXED", native_amend=False)
    bench = stage(account(), instruments=(fixed,))
    order = place(bench, BUY, "5", "99", instrument=fixed)
    found = change(bench, order.client_order_id, px=D("98"))
    assert found is not None
    assert found.rule == "no_amend"


def test_an_amendment_of_an_order_that_is_busy_or_over_is_denied() -> None:
    bench = stage(account(), auto_ack=False)
    order = place(bench, BUY, "5", "99")
    found = change(bench, order.client_order_id, qty=D(4))
    assert found is not None
    assert found.rule == "order_busy"
    bench.rejected(order)
    found = change(bench, order.client_order_id, qty=D(4))
    assert found is not None
    assert found.rule == "order_gone"
