"""The sums that the ledger keeps while it posts: by account, by holding, by owner.

Knows totals and which keys have been seen. Must not know how a posting is made.
"""

from decimal import Decimal

import msgspec

from tradewind.core.ledger.average import Steps
from tradewind.core.ledger.entries import Conversion
from tradewind.model.effects import PositionCorrected
from tradewind.model.events import FeeAdjusted, FundingPaid, Transferred
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import (
    AccountId,
    BucketId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
)
from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.money import ONE, ZERO
from tradewind.model.position import Position

MARGINED = frozenset({InstrumentKind.PERPETUAL, InstrumentKind.FUTURE})
"""Kinds whose purchase is not paid: cash moves by the realised result only."""

Posted = Fill | FeeAdjusted | FundingPaid | Transferred | PositionCorrected | Conversion
"""What a key was posted for."""


class Totals:
    """Results in one currency; fees and funding are positive when paid."""

    __slots__ = ("fees", "funding", "realised")

    def __init__(self) -> None:
        self.realised = ZERO
        self.fees = ZERO
        self.funding = ZERO

    @property
    def net(self) -> Decimal:
        """Return the realised result after fees and funding."""
        return self.realised - self.fees - self.funding


class Money(Totals):
    """An account's results and cash in one currency; `transfers` are no result."""

    __slots__ = ("cash", "transfers")

    def __init__(self) -> None:
        super().__init__()
        self.cash = ZERO
        self.transfers = ZERO


class Correction(msgspec.Struct, gc=False):
    """A posted difference that no keyed fill has explained yet; `qty` is what is left of it."""

    key: FillKey
    ts: int
    step_ts: int
    qty: Decimal
    value: Decimal


class Payout:
    """What an instrument pays an account, and the steps that were posted for it.

    `told` are the (number, payout) pairs heard so far.
    """

    __slots__ = ("amended", "number", "payout", "steps", "told")

    def __init__(self) -> None:
        self.payout = ZERO
        self.number = 0
        self.amended = False
        self.told: set[tuple[int, Decimal]] = set()
        self.steps: list[tuple[SubBook, int, FillKey, Decimal, Decimal]] = []


class Holding:
    """An account's whole position in one bucket of an instrument: the sum of its sub-books.

    `bought` and `sold` are the provisional parts, both positive. `partner` is the other outcome
    where the venue nets the two.
    """

    __slots__ = (
        "account",
        "bought",
        "bucket",
        "corrections",
        "instrument",
        "partner",
        "provisional_qty",
        "qty",
        "settled",
        "sold",
        "subs",
    )

    def __init__(self, account: AccountId, instrument: Instrument, bucket: BucketId) -> None:
        self.account = account
        self.instrument = instrument
        self.bucket = bucket
        self.qty = ZERO
        self.provisional_qty = ZERO
        self.bought = ZERO
        self.sold = ZERO
        self.subs: dict[InstanceId, SubBook] = {}
        self.corrections: list[Correction] = []
        self.settled: Payout | None = None
        self.partner: Holding | None = None

    @property
    def paired(self) -> Decimal:
        """Return how much of it the venue has netted against the other outcome, signed like it.

        One owner's own pairs are merged; these are what owners hold against each other.
        """
        partner = self.partner
        if partner is None:
            return ZERO
        qty, other = self.qty, partner.qty
        if qty > ZERO:
            return min(qty, other) if other > ZERO else ZERO
        return max(qty, other) if other < ZERO else ZERO

    @property
    def net_qty(self) -> Decimal:
        """Return the quantity as the venue counts it: complete pairs are no position."""
        return self.qty if self.partner is None else self.qty - self.paired

    @property
    def sellable(self) -> Decimal:
        """Return what may leave: what is final and neither provisionally gone nor netted.

        Signed like the position; zero where nothing of it is final.
        """
        free = free_qty(self.qty, self.bought, self.sold)
        if self.partner is None:
            return free
        free_pairless = free - self.paired
        return free_pairless if free_pairless * free > ZERO else ZERO


class SubBook(Steps):
    """One owner's part of a holding, with ways to the sums that follow it.

    `paid` tells that a purchase is paid in full; on margin only results move cash. `multiplier`
    is None where it is one.
    """

    __slots__ = ("book", "bought", "holding", "money", "multiplier", "paid", "sold", "totals")

    def __init__(
        self, position: Position, holding: Holding, book: "AccountBook", totals: Totals
    ) -> None:
        super().__init__(position)
        self.holding = holding
        self.book = book
        self.totals = totals
        self.money = book.money(position.currency)
        self.paid = holding.instrument.kind not in MARGINED
        self.multiplier = None if position.multiplier == ONE else position.multiplier
        self.bought = ZERO
        self.sold = ZERO

    @property
    def sellable(self) -> Decimal:
        """Return the owner's quantity that is final and not provisionally gone."""
        return free_qty(self.position.qty, self.bought, self.sold)

    def pend(self, qty: Decimal) -> None:
        """Count a signed quantity as provisional."""
        self.position.provisional_qty += qty
        self.holding.provisional_qty += qty
        if qty > ZERO:
            self.bought += qty
            self.holding.bought += qty
        else:
            self.sold -= qty
            self.holding.sold -= qty

    def unpend(self, qty: Decimal) -> None:
        """Count a signed quantity as provisional no longer."""
        self.position.provisional_qty -= qty
        self.holding.provisional_qty -= qty
        if qty > ZERO:
            self.bought -= qty
            self.holding.bought -= qty
        else:
            self.sold += qty
            self.holding.sold += qty


class AccountBook:
    """One account: its money by currency, its holdings, and every key that was posted.

    `matched` holds the fills that are not final, `failed` those that were undone, `early` what
    was said about a key before its fill came.
    """

    __slots__ = (
        "account",
        "early",
        "failed",
        "holdings",
        "matched",
        "monies",
        "pairs",
        "payouts",
        "seen",
    )

    def __init__(self, account: AccountId) -> None:
        self.account = account
        self.monies: dict[Currency, Money] = {}
        self.holdings: dict[InstrumentId, list[Holding]] = {}
        self.seen: dict[FillKey, Posted] = {}
        self.matched: dict[FillKey, SubBook] = {}
        self.failed: set[FillKey] = set()
        self.early: dict[FillKey, FillLife] = {}
        self.payouts: dict[InstrumentId, Payout] = {}
        self.pairs = 0

    def money(self, currency: Currency) -> Money:
        """Return the sums of a currency; they are live, so keep them rather than ask again."""
        money = self.monies.get(currency)
        if money is None:
            money = self.monies[currency] = Money()
        return money

    def net_realised(self, currency: Currency) -> Decimal:
        """Return the account's realised result in a currency, after fees and funding."""
        money = self.monies.get(currency)
        return ZERO if money is None else money.net


def free_qty(qty: Decimal, bought: Decimal, sold: Decimal) -> Decimal:
    """Return what of a position is final and still there, with its sign."""
    if qty > ZERO:
        return max(qty - bought, ZERO)
    return min(qty + sold, ZERO)
