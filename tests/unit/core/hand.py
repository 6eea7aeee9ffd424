"""A strategy in the hand of the test, and small words to make it act through the whole engine."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

from tests.harness import Bench, account, perpetual
from tradewind import Context, Strategy, param
from tradewind.model.commands import Tell
from tradewind.model.config import Account
from tradewind.model.effects import CommandAnswered, Confirmation, Denied
from tradewind.model.fill import Fill
from tradewind.model.ids import InstanceId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.order import Order, OrderStatus, Side

BUY, SELL = Side.BUY, Side.SELL
BTC = perpetual()
ETH = perpetual("ETHUSDT")


class Hand(Strategy):
    """Does what the test says, and remembers what it heard."""

    commands: ClassVar[dict[str, str]] = {"do": "do it"}
    size: int = param(1, low=1, high=100)
    fixed: int = param(1, low=1, high=100, fixed=True)

    def on_start(self, ctx: Context) -> None:
        self.heard: list[tuple[Any, ...]] = getattr(self, "heard", [])
        self.heard.append(("start",))

    def on_order(self, ctx: Context, order: Order) -> None:
        self.heard.append(("order", order.client_order_id, order.status, order.reject_reason))

    def on_fill(self, ctx: Context, fill: Fill) -> None:
        self.heard.append(("fill", fill.key, fill.life))

    def on_timer(self, ctx: Context, key: str) -> None:
        self.heard.append(("timer", key))

    def on_pause(self, ctx: Context) -> None:
        self.heard.append(("pause",))

    def on_stop(self, ctx: Context, mode: str) -> None:
        self.heard.append(("stop", mode))

    def on_command(self, ctx: Context, action: str, arguments: dict[str, Any]) -> str:
        arguments["results"].append(arguments["act"](ctx))
        return "done"

    def denials(self) -> list[str]:
        """Return the rules by which orders were denied, as `on_order` heard of them."""
        return [each[3] for each in self.heard if each[0] == "order" and each[2] == "denied"]


def scene(*instruments: Instrument, config: dict[str, Any] | None = None, **more: Any) -> Bench:
    """Return a desk with one account A, quoted instruments and a Hand called s1."""
    return stage(account(**more), instruments=instruments, config=config)


def stage(
    *accounts: Account,
    instruments: tuple[Instrument, ...] = (),
    config: dict[str, Any] | None = None,
    auto_ack: bool = True,
) -> Bench:
    """Return a desk with these accounts, quoted instruments and a Hand called s1."""
    bench = Bench(*accounts, config=config, auto_ack=auto_ack)
    known = instruments or (BTC,)
    bench.define(*known)
    for each in known:
        quote(bench, each)
    bench.deploy(Hand, *known)
    return bench


def quote(bench: Bench, instrument: Instrument) -> None:
    """Quote an instrument around a price that fits its kind."""
    if instrument.outcome is None:
        bench.quote(instrument, "99.9", "100.1")
    else:
        bench.quote(instrument, "0.30", "0.90")


def do(bench: Bench, act: Callable[[Context], Any], name: str = "s1") -> Any:
    """Let an instance act in a step of its own; return what the act returned."""
    results: list[Any] = []
    answer = bench.command(Tell(InstanceId(name), "do", {"act": act, "results": results}))
    assert answer.confirmation is Confirmation.CONFIRMED, answer.effect
    return results[0]


def ask(bench: Bench, side: Side, qty: Any, px: Any = None, **terms: Any) -> OrderId:
    """Let s1 (or `name`) ask for an order on BTC (or `instrument`); return its id."""
    name = terms.pop("name", "s1")
    instrument = terms.pop("instrument", BTC)
    order_id: OrderId = do(
        bench, lambda ctx: ctx.place(instrument.id, side, qty, px, **terms), name
    )
    return order_id


def place(bench: Bench, side: Side, qty: Any, px: Any = None, **terms: Any) -> Order:
    """Ask for an order that the gate lets pass; return it."""
    before = len(bench.denied())
    order = bench.desk.orders.find(ask(bench, side, qty, px, **terms))
    assert len(bench.denied()) == before, bench.denied()[-1]
    assert order is not None
    return order


def denial(bench: Bench, side: Side, qty: Any, px: Any = None, **terms: Any) -> Denied:
    """Ask for an order that the gate denies; return the denial, told anew however often it was."""
    bench.desk.denied.clear()
    before = len(bench.denied())
    order = bench.desk.orders.find(ask(bench, side, qty, px, **terms))
    assert len(bench.denied()) == before + 1, order
    return bench.denied()[-1]


def hold(bench: Bench, qty: str, px: str = "100", **terms: Any) -> None:
    """Give an instance a signed position by an order that fills at once."""
    side = SELL if Decimal(qty) < 0 else BUY
    order = place(bench, side, abs(Decimal(qty)), px, **terms)
    bench.fill(order)
    assert order.status is OrderStatus.FILLED


def hand(bench: Bench, name: str = "s1") -> Hand:
    """Return the strategy object of an instance."""
    found = bench.desk.instances[InstanceId(name)].strategy
    assert isinstance(found, Hand)
    return found


def answers(bench: Bench, command_id: str) -> list[tuple[str, str]]:
    """Return every answer to a command: confirmation and effect."""
    return [
        (each.confirmation.value, each.effect)
        for each in bench.effects
        if type(each) is CommandAnswered and each.command_id == command_id
    ]
