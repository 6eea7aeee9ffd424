"""One order of ours as the simulated venue holds it.

Knows what the venue knows of an order. Must not know how it is matched or answered.
"""

from decimal import Decimal
from enum import Enum

import msgspec

from tradewind.core.matching.accounts import Holding, VenuePosition
from tradewind.model.ids import OrderId, VenueOrderId
from tradewind.model.money import ZERO
from tradewind.model.order import OrderStatus, PlaceOrder


class Place(Enum):
    """Where a venue keeps an order: in its hand while it is matched, or in one of its lists."""

    IN_HAND = "in hand"
    RESTING = "resting in the book"
    OPENING = "waiting for the next open"
    SLEEPING = "a stop not triggered"
    CLOSED = "closed"


class VenueOrder(msgspec.Struct, gc=False, eq=False):
    """An order that the venue accepted; equal only to itself.

    `qty` is the total wanted, `leaves` what may still fill; `px` is infinitely far away where any
    price will do. `due_now` orders never rest: market, triggered stop, IOC, FOK. `bounded` orders
    never fill beyond the position that they reduce. `created_ns` is venue time; `arrived_ns`, on
    the desk's clock, is when it took its place in time priority. `reserved` is money, or the
    quantity locked by a sale of something owned. `ahead`, `displayed` and `traded` are the queue
    model's.
    """

    client_order_id: OrderId
    venue_order_id: VenueOrderId
    spec: PlaceOrder
    holding: Holding
    position: VenuePosition
    buys: bool
    due_now: bool
    bounded: bool
    qty: Decimal
    leaves: Decimal
    px: Decimal
    trigger_px: Decimal | None
    created_ns: int
    arrived_ns: int
    reserved: Decimal
    ahead: Decimal | None
    displayed: Decimal = ZERO
    traded: Decimal = ZERO
    fills: int = 0
    place: Place = Place.IN_HAND
    status: OrderStatus = OrderStatus.NEW

    @property
    def filled_qty(self) -> Decimal:
        """Return what has filled so far."""
        return self.qty - self.leaves

    @property
    def limit(self) -> Decimal | None:
        """Return the limit price, None where any price will do."""
        return self.px if self.px.is_finite() else None
