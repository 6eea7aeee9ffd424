"""What the ledger posts, and the two postings that no event carries.

Knows the shape of an entry. Must not know how its numbers are found; that is `ledger.py`.
"""

from decimal import Decimal
from enum import Enum

import msgspec

from tradewind.model.fill import FillLife
from tradewind.model.ids import (
    NET,
    UNMANAGED,
    AccountId,
    BucketId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
)
from tradewind.model.instrument import Instrument
from tradewind.model.money import ONE, ZERO


class EntryKind(Enum):
    """Why something was posted."""

    FILL = "fill"
    FINALISED = "finalised"
    REVERSAL = "reversal"
    FEE_ADJUST = "fee_adjust"
    FUNDING = "funding"
    SETTLEMENT = "settlement"
    TRANSFER = "transfer"
    CORRECTION = "correction"
    SPLIT = "split"
    MERGE = "merge"
    CONVERT = "convert"
    REDEEM = "redeem"
    RESCALE = "rescale"
    DAY_ROLL = "day_roll"


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One posting: what changed, in signed deltas; the ledger is the sum of its entries.

    `qty` and `provisional_qty` are units. `cost`, `cash` and `realised` are in `currency`, `fee`
    in `fee_currency`, positive when paid and not contained in `cash`. `cash` is what the account
    gains: realised less cost where a purchase is paid in full, realised alone on margin, minus
    the amount for funding. `ts` is when it happened, by the venue's clock where it has one.
    """

    kind: EntryKind
    key: FillKey
    account: AccountId
    instrument: InstrumentId | None
    bucket: BucketId
    owner: InstanceId
    currency: Currency
    ts: int
    life: FillLife = FillLife.FINAL
    qty: Decimal = ZERO
    provisional_qty: Decimal = ZERO
    cost: Decimal = ZERO
    cash: Decimal = ZERO
    realised: Decimal = ZERO
    fee: Decimal = ZERO
    fee_currency: Currency = Currency("")
    cause: str = ""


class Leg(msgspec.Struct, frozen=True):
    """One side of a conversion: `qty` units come (or go, negative) and cost `value`.

    `value` is in the instrument's quote currency with the sign of `qty`.
    """

    instrument: Instrument
    qty: Decimal
    value: Decimal
    bucket: BucketId = NET


class Conversion(msgspec.Struct, frozen=True):
    """Holdings turned into others without a trade, all legs at once.

    SPLIT (collateral into a complete set), MERGE (a set into collateral), CONVERT (tokens into
    other tokens, a broker's product into another), REDEEM (a token into its payout). The sum of
    the legs' values is what the account pays.
    """

    kind: EntryKind
    key: FillKey
    account: AccountId
    legs: tuple[Leg, ...]
    ts: int
    owner: InstanceId = UNMANAGED
    cause: str = ""


def complete_set(yes: Instrument, no: Instrument, qty: Decimal, yes_px: Decimal) -> tuple[Leg, Leg]:
    """Return the legs of `qty` complete sets (negative to give them up), worth exactly one each.

    `yes_px` says which part of the one is the YES token's.
    """
    return (
        Leg(yes, qty, yes.notional(qty, yes_px)),
        Leg(no, qty, no.notional(qty, ONE - yes_px)),
    )
