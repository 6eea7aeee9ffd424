"""The markets that a simulated Kalshi ships with: an hourly Bitcoin series and long questions.

Knows names, grids, fees and calendars like the real ones. Must not know books. The same seed and
start give the same questions with the same answers.
"""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import msgspec

from tradewind.edge.simulators.kalshi.listing import EventTerms, Listed, MarketTerms, SeriesTerms
from tradewind.edge.simulators.latent import Above, Latent
from tradewind.edge.simulators.noise import MINUTE_NS
from tradewind.edge.simulators.paths import price_path
from tradewind.edge.simulators.public import Style
from tradewind.edge.simulators.topics import Asked, Threshold, Topic, favourite, open_question
from tradewind.model.money import NANOS, ONE, ZERO

HOUR_NS = 60 * MINUTE_NS
DETERMINED_AFTER_NS = 20 * NANOS
CREATED_BEFORE_NS = 10 * MINUTE_NS
SIGMA = 0.0009
STRIKE_STEP = 250
HOURLY = Style(
    half_spread=0.0165,
    touch_qty=60,
    level_qty=140,
    take_qty=12,
    maker_rate=1.5,
    taker_rate=0.6,
    levels=8,
)
OPEN = Style(
    half_spread=0.0165,
    touch_qty=60,
    level_qty=140,
    take_qty=12,
    maker_rate=0.9,
    taker_rate=0.6,
    levels=8,
)
FAVOURITE = Style(
    half_spread=0.0055,
    touch_qty=1500,
    level_qty=2200,
    take_qty=30,
    maker_rate=0.8,
    taker_rate=0.4,
    levels=8,
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One series: its topics (a market of an event each), and how long an event is open."""

    series: SeriesTerms
    topics: tuple[tuple[str, Topic], ...]
    title: str
    period_ns: int
    structure: str
    style: Style


class Calendar:
    """A programme of rows that go on for ever, each event followed by the next."""

    __slots__ = ("_next", "_rows", "_seed", "_start_ns", "series")

    def __init__(self, rows: tuple[Row, ...], seed: int, start_ns: int) -> None:
        self._rows = rows
        self._seed = seed
        self._start_ns = start_ns
        self.series = tuple(row.series for row in rows)
        self._next = [start_ns // row.period_ns for row in rows]

    def _created_ns(self, place: int) -> int:
        return self._next[place] * self._rows[place].period_ns - CREATED_BEFORE_NS

    @property
    def next_ns(self) -> int:
        """Return when the next event is created."""
        return min(self._created_ns(place) for place in range(len(self._rows)))

    def due(self, until_ns: int) -> list[Listed]:
        """Return the events that are created until then, in order."""
        found: list[Listed] = []
        while True:
            place = min(range(len(self._rows)), key=self._created_ns)
            if self._created_ns(place) > until_ns:
                return found
            found.append(self._event(self._rows[place], self._next[place]))
            self._next[place] += 1

    def _event(self, row: Row, serial: int) -> Listed:
        open_ns = serial * row.period_ns
        close_ns = open_ns + row.period_ns
        ticker = f"{row.series.ticker}-{_stamp(close_ns)}"
        event = EventTerms(
            event_ticker=ticker,
            series_ticker=row.series.ticker,
            title=row.title,
            sub_title=f"Closes {datetime.fromtimestamp(close_ns // NANOS, UTC):%d %b %H:%M} UTC",
            strike_ns=close_ns,
        )
        markets = tuple(
            self._market(row, (ticker, suffix, topic), (serial, open_ns, close_ns))
            for suffix, topic in row.topics
        )
        return Listed(event, markets)

    def _market(
        self, row: Row, named: tuple[str, str, Topic], when: tuple[int, int, int]
    ) -> MarketTerms:
        event, suffix, topic = named
        serial, open_ns, close_ns = when
        asked = topic.ask(serial, open_ns, close_ns)
        strike = None if asked.strike is None else Decimal(asked.strike) - Decimal("0.01")
        ticker = f"{event}-{suffix}" if strike is None else f"{event}-T{strike}"
        volume = Decimal(
            max(round(Random(f"{self._seed}/{ticker}").lognormvariate(10.6, 0.5)), 12_000)
        )
        return MarketTerms(
            ticker=ticker,
            event_ticker=event,
            title=row.title if strike is None else f"{row.title} above {strike}",
            yes_sub_title="Yes" if strike is None else f"${strike} or above",
            no_sub_title="No" if strike is None else f"Below ${strike}",
            created_ns=open_ns - CREATED_BEFORE_NS,
            open_ns=open_ns,
            close_ns=close_ns,
            determined_ns=close_ns + DETERMINED_AFTER_NS,
            yes_value=ONE if asked.yes else ZERO,
            structure=row.structure,
            strike_type="" if strike is None else "greater",
            floor_strike=strike,
            chance=asked.chance,
            style=row.style,
            volume=volume,
            volume_24h=volume,
        )


class Shifted(msgspec.Struct, frozen=True, kw_only=True):
    """A threshold so many dollars beside the price at the open."""

    topic: Threshold
    by: int

    @property
    def name(self) -> str:
        """Return the topic's name."""
        return self.topic.name

    def ask(self, serial: int, open_ns: int, close_ns: int) -> Asked:
        """Return the question of that number, at the shifted strike."""
        asked = self.topic.ask(serial, open_ns, close_ns)
        assert asked.strike is not None
        strike = asked.strike + self.by
        price = self.topic.price
        chance = Above(price, strike=float(strike), close_ns=close_ns, sigma=self.topic.sigma)
        return Asked(chance, price.at(close_ns) >= strike, strike)


def _stamp(ts: int) -> str:
    return f"{datetime.fromtimestamp(ts // NANOS, UTC):%y%b%d%H}".upper()


def _long(seed: int, row: tuple[str, str, str, str, str, int]) -> Row:
    ticker, category, suffix, title, structure, hours = row
    sure = structure == "deci_cent"
    topic = favourite(seed, ticker) if sure else open_question(seed, ticker, 0.35, 0.60)
    return Row(
        series=SeriesTerms(ticker=ticker, title=title, category=category, tags=(category,)),
        topics=((suffix, topic),),
        title=title,
        period_ns=hours * HOUR_NS,
        structure=structure,
        style=FAVOURITE if sure else OPEN,
    )


LONG = (
    # series, category, suffix, title, structure, hours
    ("KXRAINNYC", "Climate and Weather", "RAIN", "Will it rain in New York", "linear_cent", 12),
    ("KXFEDDECISION", "Economics", "CUT", "Will rates be cut", "linear_cent", 12),
    ("KXNYCDRY", "Climate and Weather", "DRY", "Will New York stay dry", "deci_cent", 8),
    ("KXINCUMBENT", "Politics", "STAYS", "Will the incumbent stay", "deci_cent", 8),
    ("KXLAUNCH", "Science", "ONTIME", "Will the launch be on time", "deci_cent", 8),
    ("KXCHAMPION", "Sports", "HOLDS", "Will the champion win", "deci_cent", 8),
)


def shipped(seed: int, start_ns: int, price: Latent | None = None) -> Calendar:
    """Return the shipped programme: what is open at the start, and all that follows.

    `price` is what the hourly series asks about, by default a seeded path.
    """
    price = price or price_path(f"{seed}/BTC", 64_000.0)
    at_open = Threshold(name="KXBTCD", price=price, strike_step=STRIKE_STEP, sigma=SIGMA)
    steps = (-STRIKE_STEP, 0, STRIKE_STEP)
    bitcoin = Row(
        series=SeriesTerms(
            ticker="KXBTCD",
            title="Bitcoin price at the hour",
            category="Crypto",
            frequency="hourly",
            tags=("BTC", "Hourly"),
        ),
        topics=tuple((str(by), Shifted(topic=at_open, by=by)) for by in steps),
        title="Bitcoin price at the hour",
        period_ns=HOUR_NS,
        structure="tapered_deci_cent",
        style=HOURLY,
    )
    return Calendar((bitcoin, *(_long(seed, row) for row in LONG)), seed, start_ns)
