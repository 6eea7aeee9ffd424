"""One market while it lives: its status, what has traded, and how its book was last published.

Knows one market's numbers. Must not know accounts, sockets or clocks.
"""

from collections import deque
from decimal import Decimal

import msgspec

from tradewind.core.matching.fees import FeeModel, KalshiFees, NoFee
from tradewind.edge.simulators.kalshi.candles import Candles
from tradewind.edge.simulators.kalshi.listing import EventTerms, MarketTerms, SeriesTerms
from tradewind.edge.simulators.kalshi.structures import structure
from tradewind.model.ids import Currency, InstrumentId, MarketId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome
from tradewind.model.market import Level
from tradewind.model.money import ONE, ZERO

VENUE = VenueId("KALSHI")
USD = Currency("USD")
CONTRACT_STEP = Decimal("0.01")
INITIALIZED, ACTIVE, INACTIVE = "initialized", "active", "inactive"
CLOSED, DETERMINED, FINALIZED = "closed", "determined", "finalized"
TRADES_KEPT = 500
Levels = tuple[Level, ...]


class Trade(msgspec.Struct, frozen=True):
    """A print: `yes_px` is the price on the YES book, `bid` says that the taker bought YES."""

    id: str
    ticker: str
    qty: Decimal
    yes_px: Decimal
    bid: bool
    ts: int


class Book(msgspec.Struct, frozen=True):
    """Both sides in YES space, best first."""

    bids: Levels = ()
    asks: Levels = ()

    @property
    def bid(self) -> Level:
        """Return the best bid, zero for an empty side."""
        return self.bids[0] if self.bids else (ZERO, ZERO)

    @property
    def ask(self) -> Level:
        """Return the best ask, at one for an empty side."""
        return self.asks[0] if self.asks else (ONE, ZERO)


class Market:
    """One question with its book's last published state.

    `halted` is a pause of this market alone. `value` is what a YES contract pays once that is
    determined.
    """

    __slots__ = (
        "book",
        "candles",
        "close_ns",
        "determined_ns",
        "event",
        "id",
        "instrument",
        "last_px",
        "last_qty",
        "nets",
        "open_interest",
        "series",
        "settled_ns",
        "status",
        "terms",
        "trades",
        "updated_ns",
        "value",
        "volume",
        "volume_dollars",
    )

    def __init__(
        self, terms: MarketTerms, event: EventTerms, series: SeriesTerms, market_id: str
    ) -> None:
        self.terms = terms
        self.event = event
        self.series = series
        self.id = market_id
        self.status = INITIALIZED
        self.instrument = _instrument(terms)
        self.close_ns = terms.close_ns
        self.determined_ns = terms.determined_ns
        self.settled_ns = 0
        self.updated_ns = terms.created_ns
        self.value: Decimal | None = None
        self.book = Book()
        self.last_px = ZERO
        self.last_qty = ZERO
        self.volume = terms.volume
        self.volume_dollars = terms.volume / 2
        self.open_interest = ZERO
        self.nets: dict[str, Decimal] = {}
        self.trades: deque[Trade] = deque(maxlen=TRADES_KEPT)
        self.candles = Candles()

    @property
    def ticker(self) -> str:
        """Return the market's ticker."""
        return self.terms.ticker

    @property
    def result(self) -> str:
        """Return `yes`, `no`, `scalar`, or nothing while it is open."""
        if self.value is None:
            return ""
        return {ONE: "yes", ZERO: "no"}.get(self.value, "scalar")

    def retick(self, structure: str) -> None:
        """Take over another table of ticks; raises ConfigError for an unknown name."""
        self.terms = msgspec.structs.replace(self.terms, structure=structure)
        self.instrument = _instrument(self.terms)

    def forget(self) -> None:
        """Drop trades and candles, so that a long run of short markets stays small."""
        self.trades.clear()
        self.candles = Candles()

    @property
    def volume_24h(self) -> Decimal:
        """Return the contracts traded within a day, of which the exchange's own start counts."""
        return self.terms.volume_24h + self.volume - self.terms.volume

    def fees(self, balance_precision: Decimal, now_ns: int) -> FeeModel:
        """Return what a fill costs a member now; nothing while fees are waived."""
        if now_ns < self.terms.fee_waiver_ns:
            return NoFee()
        return KalshiFees(
            fee_type=self.series.fee_type,
            fee_multiplier=self.series.fee_multiplier,
            balance_precision=balance_precision,
        )


def _instrument(terms: MarketTerms) -> Instrument:
    return Instrument(
        id=InstrumentId(f"{VENUE}:{terms.ticker}"),
        venue=VENUE,
        symbol=terms.ticker,
        kind=InstrumentKind.BINARY,
        quote=USD,
        ticks=structure(terms.structure),
        qty_step=CONTRACT_STEP,
        min_qty=CONTRACT_STEP,
        px_exponent=4,
        qty_exponent=2,
        market=MarketId(f"{VENUE}:{terms.ticker}"),
        outcome=Outcome.YES,
        netting=True,
        native_stops=False,
        close_ns=terms.close_ns,
    )
