"""One thing with a book at one venue, and the only place where numbers meet its grid."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from tradewind.model.errors import ConfigError
from tradewind.model.ids import Currency, InstrumentId, MarketId, VenueId
from tradewind.model.market import INTERVALS_NS
from tradewind.model.money import ONE, ZERO, ceil_to, floor_to, truncate_to


class InstrumentKind(StrEnum):
    """What is traded."""

    SPOT = "spot"
    PERPETUAL = "perpetual"
    FUTURE = "future"
    EQUITY = "equity"
    OPTION = "option"
    INDEX = "index"
    BINARY = "binary"


class Outcome(StrEnum):
    """Which answer of a binary market the instrument pays on."""

    YES = "yes"
    NO = "no"


class TickBand(msgspec.Struct, frozen=True):
    """The tick that is valid for prices in [low, high); both in the quote currency."""

    low: Decimal
    high: Decimal
    tick: Decimal


class PriceTable(dict[int, Decimal]):
    """Ready Decimals by integer quanta; fills itself, and starts anew beyond 200,000 entries."""

    def __init__(self, exponent: int) -> None:
        super().__init__()
        self.quantum = Decimal(1).scaleb(-exponent)

    def __missing__(self, quanta: int) -> Decimal:
        if len(self) > 200_000:
            self.clear()
        price = self[quanta] = quanta * self.quantum
        return price

    def __reduce__(self) -> tuple[type["PriceTable"], tuple[int]]:
        exponent = self.quantum.as_tuple().exponent
        assert isinstance(exponent, int)
        return PriceTable, (-exponent,)


class Instrument(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Trading rules of one instrument; a change of rules is a new `version`.

    Prices are in `quote` currency per unit, quantities in units (contracts, coins, shares).
    History stores integers: price quanta of 10**-px_exponent and quantity quanta of
    10**-qty_exponent. The quanta are fixed for a venue; ticks may change, quanta never do.
    `candle_source` is `venue`, or `trade` or `quote` for candles that the desk builds itself; a
    venue's own begin at `least_candle_ns`, and shorter ones are built from trades.
    `statistics` holds what discovery said beside the rules, e.g. `volume_24h`, as text.
    """

    id: InstrumentId
    venue: VenueId
    symbol: str
    kind: InstrumentKind
    quote: Currency
    ticks: tuple[TickBand, ...]
    qty_step: Decimal
    px_exponent: int
    qty_exponent: int
    base: Currency = Currency("")
    min_qty: Decimal = ZERO
    max_qty: Decimal = Decimal("1e12")
    min_notional: Decimal = ZERO
    multiplier: Decimal = ONE
    fee_model: str = "none"
    fee_parameters: dict[str, str] = {}
    market: MarketId = MarketId("")
    outcome: Outcome | None = None
    mirror: InstrumentId | None = None
    event: str = ""
    series: str = ""
    netting: bool = False
    native_stops: bool = True
    native_amend: bool = True
    book_shows_own: bool = False
    close_ns: int | None = None
    strike: Decimal | None = None
    calendar: str = "24x7"
    candle_source: str = "venue"
    least_candle_ns: int = 0
    statistics: dict[str, str] = {}
    version: int = 1

    @property
    def canonical_market(self) -> MarketId:
        """Return the market whose orders can meet each other: the question, or the instrument."""
        return self.market or MarketId(self.id)

    def candles_from(self, interval: str) -> str:
        """Return what candles of an interval are made of: `venue`, `trade` or `quote`."""
        if self.candle_source == "venue" and INTERVALS_NS[interval] < self.least_candle_ns:
            return "trade"
        return self.candle_source

    @property
    def tick(self) -> Decimal:
        """Return the finest tick of all bands."""
        return min(band.tick for band in self.ticks)

    def tick_at(self, px: Decimal) -> Decimal:
        """Return the tick that is valid at `px`; beyond the bands, the nearest band's."""
        for band in self.ticks:
            if px < band.high:
                return band.tick
        return self.ticks[-1].tick

    def floor_px(self, px: Decimal) -> Decimal:
        """Round a price down to the grid."""
        return floor_to(px, self.tick_at(px))

    def ceil_px(self, px: Decimal) -> Decimal:
        """Round a price up to the grid."""
        return ceil_to(px, self.tick_at(px))

    def floor_qty(self, qty: Decimal) -> Decimal:
        """Round a quantity towards zero to the step."""
        return truncate_to(qty, self.qty_step)

    def on_grid(self, px: Decimal) -> bool:
        """Tell whether `px` is a price of the grid."""
        return not px % self.tick_at(px)

    def neighbours(self, px: Decimal) -> tuple[Decimal, Decimal]:
        """Return the two prices of the grid around an off-grid `px`."""
        return self.floor_px(px), self.ceil_px(px)

    @property
    def prices(self) -> PriceTable:
        """Return the ready Decimals of prices by their quanta."""
        table: PriceTable | None = self.__dict__.get("table")
        if table is None:
            table = self.__dict__["table"] = PriceTable(self.px_exponent)
        return table

    def px(self, quanta: int) -> Decimal:
        """Return the price of so many quanta, from a table of ready Decimals."""
        return self.prices[quanta]

    def px_quanta(self, px: Decimal) -> int:
        """Return a price as integer quanta; raises ConfigError where it is finer than a quantum."""
        return _quanta(px, self.px_exponent, f"price of {self.id}")

    def qty_quanta(self, qty: Decimal) -> int:
        """Return a quantity as integer quanta; raises ConfigError where it is finer than one."""
        return _quanta(qty, self.qty_exponent, f"quantity of {self.id}")

    def notional(self, qty: Decimal, px: Decimal) -> Decimal:
        """Return what `qty` at `px` costs, in quote currency."""
        return qty * px * self.multiplier

    def yes_px(self, px: Decimal) -> Decimal:
        """Return `px` in YES space: unchanged, or 1 - px for a NO outcome."""
        return ONE - px if self.outcome is Outcome.NO else px


def _quanta(value: Decimal, exponent: int, what: str) -> int:
    scaled = value.scaleb(exponent)
    quanta = int(scaled)
    if quanta != scaled:
        raise ConfigError(
            f"Stored the {what}, found {value} finer than 1e-{exponent}; use a coarser price."
        )
    return quanta


def single_tick(tick: Decimal) -> tuple[TickBand, ...]:
    """Return one band with the same tick at every price."""
    return (TickBand(low=ZERO, high=Decimal("Infinity"), tick=tick),)
