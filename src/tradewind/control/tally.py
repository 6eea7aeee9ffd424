"""Fills added up anew, beside the ledger: the proof that profits are what the fills say.

Knows fills and the rules of instruments. Must not use the ledger's sums while it adds; it is
compared with them, position by position, by `prove`.

What needs no average: every purchase and sale moves signed value in or out of a position, so
cost less realised profit is the sum of the values, in whatever order the fills came.
"""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from tradewind.control.views import FillsFold, FoldRow
from tradewind.core.ledger.accounts import MARGINED, SubBook
from tradewind.core.ledger.ledger import Ledger
from tradewind.model.events import FeeAdjusted
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import UNMANAGED, AccountId, BucketId, FillKey, InstanceId, InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import Side

Key = tuple[InstanceId, AccountId, InstrumentId, BucketId]


class Sum(msgspec.Struct):
    """Signed quantity and signed value of fills, and their fees in the position's currency."""

    fills: int = 0
    qty: Decimal = ZERO
    value: Decimal = ZERO
    fees: Decimal = ZERO


class Tally:
    """The sums, and the fills that may still be undone."""

    def __init__(self) -> None:
        self.sums: dict[Key, Sum] = {}
        self._rules: dict[InstrumentId, Instrument] = {}
        self._open: dict[tuple[AccountId, FillKey], tuple[Fill, Key]] = {}
        self._adjusted: list[FeeAdjusted] = []

    def define(self, instrument: Instrument) -> None:
        """Take an instrument's rules."""
        self._rules[instrument.id] = instrument

    def add(self, fill: Fill, owner: InstanceId) -> None:
        """Add a fill that was not seen before."""
        if fill.instrument not in self._rules:
            return
        key = (owner, fill.account, fill.instrument, fill.bucket)
        if fill.life is FillLife.MATCHED:
            self._open[fill.account, fill.key] = (fill, key)
        self._count(fill, key, 1)

    def settle(self, where: tuple[AccountId, FillKey]) -> None:
        """A fill can no longer be undone."""
        self._open.pop(where, None)

    def take_back(self, where: tuple[AccountId, FillKey]) -> None:
        """A fill was undone, as if it had never been."""
        found = self._open.pop(where, None)
        if found is not None:
            self._count(*found, -1)

    def charge(self, event: FeeAdjusted) -> None:
        """Remember a late fee; who bears it shows when it is compared."""
        self._adjusted.append(event)

    def _count(self, fill: Fill, key: Key, times: int) -> None:
        rules = self._rules[fill.instrument]
        total = self.sums.setdefault(key, Sum())
        qty = times * (fill.qty if fill.side is Side.BUY else -fill.qty)
        total.fills += times
        total.qty += qty
        total.value += rules.notional(qty, fill.px)
        if fill.fee_currency == rules.quote:
            total.fees += times * fill.fee
        elif fill.fee_currency == rules.base and rules.kind not in MARGINED:
            # As if so much had been sold at the fill's price to pay the fee.
            worth = rules.notional(times * fill.fee, fill.px)
            total.qty -= times * fill.fee
            total.value -= worth
            total.fees += worth

    def prove(self, ledger: Ledger, *, fills: int, whole: bool) -> FillsFold:
        """Compare with the ledger; every difference is a sentence."""
        if not whole:
            why = "the record at hand does not begin with the first step; nothing can be proved"
            return FillsFold(fills=fills, whole=False, differences=(why,), rows=())
        sums = {key: msgspec.structs.replace(total) for key, total in self.sums.items()}
        subs = {_key(sub): sub for sub in ledger.subs()}
        self._share_fees(sums, subs.values())
        paid: dict[Key, Decimal] = {}
        merged: dict[Key, Decimal] = {}
        differences = [f"{_name(key)} has fills and no position" for key in sums if key not in subs]
        for key, sub in subs.items():
            total = sums.get(key, Sum())
            qty, paid[key] = _postings(sub)
            missing = total.qty + qty - sub.position.qty
            if missing and sub.holding.instrument.netting:
                merged[key] = missing
            elif missing:
                differences.append(f"{_name(key)} differs from its fills by {missing} units")
            fees = sub.position.fees
            if fees != total.fees:
                differences.append(f"{_name(key)} paid fees of {fees}, its fills {total.fees}")
        differences += _merge(subs, merged, paid)
        differences += _money(subs, sums, paid, merged)
        rows = _rows(subs, sums, paid)
        return FillsFold(fills=fills, whole=True, differences=tuple(differences), rows=rows)

    def _share_fees(self, sums: dict[Key, Sum], subs: Iterable[SubBook]) -> None:
        by_place: dict[tuple[AccountId, InstrumentId, BucketId], list[InstanceId]] = {}
        for sub in subs:
            held = sub.position
            by_place.setdefault((held.account, held.instrument, held.bucket), []).append(held.owner)
        for event in self._adjusted:
            rules = self._rules.get(event.instrument)
            if rules is None or event.currency != rules.quote:
                continue
            owners = by_place.get((event.account, event.instrument, event.bucket), [])
            owner = owners[0] if len(owners) == 1 else UNMANAGED
            key = (owner, event.account, event.instrument, event.bucket)
            sums.setdefault(key, Sum()).fees += event.amount


def _key(sub: SubBook) -> Key:
    held = sub.position
    return held.owner, held.account, held.instrument, held.bucket


def _name(key: Key) -> str:
    return "/".join(key)


def _postings(sub: SubBook) -> tuple[Decimal, Decimal]:
    """Return quantity and value that came by settlements and corrections."""
    qty = value = ZERO
    settled = sub.holding.settled
    if settled is not None:
        for paid_to, _, _, step_qty, step_value in settled.steps:
            if paid_to is sub:
                qty += step_qty
                value += step_value
    if sub.position.owner == UNMANAGED:
        for correction in sub.holding.corrections:
            qty += correction.qty
            value += correction.value
    return qty, value


def _merge(
    subs: dict[Key, SubBook], merged: dict[Key, Decimal], paid: dict[Key, Decimal]
) -> list[str]:
    """Complete pairs pay one each; both legs must have given up as many units."""
    differences = []
    for key, qty in merged.items():
        other = _mirror_key(key, subs[key])
        if other is None or merged.get(other) != qty or qty < ZERO:
            differences.append(f"{_name(key)} differs from its fills by {qty} units")
        elif key < other:
            # The whole payout is shown on one leg; the two are compared together.
            paid[key] -= qty * subs[key].position.multiplier
    return differences


def _mirror_key(key: Key, sub: SubBook) -> Key | None:
    mirror = sub.holding.instrument.mirror
    return None if mirror is None else (key[0], key[1], mirror, key[3])


def _money(
    subs: dict[Key, SubBook],
    sums: dict[Key, Sum],
    paid: dict[Key, Decimal],
    merged: dict[Key, Decimal],
) -> list[str]:
    """Compare cost less realised with the sum of values; pairs that merged as one."""
    differences = []
    for key, sub in subs.items():
        legs = [key]
        if key in merged:
            other = _mirror_key(key, sub)
            if other is not None and other in subs:
                if other < key:
                    continue
                legs.append(other)
        ledger = sum((subs[leg].position.cost - subs[leg].position.realised for leg in legs), ZERO)
        told = sum((sums.get(leg, Sum()).value + paid[leg] for leg in legs), ZERO)
        if ledger != told:
            differences.append(
                f"{_name(key)} stands at {-ledger} of realised profit less cost, "
                f"its fills say {-told}"
            )
    return differences


def _rows(
    subs: dict[Key, SubBook], sums: dict[Key, Sum], paid: dict[Key, Decimal]
) -> tuple[FoldRow, ...]:
    rows: dict[tuple[str, str, str], FoldRow] = {}
    for key, sub in subs.items():
        held = sub.position
        total = sums.get(key, Sum())
        place = (held.owner, held.account, held.currency)
        row = rows.get(place) or _empty_row(place)
        rows[place] = msgspec.structs.replace(
            row,
            fills=row.fills + total.fills,
            traded=row.traded - total.value,
            paid_out=row.paid_out - paid[key],
            held_cost=row.held_cost + held.cost,
            realised=row.realised - total.value - paid[key] + held.cost,
            fees=row.fees + total.fees,
        )
    return tuple(rows[place] for place in sorted(rows))


def _empty_row(place: tuple[str, str, str]) -> FoldRow:
    return FoldRow(
        instance=place[0],
        account=place[1],
        currency=place[2],
        fills=0,
        traded=ZERO,
        paid_out=ZERO,
        held_cost=ZERO,
        realised=ZERO,
        fees=ZERO,
    )
