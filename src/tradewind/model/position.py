"""What we hold: the fold of ledger entries, as others may read it."""

from decimal import Decimal

import msgspec

from tradewind.model.ids import AccountId, BucketId, Currency, InstanceId, InstrumentId
from tradewind.model.money import ZERO


class Position(msgspec.Struct, gc=False):
    """One sub-book's holding of one instrument. Only `core/ledger` writes it.

    `qty` is signed and counts matched and final fills; `provisional_qty` is the part not final.
    `cost` is the signed cost of the open quantity, `avg_px` = cost / (qty x multiplier).
    `realised` is before fees; `fees` and `funding` are positive when paid. All in `currency`.
    """

    account: AccountId
    instrument: InstrumentId
    bucket: BucketId
    owner: InstanceId
    currency: Currency
    multiplier: Decimal
    qty: Decimal = ZERO
    provisional_qty: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    opened_ns: int = 0

    @property
    def avg_px(self) -> Decimal | None:
        """Return the average entry price, or None when flat."""
        return self.cost / (self.qty * self.multiplier) if self.qty else None

    @property
    def net(self) -> Decimal:
        """Return realised profit after fees and funding."""
        return self.realised - self.fees - self.funding

    def unrealised(self, mark: Decimal) -> Decimal:
        """Return the open profit at `mark`, in `currency`."""
        return self.qty * mark * self.multiplier - self.cost
