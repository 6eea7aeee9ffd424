"""Prices that wake orders: conditional orders, take-profits and stop-losses.

Knows triggers, and the children that guard a position. Must not know requests or connections.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from tradewind.edge.simulators.bybit.accounts import Account, Position
from tradewind.edge.simulators.bybit.booking import Part
from tradewind.edge.simulators.bybit.markets import Market
from tradewind.edge.simulators.bybit.orders import (
    BUY,
    FALLS,
    RISES,
    SELL,
    UNTRIGGERED,
    Guards,
    Order,
)
from tradewind.edge.simulators.bybit.settings import Symbol
from tradewind.model.ids import InstrumentId
from tradewind.model.money import ZERO, floor_to

if TYPE_CHECKING:
    from tradewind.edge.simulators.bybit.engine import Engine

FULL, PARTIAL = "Full", "Partial"
CLEARED = ("CancelByTpSlTsClear", "EC_PerCancelRequest")
TAKE, STOP = "TakeProfit", "StopLoss"


class Guarding:
    """All sleeping orders by symbol."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._sleeping: dict[InstrumentId, dict[str, Order]] = {}
        self._partial: dict[str, list[Order]] = {}
        self._waking = False

    def watch(self, order: Order) -> None:
        """Let an order sleep until its price comes."""
        self._sleeping.setdefault(order.symbol.id, {})[order.id] = order

    def forget(self, order: Order) -> None:
        """Let an order sleep no longer."""
        self._sleeping.get(order.symbol.id, {}).pop(order.id, None)

    def check(self, market: Market, now_ns: int) -> None:
        """Wake all orders whose price has come; waking one can move the price for others."""
        if self._waking:
            return
        self._waking = True
        again = True
        while again:
            again = False
            for order in list(self._sleeping.get(market.symbol.id, {}).values()):
                if order.sleeps and reached(order, market, now_ns):
                    self._wake(order, market, now_ns)
                    again = True
        self._waking = False

    def filled(self, account: Account, order: Order, part: Part) -> None:
        """Let children guard what a parent has filled; clear those whose position is gone."""
        symbol = order.symbol
        if not symbol.linear:
            return
        position = account.position(symbol, order.idx, part.at_ns)
        if not position.qty:
            self._clear(account, position, part.at_ns)
        guards = order.guards
        if not position.qty or not (guards.take_profit or guards.stop_loss):
            return
        if guards.mode == PARTIAL:
            self._guard_part(account, order, position, part)
        else:
            self.set_full(account, position, guards, part.at_ns, order.link)

    def full(self, account: Account, position: Position, kind: str) -> Order | None:
        """Return the order that guards a whole position."""
        for order in account.live.values():
            mine = order.symbol is position.symbol and order.idx == position.idx
            if mine and order.stop_type == kind:
                return order
        return None

    def set_full(
        self, account: Account, position: Position, guards: Guards, now_ns: int, parent: str = ""
    ) -> None:
        """Guard a whole position; "0" takes a guard away, an empty text leaves it."""
        for kind, text in ((TAKE, guards.take_profit), (STOP, guards.stop_loss)):
            if not text:
                continue
            old = self.full(account, position, kind)
            if old is not None:
                self._engine.cancel(old, now_ns, CLEARED)
            if Decimal(text):
                self._child(account, position, (kind, guards), abs(position.qty), now_ns, parent)

    def add_partial(
        self, account: Account, position: Position, guards: Guards, qty: Decimal, now_ns: int
    ) -> None:
        """Guard a part of a position."""
        for kind, text in ((TAKE, guards.take_profit), (STOP, guards.stop_loss)):
            if text and Decimal(text):
                self._child(account, position, (f"Partial{kind}", guards), qty, now_ns, "")

    def _guard_part(self, account: Account, parent: Order, position: Position, part: Part) -> None:
        children = self._partial.setdefault(parent.id, [])
        if children:
            for child in children:
                if child.sleeps:
                    child.qty = child.base_qty = parent.filled
                    child.updated_ns = part.at_ns
                    self._engine.private.order(child, part.at_ns)
            return
        guards = parent.guards
        for kind, text in ((TAKE, guards.take_profit), (STOP, guards.stop_loss)):
            if text and Decimal(text):
                what = (f"Partial{kind}", guards)
                children.append(
                    self._child(account, position, what, part.qty, part.at_ns, parent.link)
                )

    def _child(
        self,
        account: Account,
        position: Position,
        what: tuple[str, Guards],
        qty: Decimal,
        now_ns: int,
        parent: str,
    ) -> Order:
        kind, guards = what
        takes = kind.endswith(TAKE)
        long = position.qty > ZERO
        text = guards.take_profit if takes else guards.stop_loss
        limit = guards.tp_limit_px if takes else guards.sl_limit_px
        kind_of = guards.tp_type if takes else guards.sl_type
        market = self._engine.markets[position.symbol.id]
        child = Order(
            id=self._engine.new_id(position.symbol.category),
            link="",
            uid=account.uid,
            symbol=position.symbol,
            side=SELL if long else BUY,
            type=kind_of or "Market",
            qty=qty,
            base_qty=qty,
            px=Decimal(limit) if limit and kind_of == "Limit" else None,
            tif="GTC" if kind_of == "Limit" else "IOC",
            idx=position.idx,
            created_ns=now_ns,
            updated_ns=now_ns,
            reduce_only=True,
            close_on_trigger=True,
            trigger_px=Decimal(text),
            trigger_by=(guards.tp_trigger_by if takes else guards.sl_trigger_by) or "LastPrice",
            direction=RISES if takes == long else FALLS,
            stop_type=kind,
            create_type=f"CreateBy{kind}",
            parent_link=parent,
            guards=Guards(mode=PARTIAL if kind.startswith(PARTIAL) else FULL),
            status=UNTRIGGERED,
            last_px=market.last,
        )
        self._engine.place(child, now_ns)
        return child

    def _clear(self, account: Account, position: Position, now_ns: int) -> None:
        for order in list(account.live.values()):
            mine = order.symbol is position.symbol and order.idx == position.idx
            if mine and order.sleeps and order.stop_type.endswith((TAKE, STOP)):
                self._engine.cancel(order, now_ns, CLEARED)

    def _wake(self, order: Order, market: Market, now_ns: int) -> None:
        self.forget(order)
        order.status = "Triggered"
        order.updated_ns = now_ns
        self._engine.private.order(order, now_ns)
        account = self._engine.accounts[order.uid]
        if order.stop_type in (TAKE, STOP) or (order.close_on_trigger and not order.base_qty):
            held = abs(account.held(order.symbol, order.idx))
            order.qty = order.base_qty = max(held, order.symbol.qty_step)
        if order.type == "Market":
            order.bound = market.protection(buys=order.buys, now_ns=now_ns)
            order.base_qty = order.base_qty or spendable(order.symbol, order.qty, order.bound)
        self._engine.enter(order, now_ns)


def reached(order: Order, market: Market, now_ns: int) -> bool:
    """Tell whether an order's trigger has come."""
    assert order.trigger_px is not None
    px = market.trigger_px(order.trigger_by, now_ns)
    return px >= order.trigger_px if order.direction == RISES else px <= order.trigger_px


def spendable(symbol: Symbol, money: Decimal, px: Decimal) -> Decimal:
    """Return how much of the base a sum buys at a price."""
    return floor_to(money / px, symbol.qty_step)
