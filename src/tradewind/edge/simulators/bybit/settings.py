"""What a simulated Bybit is set up with: instruments, accounts and limits.

Knows the exchange's own words and units. Must not know how anything is done.
"""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from tradewind.edge.simulators.latent import Latent
from tradewind.model.ids import Currency, InstrumentId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.model.money import MILLIS, ZERO

D = Decimal
LINEAR, SPOT = "linear", "spot"
HMAC, RSA = "hmac", "rsa"
VENUE = VenueId("BYBIT")
SPOT_KEY = "spot/"
"""Stands before a spot symbol in `truth`, where the same name is a perpetual too."""


class Symbol(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one symbol of one category.

    Prices in quote currency, quantities in base; `centre` is where its price wanders and `sigma`
    how far per square root of a minute, as a fraction. `band` is (X, Y) of the price limit.
    """

    category: str
    name: str
    base: str
    tick: Decimal
    qty_step: Decimal
    centre: float
    quote: str = "USDT"
    sigma: float = 0.0007
    min_notional: Decimal = D(5)
    max_qty: Decimal = D(1000)
    max_market_qty: Decimal = D(500)
    max_leverage: Decimal = D(100)
    mm_rate: Decimal = D("0.005")
    risk_limit: Decimal = D(2_000_000)
    band: tuple[Decimal, Decimal] = (D("0.01"), D("0.02"))
    quote_precision: Decimal = D("0.0000001")
    funding_minutes: int = 480
    status: str = "Trading"
    touch_qty: float = 2.0

    @property
    def linear(self) -> bool:
        """Tell whether it is a perpetual."""
        return self.category == LINEAR

    @property
    def id(self) -> InstrumentId:
        """Return the key of the symbol: the same name exists in both categories."""
        return InstrumentId(f"{self.category}:{self.name}")

    @property
    def instrument(self) -> Instrument:
        """Return what the matching core needs to know."""
        return Instrument(
            id=self.id,
            venue=VENUE,
            symbol=self.name,
            kind=InstrumentKind.PERPETUAL if self.linear else InstrumentKind.SPOT,
            quote=Currency(self.quote),
            ticks=single_tick(self.tick),
            qty_step=self.qty_step,
            px_exponent=8,
            qty_exponent=8,
        )


def true_name(symbol: Symbol) -> str:
    """Return a symbol as `truth` and faults name it."""
    return SPOT_KEY + symbol.name if symbol.category == SPOT else symbol.name


SHIPPED = (
    Symbol(
        category=LINEAR,
        name="BTCUSDT",
        base="BTC",
        tick=D("0.10"),
        qty_step=D("0.001"),
        max_qty=D("1190.000"),
        max_market_qty=D("500.000"),
        centre=65_000.0,
    ),
    Symbol(
        category=LINEAR,
        name="ETHUSDT",
        base="ETH",
        tick=D("0.01"),
        qty_step=D("0.01"),
        max_qty=D("7240.00"),
        max_market_qty=D("3200.00"),
        centre=3_200.0,
        sigma=0.0009,
        touch_qty=30.0,
    ),
    Symbol(
        category=LINEAR,
        name="SOLUSDT",
        base="SOL",
        tick=D("0.010"),
        qty_step=D("0.1"),
        max_qty=D("79770.0"),
        max_market_qty=D("16000.0"),
        max_leverage=D(75),
        mm_rate=D("0.01"),
        risk_limit=D(400_000),
        band=(D("0.015"), D("0.03")),
        centre=150.0,
        sigma=0.0012,
        touch_qty=600.0,
    ),
    Symbol(
        category=SPOT,
        name="BTCUSDT",
        base="BTC",
        tick=D("0.1"),
        qty_step=D("0.000001"),
        max_qty=D("83"),
        max_market_qty=D("41.5"),
        centre=65_000.0,
        touch_qty=0.8,
    ),
)
"""Filters as the exchange's own lists have them."""


class AccountSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One account and its one key.

    For an RSA key `secret` is the public key as PEM text. `cash` is by coin; rates are fractions.
    `refusal` answers every private call with that code: 10010, 33004 and the like. `gst_rate` is
    what Indian accounts pay on top of a positive fee.
    """

    key: str
    secret: str
    uid: int = 0
    cash: Mapping[str, Decimal] = msgspec.field(default_factory=lambda: {"USDT": D(100_000)})
    algorithm: str = HMAC
    read_only: bool = False
    may_trade: bool = True
    may_withdraw: bool = False
    hedge: bool = False
    leverage: Decimal = D(10)
    maker_rate: Decimal = D("0.0002")
    taker_rate: Decimal = D("0.00055")
    spot_maker_rate: Decimal = D("0.001")
    spot_taker_rate: Decimal = D("0.001")
    gst_rate: Decimal = ZERO
    refusal: int = 0
    order_limit: int = 0


class BybitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The whole exchange. The same settings, requests and times give the same bytes.

    `topic_delay_ns` is the range of each private topic's delay: topics are independent, so that
    an execution may be told before its order. `socket_delay_ns` passes before a frame is read.
    `address_limit` is requests per five seconds, 0 for none. `pace_ns` is the mean time between
    two doings of a symbol's public; without a `crowd` there is none. `paths` say by name of a
    symbol where its price goes; the others follow the seed.
    """

    accounts: tuple[AccountSettings, ...]
    start_ns: int
    seed: int = 1
    symbols: tuple[Symbol, ...] = SHIPPED
    topic_delay_ns: tuple[int, int] = (MILLIS, 5 * MILLIS)
    history_lag_ns: int = 200 * MILLIS
    address_limit: int = 600
    crowd: bool = True
    pace_ns: int = 250 * MILLIS
    idle_s: int = 600
    socket_delay_ns: int = 0
    realtime_shows_closed: bool = False
    paths: Mapping[str, Latent] = {}
