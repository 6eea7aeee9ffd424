"""What a strategy wants. Nothing here is sent; the gate decides on each."""

from decimal import Decimal

import msgspec

from tradewind.model.ids import AccountId, BucketId, InstrumentId, OrderId
from tradewind.model.order import PlaceOrder


class Amend(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Change a live order; `qty` is the total wanted, fills included. None leaves it as it is."""

    client_order_id: OrderId
    qty: Decimal | None = None
    px: Decimal | None = None
    reason: str = "requote"


class Cancel(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Cancel a live order."""

    client_order_id: OrderId
    reason: str = ""


class Protection(msgspec.Struct, frozen=True, gc=False):
    """Exits that guard one position: stop and target cancel each other, trailing moves the stop.

    Prices in quote currency. `trailing` is a distance; it starts at once, or when the price
    reaches `trailing_activation`. `breakeven_at` moves the stop to the entry when touched.
    """

    stop: Decimal | None = None
    target: Decimal | None = None
    trailing: Decimal | None = None
    trailing_activation: Decimal | None = None
    breakeven_at: Decimal | None = None


class Protect(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Guard the position of the instance in an instrument; None takes the guard away.

    `qty` limits the guard to a part; None follows the whole position.
    """

    account: AccountId
    instrument: InstrumentId
    bucket: BucketId
    protection: Protection | None
    qty: Decimal | None = None
    group: str = ""


Intent = PlaceOrder | Amend | Cancel | Protect
"""Everything that goes through the gate."""
