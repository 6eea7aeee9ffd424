"""New orders and cancels as they reach the venue.

Knows what is checked, in which order, and what the desk is told. Must not know when a request
arrives, nor how fills are booked.
"""

from decimal import Decimal

from tradewind.core.matching import candles, triggers
from tradewind.core.matching.fills import cancel, live_orders
from tradewind.core.matching.markets import INFINITY, SimulatedMarket
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.rules import (
    FOK,
    GTC,
    INSUFFICIENT,
    IOC,
    MARKET,
    NOT_FOUND,
    POST_ONLY,
    REDUCE_ONLY,
    SELF_TRADE,
    UNKNOWN_ACCOUNT,
    UNKNOWN_INSTRUMENT,
    refusal,
)
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.core.matching.state import VenueState
from tradewind.core.matching.taking import crosses, enter
from tradewind.model.effects import CancelAll, CancelOrder, SubmitOrder
from tradewind.model.events import CancelRejected, OrderAccepted, OrderRejected
from tradewind.model.ids import NET, VenueOrderId
from tradewind.model.money import ZERO
from tradewind.model.order import PlaceOrder, Side

BUY = Side.BUY
CLOSED = Place.CLOSED
REJECT = SelfTrade.REJECT
ANY_HIGH = INFINITY
ANY_LOW = -INFINITY


def submit(  # noqa: C901 - one pass over what every order needs
    state: VenueState, effect: SubmitOrder
) -> None:
    """Take a new order or reject it; an accepted one meets the market at once."""
    spec = effect.spec
    market = state.markets.get(spec.instrument)
    why = UNKNOWN_INSTRUMENT if market is None else refusal(state, market, effect)
    if market is None or why:
        _reject(state, effect, why)
        return
    holding = market.holdings.get(spec.account) or state.holding(market, spec.account)
    if holding is None:
        _reject(state, effect, UNKNOWN_ACCOUNT)
        return
    position = holding.net if spec.bucket == NET else holding.position(spec.bucket)
    if spec.post_only or spec.reduce_only or state.self_trade is REJECT:
        why = _crossing_refusal(state, market, spec) or _reducing_refusal(
            spec, holding.reducible(position)
        )
        if why:
            _reject(state, effect, why)
            return
    buys = spec.side is BUY
    px, qty = spec.px, spec.qty
    reserved: Decimal | None = ZERO
    if not spec.reduce_only:
        worth = px if px is not None else _expected_px(market, spec)
        reserved = holding.reserve(position, qty, worth, buys=buys)
    if reserved is None:
        _reject(state, effect, INSUFFICIENT)
        return
    key = effect.client_order_id
    tif = spec.tif
    bounded = spec.reduce_only or (holding.long_only and not buys)
    order = VenueOrder(
        key,
        VenueOrderId("V" + key),
        spec,
        holding,
        position,
        buys,
        (tif is not GTC and (tif is IOC or tif is FOK)) or spec.order_type is MARKET,
        bounded,
        qty,
        qty,
        px if px is not None else (ANY_HIGH if buys else ANY_LOW),
        spec.trigger_px,
        state.at_ns,
        state.now_ns,
        reserved,
        state.queue_start,
    )
    if bounded:
        position.bounded += 1
    state.orders[key] = order
    state.busy += 1
    if len(state.orders) > state.roll_at:
        state.roll()
    now_ns = state.now_ns
    if state.instant:
        state.ready.append(OrderAccepted(spec.account, now_ns, now_ns, key, order.venue_order_id))
        state.next_due_ns = now_ns
    else:
        due_ns = state.answer_ns(key)
        told = OrderAccepted(spec.account, state.at_ns, due_ns, key, order.venue_order_id)
        state.deliver(told, due_ns)
    if market.candle is None and spec.trigger_px is None:
        enter(state, market, order)
    else:
        _place(state, market, order)


def cancel_one(state: VenueState, effect: CancelOrder) -> None:
    """Cancel a live order; one that is unknown or has ended is not found."""
    key = effect.client_order_id
    order = state.orders.get(key)
    if order is not None and order.place is not CLOSED:
        cancel(state, state.markets[order.spec.instrument], order)
        return
    due_ns = state.answer_ns(key)
    state.deliver(
        CancelRejected(effect.account, state.at_ns, due_ns, key, NOT_FOUND, "", True), due_ns
    )


def cancel_all(state: VenueState, effect: CancelAll) -> None:
    """Cancel every live order of the account; `keep_protective` spares what may only reduce."""
    for market in state.markets.values():
        for order in live_orders(market):
            mine = order.holding.account.id == effect.account
            if mine and not (effect.keep_protective and order.spec.reduce_only):
                cancel(state, market, order)


def _reject(state: VenueState, effect: SubmitOrder, why: str) -> None:
    key = effect.client_order_id
    due_ns = state.answer_ns(key)
    state.deliver(OrderRejected(effect.spec.account, state.at_ns, due_ns, key, why, why), due_ns)


def _crossing_refusal(state: VenueState, market: SimulatedMarket, spec: PlaceOrder) -> str:
    buys = spec.side is BUY
    if spec.post_only:
        assert spec.px is not None
        return POST_ONLY if crosses(market, spec.px, buys=buys) else ""
    if state.self_trade is not REJECT or spec.trigger_px is not None:
        return ""
    own = market.own_touch(buys=buys)
    reach = spec.px
    if reach is None:
        reach = market.touch(buys=buys)
    met = reach is not None and (own <= reach if buys else own >= reach)
    return SELF_TRADE if met else ""


def _reducing_refusal(spec: PlaceOrder, held: Decimal) -> str:
    if not spec.reduce_only:
        return ""
    reduces = held < ZERO if spec.side is BUY else held > ZERO
    return "" if reduces else REDUCE_ONLY


def _place(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    if market.by_candles:
        candles.place(state, market, order)
    elif order.trigger_px is not None:
        triggers.sleep(state, market, order)
    else:
        enter(state, market, order)


def _expected_px(market: SimulatedMarket, spec: PlaceOrder) -> Decimal:
    """Return where an order without a limit can expect to fill; zero where nothing tells."""
    px = spec.trigger_px
    if px is None:
        px = market.touch(buys=spec.side is BUY)
    return px if px is not None else ZERO
