"""A lane finds once what an order is checked against, and follows what changes."""

import pytest

from tests.harness import Bench, D, account, perpetual
from tests.unit.core.hand import BTC, BUY, Hand, denial, place, quote
from tradewind.model.config import Limits
from tradewind.model.ids import NET, AccountId, Currency, InstanceId
from tradewind.model.instrument import TickBand, single_tick

A = AccountId("A")


def bench_with(**own: Limits) -> Bench:
    """Return a desk where each of instance, account, desk has these limits."""
    none = Limits()
    bench = Bench(
        account(limits=own.get("account", none)), config={"desk_limits": own.get("desk", none)}
    )
    bench.define(BTC)
    quote(bench, BTC)
    bench.deploy(Hand, BTC, limits=own.get("instance", none))
    return bench


LIMITED = [
    (Limits(), Limits(), []),
    (Limits(max_order_qty=D(1)), Limits(), ["instance s1"]),
    (Limits(max_open_orders=1), Limits(price_collar_pct=D(1)), ["instance s1", "desk"]),
    (Limits(max_daily_loss_pct=D(2)), Limits(), []),  # watched on marks; no rate is needed
    (Limits(), Limits(max_daily_loss_pct=D(2)), ["desk"]),  # needs the rate of what is traded
    (Limits(max_losses_in_row=3), Limits(max_losses_in_row=3), []),
]


@pytest.mark.parametrize(("instance", "desk", "names"), LIMITED)
def test_only_scopes_that_limit_orders_are_looked_at_narrowest_first(
    instance: Limits, desk: Limits, names: list[str]
) -> None:
    bench = bench_with(instance=instance, desk=desk)
    lane = bench.desk.lane(bench.desk.instances[InstanceId("s1")].standing, A, BTC.id, NET)
    assert [scope.name for scope in lane.scopes] == ["instance s1", "A", "venue BYBIT", "desk"]
    assert [scope.name for scope in lane.limited] == names


def test_in_a_foreign_currency_even_a_narrow_loss_limit_needs_the_rate() -> None:
    bench = Bench(account(limits=Limits(max_daily_loss_pct=D(2))))
    stock = perpetual("STOCK", quote=Currency("EUR"))
    bench.define(BTC, stock)
    bench.deploy(Hand, BTC, stock)
    standing = bench.desk.instances[InstanceId("s1")].standing
    assert bench.desk.lane(standing, A, BTC.id, NET).limited == ()
    assert len(bench.desk.lane(standing, A, stock.id, NET).limited) == 1


def test_changed_trading_rules_are_those_of_the_next_order() -> None:
    bench = bench_with()
    place(bench, BUY, "1", "99.1")
    bench.define(perpetual(tick="0.5", version=2))
    quote(bench, BTC)
    assert denial(bench, BUY, "1", "99.1", reason="x").passes == "99.0 or 99.5"
    place(bench, BUY, "1", "99.5", reason="x")


def test_a_quantity_that_was_sound_is_looked_at_again_under_new_rules() -> None:
    bench = bench_with()
    qty = D("1.5")  # the very same object: sameness is what the gate looks at
    place(bench, BUY, qty, "99")
    bench.define(perpetual(step_="1", version=2))
    quote(bench, BTC)
    assert denial(bench, BUY, qty, "99", reason="x").rule == "qty_step"


def test_rules_that_turn_to_ticks_by_price_hold_for_the_next_order() -> None:
    bands = (TickBand(D(0), D(50), D("0.1")), TickBand(D(50), D("Infinity"), D(1)))
    bench = bench_with()
    place(bench, BUY, "1", "99.1")
    for version, ticks, px, passes in (
        (2, bands, "99.1", "99 or 100"),
        (3, single_tick(D("0.2")), "99.1", "99.0 or 99.2"),
    ):
        bench.define(perpetual(ticks=ticks, version=version))
        quote(bench, BTC)
        assert denial(bench, BUY, "1", px, reason="x").passes == passes
        place(bench, BUY, "1", "49.2", reason=str(version))
