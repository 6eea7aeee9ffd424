"""What faces show of public markets: rules, ladders, candles and prints as plain values.

Knows shapes only, as `views` does: prices and quantities are exact, times nanoseconds UTC by the
venue's clock. Candles are for looking at, so their numbers are floats.
"""

from decimal import Decimal

import msgspec

from tradewind.control.views import FeedView
from tradewind.model.instrument import InstrumentKind, Outcome, TickBand
from tradewind.model.market import Level
from tradewind.model.order import Side

LADDER = 25
"""Levels of each side that a book view has at most."""
KEPT_PRINTS = 200
"""Prints of one instrument that are kept while somebody watches it."""

CandleRow = tuple[int, float, float, float, float, float]
"""(open time in nanoseconds, open, high, low, close, volume)."""


class MarketView(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument: the rules of its venue, and its public market as it stands.

    `lot` is the step of quantities; `expires_ns` None: it never does. `fees` says in words what
    the venue takes. `watched` tells that an instance listens to it, `feed` what it shows now.
    """

    instrument: str
    venue: str
    symbol: str
    kind: InstrumentKind
    base: str
    quote: str
    tick: Decimal
    ticks: tuple[TickBand, ...]
    lot: Decimal
    min_qty: Decimal
    max_qty: Decimal
    min_notional: Decimal
    multiplier: Decimal
    market: str
    event: str
    series: str
    outcome: Outcome | None
    mirror: str
    strike: Decimal | None
    expires_ns: int | None
    fees: str
    version: int
    watched: bool
    feed: FeedView | None


class OwnOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One of our orders in a book; `ahead_qty` must trade before it does, None: nobody knows."""

    client_order_id: str
    instance: str
    side: Side
    px: Decimal
    leaves_qty: Decimal
    ahead_qty: Decimal | None


class BookView(msgspec.Struct, frozen=True, kw_only=True, tag="book"):
    """The best levels of a book, best first, and what rests in it of ours.

    `trust` as in FeedView; `ts` is when the data was last verified, 0 never.
    """

    instrument: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    sequence: int
    ts: int
    own: tuple[OwnOrder, ...]
    trust: str


class CandlesView(msgspec.Struct, frozen=True, kw_only=True, tag="candles"):
    """Candles of one instrument, oldest first; `provisional`: the last one still moves."""

    instrument: str
    interval: str
    rows: tuple[CandleRow, ...]
    provisional: bool


class Print(msgspec.Struct, frozen=True, array_like=True):
    """One public trade; `side` is the aggressor's."""

    ts: int
    px: Decimal
    qty: Decimal
    side: Side


class TradesView(msgspec.Struct, frozen=True, kw_only=True, tag="trades"):
    """The newest prints of one instrument, oldest first, since somebody began to watch it."""

    instrument: str
    rows: tuple[Print, ...]
