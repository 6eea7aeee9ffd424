"""What a strategy of the demo sees in a world: spreads, entries, and data that it may trust."""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.core.market.market import Market
from tradewind.edge.simulators.scenarios import demo
from tradewind.edge.simulators.world import World
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    Event,
    FeedChanged,
    InstrumentDefined,
    Quote,
    Trade,
)
from tradewind.model.ids import InstrumentId
from tradewind.model.market import Trust
from tradewind.model.money import NANOS, ONE

ORIGIN_NS = 1_790_000_000 * NANOS
MINUTES = 20
"""So many simulated minutes pass within one at the demo's speed of 20."""
STALE_NS = 3 * NANOS
LEAST_SPREAD, MOST_SPREAD = Decimal("0.02"), Decimal("0.15")
FAST, SLOW = 5, 13


class Onlooker:
    """Folds the stream of a world as a desk would."""

    def __init__(self) -> None:
        self.markets: dict[InstrumentId, Market] = {}
        self.closes: dict[InstrumentId, list[float]] = {}

    def see(self, events: Iterable[Event]) -> None:
        """Fold events."""
        for event in events:
            match event:
                case InstrumentDefined(instrument=rules):
                    self.markets[rules.id] = Market(rules)
                case BookSnapshot() | BookDelta():
                    assert self.markets[event.instrument].apply_book(event)
                case Quote():
                    self.markets[event.instrument].apply_quote(event)
                case Trade():
                    self.markets[event.instrument].apply_trade(event)
                case FeedChanged():
                    self.markets[event.instrument].apply_feed(event)
                case Candle():
                    self.closes.setdefault(event.instrument, []).append(event.close)


def average(closes: list[float], length: int) -> tuple[float, float]:
    """Return the exponential average before and after the last close."""
    weight = 2.0 / (length + 1)
    before = after = sum(closes[:length]) / length
    for close in closes[length:]:
        before, after = after, close * weight + after * (1.0 - weight)
    return before, after


def falls_through(closes: list[float]) -> bool:
    """Tell whether the last close fell through an average and stands below both."""
    (fast_before, fast), (slow_before, slow) = average(closes, FAST), average(closes, SLOW)
    before, last = closes[-2:]
    crossed = before > fast_before or before > slow_before
    return crossed and last < fast and last < slow


def pair_spread(onlooker: Onlooker, legs: tuple[InstrumentId, ...]) -> Decimal | None:
    first, second = (onlooker.markets[leg] for leg in legs)
    if not first.bid_qty or not second.bid_qty:
        return None
    return ONE - first.bid - second.bid


def may_scalp(market: Market) -> bool:
    """Tell whether a favourite passes the scalper's filters at their defaults."""
    if not market.bid_qty or not market.ask_qty:
        return False
    return (
        market.bid >= Decimal("0.85")
        and market.bid * market.bid_qty >= 500
        and (market.ask - market.bid) / market.bid <= Decimal("0.02")
        and market.ask <= Decimal("0.95")
    )


class Sightings:
    """What was seen in a world over MINUTES."""

    def __init__(self, seen: World) -> None:
        self.first: dict[str, int] = {}
        self.spreads: dict[str, list[Decimal]] = {}
        self.untrusted: list[tuple[str, Trust]] = []
        onlooker = Onlooker()
        onlooker.see(event for event in seen.history(ORIGIN_NS, "1m", 60) if type(event) is Candle)
        crowd = seen.flow(ORIGIN_NS)
        for second in range(1, MINUTES * 60):
            now_ns = ORIGIN_NS + second * NANOS
            onlooker.see(crowd.due(now_ns))
            self._look(seen, onlooker, second)
            for market in onlooker.markets.values() if second % 5 == 0 else ():
                mirror = onlooker.markets.get(market.instrument.mirror or InstrumentId(""))
                trust = market.trust(now_ns, STALE_NS, mirror)
                if trust is not Trust.TRUSTED:
                    self.untrusted.append((market.instrument.id, trust))

    def _look(self, seen: World, onlooker: Onlooker, second: int) -> None:
        for role in ("pair", "pair_limitless", "cross", "digital"):
            spread = pair_spread(onlooker, seen.roles[role])
            if spread is not None:
                self.spreads.setdefault(role, []).append(spread)
                if LEAST_SPREAD <= spread <= MOST_SPREAD:
                    self.first.setdefault(role, second)
        for leg in seen.roles["favourites"]:
            market = onlooker.markets[leg]
            if market.bid_qty and market.ask_qty:
                self.spreads.setdefault("favourites", []).append(market.ask - market.bid)
            if may_scalp(market):
                self.first.setdefault("favourites", second)
        for closes in onlooker.closes.values():
            if len(closes) > 60 and falls_through(closes):
                self.first.setdefault("perpetuals", second)


SPREADS = [
    ("pair", Decimal("0.02"), Decimal("0.06")),
    ("pair_limitless", Decimal("0.02"), Decimal("0.07")),
    ("cross", Decimal("0.01"), Decimal("0.07")),
    ("favourites", Decimal("0.01"), Decimal("0.03")),
]
"""Role, and between what its spreads lie nine times in ten."""


def check_entries(number: int) -> None:
    """In the world of a seed every demo strategy finds its entry within a minute of the demo."""
    sightings = Sightings(demo(number, ORIGIN_NS))
    roles = {"pair", "pair_limitless", "cross", "digital", "favourites", "perpetuals"}
    assert sightings.first.keys() == roles
    assert max(second for role, second in sightings.first.items() if role != "perpetuals") < 60
    assert sightings.untrusted == []
    for role, low, high in SPREADS:
        spreads = sightings.spreads[role]
        inside = sum(low <= spread <= high for spread in spreads)
        widths = len(set(spreads))
        assert inside >= 0.9 * len(spreads), role
        assert widths >= 2, "spreads widen and narrow"
