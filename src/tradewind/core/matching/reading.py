"""The account as the venue lists it when asked.

Knows the shapes of a report. Must not change anything.
"""

from decimal import Decimal

from tradewind.core.matching.accounts import VenueAccount
from tradewind.core.matching.fills import live_orders
from tradewind.core.matching.orders import VenueOrder
from tradewind.core.matching.state import VenueState
from tradewind.model.events import AccountReport, ReportedOrder, ReportedPosition
from tradewind.model.fill import Fill
from tradewind.model.ids import Currency, OrderId
from tradewind.model.instrument import InstrumentKind
from tradewind.model.money import ZERO
from tradewind.model.order import Side

SPOT = InstrumentKind.SPOT


def report(
    state: VenueState, account: VenueAccount, asked: tuple[OrderId, ...], ts: int, cursor: str
) -> AccountReport:
    """Return open orders and asked ones, fills after the cursor, positions and balances."""
    orders = {
        order.client_order_id: order
        for market in state.markets.values()
        for order in live_orders(market)
        if order.holding.account is account
    }
    for key in asked:
        found = state.find(key)
        if found is not None and found.holding.account is account:
            orders[key] = found
    return AccountReport(
        account.id,
        ts - state.feed_ns,
        ts,
        tuple(_reported(order) for order in orders.values()),
        _fills_after(account, cursor),
        _positions(account),
        {wallet.currency: wallet.cash for wallet in account.wallets.values()} | _assets(account),
        asked,
        str(account.fill_count),
    )


def _reported(order: VenueOrder) -> ReportedOrder:
    return ReportedOrder(
        order.venue_order_id,
        order.client_order_id,
        order.holding.instrument.id,
        Side.BUY if order.buys else Side.SELL,
        order.qty,
        order.limit,
        order.filled_qty,
        order.status,
        order.created_ns,
    )


def _fills_after(account: VenueAccount, cursor: str) -> tuple[Fill, ...]:
    new = account.fill_count - int(cursor) if cursor else account.fill_count
    kept = len(account.fills)
    return tuple(account.fills)[max(kept - new, 0) :]


def _positions(account: VenueAccount) -> tuple[ReportedPosition, ...]:
    return tuple(
        ReportedPosition(instrument, position.qty, bucket)
        for instrument, holding in account.holdings.items()
        for bucket, position in holding.buckets.items()
        if position.qty
    )


def _assets(account: VenueAccount) -> dict[Currency, Decimal]:
    return {
        holding.instrument.base: holding.net.qty
        for holding in account.holdings.values()
        if holding.instrument.kind is SPOT and holding.net.qty != ZERO and holding.instrument.base
    }
