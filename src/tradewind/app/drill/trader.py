"""A strategy that does everything an author may ask for, by a seed that it keeps in its state."""

from decimal import Decimal
from typing import Any

import msgspec

from tradewind import Strategy, param
from tradewind.model.events import Quote
from tradewind.model.intents import Protection
from tradewind.model.order import SelfMatchPolicy, TimeInForce

MASK = (1 << 64) - 1


class Dice(msgspec.Struct):
    """The state of a small generator; part of the strategy's saved state."""

    seed: int = 1
    cycle: int = 0

    def roll(self, sides: int) -> int:
        """Return 0 … sides - 1."""
        self.seed = (self.seed * 6364136223846793005 + 1442695040888963407) & MASK
        return (self.seed >> 33) % sides


class AnyTrader(Strategy):
    """Buys, sells, amends, cancels, protects, opens and closes cycles, at random."""

    seed: int = param(1, low=1)
    size: Decimal = param("1", low="0.0001")
    state: Dice

    def on_start(self, ctx: Any) -> None:
        if self.state.seed == 1:
            self.state.seed = self.seed * 7919 + 13

    def on_quote(self, ctx: Any, quote: Any) -> None:
        dice = self.state
        if dice.roll(3):
            return
        orders = ctx.orders(quote.instrument)
        act = dice.roll(10)
        if orders and act < 3:
            ctx.cancel(orders[dice.roll(len(orders))].client_order_id)
        elif orders and act == 3:
            order = orders[dice.roll(len(orders))]
            if order.px is not None:
                ctx.amend(order.client_order_id, px=quote.bid if order.side == "buy" else quote.ask)
        elif act == 4:
            self._protect(ctx, quote)
        elif len(orders) < 6:
            self._place(ctx, quote)

    def on_book(self, ctx: Any, book: Any) -> None:
        market = ctx.market(book.instrument)
        if market.bid_qty and market.ask_qty:
            ts, qty = book.ts_event, market.bid_qty
            touch = Quote(book.instrument, ts, ts, market.bid, market.ask, qty, market.ask_qty)
            self.on_quote(ctx, touch)

    def _place(self, ctx: Any, quote: Any) -> None:
        dice = self.state
        qty = self.size * (1 + dice.roll(5))
        buys = dice.roll(2)
        kind = dice.roll(6)
        place = ctx.buy if buys else ctx.sell
        policy = list(SelfMatchPolicy)[dice.roll(3)]
        if kind == 0:
            place(quote.instrument, qty, self_match=policy)
        elif kind == 1:
            px = quote.ask if buys else quote.bid
            place(quote.instrument, qty, px, tif=TimeInForce.IOC, self_match=policy)
        elif kind == 2:
            held = ctx.position(quote.instrument).qty
            if held:
                close = ctx.sell if held > 0 else ctx.buy
                close(quote.instrument, abs(held), reduce_only=True, reason="exit")
        else:
            tick = ctx.instrument(quote.instrument).tick
            away = tick * dice.roll(4)
            px = quote.bid - away if buys else quote.ask + away
            place(quote.instrument, qty, px, post_only=bool(dice.roll(2)), self_match=policy)

    def _protect(self, ctx: Any, quote: Any) -> None:
        held = ctx.position(quote.instrument).qty
        if not held:
            return
        distance = ctx.instrument(quote.instrument).tick * (5 + self.state.roll(20))
        sign = 1 if held > 0 else -1
        guard = Protection(
            stop=quote.bid - sign * distance,
            target=quote.ask + sign * distance,
            trailing=distance if self.state.roll(2) else None,
        )
        ctx.protect(quote.instrument, guard if self.state.roll(4) else None)
