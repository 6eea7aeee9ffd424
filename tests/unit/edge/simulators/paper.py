"""A small world for tests of the paper venue: one market, one desk's worth of orders, and crashes.

Knows how to drive a venue as a loop does and how to copy its file as a kill leaves it.
"""

import shutil
from decimal import Decimal
from pathlib import Path
from random import Random

from tradewind.core.matching.latency import ConstantLatency, Latency
from tradewind.core.matching.queue_position import ProportionalQueue
from tradewind.core.matching.state import VenueModel
from tradewind.edge.simulators.faults import Faults
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.model.config import Account
from tradewind.model.effects import AmendOrder, CancelOrder, SubmitOrder
from tradewind.model.events import (
    AccountReport,
    BookSnapshot,
    Event,
    FillReceived,
    Market,
    Trade,
)
from tradewind.model.ids import (
    AccountId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueId,
)
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.model.money import MILLIS, NANOS, ZERO
from tradewind.model.order import PlaceOrder, Side, TimeInForce

START_NS = 1_790_000_000 * NANOS
START_CASH = Decimal(1_000_000)
USDT = Currency("USDT")
PERP = Instrument(
    id=InstrumentId("SIM:PERP"),
    venue=VenueId("SIM"),
    symbol="PERP",
    kind=InstrumentKind.PERPETUAL,
    quote=USDT,
    ticks=single_tick(Decimal("0.5")),
    qty_step=Decimal(1),
    px_exponent=2,
    qty_exponent=0,
    fee_model="bybit",
    fee_parameters={"category": "linear", "maker_rate": "0.0002", "taker_rate": "0.00055"},
)
ACCOUNT = Account(id=AccountId("paper"), venue=VenueId("SIM"), currency=USDT, balance=START_CASH)
SLOW = ConstantLatency(entry_ns=40 * MILLIS, response_ns=60 * MILLIS, feed_ns=10 * MILLIS)


def open_venue(
    path: Path, *, faults: Faults | None = None, latency: Latency = SLOW
) -> InProcessVenue:
    """Open a paper venue with the test's account."""
    model = VenueModel(latency=latency, queue=ProportionalQueue())
    return InProcessVenue(path, [ACCOUNT], model, faults=faults)


def as_killed(path: Path, target: Path) -> Path:
    """Copy the files of a venue that is open, as a kill at this moment leaves them."""
    for part in path.parent.glob(path.name + "*"):
        shutil.copy(part, target.with_name(target.name + part.name.removeprefix(path.name)))
    return target


def book(ts: int, bid: Decimal, qty: Decimal) -> BookSnapshot:
    """Return a book of three levels a side around a bid."""
    tick = PERP.tick
    bids = tuple((bid - step * tick, qty) for step in range(3))
    asks = tuple((bid + (step + 2) * tick, qty) for step in range(3))
    return BookSnapshot(PERP.id, ts, ts, bids, asks)


def trade(ts: int, px: Decimal, qty: Decimal, side: Side) -> Trade:
    """Return a public print."""
    return Trade(PERP.id, ts, ts, px, qty, side, str(ts))


def order_id(number: int) -> OrderId:
    """Return a client order id of twenty characters."""
    return OrderId(f"T{number:019d}")


def place(number: int, ts: int, side: Side, px: str | Decimal, qty: int = 5) -> SubmitOrder:
    """Return a request for a resting limit order."""
    spec = PlaceOrder(ACCOUNT.id, PERP.id, side, Decimal(qty), Decimal(px), tif=TimeInForce.GTC)
    return SubmitOrder(order_id(number), InstanceId("test"), spec, ts, number)


def cancel(number: int, ts: int) -> CancelOrder:
    """Return a request to cancel."""
    return CancelOrder(order_id(number), ACCOUNT.id, PERP.id, None, ts)


def read(venue: InProcessVenue, ts: int, *asked: OrderId) -> AccountReport:
    """Read the account; the reading must not fail."""
    report = venue.report(ACCOUNT.id, asked, ts)
    assert report is not None
    return report


class Desk:
    """A client that sends by the dice and remembers all that it was told."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.sent = 0
        self.bid = Decimal(1000)
        self.told: list[Event] = []
        self.fills: dict[FillKey, Event] = {}

    def hear(self, events: list[Event]) -> None:
        """Remember answers."""
        self.told += events
        for event in events:
            if isinstance(event, FillReceived):
                self.fills[event.fill.key] = event

    def advance(self, venue: InProcessVenue, until_ns: int) -> None:
        """Take every answer that is due."""
        while venue.next_due_ns <= until_ns:
            self.hear(venue.due(until_ns))

    def market(self, ts: int) -> Market:
        """Return the next market event."""
        dice, tick = self.dice, PERP.tick
        if dice.random() < 0.5:
            self.bid += dice.randrange(-2, 3) * tick
            return book(ts, self.bid, Decimal(dice.randrange(5, 60)))
        buys = dice.random() < 0.5
        px = self.bid + 2 * tick if buys else self.bid
        return trade(ts, px, Decimal(dice.randrange(1, 40)), Side.BUY if buys else Side.SELL)

    def act(self, venue: InProcessVenue, ts: int) -> None:
        """Send something, or nothing."""
        dice = self.dice
        what = dice.random()
        some = order_id(dice.randrange(self.sent + 1) + 1)
        if what < 0.4:
            self.sent += 1
            side = Side.BUY if dice.random() < 0.5 else Side.SELL
            px = self.bid + dice.randrange(-2, 5) * PERP.tick
            venue.submit(place(self.sent, ts, side, px, dice.randrange(1, 20)), ts)
        elif what < 0.55:
            venue.cancel(CancelOrder(some, ACCOUNT.id, PERP.id, None, ts), ts)
        elif what < 0.65:
            qty = Decimal(dice.randrange(1, 25))
            venue.amend(AmendOrder(some, ACCOUNT.id, PERP.id, None, qty, self.bid, ts), ts)

    def live(self, venue: InProcessVenue, ts: int) -> None:
        """Let one market event pass as the loop does, and react to it."""
        self.advance(venue, ts)
        venue.on_market(self.market(ts))
        self.advance(venue, ts)
        self.act(venue, ts)


def check_books(report: AccountReport) -> None:
    """Check that a reading agrees with itself: fills make the orders, positions and cash."""
    keys = [fill.key for fill in report.fills]
    assert len(keys) == len(set(keys)), "a fill is there twice"
    filled: dict[OrderId | None, Decimal] = {}
    held, cash = ZERO, START_CASH
    cost = ZERO
    for fill in report.fills:
        assert not fill.qty % PERP.qty_step, "a fill of a part of a lot"
        filled[fill.client_order_id] = filled.get(fill.client_order_id, ZERO) + fill.qty
        signed = fill.side.sign * fill.qty
        if held and (held > 0) != (signed > 0):
            closed = min(abs(held), abs(signed)) * (1 if held > 0 else -1)
            average = cost / held
            cash += closed * (fill.px - average)
            cost -= closed * average
            held -= closed
            signed += closed
        held += signed
        cost += signed * fill.px
        cash -= fill.fee
    for order in report.orders:
        assert order.filled_qty == filled.get(order.client_order_id, ZERO)
        assert order.filled_qty <= order.qty
    positions = {position.instrument: position.qty for position in report.positions}
    assert positions.get(PERP.id, ZERO) == held
    assert abs(report.balances[USDT] - cash) < Decimal("1e-9")
