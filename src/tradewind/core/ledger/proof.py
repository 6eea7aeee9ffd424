"""The proof that the ledger is the sum of its entries, and that no money came out of thin air.

Knows entries and adds them up anew, with more digits than the ledger uses, so that a rounding
anywhere in between shows. Must not use the ledger's own arithmetic. Tests and the doctor run it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Context, Decimal, localcontext

import msgspec

from tradewind.core.ledger.accounts import AccountBook, SubBook
from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.core.ledger.ledger import Ledger
from tradewind.model.ids import AccountId, BucketId, Currency, InstanceId, InstrumentId
from tradewind.model.money import ZERO

DIGITS = 200
PositionKey = tuple[AccountId, InstrumentId, BucketId, InstanceId]


class Sum(msgspec.Struct):
    """What a list of entries adds up to, for one position or one currency."""

    qty: Decimal = ZERO
    provisional_qty: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO


class Folded(msgspec.Struct):
    """Entries added up by position, by account and currency, and by owner and currency.

    The sums of a position hold only what is in its own currency.
    """

    positions: defaultdict[PositionKey, Sum]
    accounts: defaultdict[tuple[AccountId, Currency], Sum]
    owners: defaultdict[tuple[InstanceId, Currency], Sum]
    cash: defaultdict[tuple[AccountId, Currency], Decimal]
    transfers: defaultdict[tuple[AccountId, Currency], Decimal]
    currencies: dict[PositionKey, Currency]


def fold(entries: Iterable[Entry]) -> Folded:
    """Add up entries from nothing."""
    folded = Folded(
        defaultdict(Sum),
        defaultdict(Sum),
        defaultdict(Sum),
        defaultdict(Decimal),
        defaultdict(Decimal),
        {},
    )
    with localcontext(Context(prec=DIGITS)):
        for entry in entries:
            _add(folded, entry)
    return folded


def check(ledger: Ledger, entries: Iterable[Entry]) -> list[str]:
    """Compare a ledger with the sum of all its entries; return what differs, in words.

    An empty list is the proof: every position, every sum and the cash of every account equal
    their entries; flat positions cost nothing; every entry's cash is its result less its cost
    (its result on margin); cash is transfers plus net results less the cost of what is held.
    """
    entries = list(entries)
    folded = fold(entries)
    with localcontext(Context(prec=DIGITS)):
        return [
            *_positions(ledger, folded),
            *_holdings(ledger),
            *_money(ledger, folded),
            *_owners(ledger, folded),
            *_each_entry(ledger, entries),
        ]


def _add(folded: Folded, entry: Entry) -> None:
    account, currency = entry.account, entry.currency
    folded.cash[account, currency] += entry.cash
    if entry.kind is EntryKind.TRANSFER:
        folded.transfers[account, currency] += entry.cash
        return
    funding = -entry.cash if entry.kind is EntryKind.FUNDING else ZERO
    fee_currency = entry.fee_currency if entry.fee else currency
    sums = [folded.accounts[account, currency], folded.owners[entry.owner, currency]]
    fee_sums = [folded.accounts[account, fee_currency], folded.owners[entry.owner, fee_currency]]
    assert entry.instrument is not None
    key = (account, entry.instrument, entry.bucket, entry.owner)
    position = folded.positions[key]
    own = folded.currencies.setdefault(key, currency)
    if own == currency:
        sums.append(position)
    if fee_currency == own:
        fee_sums.append(position)
    position.qty += entry.qty
    position.provisional_qty += entry.provisional_qty
    for one in sums:
        one.cost += entry.cost
        one.realised += entry.realised
        one.funding += funding
    for one in fee_sums:
        one.fees += entry.fee
    folded.cash[account, fee_currency] -= entry.fee


def _positions(ledger: Ledger, folded: Folded) -> Iterator[str]:
    unseen = set(folded.positions)
    for held in ledger.positions():
        key = (held.account, held.instrument, held.bucket, held.owner)
        unseen.discard(key)
        told = folded.positions[key]
        yield from _same(
            "/".join(key),
            (held.qty, held.provisional_qty, held.cost, held.realised, held.fees, held.funding),
            (told.qty, told.provisional_qty, told.cost, told.realised, told.fees, told.funding),
        )
        if not held.qty and held.cost:
            yield f"{'/'.join(key)} is flat and costs {held.cost}"
    for key in sorted(unseen):
        yield f"{'/'.join(key)} has entries and no position"


def _holdings(ledger: Ledger) -> Iterator[str]:
    for holding in ledger.holdings():
        subs = holding.subs.values()
        yield from _same(
            f"{holding.account}/{holding.instrument.id}/{holding.bucket}",
            (holding.qty, holding.provisional_qty, holding.bought, holding.sold),
            (
                sum((sub.position.qty for sub in subs), ZERO),
                sum((sub.position.provisional_qty for sub in subs), ZERO),
                sum((sub.bought for sub in subs), ZERO),
                sum((sub.sold for sub in subs), ZERO),
            ),
        )


def _money(ledger: Ledger, folded: Folded) -> Iterator[str]:
    seen = set()
    for book in ledger.books():
        for currency, money in book.monies.items():
            key = (book.account, currency)
            seen.add(key)
            told = folded.accounts[key]
            yield from _same(
                "/".join(key),
                (money.cash, money.transfers, money.realised, money.fees, money.funding),
                (
                    folded.cash[key],
                    folded.transfers[key],
                    told.realised,
                    told.fees,
                    told.funding,
                ),
            )
            owed = money.transfers + money.net - _paid_cost(ledger, book, currency)
            if money.cash != owed:
                yield f"{'/'.join(key)} has cash {money.cash}, and {owed} is accounted for"
    for key, cash in folded.cash.items():
        if key not in seen and cash:
            yield f"{'/'.join(key)} has entries and no sums"


def _paid_cost(ledger: Ledger, book: AccountBook, currency: Currency) -> Decimal:
    costs = [
        sub.position.cost
        for sub in ledger.subs()
        if sub.book is book and sub.paid and sub.position.currency == currency
    ]
    return sum(costs, ZERO)


def _owners(ledger: Ledger, folded: Folded) -> Iterator[str]:
    for (owner, currency), told in list(folded.owners.items()):
        totals = ledger.owner_totals(owner, currency)
        yield from _same(
            f"{owner}/{currency}",
            (totals.realised, totals.fees, totals.funding),
            (told.realised, told.fees, told.funding),
        )


def _each_entry(ledger: Ledger, entries: list[Entry]) -> Iterator[str]:
    subs: dict[PositionKey, SubBook] = {}
    for sub in ledger.subs():
        held = sub.position
        subs[held.account, held.instrument, held.bucket, held.owner] = sub
    for entry in entries:
        if entry.kind in (EntryKind.TRANSFER, EntryKind.FUNDING):
            continue
        assert entry.instrument is not None
        at = subs.get((entry.account, entry.instrument, entry.bucket, entry.owner))
        due = entry.realised - entry.cost if at is None or at.paid else entry.realised
        if entry.cash != due:
            yield f"{entry.kind.value} {entry.key} moves cash {entry.cash}, and {due} is due"


def _same(where: str, ours: tuple[Decimal, ...], told: tuple[Decimal, ...]) -> Iterator[str]:
    if ours != told:
        yield (
            f"{where} stands at {', '.join(map(str, ours))}, "
            f"and its entries add up to {', '.join(map(str, told))}"
        )
