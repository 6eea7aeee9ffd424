"""What the venue itself refuses: its own reading of the instrument's rules.

Knows grids, sizes and which words go together. Must not know money, books or our gate.
"""

from decimal import Decimal

from tradewind.core.matching.markets import SimulatedMarket
from tradewind.core.matching.state import VenueState
from tradewind.model.effects import SubmitOrder
from tradewind.model.money import ZERO
from tradewind.model.order import OrderType, PlaceOrder, TimeInForce

LIMIT = OrderType.LIMIT
MARKET = OrderType.MARKET
STOP = OrderType.STOP
STOP_LIMIT = OrderType.STOP_LIMIT
GTC = TimeInForce.GTC
IOC = TimeInForce.IOC
FOK = TimeInForce.FOK

UNKNOWN_INSTRUMENT = "unknown_instrument"
UNKNOWN_ACCOUNT = "unknown_account"
MARKET_CLOSED = "market_closed"
DUPLICATE = "duplicate_order_id"
INSUFFICIENT = "insufficient_balance"
POST_ONLY = "post_only_would_take"
REDUCE_ONLY = "reduce_only"
SELF_TRADE = "self_trade"
OFF_TICK = "off_tick"
NOT_FOUND = "not_found"


def refusal(state: VenueState, market: SimulatedMarket, effect: SubmitOrder) -> str:
    """Return the word for why the venue does not take the order, empty when it may."""
    spec = effect.spec
    if not market.open or state.now_ns >= market.close_ns:
        return MARKET_CLOSED
    if effect.client_order_id in state.orders or effect.client_order_id in state.older:
        return DUPLICATE
    qty = spec.qty
    if qty is not market.checked_qty:
        why = quantity_refusal(market, qty)
        if why:
            return why
        # Strategies order the same quantity again and again; the same object needs no new check.
        market.checked_qty = qty
    px = spec.px
    if px is not None:
        tick = market.tick
        if px >= market.top_px or px <= ZERO:
            return OFF_TICK
        if px % tick if tick is not None else not market.instrument.on_grid(px):
            return OFF_TICK
    if px is None or spec.order_type is not LIMIT or spec.post_only or market.min_notional:
        return _rarer_refusal(market, spec)
    return ""


def quantity_refusal(market: SimulatedMarket, qty: Decimal) -> str:
    """Return why a quantity is off the lot grid or out of bounds, empty when it is not."""
    rules = market.instrument
    if qty <= ZERO or qty < rules.min_qty:
        return "quantity_too_small"
    if qty > rules.max_qty:
        return "quantity_too_large"
    return "off_lot" if qty % rules.qty_step else ""


def notional_refusal(market: SimulatedMarket, qty: Decimal, px: Decimal | None) -> str:
    """Return why an order is too small in money, empty when it is not or has no price."""
    least = market.instrument.min_notional
    if least and px is not None and market.instrument.notional(qty, px) < least:
        return "notional_too_small"
    return ""


def on_grid(market: SimulatedMarket, px: Decimal) -> bool:
    """Tell whether the venue takes the price: positive, on the tick, below 1 where it pays 1."""
    if px <= ZERO or px >= market.top_px:
        return False
    tick = market.tick
    return not px % tick if tick is not None else market.instrument.on_grid(px)


def _rarer_refusal(market: SimulatedMarket, spec: PlaceOrder) -> str:
    """Check what a plain limit order need not be checked for."""
    kind = spec.order_type
    if spec.post_only and (kind is not LIMIT or spec.tif is IOC or spec.tif is FOK):
        return "post_only_needs_a_resting_limit"
    why = _type_refusal(market, spec)
    return why or notional_refusal(market, spec.qty, spec.px or spec.trigger_px)


def _type_refusal(market: SimulatedMarket, spec: PlaceOrder) -> str:
    kind = spec.order_type
    if spec.px is None and (kind is LIMIT or kind is STOP_LIMIT):
        return "price_missing"
    if kind is LIMIT or kind is MARKET:
        return "" if spec.trigger_px is None else "trigger_needs_a_stop"
    if not market.instrument.native_stops:
        return "stops_unsupported"
    if spec.trigger_px is None:
        return "trigger_missing"
    return "" if on_grid(market, spec.trigger_px) else OFF_TICK
