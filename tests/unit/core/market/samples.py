"""Small instruments and events for the tests of the market room."""

from decimal import Decimal

from tradewind.model.events import BookDelta, BookSnapshot, Quote, Trade
from tradewind.model.ids import Currency, InstrumentId, MarketId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick
from tradewind.model.market import Level
from tradewind.model.order import Side

D = Decimal
PERP_ID = InstrumentId("BYBIT:BTCUSDT")
YES_ID = InstrumentId("KALSHI:RAIN:YES")
NO_ID = InstrumentId("KALSHI:RAIN:NO")
PERP = Instrument(
    id=PERP_ID,
    venue=VenueId("BYBIT"),
    symbol="BTCUSDT",
    kind=InstrumentKind.PERPETUAL,
    quote=Currency("USDT"),
    ticks=single_tick(D("0.1")),
    qty_step=D("0.001"),
    px_exponent=2,
    qty_exponent=3,
)


def binary(outcome: Outcome, *, mirrored: bool = True) -> Instrument:
    """Return one outcome of a market; mirrored ones name each other."""
    own, other = (YES_ID, NO_ID) if outcome is Outcome.YES else (NO_ID, YES_ID)
    return Instrument(
        id=own,
        venue=VenueId("KALSHI"),
        symbol=own.split(":", 1)[1],
        kind=InstrumentKind.BINARY,
        quote=Currency("USD"),
        ticks=single_tick(D("0.01")),
        qty_step=D(1),
        px_exponent=4,
        qty_exponent=2,
        market=MarketId("KALSHI:RAIN"),
        outcome=outcome,
        mirror=other if mirrored else None,
    )


def levels(text: str) -> tuple[Level, ...]:
    """Read `0.42x10 0.41x5` as levels."""
    pairs = [level.split("x") for level in text.split()]
    return tuple((D(px), D(qty)) for px, qty in pairs)


def snapshot(
    bids: str, asks: str, sequence: int = 0, ts: int = 1, instrument: InstrumentId = PERP_ID
) -> BookSnapshot:
    """Return a snapshot with levels written as text."""
    return BookSnapshot(instrument, ts, ts, levels(bids), levels(asks), sequence)


def delta(bids: str, asks: str, sequence: int = 0, previous: int = 0, ts: int = 2) -> BookDelta:
    """Return a delta with levels written as text."""
    return BookDelta(PERP_ID, ts, ts, levels(bids), levels(asks), sequence, previous)


def quote(
    bid: str, ask: str, ts: int = 1, instrument: InstrumentId = PERP_ID, qty: str = "1"
) -> Quote:
    """Return a quote; an empty text leaves that side without orders."""
    return Quote(
        instrument,
        ts,
        ts,
        D(bid or 0),
        D(ask or 0),
        D(qty if bid else 0),
        D(qty if ask else 0),
    )


def trade(ts: int, px: str, qty: str = "1", ts_recv: int | None = None) -> Trade:
    """Return a public print."""
    return Trade(PERP_ID, ts, ts if ts_recv is None else ts_recv, D(px), D(qty), Side.BUY)
