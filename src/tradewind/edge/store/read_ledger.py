"""Executions and other postings, each counted once, on their way into positions.

Knows which key was seen, whose a posting is, and what a fill entails. How a position is folded is
`read_positions`; decisions (locks, alarms) are the desk's.
"""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

from tradewind.edge.store.read_orders import Orders
from tradewind.edge.store.read_positions import FEE, Key, Positions, behind, pend, signed
from tradewind.edge.store.read_rows import FillRow, OrderRow, PositionRow, PostingRow
from tradewind.edge.store.read_steps import share
from tradewind.model.effects import PositionCorrected
from tradewind.model.events import FeeAdjusted, FundingPaid, Transferred
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import UNMANAGED, InstrumentId
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome
from tradewind.model.money import ZERO

MARGINED = (InstrumentKind.PERPETUAL, InstrumentKind.FUTURE)
EARLY = "early"
"""The kind of a posting that only remembers what was said about a fill before it came."""
CORRECTION = "correction"
MERGE = "merge"


class Ledger:
    """The fold of `fills` and `postings`.

    `rules` returns a known instrument's rules, or None. `pay_rest` (position, time, step) pays
    what is open on an instrument that has been settled.
    """

    def __init__(
        self,
        orders: Orders,
        positions: Positions,
        rules: Callable[[InstrumentId], Instrument | None],
        pay_rest: Callable[[PositionRow, int, int], None],
    ) -> None:
        self._orders = orders
        self._positions = positions
        self._rules = rules
        self._pay_rest = pay_rest
        self._early: dict[tuple[str, str], PostingRow] = {}
        self._corrected: list[PostingRow] = []
        self._pairs: Counter[str] = Counter()

    def load(self) -> None:
        """Read what is remembered between batches."""
        kind = self._positions.postings.table.c.kind
        remembered = self._positions.postings.where(kind.in_((EARLY, CORRECTION, MERGE)))
        self._early = {
            (row.account_id, row.entry_key): row for row in remembered if row.kind == EARLY
        }
        self._corrected = [row for row in remembered if row.kind == CORRECTION and row.qty]
        self._pairs = Counter(row.account_id for row in remembered if row.kind == MERGE)

    def take_fill(self, fill: Fill, ts: int, seq: int) -> None:
        """Post a fill unless its key is known."""
        rules = self._rules(fill.instrument)
        if rules is None:
            return
        known = self._positions.fills.get(fill.account, fill.key)
        if known is not None:
            self._again(known, fill, ts, seq)
            return
        order = self._orders.find(fill.client_order_id)
        row = _fill_row(fill, order, self._first_life(fill), ts, seq)
        if row.life == FillLife.FAILED:
            self._positions.fills.put(row)
            return
        position = self._positions.position(_position_key(row), rules, seq)
        in_base = _in_base(rules, row)
        self._positions.add_fill(position, row, seq, fee_apart=in_base)
        if order is not None:
            self._orders.fill(order, fill, ts, seq)
        if in_base:
            self._charge_base(position, row, seq)
        if self._corrected:
            self._explain(row, rules, seq)
        self._pay_rest(position, fill.ts_event, seq)
        if rules.netting and order is not None:
            self._merge_pairs(position, rules, row, seq)

    def finalise(self, account: str, key: str, seq: int) -> None:
        """A matched fill became final; said before the fill came, it is remembered."""
        row = self._positions.fills.get(account, key)
        if row is None:
            self._remember(account, key, FillLife.FINAL, seq)
        elif row.life == FillLife.MATCHED:
            position = self._position_of(row)
            self._positions.unpend(position, row)
            row.life = FillLife.FINAL.value
            self._positions.fills.put(row)

    def fail(self, account: str, key: str, ts: int, seq: int) -> None:
        """A matched fill was undone, as if it had never been."""
        row = self._positions.fills.get(account, key)
        if row is None:
            self._remember(account, key, FillLife.FAILED, seq)
            return
        if row.life != FillLife.MATCHED:
            return
        position = self._position_of(row)
        self._positions.unpend(position, row)
        row.life = FillLife.FAILED.value
        self._positions.remove_fill(position, row, seq)
        order = self._orders.find(row.client_order_id)
        if order is not None:
            self._orders.unfill(order, row, ts, seq)
        self._pay_rest(position, ts, seq)

    def adjust_fee(self, event: FeeAdjusted, seq: int) -> None:
        """Post a late or corrected fee to the only owner, else to the unmanaged sub-book."""
        rules = self._rules(event.instrument)
        if rules is not None and not self._posted(event.account, event.key):
            position = self._payer(event.account, rules, event.bucket, seq)
            row = _posting(position, event.key, "fee_adjust", event.ts_event, seq)
            row.fee, row.currency = event.amount, event.currency
            self._positions.add_posting(position, row, seq)

    def pay_funding(self, event: FundingPaid, seq: int) -> None:
        """Share funding out among those who hold the position, in proportion."""
        rules = self._rules(event.instrument)
        if rules is None or self._posted(event.account, event.key):
            return
        rows = self._positions.of_instrument(event.account, event.instrument)
        held = [row for row in rows if row.bucket == event.bucket and row.qty]
        whole = sum((row.qty for row in held), ZERO)
        if not whole:
            held = [self._payer(event.account, rules, event.bucket, seq)]
        left = event.amount
        for position in held[:-1]:
            part = share(event.amount, position.qty, whole)
            left -= part
            self._fund(position, event, part, seq)
        self._fund(held[-1], event, left, seq)

    def transfer(self, event: Transferred, seq: int) -> None:
        """Note money that came in or went out; it moves no position."""
        if not self._posted(event.account, event.key):
            self._positions.postings.put(
                PostingRow(
                    account_id=event.account,
                    entry_key=event.key,
                    bot_id=UNMANAGED,
                    symbol="",
                    bucket="",
                    kind="transfer",
                    value=event.amount,
                    currency=event.currency,
                    ts=event.ts_event,
                    told_ns=event.ts_event,
                    seq=seq,
                )
            )

    def correct(self, effect: PositionCorrected, seq: int) -> None:
        """Post a difference to the unmanaged sub-book."""
        rules = self._rules(effect.instrument)
        if rules is None or self._posted(effect.account, effect.key):
            return
        key = (UNMANAGED, effect.account, effect.instrument, effect.bucket)
        position = self._positions.position(key, rules, seq)
        row = _posting(position, effect.key, CORRECTION, effect.ts, seq)
        row.ts = behind(position, effect.ts)
        row.qty, row.cause = effect.qty, effect.cause
        row.value = rules.notional(effect.qty, effect.px or ZERO)
        self._positions.add_posting(position, row, seq)
        self._corrected.append(row)

    def _again(self, known: FillRow, fill: Fill, ts: int, seq: int) -> None:
        told = (fill.instrument, fill.bucket, fill.side, fill.qty, fill.px, fill.fee)
        before = (known.symbol, known.bucket, known.side, known.exec_qty, known.exec_price)
        if told != (*before, known.commission) or fill.fee_currency != known.commission_currency:
            return  # a key whose meaning changed: the desk locks and posts nothing
        if fill.life is FillLife.FINAL:
            self.finalise(fill.account, fill.key, seq)
        elif fill.life is FillLife.FAILED:
            self.fail(fill.account, fill.key, ts, seq)

    def _first_life(self, fill: Fill) -> FillLife:
        early = self._early.pop((fill.account, fill.key), None)
        if early is None:
            return fill.life
        early.kind = "told"
        self._positions.postings.put(early)
        return FillLife(early.cause)

    def _remember(self, account: str, key: str, life: FillLife, seq: int) -> None:
        if (account, key) not in self._early:
            row = PostingRow(
                account_id=account,
                entry_key=key,
                bot_id=UNMANAGED,
                symbol="",
                bucket="",
                kind=EARLY,
                currency="",
                cause=life.value,
                ts=0,
                told_ns=0,
                seq=seq,
            )
            self._early[account, key] = row
            self._positions.postings.put(row)

    def _charge_base(self, position: PositionRow, fill: FillRow, seq: int) -> None:
        # As if so much had been sold at the fill's price to pay the fee.
        row = _posting(position, f"{fill.fill_key}/fee", FEE, fill.exec_time, seq)
        row.qty = -fill.commission
        row.fee = fill.commission * fill.exec_price * position.multiplier
        row.value = -row.fee
        if fill.life == FillLife.MATCHED:
            pend(position, signed(fill) + row.qty)
        self._positions.add_posting(position, row, seq)

    def _explain(self, fill: FillRow, rules: Instrument, seq: int) -> None:
        """Take back as much of the open corrections as a keyed fill explains.

        Where outcomes net, one bought is the other one sold.
        """
        left = self._explain_at(fill, rules, signed(fill), seq)
        other = self._rules(rules.mirror) if rules.netting and rules.mirror is not None else None
        if other is not None and left:
            self._explain_at(fill, other, -left, seq)
        self._corrected = [row for row in self._corrected if row.qty]

    def _explain_at(self, fill: FillRow, rules: Instrument, left: Decimal, seq: int) -> Decimal:
        place = (fill.account_id, rules.id, fill.bucket)
        for row in self._corrected:
            same_side = (row.qty > ZERO) is (left > ZERO)
            here = (row.account_id, row.symbol, row.bucket) == place
            if not left or not row.qty or not same_side or not here:
                continue
            if fill.exec_time > row.told_ns:
                continue
            part = left if abs(left) < abs(row.qty) else row.qty
            left -= part
            row.value -= share(row.value, part, row.qty)
            row.qty -= part
            self._positions.postings.put(row)
            position = self._positions.position((row.bot_id, *place), rules, seq)
            self._positions.refold(position, seq)
            self._pay_rest(position, fill.exec_time, seq)
        return left

    def _merge_pairs(
        self, position: PositionRow, rules: Instrument, fill: FillRow, seq: int
    ) -> None:
        """Where YES and NO net, a complete pair of one owner pays one at once.

        The YES leg leaves at its average cost, the NO leg takes the rest of the one, whichever
        of the two was filled: as the desk's ledger posts it.
        """
        mirror = self._rules(rules.mirror) if rules.mirror is not None else None
        if mirror is None:
            return
        key = (position.bot_id, position.account_id, mirror.id, position.bucket)
        other = self._positions.positions.get(*key)
        pairs = min(_free(position), _free(other)) if other is not None else ZERO
        if other is None or pairs <= ZERO:
            return
        ts = behind(other, behind(position, fill.exec_time))
        yes, no = (other, position) if rules.outcome is Outcome.NO else (position, other)
        value = share(yes.cost, -pairs, yes.qty)
        rest = -pairs * yes.multiplier - value
        number = self._pairs[position.account_id] // 2 + 1
        self._pairs[position.account_id] += 2
        for held, amount in ((yes, value), (no, rest)):
            row = _posting(held, f"pairs/{rules.canonical_market}/{number}", MERGE, ts, seq)
            row.qty, row.value = -pairs, amount
            self._positions.add_posting(held, row, seq)

    def _fund(self, position: PositionRow, event: FundingPaid, part: Decimal, seq: int) -> None:
        row = _posting(position, event.key, "funding", event.ts_event, seq)
        row.funding, row.currency = part, event.currency
        self._positions.add_posting(position, row, seq)

    def _payer(self, account: str, rules: Instrument, bucket: str, seq: int) -> PositionRow:
        rows = self._positions.of_instrument(account, rules.id)
        owners = [row.bot_id for row in rows if row.bucket == bucket]
        owner = owners[0] if len(owners) == 1 else UNMANAGED
        return self._positions.position((owner, account, rules.id, bucket), rules, seq)

    def _posted(self, account: str, key: str) -> bool:
        columns = self._positions.postings.table.c
        found = self._positions.postings.where(
            columns.account_id == account, columns.entry_key == key
        )
        return any(row.kind not in (EARLY, "told") for row in found)

    def _position_of(self, row: FillRow) -> PositionRow:
        position = self._positions.positions.get(*_position_key(row))
        assert position is not None, "a posted fill has a position"
        return position


def _fill_row(fill: Fill, order: OrderRow | None, life: FillLife, ts: int, seq: int) -> FillRow:
    return FillRow(
        account_id=fill.account,
        fill_key=fill.key,
        bot_id=order.bot_id if order is not None else UNMANAGED,
        symbol=fill.instrument,
        bucket=fill.bucket,
        order_id=fill.venue_order_id,
        client_order_id=fill.client_order_id,
        side=fill.side.value,
        exec_price=fill.px,
        exec_qty=fill.qty,
        exec_time=fill.ts_event,
        commission=fill.fee,
        commission_currency=fill.fee_currency,
        reason=order.reason if order is not None else "",
        liquidity=fill.liquidity.value,
        life=life.value,
        recv_ns=ts,
        seq=seq,
    )


def _posting(position: PositionRow, key: str, kind: str, ts: int, seq: int) -> PostingRow:
    return PostingRow(
        account_id=position.account_id,
        entry_key=key,
        bot_id=position.bot_id,
        symbol=position.symbol,
        bucket=position.bucket,
        kind=kind,
        currency=position.currency,
        ts=ts,
        told_ns=ts,
        seq=seq,
    )


def _position_key(row: FillRow) -> Key:
    return row.bot_id, row.account_id, row.symbol, row.bucket


def _in_base(rules: Instrument, row: FillRow) -> bool:
    paid = rules.kind not in MARGINED and row.commission_currency != rules.quote
    return bool(row.commission) and paid and row.commission_currency == rules.base


def _free(position: PositionRow) -> Decimal:
    return position.qty - position.pending_bought
