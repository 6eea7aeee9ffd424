"""What a strategy author writes: one class with annotated parameters and a few callbacks.

A strategy decides; it never sends, reads a clock, or touches a file. Same events, same answers.
"""

from typing import Any, ClassVar

from tradewind.core.strategy.context import Context
from tradewind.core.strategy.parameters import Parameter, collect
from tradewind.model.errors import Refused
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    Quote,
    ReferencePrice,
    Trade,
)
from tradewind.model.fill import Fill
from tradewind.model.ids import InstrumentId
from tradewind.model.order import Order


class Signal:
    """What another instance published: its name, and text or numbers."""

    __slots__ = ("fields", "name", "publisher")

    def __init__(self, publisher: str, name: str, fields: dict[str, Any]) -> None:
        self.publisher = publisher
        self.name = name
        self.fields = fields


class Strategy:
    """Base of every strategy. Override the callbacks that you need; only these are called.

    Parameters are annotated class attributes made with `param(...)`; inside callbacks they are
    plain attributes. `state`, when a class annotates it with a msgspec.Struct type, is saved with
    the commit of the event that changed it and restored before `on_start`. `interval` is the
    candle interval of `on_candle`. `commands` are the words that `on_command` answers, with help.
    """

    parameters: ClassVar[dict[str, Parameter]] = {}
    commands: ClassVar[dict[str, str]] = {}
    interval: str = "5m"
    state: Any = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.parameters = collect(cls)

    def on_start(self, ctx: Context) -> None:
        """Prepare indicators and look at what is already held; called at every (re)start."""

    def on_instruments(self, ctx: Context, instruments: tuple[InstrumentId, ...]) -> None:
        """React to instruments that newly match the filter of `wants`."""

    def wants(self, instrument: Any) -> bool:
        """Say whether a newly defined instrument should be watched; the default wants none."""
        return False

    def on_book(self, ctx: Context, book: BookSnapshot | BookDelta) -> None:
        """React to a changed book; read it with `ctx.market(book.instrument)`."""

    def on_quote(self, ctx: Context, quote: Quote) -> None:
        """React to a new best bid or ask."""

    def on_trade(self, ctx: Context, trade: Trade) -> None:
        """React to a public print."""

    def on_candle(self, ctx: Context, candle: Candle) -> None:
        """React to a closed (or corrected) candle of `interval`."""

    def on_reference(self, ctx: Context, reference: ReferencePrice) -> None:
        """React to a reference price."""

    def on_signal(self, ctx: Context, signal: Signal) -> None:
        """React to what another instance published."""

    def on_order(self, ctx: Context, order: Order) -> None:
        """React to a change of one of the instance's own orders, denials included.

        Of a change that the gate denied it shows the order as it still is, with the rule as
        `reject_reason`, once a step.
        """

    def on_fill(self, ctx: Context, fill: Fill) -> None:
        """React to an own fill; `fill.life` is FAILED when it was undone."""

    def on_timer(self, ctx: Context, key: str) -> None:
        """React to a timer that `ctx.timer` set."""

    def on_command(self, ctx: Context, action: str, arguments: dict[str, Any]) -> str:
        """Answer a command of `commands` in one phrase; raise Refused to say no."""
        raise Refused(f"{type(self).__name__} has no answer to {action}.")

    def on_parameters(self, ctx: Context, changed: tuple[str, ...]) -> None:
        """React to changed parameters; they already stand in the attributes."""

    def on_pause(self, ctx: Context) -> None:
        """React to a pause: nothing new may begin, live orders of the running cycle stay.

        Cancel here what the strategy does not want to wait for. Called by `pause`, and where a
        restart leaves the instance paused.
        """

    def on_stop(self, ctx: Context, mode: str) -> None:
        """React to `stop`, `force_stop` or `flatten`; orders are cancelled by the engine."""

    def busy(self, ctx: Context) -> bool:
        """Say whether a cycle is under way; `stop` and `single_fire` wait for it to end."""
        return ctx.exposed


HANDLERS = (
    "on_book",
    "on_quote",
    "on_trade",
    "on_candle",
    "on_reference",
    "on_signal",
    "on_order",
    "on_fill",
    "on_timer",
)
"""Callbacks that an instance subscribes to by overriding them."""


def listens(cls: type[Strategy], handler: str) -> bool:
    """Tell whether a strategy class overrides a callback."""
    return getattr(cls, handler) is not getattr(Strategy, handler)
