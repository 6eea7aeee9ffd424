"""Cycles come to their end: single fires pause, stops stop, parked orders go on, each when due."""

import pytest

from tests.harness import Bench, D
from tests.unit.core.hand import (
    BTC,
    BUY,
    SELL,
    Hand,
    answers,
    ask,
    denial,
    do,
    hand,
    hold,
    place,
    scene,
    stage,
)
from tradewind import Context
from tradewind.model.commands import Pause, Resume, SingleFire, Stop
from tradewind.model.effects import CancelOrder
from tradewind.model.ids import InstanceId
from tradewind.model.intents import Protection
from tradewind.model.order import OrderStatus

S1 = InstanceId("s1")


class Working(Hand):
    """Says that a cycle is under way as long as `size` is above one."""

    def busy(self, ctx: Context) -> bool:
        return self.size > 1


def opened(bench: Bench, name: str, owner: str = "s1") -> bool:
    result: bool = do(bench, lambda ctx: ctx.open_cycle(name), owner)
    return result


# --- single fire ----------------------------------------------------------------------------------


def test_a_single_fire_is_one_cycle_and_a_pause() -> None:
    bench = scene()
    bench.command(Pause(S1))
    assert bench.command(SingleFire(S1)).effect == "one cycle, then paused"
    assert opened(bench, "c1")
    order = place(bench, BUY, 1, "99", group="c1")
    assert not opened(bench, "c2")
    place(bench, BUY, 1, "98", group="c1")
    do(bench, lambda ctx: ctx.cancel_all())
    assert bench.state() == "running", "its cycle is still open"
    do(bench, lambda ctx: ctx.close_cycle("c1"))
    bench.pass_time(0.001)
    assert (bench.state(), order.status) == ("paused", OrderStatus.CANCELLED)


def test_a_cycle_under_way_is_the_one_of_a_single_fire() -> None:
    bench = scene()
    order = place(bench, BUY, 1, "99")
    answer = bench.command(SingleFire(S1))
    assert answer.effect.endswith("the cycle in progress is the one")
    assert denial(bench, BUY, 1, "98").rule == "single_fire"
    bench.fill(order)
    assert bench.state() == "running", "it holds what it bought"
    bench.fill(place(bench, SELL, 1, "100"))
    assert bench.state() == "paused"


def test_a_single_fire_whose_entry_was_cancelled_unfilled_is_done() -> None:
    bench = scene()
    bench.command(SingleFire(S1))
    order = place(bench, BUY, 1, "99")
    do(bench, lambda ctx: ctx.cancel(order.client_order_id))
    assert bench.state() == "paused"


def test_a_single_fire_whose_entry_was_denied_waits_for_another() -> None:
    bench = scene()
    bench.command(SingleFire(S1))
    assert denial(bench, BUY, 1, "99.05").rule == "tick"
    assert bench.state() == "running"
    place(bench, BUY, 1, "99")


# --- stop -----------------------------------------------------------------------------------------


def test_a_stop_waits_for_the_cycle_and_then_cancels_what_is_left() -> None:
    bench = scene()
    bench.deploy(Working, BTC, name="w")
    opened(bench, "c1", "w")
    rest = place(bench, BUY, 1, "99", group="c1", name="w")
    bench.command(Stop(InstanceId("w")), "stop")
    assert (bench.state("w"), rest.status) == ("stopping", OrderStatus.NEW)
    more = place(bench, BUY, 1, "98", group="c1", name="w")
    assert denial(bench, BUY, 1, "97", name="w").rule == "not_running"
    bench.fill(more)
    assert bench.state("w") == "stopping"
    do(bench, lambda ctx: ctx.close_cycle("c1"), "w")
    bench.pass_time(0.001)
    assert (bench.state("w"), rest.status) == ("stopped", OrderStatus.CANCELLED)
    assert answers(bench, "stop")[-1] == ("confirmed", "stopped; 1 positions left")
    assert bench.desk.instances[InstanceId("w")].watching == set()


def test_a_stop_that_is_over_its_time_cancels_and_tells_what_is_left_open() -> None:
    bench = scene()
    hold(bench, "1")
    do(bench, lambda ctx: ctx.protect(BTC.id, Protection(stop=D(90))))
    rest = place(bench, BUY, 1, "99")
    bench.command(Stop(S1, timeout_s=5), "stop")
    bench.pass_time(4)
    assert (bench.state(), rest.status) == ("stopping", OrderStatus.NEW)
    bench.pass_time(2)
    assert (bench.state(), rest.status) == ("stopped", OrderStatus.CANCELLED)
    (alert,) = bench.alerts("position_left_open")
    assert "still holds 1 BYBIT:BTCUSDT" in alert.text
    assert answers(bench, "stop")[-1] == ("confirmed", "stopped; 1 positions left")
    assert [order.spec.trigger_px for order in bench.orders()] == [D(90)], "the stop stays"


def test_a_stop_asks_again_for_cancels_that_get_no_answer() -> None:
    bench = stage(auto_ack=False)
    bench.feed(bench.accepted(ask(bench, BUY, 1, "99")))
    (order,) = bench.orders()
    bench.command(Stop(S1, timeout_s=1), "stop")
    bench.pass_time(10)
    assert bench.state() == "stopping"
    cancels = [each for each in bench.effects if type(each) is CancelOrder]
    assert len(cancels) >= 3
    assert [each[0] for each in answers(bench, "stop")] == ["accepted"]
    bench.cancelled(order)
    assert bench.state() == "stopped"


def test_a_stop_that_flattens_ends_flat_and_leaves_only_then() -> None:
    bench = scene()
    hold(bench, "1")
    bench.command(Stop(S1, flatten=True), "stop")
    (close,) = bench.orders()
    assert (bench.state(), close.reason) == ("stopping", "flatten")
    bench.fill(close)
    assert bench.state() == "stopped"
    assert answers(bench, "stop")[-1] == ("confirmed", "stopped; flat, no orders")


@pytest.mark.parametrize(("size", "state"), [(1, "stopped"), (2, "stopping")])
def test_the_strategy_says_when_its_cycle_is_over(size: int, state: str) -> None:
    bench = scene()
    bench.deploy(Working, BTC, name="w", size=size)
    hold(bench, "1", name="w")
    bench.command(Stop(InstanceId("w")))
    assert bench.state("w") == state


# --- parked ---------------------------------------------------------------------------------------


def test_an_order_parked_for_the_rate_goes_on_by_itself() -> None:
    bench = scene(orders_per_s=D(1), order_burst=1)
    place(bench, BUY, 1, "99")
    parked = place(bench, BUY, 1, "98")
    statuses = [parked.status]
    bench.pass_time(2)
    assert [*statuses, parked.status] == [OrderStatus.PARKED, OrderStatus.NEW]


def test_an_order_parked_and_then_denied_tells_its_strategy() -> None:
    bench = scene(orders_per_s=D(1), order_burst=1)
    place(bench, BUY, 1, "99")
    parked = place(bench, BUY, 1, "98")
    bench.command(Pause(S1))
    bench.pass_time(2)
    assert (parked.status, parked.reject_reason) == (OrderStatus.DENIED, "not_running")
    assert bench.denied()[-1].rule == "not_running"
    assert hand(bench).denials() == ["not_running"]
    bench.command(Resume(S1))
