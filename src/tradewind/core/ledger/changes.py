"""Everything but fills and payouts that moves quantity or money.

Knows fees and funding, transfers, corrections, conversions, netting and splits.
Must not know the life of a fill.
"""

from decimal import Decimal

from tradewind.core.ledger.accounts import Correction, Holding, Posted, SubBook
from tradewind.core.ledger.average import share
from tradewind.core.ledger.door import contradiction
from tradewind.core.ledger.entries import Conversion, Entry, EntryKind
from tradewind.core.ledger.settlement import Settlements
from tradewind.model.effects import PositionCorrected
from tradewind.model.events import FeeAdjusted, FundingPaid, Transferred
from tradewind.model.fill import Fill
from tradewind.model.ids import (
    NET,
    UNMANAGED,
    AccountId,
    BucketId,
    FillKey,
    InstanceId,
)
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.money import ZERO

CORRECTION = EntryKind.CORRECTION
MERGE = EntryKind.MERGE
CONVERSIONS = frozenset({EntryKind.SPLIT, MERGE, EntryKind.CONVERT, EntryKind.REDEEM})


class Changes(Settlements):
    """The door for charges, corrections and conversions."""

    __slots__ = ()

    def fee_adjust(
        self, event: FeeAdjusted, instrument: Instrument, owner: InstanceId | None = None
    ) -> Entry | None:
        """Post a late or corrected fee; return None when its key was posted before.

        Without an owner it goes to the only one that the bucket has, else to the unmanaged.
        """
        if not self._first(event.account, event.key, event):
            return None
        sub = self._payer(event.account, instrument, event.bucket, owner)
        entry = Entry(
            EntryKind.FEE_ADJUST,
            event.key,
            event.account,
            instrument.id,
            event.bucket,
            sub.position.owner,
            sub.position.currency,
            event.ts_event,
            fee=event.amount,
            fee_currency=event.currency,
        )
        self.enter(sub, entry)
        return entry

    def funding(
        self, event: FundingPaid, instrument: Instrument, owner: InstanceId | None = None
    ) -> list[Entry]:
        """Post funding; return no entry when its key was posted before.

        Without an owner each one with an open position bears its signed part of the whole, so
        that two who stand against each other pay and receive; the last takes what rounding
        leaves. Where nothing is open it goes where `fee_adjust` goes.
        """
        if not self._first(event.account, event.key, event):
            return []
        holding = self.holding(event.account, instrument.id, event.bucket)
        if owner is not None or holding is None or not holding.qty:
            sub = self._payer(event.account, instrument, event.bucket, owner)
            return [self._fund(sub, event, event.amount)]
        open_subs = [sub for sub in holding.subs.values() if sub.position.qty]
        left = event.amount
        entries = []
        for sub in open_subs[:-1]:
            part = share(event.amount, sub.position.qty, holding.qty)
            left -= part
            entries.append(self._fund(sub, event, part))
        entries.append(self._fund(open_subs[-1], event, left))
        return entries

    def transfer(self, event: Transferred) -> Entry | None:
        """Post money that came in or went out; never a result. None for a key posted before."""
        if not self._first(event.account, event.key, event):
            return None
        money = self.book(event.account).money(event.currency)
        money.cash += event.amount
        money.transfers += event.amount
        return self._record(
            Entry(
                EntryKind.TRANSFER,
                event.key,
                event.account,
                None,
                NET,
                UNMANAGED,
                event.currency,
                event.ts_event,
                cash=event.amount,
            )
        )

    def correct(
        self, event: PositionCorrected, instrument: Instrument, kind: EntryKind = CORRECTION
    ) -> Entry | None:
        """Post a difference of `event.qty` units to the unmanaged sub-book.

        Without a price no cash moves. A keyed fill that happened no later than the correction
        takes as much of it back. None for a key posted before. `kind` may be DAY_ROLL.
        """
        if not self._first(event.account, event.key, event):
            return None
        sub = self.sub_book(event.account, instrument, event.bucket)
        px = ZERO if event.px is None else event.px
        value = instrument.notional(event.qty, px)
        ts = sub.next_ts(event.ts)
        entry = self.post(sub, (kind, event.cause), event.key, ts, event.qty, value)
        if event.qty:
            sub.holding.corrections.append(Correction(event.key, event.ts, ts, event.qty, value))
        return entry

    def convert(self, conversion: Conversion) -> list[Entry]:
        """Post all legs of a split, merge, conversion or redemption; none for a key seen before."""
        assert conversion.kind in CONVERSIONS
        if not self._first(conversion.account, conversion.key, conversion):
            return []
        why = (conversion.kind, conversion.cause)
        entries = []
        for leg in conversion.legs:
            sub = self.sub_book(conversion.account, leg.instrument, leg.bucket, conversion.owner)
            ts = sub.next_ts(conversion.ts)
            entries.append(self.post(sub, why, conversion.key, ts, leg.qty, leg.value))
        return entries

    def net_pairs(
        self,
        account: AccountId,
        yes: Instrument,
        no: Instrument,
        owner: InstanceId,
        ts: int,
        bucket: BucketId = NET,
    ) -> list[Entry]:
        """Merge what one owner finally holds of both outcomes: each pair pays one at once.

        For instruments with `netting`, in either order. The YES leg leaves at its average cost,
        the NO leg takes the rest of the one, so the pair's whole result stands on the NO leg.
        """
        if self.besides:
            self.besides = []
        if yes.outcome is Outcome.NO:
            yes, no = no, yes
        yes_sub = self._subs.get((account, yes.id, bucket, owner))
        no_sub = self._subs.get((account, no.id, bucket, owner))
        if yes_sub is None or no_sub is None:
            return []
        pairs = min(yes_sub.sellable, no_sub.sellable)
        if pairs <= ZERO:
            return []
        book = yes_sub.book
        book.pairs += 1
        key = FillKey(f"pairs/{yes.canonical_market}/{book.pairs}")
        ts = max(yes_sub.next_ts(ts), no_sub.next_ts(ts))
        position = yes_sub.position
        yes_value = share(position.cost, -pairs, position.qty)
        no_value = -pairs * position.multiplier - yes_value
        why = (MERGE, f"{pairs} pairs pay one each")
        return [
            self.post(yes_sub, why, key, ts, -pairs, yes_value),
            self.post(no_sub, why, key, ts, -pairs, no_value),
        ]

    def rescale(
        self, key: FillKey, account: AccountId, instrument: Instrument, new: int, old: int, ts: int
    ) -> list[Entry]:
        """Turn every `old` units into `new` ones at the same cost (a stock split).

        Quantities are cut to the step; the fraction is paid in cash by the broker and comes as a
        posting of its own. No entries for a key that was posted before.
        """
        told = Conversion(EntryKind.RESCALE, key, account, (), ts, cause=f"{new} for {old}")
        if not self._first(account, key, told):
            return []
        entries = []
        for holding in self.book(account).holdings.get(instrument.id, ()):
            for sub in holding.subs.values():
                held = sub.position.qty
                qty = instrument.floor_qty(held * new / old) - held
                if qty:
                    why = (EntryKind.RESCALE, told.cause)
                    entries.append(self.post(sub, why, key, sub.next_ts(ts), qty, None))
        return entries

    def _first(self, account: AccountId, key: FillKey, posted: Posted) -> bool:
        if self.besides:
            self.besides = []
        seen = self.book(account).seen
        known = seen.get(key)
        if known is None:
            seen[key] = posted
            return True
        if meaning(known) != meaning(posted):
            raise contradiction(account, key, "other contents than were posted under it before")
        return False

    def _payer(
        self,
        account: AccountId,
        instrument: Instrument,
        bucket: BucketId,
        owner: InstanceId | None,
    ) -> SubBook:
        if owner is None:
            holding = self.holding(account, instrument.id, bucket)
            subs = [] if holding is None else list(holding.subs)
            owner = subs[0] if len(subs) == 1 else UNMANAGED
        return self.sub_book(account, instrument, bucket, owner)

    def _fund(self, sub: SubBook, event: FundingPaid, amount: Decimal) -> Entry:
        position = sub.position
        money = sub.book.money(event.currency)
        money.cash -= amount
        money.funding += amount
        self.owner_totals(position.owner, event.currency).funding += amount
        if event.currency == position.currency:
            position.funding += amount
        return self._record(
            Entry(
                EntryKind.FUNDING,
                event.key,
                event.account,
                position.instrument,
                position.bucket,
                position.owner,
                event.currency,
                event.ts_event,
                cash=-amount,
            )
        )

    def _record(self, entry: Entry) -> Entry:
        if self.entries is not None:
            self.entries.append(entry)
        return entry

    def _explain(self, holding: Holding, fill: Fill, qty: Decimal) -> Decimal:
        """Take back as much of the open corrections as a keyed fill explains; return the rest."""
        left = qty
        for correction in holding.corrections:
            if fill.ts_event > correction.ts or (correction.qty > ZERO) is not (left > ZERO):
                continue
            part = left if abs(left) < abs(correction.qty) else correction.qty
            left -= part
            self.besides.append(self._take_back_part(holding, correction, part, fill.key))
            if not left:
                break
        holding.corrections = [one for one in holding.corrections if one.qty]
        if holding.settled is not None:
            self._pay_rest(holding.subs[UNMANAGED], fill.ts_event)
        return left

    def _take_back_part(
        self, holding: Holding, correction: Correction, part: Decimal, fill_key: FillKey
    ) -> Entry:
        sub = holding.subs[UNMANAGED]
        ts, key = correction.step_ts, correction.key
        cost, realised = sub.remove(ts, key, correction.qty, correction.value)
        correction.value -= share(correction.value, part, correction.qty)
        correction.qty -= part
        if correction.qty:
            more = sub.add(ts, key, correction.qty, correction.value)
            cost, realised = cost + more[0], realised + more[1]
        why = (CORRECTION, f"explained by {fill_key}")
        return self.note(sub, why, key, ts, -part, (cost, realised))


def meaning(posted: Posted) -> tuple[object, ...]:
    """Return what a key stands for: the part that every road must tell alike."""
    if isinstance(posted, Fill):
        return (
            posted.instrument,
            posted.bucket,
            posted.side,
            posted.qty,
            posted.px,
            posted.fee,
            posted.fee_currency,
        )
    if isinstance(posted, Transferred):
        return (Transferred, posted.amount, posted.currency)
    if isinstance(posted, PositionCorrected):
        return (PositionCorrected, posted.instrument, posted.bucket, posted.qty, posted.px)
    if isinstance(posted, Conversion):
        legs = [(leg.instrument.id, leg.bucket, leg.qty, leg.value) for leg in posted.legs]
        return (posted.kind, posted.owner, legs, posted.cause)
    return (type(posted), posted.instrument, posted.bucket, posted.amount, posted.currency)
