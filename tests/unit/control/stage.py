"""A desk on a stage: the test bench, with its news published, its history kept, and a plane."""

from decimal import Decimal
from typing import Any, ClassVar

from tests.harness import SECOND, Bench, D, account, binary, perpetual
from tradewind.control.history import History
from tradewind.control.live import LiveViews
from tradewind.control.plane import Asked, Plane
from tradewind.control.views import Vitals
from tradewind.core.engine.step import step
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.parameters import param
from tradewind.core.strategy.strategy import Strategy
from tradewind.edge.store.bus_local import LocalBus
from tradewind.model.commands import Command
from tradewind.model.config import Account
from tradewind.model.effects import Effect, ReadAccount
from tradewind.model.errors import Refused
from tradewind.model.events import CommandReceived, Event, Quote
from tradewind.model.instrument import Instrument
from tradewind.model.order import OrderStatus
from tradewind.ports import Published
from tradewind.runtime.codec import JOURNALED_TYPES

BTC = perpetual()
YES, NO = binary(netting=True)
ACCOUNTS = (account("A", read_lag_ns=0), account("K", "KALSHI", "USD", read_lag_ns=0))
ASKED = Asked(by="ada", why="a test", wait_s=0.05)


class Maker(Strategy):
    """Rests one order at the bid while it may open; knows one word."""

    size: Decimal = param("2", low=1, high=100, unit="coins", doc="how much to bid for")
    lane: int = param(1, low=1, high=9, fixed=True, doc="changes only while stopped")
    commands: ClassVar[dict[str, str]] = {"greet": "answer politely", "sulk": "refuse"}

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        if not ctx.orders() and ctx.may_open:
            ctx.buy(quote.instrument, self.size, quote.bid)

    def on_command(self, ctx: Context, action: str, arguments: dict[str, Any]) -> str:
        if action == "sulk":
            raise Refused("It sulks.")
        return f"hello {arguments.get('name', 'there')}"

    def busy(self, ctx: Context) -> bool:
        return False


class Finisher(Maker):
    """A maker that is busy while it has an order or a position."""

    def busy(self, ctx: Context) -> bool:
        return ctx.exposed


class Idle(Strategy):
    """Does nothing; tests trade for it."""


class Stage(Bench):
    """A bench whose every step is published, as a keeper does after its commit."""

    def __init__(self, *accounts: Account, auto_ack: bool = True, **config: Any) -> None:
        self.faults: list[Exception] = []
        self.bus = LocalBus(lambda reader, error: self.faults.append(error))
        self.news: list[Published] = []
        self.history = History()
        self.bus.subscribe(self.history)
        self.bus.subscribe(self.news.append)
        self.readable = True
        super().__init__(*(accounts or ACCOUNTS), auto_ack=auto_ack, config=config)
        self.vitals = Vitals(name="stage", speed=20.0)
        self.views = LiveViews(self.desk, self.history, self.vitals)
        self.asked = 0
        self.deaf = False
        self.plane = Plane(self.desk, self.ask, self.bus, self.next_id)

    def next_id(self) -> str:
        """Return the ids one, two, … as c-1, c-2, …"""
        self.asked += 1
        return f"c-{self.asked}"

    def ask(self, command: Command, command_id: str, by: str, why: str) -> None:
        """Put a command into the desk; a deaf desk never takes it."""
        if not self.deaf:
            self.feed(CommandReceived(command, command_id, by, self.now, why))

    def answer(self, effect: Effect) -> list[Event]:
        """Return what the venue says: to a reading at once, or nothing if it is unreadable."""
        if type(effect) is ReadAccount:
            return [self.report(effect.account, effect.ask)] if self.readable else []
        return super().answer(effect)

    def accepted_all(self) -> None:
        """Let the venue acknowledge what it has not yet."""
        for order in self.orders():
            if order.status is OrderStatus.PENDING_NEW:
                self.feed(self.accepted(order.client_order_id))

    def _step(self, event: Event) -> list[Effect]:
        self.events.append(event)
        effects = list(step(self.desk, event))
        self.effects += effects
        told = event if type(event) in JOURNALED_TYPES else None
        if told is not None or effects:
            self.bus.publish(Published(self.desk.world.seq, self.now, told, tuple(effects)))
        produced = list(effects)
        for effect in effects:
            for answer in self.answer(effect):
                produced += self._step(answer)
        return produced


def stage_with_maker(*, auto_ack: bool = True, **parameters: Any) -> Stage:
    """Return a stage on which `maker` runs on BTC with one order at 99.9, and `idle` beside it."""
    stage = Stage(auto_ack=auto_ack)
    stage.define(BTC, YES, NO)
    stage.pass_time(2)
    stage.quote(BTC, "99.9", "100.1")
    stage.deploy(Maker, BTC, name="maker", **parameters)
    stage.deploy(Idle, BTC, YES, NO, name="idle")
    stage.quote(BTC, "99.9", "100.1")
    return stage


def hold(stage: Stage, qty: str, px: str = "100.0", instrument: Instrument = BTC) -> None:
    """Give `maker` a position by filling its resting order, whatever its price."""
    order = next(order for order in stage.orders(instrument) if order.instance == "maker")
    stage.fill(order, qty, px, fee="0.05")


__all__ = [
    "ACCOUNTS",
    "ASKED",
    "BTC",
    "NO",
    "SECOND",
    "YES",
    "D",
    "Finisher",
    "Idle",
    "Maker",
    "Stage",
    "hold",
    "stage_with_maker",
]
