"""One execution of one of our orders, and the life it leads until it is final."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from tradewind.model.ids import (
    NET,
    AccountId,
    BucketId,
    Currency,
    FillKey,
    InstrumentId,
    OrderId,
    VenueOrderId,
)
from tradewind.model.order import Liquidity, Side


class FillLife(StrEnum):
    """`matched` may still be undone by chain or broker; `final` may not; `failed` was undone."""

    MATCHED = "matched"
    FINAL = "final"
    FAILED = "failed"


class Fill(msgspec.Struct, frozen=True, gc=False):
    """One execution as the venue reports it; stream and back-fill make the same value.

    `key` is the venue's own execution key. `client_order_id` is None for what no order of ours
    explains. `fee` is positive when paid, negative when received, in `fee_currency`.
    """

    key: FillKey
    account: AccountId
    instrument: InstrumentId
    side: Side
    qty: Decimal
    px: Decimal
    fee: Decimal
    fee_currency: Currency
    liquidity: Liquidity
    ts_event: int
    client_order_id: OrderId | None = None
    venue_order_id: VenueOrderId | None = None
    life: FillLife = FillLife.FINAL
    bucket: BucketId = NET
