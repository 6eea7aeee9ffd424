"""A request to create an order, read and checked by the rules of its symbol.

Knows filters, and the code that each breach is answered with. Must not know the book. Source:
Bybit API documentation v5, place order and error codes, state of 2026-07-24.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from tradewind.edge.simulators.bybit.accounts import LONG, ONE_WAY, SHORT, Account
from tradewind.edge.simulators.bybit.guards import spendable
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
from tradewind.edge.simulators.bybit.words import BAD_SIDE, Refusal, bad
from tradewind.model.money import ZERO, floor_to

LINK = re.compile(r"[A-Za-z0-9_-]{1,36}")
TIFS = frozenset({"GTC", "IOC", "FOK", "PostOnly"})
TRIGGERS = frozenset({"LastPrice", "MarkPrice", "IndexPrice"})
SMP_TYPES = frozenset({"None", "CancelMaker", "CancelTaker", "CancelBoth"})
FILTERS = frozenset({"Order", "tpslOrder", "StopOrder"})
ZERO_POSITION = Refusal(110017, "current position is zero, cannot fix reduce-only order qty")
SAME_SIDE = Refusal(110017, "Reduce-only rule not satisfied")
MODE = bad("position idx not match position mode")
Params = dict[str, Any]


def number(params: Params, key: str) -> Decimal | None:
    """Return a number that came as text; None where it is absent, NaN where it cannot be read."""
    value = params.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return Decimal("NaN")
    try:
        found = Decimal(value)
    except InvalidOperation:
        return Decimal("NaN")
    return found if found.is_finite() else Decimal("NaN")


def whole(params: Params, key: str) -> int:
    """Return an integer that came as number or text; -1 where it cannot be read."""
    value = params.get(key, 0)
    if isinstance(value, bool):
        return -1
    if isinstance(value, int):
        return value
    text = str(value)
    return int(text) if text.isdecimal() else (0 if text == "" else -1)


def read_order(
    account: Account, market: Market, params: Params, order_id: str, now_ns: int
) -> Order | Refusal:
    """Return the order that a request asks for, or why it is refused."""
    symbol = market.symbol
    link = str(params.get("orderLinkId") or "")
    if link and not LINK.fullmatch(link):
        return bad("orderLinkId is invalid")
    if params.get("side") not in (BUY, SELL):
        return BAD_SIDE
    if params.get("orderType") not in ("Market", "Limit"):
        return bad("OrderType invalid")
    order = Order(
        id=order_id,
        link=link,
        uid=account.uid,
        symbol=symbol,
        side=params["side"],
        type=params["orderType"],
        qty=ZERO,
        px=None,
        tif=str(params.get("timeInForce") or "GTC"),
        idx=whole(params, "positionIdx"),
        created_ns=now_ns,
        updated_ns=now_ns,
        reduce_only=params.get("reduceOnly") is True,
        close_on_trigger=params.get("closeOnTrigger") is True,
        smp=str(params.get("smpType") or "None"),
        leverage="" if symbol.linear else str(params.get("isLeverage") or "0"),
        last_px=market.last,
    )
    if order.type == "Market":
        order.tif = "IOC"
    if order.tif not in TIFS:
        return bad("TimeInForce invalid")
    if order.smp not in SMP_TYPES:
        return bad("smpType invalid")
    return (
        _trigger(order, market, params, now_ns)
        or _price(order, market, params, now_ns)
        or _quantity(order, market, params)
        or _position(account, order)
        or _guards(order, params)
        or order
    )


def _trigger(order: Order, market: Market, params: Params, now_ns: int) -> Refusal | None:
    symbol = order.symbol
    trigger = number(params, "triggerPrice")
    order.filter = str(params.get("orderFilter") or "Order")
    if order.filter not in FILTERS:
        return bad("orderFilter invalid")
    if trigger is None:
        missing = not symbol.linear and order.filter != "Order"
        return bad("triggerPrice is missing") if missing else None
    if not symbol.linear and order.filter == "Order":
        return bad("orderFilter must be tpslOrder or StopOrder")
    if trigger.is_nan() or trigger <= ZERO or trigger % symbol.tick:
        return bad("TriggerPrice invalid")
    order.trigger_px = trigger
    order.trigger_by = str(params.get("triggerBy") or "LastPrice")
    if order.trigger_by not in TRIGGERS:
        return bad("triggerBy invalid")
    px = market.trigger_px(order.trigger_by, now_ns)
    order.status = UNTRIGGERED
    order.filter = "StopOrder" if symbol.linear else order.filter
    order.stop_type = "tpslOrder" if order.filter == "tpslOrder" else "Stop"
    order.create_type = "CreateByUser"
    if not symbol.linear:
        order.direction = RISES if trigger > px else FALLS
        return None
    order.direction = whole(params, "triggerDirection")
    if order.direction not in (RISES, FALLS):
        return bad("triggerDirection invalid")
    if order.direction == RISES and trigger <= px:
        return Refusal(110092, f"expect Rising, but trigger_price[{trigger}] <= current[{px}]")
    if order.direction == FALLS and trigger >= px:
        return Refusal(110093, f"expect Falling, but trigger_price[{trigger}] >= current[{px}]")
    return None


def _price(order: Order, market: Market, params: Params, now_ns: int) -> Refusal | None:
    if order.type == "Market":
        return _bound(order, market, params, now_ns)
    symbol = order.symbol
    px = number(params, "price")
    if params.get("bboSideType"):
        px = best_offer(market, order, params)
    if px is None or px.is_nan() or px <= ZERO:
        return bad("Price invalid") if symbol.linear else Refusal(170133, "Order price lower than")
    order.px = px
    if px % symbol.tick:
        if symbol.linear:
            return bad("Price invalid: not a multiple of the tick size")
        return Refusal(170134, "Order price decimal too long.")
    return None if order.sleeps else price_refusal(symbol, market, px, order, now_ns)


def price_refusal(
    symbol: Symbol, market: Market, px: Decimal, order: Order, now_ns: int
) -> Refusal | None:
    """Return why a price is outside of the band, None where it is inside."""
    highest, lowest = market.limits(now_ns)
    if order.buys and px > highest:
        code = 110120 if symbol.linear else 170193
        return Refusal(code, f"Buy order price cannot be higher than {highest}")
    if not order.buys and px < lowest:
        code = 110121 if symbol.linear else 170194
        return Refusal(code, f"Sell order price cannot be lower than {lowest}")
    return None


def best_offer(market: Market, order: Order, params: Params) -> Decimal | None:
    """Return the price of a level of the book, on the own side or the other one."""
    bids, asks = market.depth
    queues = params["bboSideType"] == "Queue"
    levels = bids if order.buys == queues else asks
    place = whole(params, "bboLevel") - 1
    return levels[place][0] if 0 <= place < min(len(levels), 5) else None


def _bound(order: Order, market: Market, params: Params, now_ns: int) -> Refusal | None:
    """Set the worst price of a market order: the protective band, or what the client tolerates."""
    order.bound = market.protection(buys=order.buys, now_ns=now_ns)
    kind = params.get("slippageToleranceType") or ""
    if not kind:
        return None
    if order.sleeps:
        return bad("slippageTolerance is not supported for conditional orders")
    size = number(params, "slippageTolerance")
    if kind == "TickSize":
        if size is None or size.is_nan() or not 1 <= size <= 10_000 or size % 1:
            return Refusal(110108, "slippageTolerance must be an integer from 1 to 10000")
    elif kind == "Percent":
        if size is None or size.is_nan() or not Decimal("0.01") <= size <= 10:
            return Refusal(110109, "slippageTolerance must be from 0.01 to 10")
    else:
        return bad("slippageToleranceType invalid")
    order.slippage = (kind, str(params["slippageTolerance"]))
    bids, asks = market.depth
    levels = asks if order.buys else bids
    if not levels:
        return None
    tick = order.symbol.tick
    away = size * tick if kind == "TickSize" else levels[0][0] * size / 100
    cap = levels[0][0] + (away if order.buys else -away)
    cap = floor_to(cap, tick) if order.buys else -floor_to(-cap, tick)
    order.bound = min(order.bound, cap) if order.buys else max(order.bound, cap)
    return None


def _quantity(order: Order, market: Market, params: Params) -> Refusal | None:
    qty = number(params, "qty")
    if qty is None or qty.is_nan() or qty < ZERO:
        return bad("Qty invalid")
    order.qty = order.base_qty = qty
    symbol = order.symbol
    if symbol.linear:
        closes = order.reduce_only and order.close_on_trigger
        if closes and not qty:
            return None
        return linear_quantity_refusal(order, qty)
    if order.type == "Market":
        order.unit = str(params.get("marketUnit") or ("quoteCoin" if order.buys else "baseCoin"))
        if order.unit == "quoteCoin":
            return _by_value(order, market)
    return spot_quantity_refusal(order, qty, market.last)


def linear_quantity_refusal(order: Order, qty: Decimal) -> Refusal | None:
    """Return what is wrong with a quantity of a perpetual, None where nothing is."""
    symbol = order.symbol
    if qty < symbol.qty_step:
        return bad("The number of contracts exceeds minimum limit allowed")
    if qty % symbol.qty_step:
        return bad("Qty invalid: not a multiple of the quantity step")
    ceiling = symbol.max_market_qty if order.type == "Market" else symbol.max_qty
    if qty > ceiling and not order.reduce_only:
        return bad("The number of contracts exceeds maximum limit allowed: too large")
    px = order.px if order.px is not None else order.trigger_px or order.last_px
    if qty * px < symbol.min_notional and not order.reduce_only:
        text = f"Order does not meet minimum order value {symbol.min_notional}USDT"
        return Refusal(110094, text)
    return None


def spot_quantity_refusal(order: Order, qty: Decimal, last: Decimal) -> Refusal | None:
    """Return what is wrong with a quantity of a spot order, None where nothing is."""
    symbol = order.symbol
    if qty % symbol.qty_step:
        return Refusal(170137, "Order volume decimal too long")
    if not qty:
        return Refusal(170136, "Order quantity exceeded lower limit")
    if qty > (symbol.max_market_qty if order.type == "Market" else symbol.max_qty):
        return Refusal(170124, "Order amount too large.")
    if qty * (order.px or last) < symbol.min_notional:
        return Refusal(170140, "Order value exceeded lower limit")
    return None


def _by_value(order: Order, market: Market) -> Refusal | None:
    """Turn quote money into the base quantity that the book sells for it."""
    symbol = order.symbol
    if order.qty % symbol.quote_precision:
        return Refusal(170137, "Order volume decimal too long")
    if order.qty < symbol.min_notional:
        return Refusal(170140, "Order value exceeded lower limit")
    order.by_value = True
    money, base = order.qty, ZERO
    if order.sleeps:
        order.base_qty = ZERO
        return None
    bids, asks = market.depth
    for px, qty in asks if order.buys else bids:
        part = min(qty, spendable(symbol, money, px))
        base += part
        money -= part * px
        if part < qty:
            break
    order.base_qty = max(base, symbol.qty_step)
    return None


def _position(account: Account, order: Order) -> Refusal | None:
    symbol = order.symbol
    if not symbol.linear:
        order.idx = 0
        return None
    if order.idx not in ((LONG, SHORT) if account.hedges(symbol) else (ONE_WAY,)):
        return MODE
    if order.idx != ONE_WAY and order.buys != (order.idx == LONG):
        # In hedge mode the other side of an index only closes it.
        order.reduce_only = True
    if not order.reduce_only or order.sleeps:
        return None
    held = account.held(symbol, order.idx)
    if not held:
        return ZERO_POSITION
    if (held > ZERO) == order.buys:
        return SAME_SIDE
    if not order.qty:
        order.qty = order.base_qty = min(abs(held), symbol.max_market_qty)
    return None


def read_guards(params: Params) -> Guards:
    """Return the prices that shall guard what is filled."""
    return Guards(
        take_profit=str(params.get("takeProfit") or ""),
        stop_loss=str(params.get("stopLoss") or ""),
        tp_trigger_by=str(params.get("tpTriggerBy") or ""),
        sl_trigger_by=str(params.get("slTriggerBy") or ""),
        mode=str(params.get("tpslMode") or ""),
        tp_limit_px=str(params.get("tpLimitPrice") or ""),
        sl_limit_px=str(params.get("slLimitPrice") or ""),
        tp_type=str(params.get("tpOrderType") or "Market"),
        sl_type=str(params.get("slOrderType") or "Market"),
    )


def _guards(order: Order, params: Params) -> Refusal | None:
    guards = read_guards(params)
    if not guards.take_profit and not guards.stop_loss:
        return None
    if not order.symbol.linear:
        return bad("attached takeProfit and stopLoss are not simulated for spot")
    if order.reduce_only:
        return bad("reduceOnly orders cannot have takeProfit or stopLoss")
    reference = order.px if order.px is not None else order.last_px
    order.guards = guards
    return guards_refusal(guards, params, reference, buys=order.buys)


def guards_refusal(
    guards: Guards, params: Params, reference: Decimal, *, buys: bool
) -> Refusal | None:
    """Return what is wrong with guards of a long (or short) entered at the reference price."""
    take, stop = number(params, "takeProfit"), number(params, "stopLoss")
    limits = (guards.tp_type == "Limit", guards.sl_type == "Limit")
    if guards.mode not in ("", "Full", "Partial") or (any(limits) and guards.mode != "Partial"):
        return bad("tpslMode invalid")
    if (limits[0] and not guards.tp_limit_px) or (limits[1] and not guards.sl_limit_px):
        return bad("tpLimitPrice or slLimitPrice is missing")
    for name, px, above in (("TakeProfit", take, buys), ("StopLoss", stop, not buys)):
        if px is None or px == ZERO:
            continue
        if px.is_nan() or px < ZERO:
            return bad(f"{name} invalid")
        if (px > reference) != above:
            side = "higher" if above else "lower"
            return bad(
                f"{name}:{px} set for {'Buy' if buys else 'Sell'} position should be "
                f"{side} than base_price:{reference}"
            )
    return None
