"""The public in the worst moment: it trades with an order, or just before one.

Knows the matching core's book. Must not know any venue, nor who decides that it happens.
"""

from decimal import Decimal

from tradewind.core.matching.exchange import Exchange
from tradewind.core.matching.exchange_orders import NewOrder
from tradewind.edge.simulators.public import TAKERS
from tradewind.model.money import ZERO, floor_to
from tradewind.model.order import Side, TimeInForce

MOST_LEVELS = 12
"""Through so many prices it goes at most: further away nobody would come to trade."""


def half(qty: Decimal, step: Decimal) -> Decimal:
    """Return about a half that can be traded by itself, zero where nothing can be split."""
    return floor_to(qty / 2, step)


def meeting(core: Exchange, order_id: str, qty: Decimal, name: str) -> NewOrder | None:
    """Return what the public sends to trade so much with a resting order and all before it.

    None where it rests too deep, or not at all.
    """
    order = core.order(order_id)
    if order is None or not qty:
        return None
    bids, asks = core.depth(order.new.instrument)
    if order.bid:
        before = [qty for px, qty in bids if px > order.yes_px]
    else:
        before = [qty for px, qty in asks if px < order.yes_px]
    if len(before) > MOST_LEVELS:
        return None
    ahead = core.queue_ahead(order_id) + sum(before, ZERO)
    return NewOrder(
        order_id=name,
        account=TAKERS,
        instrument=order.new.instrument,
        side=Side.SELL if order.bid else Side.BUY,
        qty=ahead + qty,
        px=order.yes_px,
        tif=TimeInForce.IOC,
    )


def outpacing(core: Exchange, new: NewOrder, left: Decimal, name: str) -> NewOrder | None:
    """Return what the public sends to leave only so much of what a new order could take.

    None where there is no more than that, or where a whole book would go.
    """
    if new.px is None or not left or new.post_only or new.tif is TimeInForce.FOK:
        return None
    bids, asks = core.depth(new.instrument)
    if new.side is Side.BUY:
        there = [qty for px, qty in asks if px <= new.px]
    else:
        there = [qty for px, qty in bids if px >= new.px]
    qty = sum(there, ZERO) - left
    if qty <= ZERO or len(there) > MOST_LEVELS:
        return None
    return NewOrder(
        order_id=name,
        account=TAKERS,
        instrument=new.instrument,
        side=new.side,
        qty=qty,
        px=new.px,
        tif=TimeInForce.IOC,
    )
