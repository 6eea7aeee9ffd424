"""The one door: everything that changes a position or cash is posted here, once per key.

Knows fills and what becomes of them: final, failed, told twice, told in another order; the other
postings are in the modules that it builds on. Must not know orders, marks, limits.

A fill is folded in the order in which it happened (see `average.py`), so that every arrival of
the same fills gives the same ledger. What a posting entails besides its own entry stands in
`besides` until the next one; `entries`, when a list is handed in, receives every entry.
"""

from decimal import Decimal

from tradewind.core.ledger.accounts import AccountBook, SubBook
from tradewind.core.ledger.changes import Changes, meaning
from tradewind.core.ledger.door import contradiction
from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import AccountId, Currency, FillKey, InstanceId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import Side

BUY = Side.BUY
MATCHED = FillLife.MATCHED
FINAL = FillLife.FINAL
FAILED = FillLife.FAILED
FILL = EntryKind.FILL
FEE = "/fee"


class Ledger(Changes):
    """All accounts of a desk. Reads are in `door.py`, other postings in the modules below it."""

    __slots__ = ()

    def post_fill(self, fill: Fill, owner: InstanceId, instrument: Instrument) -> Entry | None:
        """Post a fill to its owner's sub-book; return None when its key was posted before.

        The same key again as FINAL (FAILED) finalises (reverses) the matched fill; that entry
        stands in `besides`. What was said about a key before its fill came is kept and heeded.
        A fee in the instrument's base asset leaves the position, as if that much had been sold
        at the fill's price to pay it. Raises BadReply when a key comes again with another
        instrument, bucket, side, quantity, price or fee: its meaning may never change.
        """
        if self.besides:
            self.besides = []
        sub = self._subs.get((fill.account, fill.instrument, fill.bucket, owner))
        book = self.book(fill.account) if sub is None else sub.book
        key = fill.key
        if key in book.seen:
            self._again(book, fill)
            return None
        life = fill.life
        if life is not FINAL or book.early:
            life = _first_life(book, fill)
            if life is FAILED:
                return None
        if sub is None:
            assert fill.instrument == instrument.id
            sub = self.sub_book(fill.account, instrument, fill.bucket, owner)
        book.seen[key] = fill
        qty = fill.qty if fill.side is BUY else -fill.qty
        value = qty * fill.px
        if sub.multiplier is not None:
            value *= sub.multiplier
        cost, realised = sub.add(fill.ts_event, key, qty, value)
        position = sub.position
        fee = fill.fee
        in_base = bool(fee) and _in_base(sub, fill.fee_currency)
        entry = Entry(
            FILL,
            key,
            position.account,
            position.instrument,
            position.bucket,
            owner,
            position.currency,
            fill.ts_event,
            life,
            qty,
            ZERO if life is FINAL else qty,
            cost,
            realised - cost if sub.paid else realised,
            realised,
            ZERO if in_base else fee,
            fill.fee_currency,
        )
        self.enter(sub, entry)
        holding = sub.holding
        if (
            in_base
            or life is not FINAL
            or holding.corrections
            or holding.settled is not None
            or holding.partner is not None
        ):
            self._follow(sub, fill, qty, life)
        return entry

    def finalise(self, account: AccountId, key: FillKey) -> Entry | None:
        """Make a matched fill final; return None when it is final already, or not here yet.

        Raises BadReply for a fill that has failed.
        """
        if self.besides:
            self.besides = []
        book = self.book(account)
        sub = book.matched.pop(key, None)
        if sub is not None:
            return self._finalise(sub, _fill(book, key))
        if key in book.failed or book.early.get(key) is FAILED:
            raise contradiction(account, key, "it final after it had failed")
        if key not in book.seen:
            book.early[key] = FINAL
        return None

    def fail(self, account: AccountId, key: FillKey, reason: str, ts: int) -> Entry | None:
        """Reverse a matched fill, fee included, as if it had never been; `ts` is when it failed.

        Returns None when it was reversed before, or is not here yet (then it will not be
        posted). Raises BadReply for a fill that is final.
        """
        if self.besides:
            self.besides = []
        book = self.book(account)
        sub = book.matched.pop(key, None)
        if sub is not None:
            return self._reverse(sub, _fill(book, key), reason, ts)
        if key in book.failed:
            return None
        if key in book.seen or book.early.get(key) is FINAL:
            raise contradiction(account, key, "it failed after it had been final")
        book.early[key] = FAILED
        return None

    def _follow(self, sub: SubBook, fill: Fill, qty: Decimal, life: FillLife) -> None:
        """Do what only some fills entail."""
        holding = sub.holding
        in_base = bool(fill.fee) and _in_base(sub, fill.fee_currency)
        if life is not FINAL:
            sub.book.matched[fill.key] = sub
            sub.pend(qty - fill.fee if in_base else qty)
        if in_base:
            self.besides.append(self._charge_base(sub, fill, life))
        left = self._explain(holding, fill, qty) if holding.corrections else qty
        partner = holding.partner
        if partner is not None and partner.corrections and left:
            # An outcome bought is the other one sold, by whichever name the venue tells it.
            self._explain(partner, fill, -left)
        if holding.settled is not None:
            self._pay_rest(sub, fill.ts_event)

    def _again(self, book: AccountBook, fill: Fill) -> None:
        key = fill.key
        if meaning(book.seen[key]) != meaning(fill):
            raise contradiction(fill.account, key, "other contents than were posted under it")
        entry = None
        if fill.life is FINAL and (key in book.matched or key in book.failed):
            entry = self.finalise(fill.account, key)
        elif fill.life is FAILED:
            entry = self.fail(fill.account, key, "told again as failed", fill.ts_event)
        if entry is not None:
            self.besides = [entry, *self.besides]

    def _finalise(self, sub: SubBook, fill: Fill) -> Entry:
        qty = fill.qty if fill.side is BUY else -fill.qty
        if fill.fee and _in_base(sub, fill.fee_currency):
            qty -= fill.fee
        sub.unpend(qty)
        position = sub.position
        entry = Entry(
            EntryKind.FINALISED,
            fill.key,
            position.account,
            position.instrument,
            position.bucket,
            position.owner,
            position.currency,
            fill.ts_event,
            provisional_qty=-qty,
        )
        self.enter(sub, entry)
        return entry

    def _reverse(self, sub: SubBook, fill: Fill, reason: str, ts: int) -> Entry:
        sub.book.failed.add(fill.key)
        qty = fill.qty if fill.side is BUY else -fill.qty
        in_base = bool(fill.fee) and _in_base(sub, fill.fee_currency)
        if in_base:
            self.besides.append(self._return_base(sub, fill))
        value = qty * fill.px * sub.position.multiplier
        cost, realised = sub.remove(fill.ts_event, fill.key, qty, value)
        sub.unpend(qty - fill.fee if in_base else qty)
        position = sub.position
        entry = Entry(
            EntryKind.REVERSAL,
            fill.key,
            position.account,
            position.instrument,
            position.bucket,
            position.owner,
            position.currency,
            ts,
            FAILED,
            -qty,
            -qty,
            cost,
            realised - cost if sub.paid else realised,
            realised,
            ZERO if in_base else -fill.fee,
            fill.fee_currency,
            reason,
        )
        self.enter(sub, entry)
        if sub.holding.settled is not None:
            self._pay_rest(sub, ts)
        return entry

    def _charge_base(self, sub: SubBook, fill: Fill, life: FillLife) -> Entry:
        value = -fill.fee * fill.px * sub.position.multiplier
        moved = sub.add(fill.ts_event, FillKey(fill.key + FEE), -fill.fee, value)
        return self._base_entry(sub, fill, life, fill.fee, moved)

    def _return_base(self, sub: SubBook, fill: Fill) -> Entry:
        value = -fill.fee * fill.px * sub.position.multiplier
        moved = sub.remove(fill.ts_event, FillKey(fill.key + FEE), -fill.fee, value)
        return self._base_entry(sub, fill, FAILED, -fill.fee, moved)

    def _base_entry(
        self,
        sub: SubBook,
        fill: Fill,
        life: FillLife,
        fee: Decimal,
        moved: tuple[Decimal, Decimal],
    ) -> Entry:
        position = sub.position
        cost, realised = moved
        entry = Entry(
            EntryKind.FEE_ADJUST,
            fill.key,
            position.account,
            position.instrument,
            position.bucket,
            position.owner,
            position.currency,
            fill.ts_event,
            life,
            -fee,
            ZERO if life is FINAL else -fee,
            cost,
            realised - cost,
            realised,
            fee * fill.px * position.multiplier,
            position.currency,
            f"fee taken in {fill.fee_currency}",
        )
        self.enter(sub, entry)
        return entry


def _first_life(book: AccountBook, fill: Fill) -> FillLife:
    """Say in which life a new fill starts, after what was said about its key before it came."""
    key = fill.key
    early = book.early.get(key)
    if early is FAILED and fill.life is FINAL:
        raise contradiction(fill.account, key, "it final after it had failed")
    if early is FINAL and fill.life is FAILED:
        raise contradiction(fill.account, key, "it failed after it had been final")
    if early is not None:
        del book.early[key]
    if early is FAILED or fill.life is FAILED:
        book.seen[key] = fill
        book.failed.add(key)
        return FAILED
    return fill.life if early is None else early


def _fill(book: AccountBook, key: FillKey) -> Fill:
    fill = book.seen[key]
    assert isinstance(fill, Fill)
    return fill


def _in_base(sub: SubBook, currency: Currency) -> bool:
    instrument = sub.holding.instrument
    return sub.paid and currency == instrument.base and currency != instrument.quote
