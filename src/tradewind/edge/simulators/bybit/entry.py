"""Requests about orders, one at a time: create, amend, cancel, cancel-all.

Knows what is checked in which order, and the codes. Must not know how a request came: REST, batch
and socket end here. Source: Bybit API documentation v5, order pages and error codes, 2026-07-24.
"""

from collections.abc import Callable
from decimal import Decimal

import msgspec

from tradewind.edge.simulators.bybit.account_rows import available, new_margin
from tradewind.edge.simulators.bybit.accounts import Account
from tradewind.edge.simulators.bybit.engine import Engine
from tradewind.edge.simulators.bybit.markets import Market
from tradewind.edge.simulators.bybit.orders import FILLED, Order
from tradewind.edge.simulators.bybit.settings import LINEAR, SPOT
from tradewind.edge.simulators.bybit.terms import (
    FILTERS,
    Params,
    linear_quantity_refusal,
    number,
    price_refusal,
    read_guards,
    read_order,
    spot_quantity_refusal,
)
from tradewind.edge.simulators.bybit.words import NO_ORDER, NO_ORDER_SPOT, Refusal, Row, bad
from tradewind.model.ids import InstrumentId
from tradewind.model.money import ZERO

CATEGORIES = (LINEAR, SPOT)
NOT_LIVE = {LINEAR: Refusal(110074, "This contract is not live"), SPOT: Refusal(170151, "closed")}
NO_SYMBOL = {LINEAR: bad("params error: symbol invalid"), SPOT: Refusal(170121, "Invalid symbol.")}
DUPLICATE = {
    LINEAR: Refusal(110072, "OrderLinkedID is duplicate"),
    SPOT: Refusal(170141, "Duplicate clientOrderId"),
}
BAD_CATEGORY = bad("Category is invalid")
ACTIVE_LIMIT, CONDITIONAL_LIMIT, SPOT_LIMIT, SPOT_STOPS = 500, 10, 500, 30
MOST_CANCELLED = 500
Worth = Callable[[str], Decimal]


class Entry:
    """The door for orders."""

    def __init__(self, engine: Engine, worth: Callable[[int], Worth]) -> None:
        self._engine = engine
        self._worth = worth

    def create(self, account: Account, params: Params, now_ns: int) -> Row | Refusal:
        """Take an order; the answer says only that it was accepted."""
        market = self._market(params)
        if isinstance(market, Refusal):
            return market
        link = str(params.get("orderLinkId") or "")
        symbol = market.symbol
        if link:
            account.attempts[link] = account.attempts.get(link, 0) + 1
            if (symbol.category, link) in account.links:
                return DUPLICATE[symbol.category]
        if not market.open:
            return NOT_LIVE[symbol.category]
        order = read_order(account, market, params, self._engine.new_id(symbol.category), now_ns)
        if isinstance(order, Refusal):
            return order
        why = self._too_many(account, order) or self._unaffordable(account, order, now_ns)
        if why is not None:
            return why
        if link:
            account.links[symbol.category, link] = order
        self._engine.place(order, now_ns)
        return {"orderId": order.id, "orderLinkId": order.link}

    def amend(self, account: Account, params: Params, now_ns: int) -> Row | Refusal:
        """Change an open order."""
        market = self._market(params)
        if isinstance(market, Refusal):
            return market
        order = find(account, market, params)
        if isinstance(order, Refusal):
            return order
        qty, px = number(params, "qty"), number(params, "price")
        trigger = number(params, "triggerPrice")
        why = _amend_refusal(order, market, (qty, px, trigger), now_ns)
        if why is not None:
            return why
        if order.sleeps:
            return self._amend_sleeping(order, params, now_ns)
        if any(params.get(key) for key in ("takeProfit", "stopLoss")):
            wanted = read_guards(params)
            mode = wanted.mode or order.guards.mode
            order.guards = msgspec.structs.replace(wanted, mode=mode)
        before = (order.qty, order.px)
        if (qty if qty is not None else order.qty, px if px is not None else order.px) == before:
            return bad("The order remains unchanged as the parameters entered match the existing.")
        margin = self._amend_margin(account, order, qty, px)
        if margin > ZERO and symbol_short(account, order, margin, self._free(account, now_ns)):
            return short(order)
        refused = self._engine.amend(order, qty if qty is not None else order.qty, px, now_ns)
        if refused is not None:
            text = f"order cannot be amended: {refused.reason}"
            return Refusal(110064 if order.symbol.linear else 170313, text)
        return {"orderId": order.id, "orderLinkId": order.link}

    def cancel(self, account: Account, params: Params, now_ns: int) -> Row | Refusal:
        """Cancel an open order."""
        market = self._market(params)
        if isinstance(market, Refusal):
            return market
        order = find(account, market, params)
        if isinstance(order, Refusal):
            return order
        self._engine.race(order, now_ns)
        if order.open:
            self._engine.cancel(order, now_ns)
        return {"orderId": order.id, "orderLinkId": order.link}

    def cancel_all(self, account: Account, params: Params, now_ns: int) -> Row | Refusal:
        """Cancel all open orders of a symbol, a base or a settle coin."""
        category = params.get("category")
        if category not in CATEGORIES:
            return BAD_CATEGORY
        symbol, base = params.get("symbol"), params.get("baseCoin")
        settle = params.get("settleCoin")
        if category == LINEAR and not (symbol or base or settle):
            return bad("Missing some parameters that must be filled in: symbol, baseCoin or coin")
        if symbol and InstrumentId(f"{category}:{symbol}") not in self._engine.markets:
            return NO_SYMBOL[category]
        wanted = params.get("orderFilter")
        if params.get("stopOrderType") == "Stop":
            wanted = "StopOrder"
        gone: list[Row] = []
        for order in list(account.live.values()):
            # Ending one can end others: an order of the list may be gone already.
            if order.open and len(gone) < MOST_CANCELLED and _swept(order, params, wanted):
                self._engine.race(order, now_ns)
                if order.open:
                    self._engine.cancel(order, now_ns)
                gone.append({"orderId": order.id, "orderLinkId": order.link})
        return {"list": gone, "success": "1"}

    # --- checks -------------------------------------------------------------------------------

    def _market(self, params: Params) -> Market | Refusal:
        category = params.get("category")
        if category not in CATEGORIES:
            return BAD_CATEGORY
        market = self._engine.markets.get(InstrumentId(f"{category}:{params.get('symbol')}"))
        return NO_SYMBOL[category] if market is None else market

    def _too_many(self, account: Account, order: Order) -> Refusal | None:
        mine = account.live_of(order.symbol)
        stops = sum(1 for other in mine if other.sleeps and other.stop_type == "Stop")
        if order.symbol.linear:
            if order.sleeps and stops >= CONDITIONAL_LIMIT:
                return Refusal(110009, "The number of stop orders exceeds the maximum allowed")
            if sum(1 for other in mine if not other.sleeps) >= ACTIVE_LIMIT:
                return Refusal(110020, "Not allowed to have more than 500 active orders")
            return None
        total = sum(1 for other in account.live.values() if not other.symbol.linear)
        if total >= SPOT_LIMIT or (order.sleeps and stops >= SPOT_STOPS):
            return Refusal(170810, "Cannot exceed maximum of 500 conditional, TP/SL and orders.")
        return None

    def _unaffordable(self, account: Account, order: Order, now_ns: int) -> Refusal | None:
        if order.sleeps and order.filter == "StopOrder":
            return None
        if not order.symbol.linear:
            return short(order) if spot_short(account, order) else None
        if order.reduce_only:
            return None
        margin = new_margin(account, order)
        return short(order) if margin > self._free(account, now_ns) else None

    def _free(self, account: Account, now_ns: int) -> Decimal:
        marks = self._engine.markets
        return available(account, lambda key: marks[key].mark(now_ns), self._worth(now_ns))

    def _amend_margin(
        self, account: Account, order: Order, qty: Decimal | None, px: Decimal | None
    ) -> Decimal:
        """Return what the changed order sets aside beside what it does now."""
        leaves = order.leaves if qty is None else qty - order.filled
        more = leaves * (px or order.limit_px) - order.leaves * order.limit_px
        if order.reduce_only:
            return ZERO
        if not order.symbol.linear:
            return more if order.buys else leaves - order.leaves
        return more / account.leverage_of(order.symbol)

    def _amend_sleeping(self, order: Order, params: Params, now_ns: int) -> Row:
        qty, px = number(params, "qty"), number(params, "price")
        trigger = number(params, "triggerPrice")
        if qty is not None:
            order.qty = order.base_qty = qty
        if px is not None and order.type == "Limit":
            order.px = px
        if trigger is not None:
            order.trigger_px = trigger
        order.trigger_by = str(params.get("triggerBy") or order.trigger_by)
        order.updated_ns = now_ns
        self._engine.private.order(order, now_ns)
        self._engine.guarding.check(self._engine.markets[order.symbol.id], now_ns)
        return {"orderId": order.id, "orderLinkId": order.link}


def _swept(order: Order, params: Params, wanted: object) -> bool:
    """Tell whether cancel-all means an order; the finest of symbol, base and settle coin counts."""
    rules = order.symbol
    if rules.category != params["category"]:
        return False
    if wanted in FILTERS and order.filter != wanted:
        return False
    if rules.category == SPOT and not wanted and order.filter != "Order":
        return False
    for key, mine in (
        ("symbol", rules.name),
        ("baseCoin", rules.base),
        ("settleCoin", rules.quote),
    ):
        if params.get(key):
            return bool(params[key] == mine)
    return True


def find(account: Account, market: Market, params: Params) -> Order | Refusal:
    """Return the open order that a request names; the exchange's own id wins."""
    category = market.symbol.category
    order_id, link = params.get("orderId"), params.get("orderLinkId")
    if not order_id and not link:
        return bad("Missing some parameters that must be filled in: orderId or orderLinkId")
    order = account.orders.get(str(order_id)) if order_id else None
    if not order_id:
        order = account.links.get((category, str(link)))
    if order is None or order.symbol is not market.symbol:
        return NO_ORDER if category == LINEAR else NO_ORDER_SPOT
    if order.open:
        return order
    if order.status == FILLED:
        return Refusal(110008, "order has been finished") if category == LINEAR else FINISHED_SPOT
    return Refusal(110010, "order has been cancelled") if category == LINEAR else CANCELLED_SPOT


FINISHED_SPOT = Refusal(170139, "Order has been filled.")
CANCELLED_SPOT = Refusal(170142, "Order has been canceled.")


def _amend_refusal(
    order: Order,
    market: Market,
    wanted: tuple[Decimal | None, Decimal | None, Decimal | None],
    now_ns: int,
) -> Refusal | None:
    qty, px, trigger = wanted
    symbol = order.symbol
    if any(each is not None and (each.is_nan() or each <= ZERO) for each in wanted):
        return bad("params error: qty, price or triggerPrice invalid")
    if qty is not None and qty <= order.filled:
        text = "Cannot set the quantity at or below the executed quantity"
        return Refusal(110064 if symbol.linear else 170313, text)
    if (px is not None and px % symbol.tick) or (trigger is not None and trigger % symbol.tick):
        if symbol.linear:
            return bad("Price invalid: not a multiple of the tick size")
        return Refusal(170134, "Order price decimal too long.")
    if px is not None and not order.sleeps:
        why = price_refusal(symbol, market, px, order, now_ns)
        if why is not None:
            return why
    if qty is None:
        return None
    if symbol.linear:
        return linear_quantity_refusal(order, qty)
    return spot_quantity_refusal(order, qty, market.last)


def short(order: Order) -> Refusal:
    """Return the refusal of an order that the account cannot pay for."""
    if order.symbol.linear:
        return Refusal(110007, "ab not enough for new order")
    return Refusal(170131, "Insufficient balance.")


def spot_short(account: Account, order: Order) -> bool:
    """Tell whether a spot order wants more than is free of the coin that it gives."""
    symbol = order.symbol
    coin = symbol.quote if order.buys else symbol.base
    need = order.base_qty * order.limit_px if order.buys else order.base_qty
    if order.by_value and order.buys:
        need = order.qty
    return need > account.cash.get(coin, ZERO) - account.locked(coin)


def symbol_short(account: Account, order: Order, more: Decimal, free: Decimal) -> bool:
    """Tell whether a changed order sets more aside than is free."""
    symbol = order.symbol
    if symbol.linear:
        return more > free
    coin = symbol.quote if order.buys else symbol.base
    return more > account.cash.get(coin, ZERO) - account.locked(coin)
