"""The contract of an author: override what you need, say what you want, remember in `state`."""

from typing import Any

import msgspec
import pytest

import tradewind
from tests.harness import Bench, D
from tests.unit.core.hand import BTC, BUY, SELL, Hand, do, hand, hold, place, scene
from tradewind import Context, Strategy, param
from tradewind.core.strategy.strategy import HANDLERS, Signal, listens
from tradewind.model.commands import Tell
from tradewind.model.events import Candle, Quote
from tradewind.model.fill import Fill
from tradewind.model.ids import InstanceId
from tradewind.model.order import Order, OrderStatus


class Nothing(Strategy):
    """Overrides nothing at all."""


class Cross(Strategy):
    """A first strategy: buy above, sell below."""

    level: float = param(100.0)

    def on_candle(self, ctx: Context, candle: Candle) -> None:
        held = ctx.position(candle.instrument).qty
        if candle.close > self.level and not held:
            ctx.buy(candle.instrument, 1)
        elif candle.close < self.level and held:
            ctx.sell(candle.instrument, held)


class Count(msgspec.Struct):
    """What a counter remembers."""

    quotes: int = 0


class Counter(Strategy):
    """Counts quotes in its state."""

    state: Count

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        self.state.quotes += 1


def test_only_what_is_overridden_is_listened_to() -> None:
    assert not any(listens(Nothing, name) for name in HANDLERS)
    assert [name for name in HANDLERS if listens(Cross, name)] == ["on_candle"]
    assert not any(listens(Strategy, name) for name in HANDLERS)


def test_a_strategy_that_overrides_nothing_runs() -> None:
    bench = Bench()
    bench.define(BTC)
    bench.deploy(Nothing, BTC)
    bench.quote(BTC, "99", "101")
    bench.pass_time(3)
    assert bench.state() == "running"
    refused = bench.command(Tell(InstanceId("s1"), "dance"))
    assert "it knows none" in refused.effect


def test_a_first_strategy_trades_both_ways() -> None:
    bench = Bench()
    bench.define(BTC)
    bench.deploy(Cross, BTC)
    bench.quote(BTC, "100", "100.1")
    bench.candle(BTC, "101")
    (order,) = bench.orders()
    assert (order.side, order.qty, order.spec.tif.value) == (BUY, D(1), "ioc")
    bench.fill(order)
    bench.quote(BTC, "98", "98.1")
    bench.candle(BTC, "98")
    assert [each.side for each in bench.orders()] == [SELL]


def test_a_declared_state_is_made_for_each_instance() -> None:
    bench = Bench()
    bench.define(BTC)
    first = bench.deploy(Counter, BTC)
    second = bench.deploy(Counter, BTC, name="s2")
    bench.quote(BTC, "99", "101")
    assert (first.state.quotes, second.state.quotes) == (1, 1)
    assert first.state is not second.state
    assert [each.spec.id for each in bench.desk.touched] == ["s1", "s2"]


def test_an_author_finds_all_names_at_the_front() -> None:
    assert {"Strategy", "Context", "param"} <= set(tradewind.__all__)
    assert tradewind.Strategy is Strategy
    assert all(hasattr(tradewind, name) for name in tradewind.__all__)


def test_a_signal_says_who_what_and_with_what() -> None:
    signal = Signal("s1", "news", {"px": 1})
    assert (signal.publisher, signal.name, signal.fields) == ("s1", "news", {"px": 1})


# --- orders and fills, as they are heard ----------------------------------------------------------


class Diary(Hand):
    """Notes what its books say at each call."""

    def on_order(self, ctx: Context, order: Order) -> None:
        self.heard.append(
            ("order", order.status, order.filled_qty, ctx.order(order.client_order_id))
        )

    def on_fill(self, ctx: Context, fill: Fill) -> None:
        self.heard.append(("fill", fill.qty, ctx.position(fill.instrument).qty))


def diary() -> tuple[Bench, list[Any]]:
    bench = scene()
    made = bench.deploy(Diary, BTC, name="d")
    made.heard.clear()
    return bench, made.heard


def test_a_fill_is_heard_before_its_order_with_the_position_moved() -> None:
    bench, heard = diary()
    order = place(bench, BUY, 2, "99", name="d")
    bench.fill(order, "1")
    bench.fill(order, "1")
    assert heard == [
        ("order", OrderStatus.NEW, D(0), order),
        ("fill", D(1), D(1)),
        ("order", OrderStatus.PARTIALLY_FILLED, D(1), order),
        ("fill", D(1), D(2)),
        ("order", OrderStatus.FILLED, D(2), None),
    ]


def test_nobody_hears_of_the_orders_of_another() -> None:
    bench, heard = diary()
    hold(bench, "1")
    assert heard == []
    assert [each[0] for each in hand(bench).heard] == ["start", "order", "fill", "order"]


@pytest.mark.parametrize("word", ["on_start", "on_command"])
def test_orders_may_be_asked_for_in_any_callback(word: str) -> None:
    class Early(Hand):
        """Orders at once."""

        def on_start(self, ctx: Context) -> None:
            super().on_start(ctx)
            if word == "on_start":
                ctx.buy(BTC.id, 1, "90")

    bench = scene()
    bench.command(Tell(InstanceId("s1"), "do", {"act": lambda ctx: None, "results": []}))
    answer = bench.deploy(Early, BTC, name="e")
    if word == "on_command":
        do(bench, lambda ctx: ctx.buy(BTC.id, 1, "90"), "e")
    assert answer.heard[0] == ("start",)
    rules = [each.rule for each in bench.denied()]
    assert rules == (["not_running"] if word == "on_start" else [])
