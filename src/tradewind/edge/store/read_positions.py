"""Sub-books as the read tables show them: positions, round trips, and what moved them.

Knows how steps are kept and put in order. Steps count in the order in which they happened (time,
then key): a late one is put in its place and a failed one taken out, and the position is folded
again from its first step.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec
import sqlalchemy as sa

from tradewind.edge.store.read_cache import Rows
from tradewind.edge.store.read_rows import FillRow, PositionRow, PostingRow, TradeRow
from tradewind.edge.store.read_steps import Outcome, Step, take
from tradewind.edge.store.tables import POSITION_KEY
from tradewind.model.fill import FillLife
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import Side

FEE = "fee"
"""The kind of a posting that takes a fee out of the position itself."""

Fees = dict[str, Decimal]
Key = tuple[str, str, str, str]
"""(bot, account, symbol, bucket)."""


class Positions:
    """The fold of `positions` and `trades` over the rows of `fills` and `postings`.

    `results` hears (bot, currency, change of net result) of everything that is folded.
    """

    def __init__(
        self,
        positions: Rows[PositionRow],
        trades: Rows[TradeRow],
        fills: Rows[FillRow],
        postings: Rows[PostingRow],
        results: Callable[[str, str, Decimal], None],
    ) -> None:
        self.positions = positions
        self._trades = trades
        self.fills = fills
        self.postings = postings
        self._results = results

    def position(self, key: Key, instrument: Instrument, seq: int) -> PositionRow:
        """Return a sub-book's row, a new one of step `seq` where there is none."""
        found = self.positions.get(*key)
        if found is None:
            bot_id, account_id, symbol, bucket = key
            found = PositionRow(
                bot_id=bot_id,
                account_id=account_id,
                symbol=symbol,
                bucket=bucket,
                currency=instrument.quote,
                multiplier=instrument.multiplier,
                first_seq=seq,
            )
            self.positions.put(found)
        return found

    def of_instrument(self, account_id: str, symbol: str) -> list[PositionRow]:
        """Return every sub-book of an instrument on an account, in the order they were opened."""
        columns = self.positions.table.c
        rows = self.positions.where(columns.account_id == account_id, columns.symbol == symbol)
        return sorted(rows, key=lambda row: row.first_seq)

    def add_fill(self, position: PositionRow, row: FillRow, seq: int, *, fee_apart: bool) -> None:
        """Take a new fill; with `fee_apart` its fee comes as a posting."""
        self.fills.put(row)
        step = fill_step(row, position)
        if row.life == FillLife.MATCHED and not fee_apart:
            pend(position, step.qty)
        if not fee_apart:
            self._pay_elsewhere(position, row.commission_currency, row.commission)
        outcome = self._add(position, step, seq)
        if outcome is not None:
            _close_fill(row, outcome)

    def add_posting(self, position: PositionRow, row: PostingRow, seq: int) -> None:
        """Take a new posting."""
        self.postings.put(row)
        self._add(position, posting_step(row, position), seq)
        self._pay_elsewhere(position, row.currency, row.fee)

    def unpend(self, position: PositionRow, row: FillRow) -> None:
        """A matched fill is matched no longer."""
        fee = self._fee_posting(row)
        qty = signed(row) + (fee.qty if fee is not None else ZERO)
        position.provisional_qty -= qty
        position.pending_bought -= max(qty, ZERO)
        self.positions.put(position)

    def remove_fill(self, position: PositionRow, row: FillRow, seq: int) -> None:
        """Take a failed fill out, with its fee."""
        self.fills.put(row)
        fee = self._fee_posting(row)
        if fee is None:
            self._pay_elsewhere(position, row.commission_currency, -row.commission)
        else:
            fee.qty = fee.value = fee.fee = ZERO
            self.postings.put(fee)
        self.refold(position, seq)

    def _fee_posting(self, row: FillRow) -> PostingRow | None:
        key = (row.account_id, f"{row.fill_key}/{FEE}")
        return self.postings.get(*key, row.bot_id, row.symbol, row.bucket)

    def refold(self, position: PositionRow, seq: int) -> None:
        """Fold a position again from its first step: one was put between or taken out."""
        before = _net(position)
        _empty(position)
        self._trades.delete(*self._of(self._trades, position))
        fills = {row.fill_key: row for row in self._live_fills(position)}
        rows = self.postings.where(*self._of(self.postings, position))
        steps = [fill_step(row, position) for row in fills.values()]
        steps += [posting_step(row, position) for row in rows]
        last: TradeRow | None = None
        for step in sorted(steps, key=_order):
            outcome = take(position, last, step)
            last = self._keep(outcome, last)
            if step.qty:
                position.last_ns, position.last_key = _order(step)
            if step.trades:
                _close_fill(fills[step.key], outcome)
                self.fills.put(fills[step.key])
        self._changed(position, before, seq)

    def _add(self, position: PositionRow, step: Step, seq: int) -> Outcome | None:
        if step.qty and _order(step) < (position.last_ns, position.last_key):
            self.refold(position, seq)
            return None
        before = _net(position)
        last = None
        if position.round_trips:
            last = self._trades.get(*_key(position), position.round_trips)
        outcome = take(position, last, step)
        self._keep(outcome, last)
        if step.qty:
            position.last_ns, position.last_key = _order(step)
        self._changed(position, before, seq)
        return outcome

    def _keep(self, outcome: Outcome, last: TradeRow | None) -> TradeRow | None:
        for trade in outcome.trades:
            self._trades.put(trade)
        return outcome.trades[-1] if outcome.trades else last

    def _changed(self, position: PositionRow, before: Decimal, seq: int) -> None:
        position.seq = seq
        self.positions.put(position)
        change = _net(position) - before
        if change:
            self._results(position.bot_id, position.currency, change)

    def _pay_elsewhere(self, position: PositionRow, currency: str, amount: Decimal) -> None:
        """Count a fee in a third currency, which is no part of the position's own result."""
        if not amount or currency == position.currency:
            return
        fees = msgspec.json.decode(position.other_fees, type=Fees)
        fees[currency] = fees.get(currency, ZERO) + amount
        position.other_fees = msgspec.json.encode(fees).decode()
        self.positions.put(position)
        self._results(position.bot_id, currency, -amount)

    def _live_fills(self, position: PositionRow) -> Iterable[FillRow]:
        alive = self.fills.table.c.life != FillLife.FAILED.value
        return self.fills.where(*self._of(self.fills, position), alive)

    def _of(
        self, rows: Rows[FillRow] | Rows[PostingRow] | Rows[TradeRow], position: PositionRow
    ) -> list[sa.ColumnElement[bool]]:
        values = zip(POSITION_KEY, _key(position), strict=True)
        return [rows.table.c[name] == value for name, value in values]


def behind(position: PositionRow, ts: int) -> int:
    """Return a time for a step of our own making, so that it comes behind all others."""
    return ts if ts > position.last_ns else position.last_ns + 1


def pend(position: PositionRow, qty: Decimal) -> None:
    """Count a signed quantity as provisional."""
    position.provisional_qty += qty
    position.pending_bought += max(qty, ZERO)


def signed(row: FillRow) -> Decimal:
    """Return a fill's quantity with its sign."""
    return row.exec_qty if row.side == Side.BUY else -row.exec_qty


def fill_step(row: FillRow, position: PositionRow) -> Step:
    """Return a fill as the step that it is; a fee in another currency is none of it."""
    qty = signed(row)
    own = row.commission_currency == position.currency
    return Step(
        row.exec_time,
        row.fill_key,
        qty,
        qty * row.exec_price * position.multiplier,
        row.commission if own else ZERO,
        ZERO,
        row.reason,
        trades=True,
    )


def posting_step(row: PostingRow, position: PositionRow) -> Step:
    """Return a posting as the step that it is."""
    own = row.currency == position.currency
    return Step(
        row.ts,
        row.entry_key,
        row.qty,
        row.value,
        row.fee if own else ZERO,
        row.funding if own else ZERO,
        row.kind,
        trades=False,
    )


def _order(step: Step) -> tuple[int, str]:
    return step.ts, step.key


def _key(position: PositionRow) -> Key:
    return position.bot_id, position.account_id, position.symbol, position.bucket


def _net(position: PositionRow) -> Decimal:
    return position.realised - position.fees - position.funding


def _empty(position: PositionRow) -> None:
    position.qty = position.cost = position.realised = ZERO
    position.fees = position.funding = ZERO
    position.avg_price = None
    position.opened_ns = position.round_trips = 0
    position.last_ns, position.last_key = -1, ""


def _close_fill(row: FillRow, outcome: Outcome) -> None:
    row.closed_pnl = outcome.realised
    row.close_reason = row.reason if outcome.reduced else None
