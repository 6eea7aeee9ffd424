"""What resolved markets paid: news, payment, amendment.

Knows payouts by account, instrument and number. How a position takes them is `read_positions`.
"""

from tradewind.edge.store.read_cache import Rows
from tradewind.edge.store.read_positions import Positions, behind
from tradewind.edge.store.read_rows import PositionRow, PostingRow, SettlementRow
from tradewind.model.events import SettlementPhase, SettlementReported
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO

DETERMINED = SettlementPhase.DETERMINED
AMENDED = SettlementPhase.AMENDED
SETTLEMENT = "settlement"


class Settlements:
    """The fold of `settlements`, which closes positions through postings."""

    def __init__(self, rows: Rows[SettlementRow], positions: Positions) -> None:
        self._rows = rows
        self._positions = positions
        self._in_force: dict[tuple[str, str], SettlementRow] = {}

    def load(self) -> None:
        """Read which payouts are in force."""
        paid = self._rows.where(self._rows.table.c.phase != DETERMINED.value)
        self._in_force = {
            (row.account_id, row.symbol): row for row in sorted(paid, key=lambda row: row.seq)
        }

    def settle(self, event: SettlementReported, rules: Instrument, seq: int) -> None:
        """Pay every position of the instrument, once for each payout number.

        An amendment takes back what was paid and pays again; news pays nothing.
        """
        row = self._rows.get(event.account, event.instrument, event.number)
        if event.phase is DETERMINED:
            if row is None:
                self._rows.put(_row(event, rules, seq))
            return
        current = self._in_force.get((event.account, event.instrument))
        if _is_old(event, row, current):
            return
        if event.phase is AMENDED:
            self._take_back(event.account, rules, seq)
        row = _row(event, rules, seq)
        self._rows.put(row)
        self._in_force[event.account, event.instrument] = row
        for position in self._positions.of_instrument(event.account, event.instrument):
            self._pay(position, row, event.ts_event, seq)

    def pay_rest(self, position: PositionRow, ts: int, seq: int) -> None:
        """Pay what a late or failed fill left open on an instrument that was paid before."""
        row = self._in_force.get((position.account_id, position.symbol))
        if row is not None:
            self._pay(position, row, ts, seq)

    def _pay(self, position: PositionRow, row: SettlementRow, ts: int, seq: int) -> None:
        qty = position.qty
        if not qty:
            return
        amount = qty * row.payout * position.multiplier
        row.qty += qty
        row.amount += amount
        self._rows.put(row)
        posting = PostingRow(
            account_id=position.account_id,
            entry_key=f"{SETTLEMENT}/{row.number}/{seq}",
            bot_id=position.bot_id,
            symbol=position.symbol,
            bucket=position.bucket,
            kind=SETTLEMENT,
            qty=-qty,
            value=-amount,
            currency=position.currency,
            cause=f"paid {row.payout}",
            ts=behind(position, ts),
            told_ns=ts,
            seq=seq,
        )
        self._positions.add_posting(position, posting, seq)

    def _take_back(self, account: str, rules: Instrument, seq: int) -> None:
        postings = self._positions.postings
        columns = postings.table.c
        of_market = (columns.account_id == account, columns.symbol == rules.id)
        postings.delete(*of_market, columns.kind == SETTLEMENT)
        for position in self._positions.of_instrument(account, rules.id):
            self._positions.refold(position, seq)
        for row in self._rows.where(
            self._rows.table.c.account_id == account, self._rows.table.c.symbol == rules.id
        ):
            row.qty = row.amount = ZERO
            self._rows.put(row)


def _is_old(
    event: SettlementReported, same: SettlementRow | None, current: SettlementRow | None
) -> bool:
    if current is None:
        return False
    if event.phase is AMENDED:
        return (event.number, event.payout) == (current.number, current.payout)
    told = same is not None and same.phase != DETERMINED
    return told or (current.phase == AMENDED and event.number <= current.number)


def _row(event: SettlementReported, rules: Instrument, seq: int) -> SettlementRow:
    return SettlementRow(
        account_id=event.account,
        symbol=event.instrument,
        number=event.number,
        phase=event.phase.value,
        payout=event.payout,
        currency=rules.quote,
        ts=event.ts_event,
        seq=seq,
    )
