"""Changes of live orders as they reach the venue.

Knows what keeps an order's place in the queue: a smaller quantity does, everything else loses it.
"""

from decimal import Decimal

import msgspec

from tradewind.core.matching import candles, triggers
from tradewind.core.matching.markets import RESTING, SLEEPING, SimulatedMarket
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.rules import (
    INSUFFICIENT,
    MARKET_CLOSED,
    NOT_FOUND,
    OFF_TICK,
    POST_ONLY,
    notional_refusal,
    on_grid,
    quantity_refusal,
)
from tradewind.core.matching.state import VenueState
from tradewind.core.matching.taking import crosses, enter
from tradewind.model.effects import AmendOrder
from tradewind.model.events import AmendRejected, OrderAmended
from tradewind.model.money import ZERO

CLOSED = Place.CLOSED
IN_HAND = Place.IN_HAND


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """The order as it shall be; what the request leaves open is filled in."""

    qty: Decimal
    px: Decimal
    trigger_px: Decimal | None


def amend(state: VenueState, effect: AmendOrder) -> None:
    """Change quantity, price or trigger of a live order, or refuse and leave it as it is."""
    order = state.find(effect.client_order_id)
    if order is None or order.place is CLOSED:
        _refuse(state, effect, NOT_FOUND)
        return
    market = state.markets[order.spec.instrument]
    wanted = Wanted(
        effect.qty,
        order.px if effect.px is None else effect.px,
        order.trigger_px if effect.trigger_px is None else effect.trigger_px,
    )
    why = _refusal(market, order, wanted) or _rereserve(order, wanted)
    if why:
        _refuse(state, effect, why)
        return
    keeps_place = wanted.px == order.px and wanted.qty <= order.qty
    order.leaves = wanted.qty - (order.qty - order.leaves)
    order.qty = wanted.qty
    order.trigger_px = wanted.trigger_px
    key = order.client_order_id
    due_ns = state.answer_ns(key)
    px = wanted.px if wanted.px.is_finite() else None
    state.deliver(OrderAmended(effect.account, state.at_ns, due_ns, key, wanted.qty, px), due_ns)
    if order.place is SLEEPING:
        order.px = wanted.px
        market.watch()
        if not market.by_candles:
            triggers.wake_reached(state, market)
    elif not keeps_place:
        _move(state, market, order, wanted.px)


def _move(state: VenueState, market: SimulatedMarket, order: VenueOrder, px: Decimal) -> None:
    order.arrived_ns = state.now_ns
    if order.place is not RESTING:
        order.px = px
        return
    market.drop(order)
    order.place = IN_HAND
    order.px = px
    if market.by_candles:
        candles.place_awake(state, market, order)
    else:
        enter(state, market, order)


def _refusal(market: SimulatedMarket, order: VenueOrder, wanted: Wanted) -> str:
    if not market.open:
        return MARKET_CLOSED
    if not market.instrument.native_amend:
        return "amend_unsupported"
    if wanted.qty <= order.qty - order.leaves:
        return "quantity_already_filled"
    moved = wanted.px != order.px
    finite = wanted.px.is_finite()
    if moved and not finite:
        return "price_missing"
    trigger = wanted.trigger_px
    if (finite and not on_grid(market, wanted.px)) or (
        trigger is not None and not on_grid(market, trigger)
    ):
        return OFF_TICK
    if moved and order.spec.post_only and crosses(market, wanted.px, buys=order.buys):
        return POST_ONLY
    return quantity_refusal(market, wanted.qty) or notional_refusal(
        market, wanted.qty, wanted.px if finite else trigger
    )


def _rereserve(order: VenueOrder, wanted: Wanted) -> str:
    """Set aside what the changed order needs instead of what it needed."""
    if order.spec.reduce_only:
        return ""
    holding, position, buys, before = order.holding, order.position, order.buys, order.reserved
    px = wanted.px if wanted.px.is_finite() else wanted.trigger_px
    leaves = wanted.qty - (order.qty - order.leaves)
    holding.release(position, before, buys=buys)
    reserved = holding.reserve(position, leaves, px if px is not None else ZERO, buys=buys)
    if reserved is None:
        # As it was; this may exceed what is free by now, as the order itself already did.
        holding.release(position, -before, buys=buys)
        return INSUFFICIENT
    order.reserved = reserved
    return ""


def _refuse(state: VenueState, effect: AmendOrder, why: str) -> None:
    key = effect.client_order_id
    due_ns = state.answer_ns(key)
    state.deliver(AmendRejected(effect.account, state.at_ns, due_ns, key, why, why), due_ns)
