"""Stop orders that sleep until a price wakes them.

Knows which price each kind of trigger follows. Must not know candles.
"""

from decimal import Decimal

from tradewind.core.matching.markets import SLEEPING, SimulatedMarket
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.state import VenueState
from tradewind.core.matching.taking import enter
from tradewind.model.events import OrderTriggered
from tradewind.model.order import OrderType, TriggerBy

IN_HAND = Place.IN_HAND
STOP = OrderType.STOP
LAST = TriggerBy.LAST
MARK = TriggerBy.MARK


def sleep(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    """Keep a stop until its price comes; one whose price is there wakes at once."""
    market.sleep(order)
    wake_reached(state, market)


def wake_reached(state: VenueState, market: SimulatedMarket) -> None:
    """Wake every stop that the newest prices reach, oldest first, and let it meet the market."""
    if not market.open:
        return
    for order in list(market.stops):
        if order.place is not SLEEPING:
            continue
        px = _watched(market, order)
        if px is not None and reached(order, px):
            wake(state, market, order, state.at_ns)
            enter(state, market, order)


def reached(order: VenueOrder, px: Decimal) -> bool:
    """Tell whether a price wakes the stop: at or above for a buy, at or below for a sale."""
    trigger = order.trigger_px
    assert trigger is not None
    return px >= trigger if order.buys else px <= trigger


def wake(state: VenueState, market: SimulatedMarket, order: VenueOrder, at_ns: int) -> None:
    """Take a stop in hand and tell the desk; a plain stop is a market order from here on."""
    market.drop(order)
    order.place = IN_HAND
    order.arrived_ns = state.now_ns
    if order.spec.order_type is STOP:
        order.due_now = True
    key = order.client_order_id
    due_ns = state.answer_ns(key)
    state.deliver(OrderTriggered(order.holding.account.id, at_ns, due_ns, key), due_ns)


def _watched(market: SimulatedMarket, order: VenueOrder) -> Decimal | None:
    """Return the price that the order's trigger follows, as far as the data has one.

    Last is the last trade; without trades, and for bid/ask, it is the touch that the woken order
    would take. Mark is the middle of the touch.
    """
    by = order.spec.trigger_by
    if by is LAST and market.trade is not None:
        return market.trade.px
    takes = market.touch(buys=order.buys)
    if by is not MARK:
        return takes
    other = market.touch(buys=not order.buys)
    if takes is None or other is None:
        return takes if other is None else other
    return (takes + other) / 2
