"""Where every posting passes: the sub-books, the sums over them, and the reads.

Knows how an entry moves the sums. Must not know why it was made; `fills.py` and `ledger.py` do.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal

from tradewind.core.ledger.accounts import AccountBook, Holding, SubBook, Totals
from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.model.errors import BadReply
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
from tradewind.model.money import ZERO
from tradewind.model.position import Position

Why = tuple[EntryKind, str]
"""The kind of an entry and, in words, its cause."""


class Door:
    """Positions by (account, instrument, bucket, owner) and all sums over them, kept as it posts.

    `besides` holds what the last posting entailed besides the entry that it returned.
    """

    __slots__ = (
        "_books",
        "_holdings",
        "_owned",
        "_owners",
        "_positions",
        "_subs",
        "besides",
        "entries",
    )

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self.entries = entries
        self.besides: list[Entry] = []
        self._subs: dict[tuple[AccountId, InstrumentId, BucketId, InstanceId], SubBook] = {}
        self._holdings: dict[tuple[AccountId, InstrumentId, BucketId], Holding] = {}
        self._books: dict[AccountId, AccountBook] = {}
        self._positions: list[Position] = []
        self._owned: dict[InstanceId, list[Position]] = {}
        self._owners: dict[tuple[InstanceId, Currency], Totals] = {}

    # --- reads: everything returned is live and not to be changed ------------------------------

    def position(
        self, account: AccountId, instrument: InstrumentId, bucket: BucketId, owner: InstanceId
    ) -> Position | None:
        """Return one owner's position, None when it never had one."""
        sub = self._subs.get((account, instrument, bucket, owner))
        return None if sub is None else sub.position

    def positions(self) -> Sequence[Position]:
        """Return every position that ever was, flat ones included, oldest first."""
        return self._positions

    def owner_positions(self, owner: InstanceId) -> Sequence[Position]:
        """Return every position of an owner, flat ones included, oldest first."""
        return self._owned.get(owner, ())

    def holding(
        self, account: AccountId, instrument: InstrumentId, bucket: BucketId
    ) -> Holding | None:
        """Return the account's whole position of a bucket, None when it never had one."""
        return self._holdings.get((account, instrument, bucket))

    def holdings(self) -> Collection[Holding]:
        """Return every holding that ever was."""
        return self._holdings.values()

    def net_qty(self, account: AccountId, instrument: InstrumentId, bucket: BucketId) -> Decimal:
        """Return the account's signed quantity as the venue counts it, provisional fills included.

        That is the sum over all owners; where outcomes net, without the pairs that it makes.
        """
        holding = self._holdings.get((account, instrument, bucket))
        return ZERO if holding is None else holding.net_qty

    def sellable(
        self,
        account: AccountId,
        instrument: InstrumentId,
        bucket: BucketId,
        owner: InstanceId | None = None,
    ) -> Decimal:
        """Return what is final and still there, of one owner or of all, with the position's sign.

        What open orders lock is not taken off: the ledger knows no orders.
        """
        held: Holding | SubBook | None
        if owner is None:
            held = self._holdings.get((account, instrument, bucket))
        else:
            held = self._subs.get((account, instrument, bucket, owner))
        return ZERO if held is None else held.sellable

    def book(self, account: AccountId) -> AccountBook:
        """Return an account's sums; an account that nothing was posted for has empty ones."""
        book = self._books.get(account)
        if book is None:
            book = self._books[account] = AccountBook(account)
        return book

    def books(self) -> Collection[AccountBook]:
        """Return the sums of every account."""
        return self._books.values()

    def subs(self) -> Collection[SubBook]:
        """Return every sub-book."""
        return self._subs.values()

    def cash(self, account: AccountId, currency: Currency) -> Decimal:
        """Return an account's cash in a currency: transfers, purchases paid, results, fees."""
        book = self._books.get(account)
        money = None if book is None else book.monies.get(currency)
        return ZERO if money is None else money.cash

    def owner_totals(self, owner: InstanceId, currency: Currency) -> Totals:
        """Return an owner's results in a currency over all accounts; live, so keep them."""
        totals = self._owners.get((owner, currency))
        if totals is None:
            totals = self._owners[owner, currency] = Totals()
        return totals

    def owner_net(self, owner: InstanceId, currency: Currency) -> Decimal:
        """Return an owner's realised result in a currency, after fees and funding."""
        totals = self._owners.get((owner, currency))
        return ZERO if totals is None else totals.net

    def worth(self, held: Position, mark: Decimal) -> Decimal:
        """Return what a position adds to its account's cash at `mark`.

        Its whole value where the purchase was paid, the open profit on margin: cash plus the
        worth of all positions is the account's equity.
        """
        sub = self._subs[held.account, held.instrument, held.bucket, held.owner]
        if sub.paid:
            return held.qty * mark * held.multiplier
        return held.unrealised(mark)

    # --- for the postings of this room ---------------------------------------------------------

    def sub_book(
        self,
        account: AccountId,
        instrument: Instrument,
        bucket: BucketId = NET,
        owner: InstanceId = UNMANAGED,
    ) -> SubBook:
        """Return a sub-book, opened if it is new."""
        key = (account, instrument.id, bucket, owner)
        sub = self._subs.get(key)
        if sub is not None:
            return sub
        book = self.book(account)
        holding = self._holdings.get(key[:3])
        if holding is None:
            holding = self._holdings[key[:3]] = Holding(account, instrument, bucket)
            holding.settled = book.payouts.get(instrument.id)
            book.holdings.setdefault(instrument.id, []).append(holding)
            self._pair(holding)
        position = Position(
            account, instrument.id, bucket, owner, instrument.quote, instrument.multiplier
        )
        totals = self.owner_totals(owner, instrument.quote)
        sub = self._subs[key] = SubBook(position, holding, book, totals)
        holding.subs[owner] = sub
        self._positions.append(position)
        self._owned.setdefault(owner, []).append(position)
        return sub

    def _pair(self, holding: Holding) -> None:
        """Let a new holding know the other outcome, where the venue nets the two."""
        mirror = holding.instrument.mirror
        if mirror is None or not holding.instrument.netting:
            return
        other = self._holdings.get((holding.account, mirror, holding.bucket))
        if other is not None:
            holding.partner, other.partner = other, holding

    def enter(self, sub: SubBook, entry: Entry) -> None:
        """Move every sum by an entry whose step the sub-book has taken already."""
        money = sub.money
        if entry.qty:
            sub.holding.qty += entry.qty
        cash = entry.cash
        if entry.realised:
            money.realised += entry.realised
            sub.totals.realised += entry.realised
        fee = entry.fee
        if fee:
            position = sub.position
            if entry.fee_currency == position.currency:
                position.fees += fee
                money.fees += fee
                sub.totals.fees += fee
                cash -= fee
            else:
                self._pay_elsewhere(sub, entry)
        if cash:
            money.cash += cash
        if self.entries is not None:
            self.entries.append(entry)

    def post(
        self,
        sub: SubBook,
        why: Why,
        key: FillKey,
        ts: int,
        qty: Decimal,
        value: Decimal | None,
    ) -> Entry:
        """Let a sub-book take a final step and enter it."""
        return self.note(sub, why, key, ts, qty, sub.add(ts, key, qty, value))

    def note(
        self,
        sub: SubBook,
        why: Why,
        key: FillKey,
        ts: int,
        qty: Decimal,
        moved: tuple[Decimal, Decimal],
    ) -> Entry:
        """Enter a final step that changed (cost, realised) by `moved`."""
        position = sub.position
        cost, realised = moved
        entry = Entry(
            why[0],
            key,
            position.account,
            position.instrument,
            position.bucket,
            position.owner,
            position.currency,
            ts,
            qty=qty,
            cost=cost,
            cash=realised - cost if sub.paid else realised,
            realised=realised,
            cause=why[1],
        )
        self.enter(sub, entry)
        return entry

    def _pay_elsewhere(self, sub: SubBook, entry: Entry) -> None:
        # A fee in a third asset is no part of the position's own results.
        money = sub.book.money(entry.fee_currency)
        money.cash -= entry.fee
        money.fees += entry.fee
        self.owner_totals(sub.position.owner, entry.fee_currency).fees += entry.fee


def contradiction(account: AccountId, key: FillKey, what: str, venue: str = "") -> BadReply:
    """Return the error for a key whose meaning changed; nothing was posted."""
    return BadReply(
        f"Posted {key} of {account}, found {what}; nothing was changed, read the account back "
        f"and reconcile.",
        venue=venue,
        endpoint="ledger",
        code=key,
    )
