"""The worlds that one can ask for by name, with all their numbers.

Knows venues like the real ones: ids, grids, fees, delays, balances. Must not know how anything
moves. Fee parameters are those of the venues' public schedules (see core/matching/fees).
"""

from collections.abc import Callable
from decimal import Decimal

from tradewind.core.matching.latency import LogNormalLatency
from tradewind.core.matching.queue_position import BackOfQueue
from tradewind.core.matching.state import VenueModel
from tradewind.edge.simulators.latent import Price
from tradewind.edge.simulators.noise import MINUTE_NS, Jumps, Noise, walk
from tradewind.edge.simulators.perpetual import Pace
from tradewind.edge.simulators.question import Style
from tradewind.edge.simulators.series import BinaryVenue, Calendar, SeriesTerms
from tradewind.edge.simulators.topics import Elsewhere, Threshold, Topic, favourite, open_question
from tradewind.edge.simulators.world import PerpetualTerms, World
from tradewind.model.config import Account
from tradewind.model.errors import ConfigError
from tradewind.model.ids import AccountId, Currency, InstrumentId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick
from tradewind.model.money import MILLIS, NANOS

HOUR_NS = 60 * MINUTE_NS
USD, USDC, USDT = Currency("USD"), Currency("USDC"), Currency("USDT")
SIM_KALSHI, SIM_LIMITLESS = VenueId("SIM-KALSHI"), VenueId("SIM-LIMITLESS")
SIM_BYBIT = VenueId("SIM-BYBIT")

KALSHI = BinaryVenue(
    id=SIM_KALSHI,
    currency=USD,
    tick=Decimal("0.01"),
    px_exponent=4,
    fee_model="kalshi",
    fee_parameters={"fee_type": "quadratic", "fee_multiplier": "1"},
    netting=True,
    native_amend=True,
    feed_ns=20 * MILLIS,
)
LIMITLESS = BinaryVenue(
    id=SIM_LIMITLESS,
    currency=USDC,
    tick=Decimal("0.001"),
    px_exponent=4,
    fee_model="limitless",
    fee_parameters={},
    netting=False,
    native_amend=False,
    feed_ns=35 * MILLIS,
)

OPEN_QUESTION = Style(
    half_spread=0.0165,
    touch_qty=60,
    level_qty=140,
    take_qty=12,
    maker_rate=0.9,
    taker_rate=0.6,
)
FAVOURITE = Style(
    half_spread=0.0055,
    touch_qty=1500,
    level_qty=2200,
    take_qty=30,
    maker_rate=0.8,
    taker_rate=0.4,
)
ON_CHAIN = Style(
    half_spread=0.0175,
    touch_qty=60,
    level_qty=120,
    take_qty=12,
    maker_rate=0.8,
    taker_rate=0.6,
    gap_ticks=5,
)

CATEGORIES = {
    "RAINTOMORROW": "weather",
    "NYCDRY": "weather",
    "RATECUT": "economy",
    "BTCHOUR": "crypto",
    "TURNOUT": "politics",
    "INCUMBENT": "politics",
    "LAUNCH": "science",
    "CHAMPION": "sports",
}

OTHER_VENUE = ((5 * MINUTE_NS, 0.006), (40 * NANOS, 0.004))


def _price(seed: int, name: str, centre: float, sigma: float) -> Price:
    """Return a price of which a part is everybody's: walks, slow swings, and jumps."""
    common = walk(f"{seed}/everybody", sigma=0.0005, longest_ns=6 * HOUR_NS, shortest_ns=3 * NANOS)
    own = walk(f"{seed}/{name}/own", sigma=sigma, longest_ns=6 * HOUR_NS, shortest_ns=3 * NANOS)
    swings = Noise(
        f"{seed}/{name}/swings", ((14 * MINUTE_NS, 5.0 * sigma), (5 * MINUTE_NS, 2.0 * sigma))
    )
    jumps = Jumps(
        f"{seed}/{name}/jumps",
        every_ns=20 * MINUTE_NS,
        chance=0.35,
        mean=0.0,
        spread=6.0 * sigma,
        fade_ns=40 * MINUTE_NS,
    )
    return Price(centre, ((1.0, common), (1.0, own), (1.0, swings)), jumps)


PERPETUALS = (
    # base, centre, sigma per square root of a minute, tick, step, median quote and trade in steps
    ("BTC", 64_000.0, 0.0005, "0.1", "0.001", 1_800, 40),
    ("ETH", 3_200.0, 0.0007, "0.01", "0.01", 3_000, 70),
    ("SOL", 150.0, 0.0010, "0.01", "0.1", 6_000, 150),
)
BTC_SIGMA = 0.0009
"""What the first row's price does in all, per square root of a minute; measured."""
BYBIT_FEES = {"category": "linear", "maker_rate": "0.0002", "taker_rate": "0.00055"}


def _perpetual(seed: int, row: tuple[str, float, float, str, str, int, int]) -> PerpetualTerms:
    base, centre, sigma, tick, step, quote_qty, trade_qty = row
    symbol = f"{base}USDT"
    rules = Instrument(
        id=InstrumentId(f"{SIM_BYBIT}:{symbol}"),
        venue=SIM_BYBIT,
        symbol=symbol,
        kind=InstrumentKind.PERPETUAL,
        quote=USDT,
        base=Currency(base),
        ticks=single_tick(Decimal(tick)),
        qty_step=Decimal(step),
        min_qty=Decimal(step),
        min_notional=Decimal(5),
        px_exponent=4,
        qty_exponent=3,
        fee_model="bybit",
        fee_parameters=BYBIT_FEES,
    )
    pace = Pace(
        half_spread=0.00003,
        quote_qty=quote_qty,
        trade_qty=trade_qty,
        quote_rate=1.6,
        trade_rate=0.8,
    )
    return PerpetualTerms(rules, _price(seed, base, centre, sigma), pace, 10 * MILLIS)


def _account(
    name: str, venue: VenueId, currency: Currency, balance: int, leverage: int = 1
) -> Account:
    return Account(
        id=AccountId(name),
        venue=venue,
        currency=currency,
        balance=Decimal(balance),
        leverage=Decimal(leverage),
    )


def _model(seed: int, feed_ns: int, median_ms: int) -> VenueModel:
    latency = LogNormalLatency(
        seed=seed,
        entry_median_ns=median_ms * MILLIS,
        response_median_ns=median_ms * MILLIS,
        sigma=0.4,
        feed_ns=feed_ns,
    )
    return VenueModel(latency=latency, queue=BackOfQueue())


def demo(seed: int, origin_ns: int) -> World:
    """Return the demo's world: two binary venues with a question on both, and three perpetuals.

    Roles: `pair` (YES and NO of one question), `pair_limitless`, `cross` (YES at one venue, NO at
    the other), `digital` (an hourly question on the reference feed `SIM:BTC`), `favourites` (YES of
    each) and `perpetuals`.
    """
    perpetuals = tuple(_perpetual(seed, row) for row in PERPETUALS)
    btc = perpetuals[0].price
    rain = open_question(seed, "RAINTOMORROW", 0.35, 0.55)
    shared = open_question(seed, "RATECUT", 0.40, 0.60)
    other = Elsewhere(topic=shared, seed=seed, waves=OTHER_VENUE)
    hourly = Threshold(name="BTCHOUR", price=btc, strike_step=50, sigma=BTC_SIGMA)
    favourites = ("NYCDRY", "INCUMBENT", "LAUNCH", "CHAMPION")

    def series(
        venue: BinaryVenue, topic: Topic, style: Style, hours: int, group: str
    ) -> SeriesTerms:
        return SeriesTerms(
            venue=venue,
            topic=topic,
            style=style,
            calendar=Calendar(origin_ns, hours * HOUR_NS),
            category=CATEGORIES[topic.name],
            group=group,
            seed=seed,
        )

    rows = {
        "pair": series(KALSHI, rain, OPEN_QUESTION, 12, "RAIN"),
        "cross": series(KALSHI, shared, OPEN_QUESTION, 12, "RATES"),
        "digital": series(KALSHI, hourly, OPEN_QUESTION, 1, "BTC"),
        "pair_limitless": series(
            LIMITLESS, open_question(seed, "TURNOUT", 0.45, 0.65), ON_CHAIN, 12, "ELECTION"
        ),
        "cross_limitless": series(LIMITLESS, other, ON_CHAIN, 12, "RATES"),
    }
    favourite_rows = [
        series(KALSHI, favourite(seed, name), FAVOURITE, 8, name) for name in favourites
    ]
    yes_no = {role: terms.ids(1) for role, terms in rows.items()}
    return World(
        name="demo",
        seed=seed,
        origin_ns=origin_ns,
        series=(*rows.values(), *favourite_rows),
        perpetuals=perpetuals,
        references={"SIM:BTC": btc},
        accounts=(
            _account("kalshi", SIM_KALSHI, USD, 25_000),
            _account("limitless", SIM_LIMITLESS, USDC, 10_000),
            _account("bybit", SIM_BYBIT, USDT, 10_000, leverage=10),
        ),
        models={
            SIM_KALSHI: _model(seed, KALSHI.feed_ns, 45),
            SIM_LIMITLESS: _model(seed, LIMITLESS.feed_ns, 120),
            SIM_BYBIT: _model(seed, 10 * MILLIS, 25),
        },
        unit_rates=(USDC, USDT),
        roles={
            "pair": yes_no["pair"],
            "pair_limitless": yes_no["pair_limitless"],
            "cross": (yes_no["cross"][0], yes_no["cross_limitless"][1]),
            "digital": yes_no["digital"],
            "favourites": tuple(terms.ids(1)[0] for terms in favourite_rows),
            "perpetuals": tuple(each.rules.id for each in perpetuals),
        },
    )


SCENARIOS: dict[str, Callable[[int, int], World]] = {"demo": demo}


def world(name: str, seed: int, origin_ns: int) -> World:
    """Return the world of that name; raises ConfigError that lists the names."""
    if name not in SCENARIOS:
        raise ConfigError(
            f"Looked up the world {name!r}, found no such world; use one of {', '.join(SCENARIOS)}."
        )
    return SCENARIOS[name](seed, origin_ns)
