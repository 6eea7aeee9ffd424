"""What a paper venue owes its accounts, in words that outlive its code.

Money, holdings, fills by key and spent order ids: what an exchange carries over when it changes
its matching engine at night. Orders that live then are cancelled, and queues and books begin
anew. Knows what a venue keeps; it must not know files.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from tradewind.core.matching.accounts import NettedHolding, VenueAccount
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.settlement import resolution_of
from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.core.matching.state import VenueModel
from tradewind.model.config import Account
from tradewind.model.events import Event
from tradewind.model.fill import Fill
from tradewind.model.ids import AccountId, BucketId, Currency, InstrumentId, OrderId, VenueOrderId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import OrderStatus, PlaceOrder, Side

ENDED = frozenset(
    {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED}
)


class Held(msgspec.Struct, frozen=True):
    """One position; `qty` and `cost` are signed alike."""

    instrument: InstrumentId
    bucket: BucketId
    qty: Decimal
    cost: Decimal


class AccountStatement(msgspec.Struct, frozen=True):
    """One account: cash by currency, what it holds, and its fills, the newest ones by key."""

    id: AccountId
    cash: dict[Currency, Decimal]
    held: tuple[Held, ...]
    fills: tuple[Fill, ...]
    fill_count: int


class OrderStatement(msgspec.Struct, frozen=True):
    """One order that the venue remembers."""

    client_order_id: OrderId
    venue_order_id: VenueOrderId
    spec: PlaceOrder
    qty: Decimal
    leaves: Decimal
    status: OrderStatus
    created_ns: int


class Statement(msgspec.Struct, frozen=True):
    """Everything that is carried over; `closed` are the instruments that trade no more."""

    last_ns: int
    instruments: tuple[Instrument, ...]
    closed: tuple[InstrumentId, ...]
    accounts: tuple[AccountStatement, ...]
    orders: tuple[OrderStatement, ...]
    paid: tuple[Event, ...]


def statement_of(venue: SimulatedVenue, last_ns: int, paid: Sequence[Event]) -> Statement:
    """Return what the venue owes at this moment."""
    markets = venue.markets.values()
    orders = [*venue.older.values(), *venue.orders.values()]
    return Statement(
        last_ns,
        tuple(market.instrument for market in markets),
        tuple(market.instrument.id for market in markets if not market.open),
        tuple(_account(account) for account in venue.accounts.values()),
        tuple(_order(order) for order in orders),
        tuple(paid),
    )


def venue_of(told: Statement, accounts: Sequence[Account], model: VenueModel) -> SimulatedVenue:
    """Return a venue that owes the same; orders that lived are cancelled."""
    known = {each.id: each for each in told.accounts}
    venue = SimulatedVenue([each for each in accounts if each.id in known], (), model)
    for instrument in told.instruments:
        venue.define(instrument, told.last_ns)
    for name in told.closed:
        venue.markets[name].open = False
    for account in venue.accounts.values():
        _carry_over(venue, account, known[account.id])
    for order in told.orders:
        venue.older[order.client_order_id] = _ended(venue, order)
    return venue


def _account(account: VenueAccount) -> AccountStatement:
    return AccountStatement(
        account.id,
        {wallet.currency: wallet.cash for wallet in account.wallets.values()},
        tuple(
            Held(instrument, bucket, position.qty, position.cost)
            for instrument, holding in account.holdings.items()
            for bucket, position in holding.buckets.items()
            if position.qty
        ),
        tuple(account.fills),
        account.fill_count,
    )


def _order(order: VenueOrder) -> OrderStatement:
    status = order.status if order.status in ENDED else OrderStatus.CANCELLED
    return OrderStatement(
        order.client_order_id,
        order.venue_order_id,
        order.spec,
        order.qty,
        order.leaves,
        status,
        order.created_ns,
    )


def _carry_over(venue: SimulatedVenue, account: VenueAccount, told: AccountStatement) -> None:
    for held in told.held:
        holding = venue.holding(venue.markets[held.instrument], account.id)
        assert holding is not None, "an account of this venue"
        position = holding.position(held.bucket)
        px = held.cost / held.qty / holding.unit
        holding.fill(position, abs(held.qty), px, ZERO, buys=held.qty > ZERO)
        position.cost = held.cost
    for currency, cash in told.cash.items():
        account.wallet(currency).cash = cash
    for fill in told.fills:
        # An account that netted everything still hears what the question pays.
        market = venue.markets[fill.instrument]
        netted = venue.holding(market, account.id)
        if isinstance(netted, NettedHolding) and resolution_of(market.instrument) is None:
            netted.traded = True
    account.fills.extend(told.fills)
    account.fill_count = told.fill_count


def _ended(venue: SimulatedVenue, told: OrderStatement) -> VenueOrder:
    spec = told.spec
    holding = venue.holding(venue.markets[spec.instrument], spec.account)
    assert holding is not None, "an account of this venue"
    return VenueOrder(
        told.client_order_id,
        told.venue_order_id,
        spec,
        holding,
        holding.position(spec.bucket),
        spec.side is Side.BUY,
        due_now=False,
        bounded=False,
        qty=told.qty,
        leaves=told.leaves,
        px=spec.px if spec.px is not None else Decimal("Infinity"),
        trigger_px=spec.trigger_px,
        created_ns=told.created_ns,
        arrived_ns=told.created_ns,
        reserved=ZERO,
        ahead=None,
        place=Place.CLOSED,
        status=told.status,
    )
