"""One order as the exchange keeps it, and how its own pages and streams show it.

Knows an order's terms and what became of it. Must not know how it got there. Source: Bybit API
documentation v5, open orders and order stream, state of 2026-07-24.
"""

from decimal import Decimal

import msgspec

from tradewind.edge.simulators.bybit.settings import Symbol
from tradewind.edge.simulators.bybit.words import Row, ms, plain, scaled
from tradewind.model.money import ZERO

BUY, SELL = "Buy", "Sell"
NO_ERROR = "EC_NoError"
UNTRIGGERED, NEW, PARTLY = "Untriggered", "New", "PartiallyFilled"
FILLED, CANCELLED, REJECTED = "Filled", "Cancelled", "Rejected"
PARTLY_CANCELLED, DEACTIVATED = "PartiallyFilledCanceled", "Deactivated"
OPEN = frozenset({UNTRIGGERED, "Triggered", NEW, PARTLY})
RISES, FALLS = 1, 2


class Guards(msgspec.Struct, frozen=True, kw_only=True):
    """Prices that shall close what an order or a position holds, as the client wrote them."""

    take_profit: str = ""
    stop_loss: str = ""
    tp_trigger_by: str = ""
    sl_trigger_by: str = ""
    mode: str = ""
    tp_limit_px: str = ""
    sl_limit_px: str = ""
    tp_type: str = "Market"
    sl_type: str = "Market"


class Order(msgspec.Struct, eq=False, kw_only=True):
    """An order of an account; equal only to itself. Times in nanoseconds.

    `qty` is what was asked for: quote money where `by_value`, and `base_qty` is then what that
    buys. `bound` is the worst price of a market order. `trigger_px` makes it conditional.
    """

    id: str
    link: str
    uid: int
    symbol: Symbol
    side: str
    type: str
    qty: Decimal
    px: Decimal | None
    tif: str
    idx: int
    created_ns: int
    updated_ns: int
    base_qty: Decimal = ZERO
    bound: Decimal | None = None
    by_value: bool = False
    unit: str = ""
    reduce_only: bool = False
    close_on_trigger: bool = False
    trigger_px: Decimal | None = None
    trigger_by: str = ""
    direction: int = 0
    filter: str = "Order"
    stop_type: str = ""
    create_type: str = "CreateByUser"
    parent_link: str = ""
    guards: Guards = Guards()
    smp: str = "None"
    slippage: tuple[str, str] = ("UNKNOWN", "")
    leverage: str = ""
    status: str = NEW
    cancel_type: str = "UNKNOWN"
    reason: str = NO_ERROR
    filled: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO
    fee_coin: str = ""
    closed_pnl: Decimal = ZERO
    last_px: Decimal = ZERO

    @property
    def open(self) -> bool:
        """Tell whether something may still become of it."""
        return self.status in OPEN

    @property
    def buys(self) -> bool:
        """Tell the side."""
        return self.side == BUY

    @property
    def leaves(self) -> Decimal:
        """Return the base quantity that may still fill."""
        return (self.base_qty - self.filled) if self.open else ZERO

    @property
    def sleeps(self) -> bool:
        """Tell whether it waits for its trigger."""
        return self.status == UNTRIGGERED

    @property
    def limit_px(self) -> Decimal:
        """Return the price that it may cost at worst."""
        px = self.px if self.px is not None else self.bound
        return px if px is not None else self.trigger_px or self.last_px


def order_row(order: Order) -> Row:
    """Return the order as `/v5/order/realtime` and `/v5/order/history` show it."""
    symbol, guards = order.symbol, order.guards
    px = order.px if order.px is not None else (order.bound if symbol.linear else None)
    trigger = order.trigger_px
    leaves = order.leaves
    return {
        "orderId": order.id,
        "orderLinkId": order.link,
        "parentOrderLinkId": order.parent_link,
        "blockTradeId": "",
        "symbol": symbol.name,
        "price": "0" if px is None else scaled(px, symbol.tick),
        "qty": plain(order.qty) if order.by_value else scaled(order.qty, symbol.qty_step),
        "side": order.side,
        "isLeverage": order.leverage,
        "positionIdx": order.idx,
        "orderStatus": order.status,
        "createType": order.create_type,
        "cancelType": order.cancel_type,
        "rejectReason": order.reason,
        "avgPrice": plain(round(order.value / order.filled, 8)) if order.filled else "",
        "leavesQty": "0" if not leaves else scaled(leaves, symbol.qty_step),
        "leavesValue": plain(leaves * order.limit_px),
        "cumExecQty": scaled(order.filled, symbol.qty_step),
        "cumExecValue": plain(order.value),
        "cumExecFee": plain(order.fee),
        "cumFeeDetail": {order.fee_coin: plain(order.fee)} if order.filled else {},
        "timeInForce": order.tif,
        "orderType": order.type,
        "stopOrderType": order.stop_type,
        "orderIv": "",
        "marketUnit": order.unit,
        "slippageToleranceType": order.slippage[0],
        "slippageTolerance": order.slippage[1],
        "triggerPrice": "" if trigger is None else scaled(trigger, symbol.tick),
        "takeProfit": guards.take_profit,
        "stopLoss": guards.stop_loss,
        "tpslMode": guards.mode,
        "ocoTriggerBy": "",
        "tpLimitPrice": guards.tp_limit_px,
        "slLimitPrice": guards.sl_limit_px,
        "tpTriggerBy": guards.tp_trigger_by,
        "slTriggerBy": guards.sl_trigger_by,
        "triggerDirection": order.direction,
        "triggerBy": order.trigger_by,
        "lastPriceOnCreated": scaled(order.last_px, symbol.tick),
        "reduceOnly": order.reduce_only,
        "closeOnTrigger": order.close_on_trigger,
        "placeType": "",
        "smpType": order.smp,
        "smpGroup": 0,
        "smpOrderId": "",
        "createdTime": str(ms(order.created_ns)),
        "updatedTime": str(ms(order.updated_ns)),
        "extraFees": "",
        "rpiTakerAccess": False,
        "rpiMatchedQty": "0",
    }


def order_frame(order: Order) -> Row:
    """Return the order as the private stream shows it."""
    row = order_row(order)
    del row["parentOrderLinkId"], row["ocoTriggerBy"], row["extraFees"]
    return {
        "category": order.symbol.category,
        **row,
        "closedPnl": plain(order.closed_pnl),
        "feeCurrency": "",
    }
