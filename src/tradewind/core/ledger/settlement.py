"""What a resolved market pays: news, payment, amendment.

Knows payouts by account and instrument. Must not know fills or why a market was resolved.
"""

from decimal import Decimal

from tradewind.core.ledger.accounts import AccountBook, Payout, SubBook
from tradewind.core.ledger.door import Door, contradiction
from tradewind.core.ledger.entries import Entry, EntryKind
from tradewind.model.events import SettlementPhase
from tradewind.model.ids import AccountId, FillKey
from tradewind.model.instrument import Instrument

SETTLEMENT = EntryKind.SETTLEMENT


class Settlements(Door):
    """The door for payouts."""

    __slots__ = ()

    def settle(
        self,
        instrument: Instrument,
        account: AccountId,
        phase: SettlementPhase,
        payout: Decimal,
        number: int,
        ts: int,
    ) -> list[Entry]:
        """Pay every sub-book's position of an instrument at `payout` per unit; return the entries.

        DETERMINED is news and posts nothing. PAID posts once per payout number, a later number
        pays what is open then. AMENDED takes back what was paid and pays again. What a late or
        failed fill changes afterwards is paid with that fill. Raises BadReply when a number comes
        again as PAID with another payout.
        """
        if self.besides:
            self.besides = []
        if phase is SettlementPhase.DETERMINED:
            return []
        book = self.book(account)
        paid = book.payouts.get(instrument.id)
        entries: list[Entry] = []
        if paid is None:
            paid = book.payouts[instrument.id] = Payout()
            for holding in book.holdings.get(instrument.id, ()):
                holding.settled = paid
        elif _is_old(paid, phase, payout, number):
            return []
        elif phase is SettlementPhase.AMENDED:
            entries = self._take_back(paid)
        elif any(number == known for known, _ in paid.told):
            key = _payout_key(instrument, account, number)
            raise contradiction(account, key, f"a payout of {payout} where it was another before")
        paid.payout, paid.number = payout, number
        paid.amended = phase is SettlementPhase.AMENDED
        paid.told.add((number, payout))
        return entries + self._pay_all(book, instrument, paid, ts)

    def _pay_all(
        self, book: AccountBook, instrument: Instrument, paid: Payout, ts: int
    ) -> list[Entry]:
        return [
            self._pay(sub, paid, ts)
            for holding in book.holdings.get(instrument.id, ())
            for sub in holding.subs.values()
            if sub.position.qty
        ]

    def _pay(self, sub: SubBook, paid: Payout, ts: int) -> Entry:
        position = sub.position
        key = _payout_key(sub.holding.instrument, position.account, paid.number)
        # One sub-book may be paid more than once under one number: a late fill.
        key = FillKey(f"{key}/{len(paid.steps)}")
        ts = sub.next_ts(ts)
        qty = -position.qty
        value = qty * paid.payout * position.multiplier
        paid.steps.append((sub, ts, key, qty, value))
        return self.post(sub, (SETTLEMENT, f"paid {paid.payout}"), key, ts, qty, value)

    def _take_back(self, paid: Payout) -> list[Entry]:
        why = (SETTLEMENT, f"amended, {paid.payout} taken back")
        entries = [
            self.note(sub, why, key, ts, -qty, sub.remove(ts, key, qty, value))
            for sub, ts, key, qty, value in reversed(paid.steps)
        ]
        paid.steps.clear()
        return entries

    def _pay_rest(self, sub: SubBook, ts: int) -> None:
        paid = sub.holding.settled
        if paid is not None and sub.position.qty:
            self.besides.append(self._pay(sub, paid, ts))


def _is_old(paid: Payout, phase: SettlementPhase, payout: Decimal, number: int) -> bool:
    if phase is SettlementPhase.AMENDED:
        return (number, payout) == (paid.number, paid.payout)
    return (number, payout) in paid.told or (paid.amended and number <= paid.number)


def _payout_key(instrument: Instrument, account: AccountId, number: int) -> FillKey:
    return FillKey(f"{instrument.venue}/{account}/{instrument.canonical_market}/{number}")
