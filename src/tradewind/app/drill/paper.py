"""A paper venue in the desk's own process that dies with it, and what is the case there."""

from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.edge.simulators.wire import TrueFill, TrueOrder, Truth
from tradewind.model.events import AccountReport
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL


def paper_truth(
    book: InProcessVenue, account: AccountId, no: frozenset[InstrumentId], ts: int
) -> Truth:
    """Return what the paper venue knows of an account; `no` are instruments of that outcome."""
    report = book.truth(account, ts)
    positions = dict.fromkeys((_symbol(row.instrument) for row in report.positions), ZERO)
    for row in report.positions:
        positions[_symbol(row.instrument)] += -row.qty if row.instrument in no else row.qty
    cash = {str(coin): qty for coin, qty in report.balances.items()}
    return Truth(_orders(report, no), _fills(report), positions, cash)


def _orders(report: AccountReport, no: frozenset[InstrumentId]) -> tuple[TrueOrder, ...]:
    return tuple(
        TrueOrder(
            order_id=row.venue_order_id,
            client_id=row.client_order_id or "",
            symbol=_symbol(row.instrument),
            buy=(row.side.sign > 0) != (row.instrument in no),
            qty=row.qty,
            filled_qty=row.filled_qty,
            open=row.status not in TERMINAL,
        )
        for row in report.orders
    )


def _fills(report: AccountReport) -> tuple[TrueFill, ...]:
    return tuple(
        TrueFill(
            key=str(fill.key),
            order_id=fill.venue_order_id or "",
            symbol=_symbol(fill.instrument),
            qty=fill.qty,
            px=fill.px,
            fee=ZERO,
        )
        for fill in report.fills
    )


def _symbol(instrument: InstrumentId) -> str:
    return instrument.split(":")[1]
