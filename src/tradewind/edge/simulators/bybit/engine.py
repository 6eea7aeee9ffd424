"""Orders of the accounts on the matching core, and what is told of each.

Knows the life of an order here and its words. Must not know requests, checks or connections.
"""

from decimal import Decimal
from random import Random
from typing import Protocol
from uuid import UUID

from tradewind.core.matching.exchange import Exchange
from tradewind.core.matching.exchange_orders import (
    Change,
    ExchangeAnswer,
    Match,
    NewOrder,
    OrderChange,
)
from tradewind.core.matching.exchange_orders import (
    Part as Side,
)
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.edge.simulators.bybit.accounts import Account
from tradewind.edge.simulators.bybit.booking import Part, book_fill
from tradewind.edge.simulators.bybit.guards import Guarding
from tradewind.edge.simulators.bybit.markets import Market, Print
from tradewind.edge.simulators.bybit.orders import (
    CANCELLED,
    DEACTIVATED,
    FILLED,
    NEW,
    NO_ERROR,
    PARTLY_CANCELLED,
    REJECTED,
    Order,
)
from tradewind.edge.simulators.bybit.private import Private
from tradewind.edge.simulators.bybit.settings import SPOT, true_name
from tradewind.edge.simulators.crossing import half, meeting, outpacing
from tradewind.edge.simulators.fate import Fate
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.ids import InstrumentId
from tradewind.model.money import ZERO
from tradewind.model.order import Side as CoreSide
from tradewind.model.order import TimeInForce

SMP = {
    "None": SelfTrade.ALLOW,
    "CancelMaker": SelfTrade.CANCEL_MAKER,
    "CancelTaker": SelfTrade.CANCEL_TAKER,
    "CancelBoth": SelfTrade.CANCEL_BOTH,
}
TIFS = {"IOC": TimeInForce.IOC, "FOK": TimeInForce.FOK}
BY_USER = ("CancelByUser", "EC_PerCancelRequest")
WHOLE_SHARE = 0.5
"""So many of the fills that cross with a cancel take the whole order."""
RACED = ("CancelByUser", "EC_OrigClOrdIDDoesNotExist")


class Told(Protocol):
    """Who hears of a market."""

    def book(self, market: Market, now_ns: int) -> None:
        """Hear that the book changed."""
        ...

    def trades(self, market: Market, prints: list[Print], now_ns: int) -> None:
        """Hear of trades."""
        ...


class Engine:
    """All accounts' orders. Every call takes the time and tells streams what came of it."""

    def __init__(
        self,
        markets: dict[InstrumentId, Market],
        exchange: Exchange,
        told: tuple[Told, Private],
        fate: Fate,
        dice: Random,
    ) -> None:
        self.markets = markets
        self.exchange = exchange
        self.accounts: dict[int, Account] = {}
        self.orders: dict[str, Order] = {}
        self.public, self.private = told
        self.fate = fate
        self.dice = dice
        self.guarding = Guarding(self)
        self._why = BY_USER
        self._quiet: Order | None = None
        self._moved: dict[tuple[int, InstrumentId, int], None] = {}
        self._paid: dict[int, None] = {}

    # --- requests -----------------------------------------------------------------------------

    def new_id(self, category: str) -> str:
        """Return a fresh order id: 19 digits on spot, a UUID elsewhere."""
        if category == SPOT:
            return str(self.dice.randrange(10**18, 10**19))
        return str(UUID(int=self.dice.getrandbits(128), version=4))

    def place(self, order: Order, now_ns: int) -> None:
        """Take an order that passed all checks."""
        account = self.accounts[order.uid]
        self.orders[order.id] = order
        account.orders[order.id] = account.live[order.id] = order
        if order.sleeps:
            self.private.order(order, now_ns)
            self.guarding.watch(order)
            self._move(order)
            self.settle(now_ns)
        else:
            self.enter(order, now_ns)

    def enter(self, order: Order, now_ns: int) -> None:
        """Let an order meet the market."""
        order.status = NEW
        px = order.px if order.type == "Limit" else order.bound
        new = NewOrder(
            order_id=order.id,
            account=f"{order.uid}/{order.idx}",
            owner=str(order.uid),
            instrument=order.symbol.id,
            side=CoreSide.BUY if order.buys else CoreSide.SELL,
            qty=order.base_qty,
            px=px,
            tif=TimeInForce.IOC if order.type == "Market" else TIFS.get(order.tif, TimeInForce.GTC),
            post_only=order.tif == "PostOnly",
            # The core knows positions of perpetuals; what is owned on spot is checked before.
            reduce_only=order.reduce_only and order.symbol.linear,
            self_trade=SMP[order.smp],
        )
        less = self._strikes(Kind.PARTIAL, order)
        if less:
            left = _half(order, new.qty)
            self._hurry(outpacing(self.exchange, new, left, f"{new.instrument}/hasty"), now_ns)
        answers = self.exchange.submit(new, now_ns)
        at_once = any(isinstance(answer, Match) for answer in answers)
        if at_once and self._strikes(Kind.QUIET, order):
            self._quiet = order
        self._move(order)
        self.apply(answers, now_ns)
        self._quiet = None
        if less and not order.filled:
            self._meet(order, _half(order, order.leaves), now_ns)

    def cancel(self, order: Order, now_ns: int, why: tuple[str, str] = BY_USER) -> None:
        """End an open order."""
        if order.sleeps:
            self.guarding.forget(order)
            self._end(order, CANCELLED if order.symbol.linear else DEACTIVATED, why, now_ns)
            self.settle(now_ns)
            return
        before, self._why = self._why, why
        self.apply(self.exchange.cancel(order.id, now_ns), now_ns)
        self._why = before

    def race(self, order: Order, now_ns: int) -> None:
        """Let a fill cross with the cancel of an order, where that was planned.

        What fills whole is told twice: once by the fill, and once by the cancel that came late.
        """
        reached = meeting(self.exchange, order.id, order.leaves, "") is not None
        if not reached or not self._strikes(Kind.RACE, order):
            return
        whole = self.dice.random() < WHOLE_SHARE
        self._meet(order, order.leaves if whole else _half(order, order.leaves), now_ns)
        if order.status == FILLED:
            order.cancel_type, order.reason = RACED
            self._tell(order, now_ns)
            order.cancel_type, order.reason = "UNKNOWN", NO_ERROR

    def _meet(self, order: Order, qty: Decimal, now_ns: int) -> None:
        self._hurry(meeting(self.exchange, order.id, qty, f"{order.symbol.id}/hasty"), now_ns)

    def _hurry(self, new: NewOrder | None, now_ns: int) -> None:
        if new is not None:
            self.apply(self.exchange.submit(new, now_ns), now_ns)

    def _strikes(self, kind: Kind, order: Order) -> bool:
        keys = (self.accounts[order.uid].settings.key,)
        return self.fate.strikes(kind, keys, true_name(order.symbol)) is not None

    def amend(
        self, order: Order, qty: Decimal, px: Decimal | None, now_ns: int
    ) -> OrderChange | None:
        """Change a resting order; return why the core refused, None where it did not."""
        answers = self.exchange.amend(order.id, qty, px, now_ns)
        first = answers[0]
        if isinstance(first, OrderChange) and first.change is Change.AMEND_REJECTED:
            return first
        self._move(order)
        self.apply(answers, now_ns)
        return None

    # --- what came of it ----------------------------------------------------------------------

    def apply(self, answers: list[ExchangeAnswer], now_ns: int) -> None:
        """Take in what the core answered, ours and the public's, and tell of it."""
        touched: dict[InstrumentId, None] = {}
        prints: dict[InstrumentId, list[Print]] = {}
        for answer in answers:
            if isinstance(answer, Match):
                symbol_id = answer.taker.instrument
                market = self.markets[symbol_id]
                market.touched(now_ns)
                touched[symbol_id] = None
                prints.setdefault(symbol_id, []).append(market.print(answer))
                for part in (answer.taker, answer.maker):
                    self._fill(part, answer, market, maker=part is answer.maker)
                continue
            order = self.orders.get(answer.order_id)
            if order is not None:
                touched[order.symbol.id] = None
                self._change(order, answer, now_ns)
            else:
                touched[InstrumentId(answer.order_id.partition("/")[0])] = None
        for symbol_id in touched:
            found = self.markets.get(symbol_id)
            if found is None:
                continue
            found.touched(now_ns)
            if symbol_id in prints:
                self.public.trades(found, prints[symbol_id], now_ns)
            self.public.book(found, now_ns)
        self.settle(now_ns)
        for symbol_id in touched:
            if symbol_id in self.markets:
                self.guarding.check(self.markets[symbol_id], now_ns)

    def settle(self, now_ns: int) -> None:
        """Tell of positions and wallets that the last action concerned."""
        moved, self._moved = self._moved, {}
        paid, self._paid = self._paid, {}
        for uid, symbol_id, idx in moved:
            market = self.markets[symbol_id]
            if market.symbol.linear:
                account = self.accounts[uid]
                position = account.position(market.symbol, idx, now_ns)
                self.private.position(account, position, market.mark(now_ns), now_ns)
        for uid in paid:
            self.private.wallet(self.accounts[uid], now_ns)

    def paid(self, uid: int) -> None:
        """Note that a wallet changed."""
        self._paid[uid] = None

    def _move(self, order: Order) -> None:
        self._moved[order.uid, order.symbol.id, order.idx] = None

    def _fill(self, side: Side, match: Match, market: Market, *, maker: bool) -> None:
        order = self.orders.get(side.order_id)
        if order is None:
            return
        now_ns = match.ts
        account = self.accounts[order.uid]
        number = UUID(int=self.dice.getrandbits(128), version=4)
        part = Part(match.qty, match.yes_px, maker, now_ns, number)
        fill = book_fill(account, order, market, part)
        if not order.open:
            account.live.pop(order.id, None)
        self.private.fill(account, fill, now_ns)
        self._tell(order, now_ns)
        self._move(order)
        self.paid(order.uid)
        self.guarding.filled(account, order, part)

    def _change(self, order: Order, answer: OrderChange, now_ns: int) -> None:
        order.updated_ns = now_ns
        self._move(order)
        change, reason = answer.change, answer.reason
        if change is Change.ACCEPTED:
            if order is not self._quiet:
                self._tell(order, now_ns)
        elif change in (Change.AMENDED, Change.REDUCED):
            order.qty = order.base_qty = answer.qty
            order.px = answer.px if order.type == "Limit" else order.px
            self._tell(order, now_ns)
        elif change is Change.CANCELLED:
            self._end(order, CANCELLED, self._cause(order, reason), now_ns)
        elif reason == "post_only_would_take":
            why = ("UNKNOWN", "EC_PostOnlyWillTakeLiquidity")
            self._end(order, CANCELLED if order.symbol.linear else REJECTED, why, now_ns)
        elif reason == "reduce_only":
            self._end(order, CANCELLED, ("CancelByReduceOnly", NO_ERROR), now_ns)
        else:
            self._end(order, REJECTED, ("UNKNOWN", "EC_Others"), now_ns)

    def _cause(self, order: Order, reason: str) -> tuple[str, str]:
        if reason == "unfilled":
            fok = order.tif == "FOK" and order.type == "Limit"
            return "UNKNOWN", "EC_CancelForNoFullFill" if fok else "EC_NoImmediateQtyToFill"
        if reason == "self_trade":
            return "CancelBySmp", "EC_BySelfMatch"
        if reason == "reduce_only":
            return "CancelByReduceOnly", NO_ERROR
        return self._why

    def _end(self, order: Order, status: str, why: tuple[str, str], now_ns: int) -> None:
        spot_part = not order.symbol.linear and order.filled > ZERO and status == CANCELLED
        order.status = PARTLY_CANCELLED if spot_part else status
        order.cancel_type, order.reason = why
        order.updated_ns = now_ns
        self.accounts[order.uid].live.pop(order.id, None)
        self._move(order)
        self._tell(order, now_ns)

    def _tell(self, order: Order, now_ns: int) -> None:
        self.private.order(order, now_ns)


def _half(order: Order, qty: Decimal) -> Decimal:
    return half(qty, order.symbol.qty_step)
