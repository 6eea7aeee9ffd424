"""A whole simulated world: venues, instruments, accounts, prices behind them, and its crowd.

Knows how the parts belong together. Must not know a particular world; those are in scenarios.
"""

from random import Random

import msgspec

from tradewind.core.matching.simulated import SimulatedVenue
from tradewind.core.matching.state import VenueModel
from tradewind.edge.simulators.crowd import Crowd, Flow, RateFlow, ReferenceFlow, reference
from tradewind.edge.simulators.latent import Latent
from tradewind.edge.simulators.noise import MINUTE_NS, Noise
from tradewind.edge.simulators.perpetual import Pace, PerpetualFlow, past_candles
from tradewind.edge.simulators.series import Series, SeriesTerms
from tradewind.model.config import Account
from tradewind.model.errors import ConfigError
from tradewind.model.events import Candle, CurrencyRate, Event, ReferencePrice
from tradewind.model.ids import Currency, InstrumentId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS, ONE

REFERENCE_NS = NANOS
CONFIDENCE = 0.0002
ACTIVITY = ((20 * MINUTE_NS, 0.4), (3 * MINUTE_NS, 0.4), (15 * NANOS, 0.4))


class PerpetualTerms(msgspec.Struct, frozen=True):
    """One perpetual: its rules, the hidden price, how its public behaves, the delay of its feed."""

    rules: Instrument
    price: Latent
    pace: Pace
    feed_ns: int


class World(msgspec.Struct, frozen=True, kw_only=True):
    """A simulated world by seed; everything else follows from the time.

    `models` says for each venue how it answers our orders. `references` are price feeds by name.
    `unit_rates` are currencies worth one of the reporting currency. `roles` names, for whoever
    deploys strategies here, the instruments that are open at `origin_ns` and suit each kind.
    """

    name: str
    seed: int
    origin_ns: int
    series: tuple[SeriesTerms, ...]
    perpetuals: tuple[PerpetualTerms, ...]
    references: dict[str, Latent]
    accounts: tuple[Account, ...]
    models: dict[VenueId, VenueModel]
    unit_rates: tuple[Currency, ...]
    roles: dict[str, tuple[InstrumentId, ...]]

    def instruments(self, ts: int) -> tuple[Instrument, ...]:
        """Return the instruments that are open at a time."""
        found = [each.rules for each in self.perpetuals]
        for terms in self.series:
            listing = terms.listing_at(ts)
            found += [listing.yes, listing.no]
        return tuple(found)

    def flow(self, start_ns: int, since_ns: int | None = None) -> Crowd:
        """Return the market data from `start_ns` on: definitions and rates, whole books, news.

        A world that ran before and stopped at `since_ns` goes on near its last prices, and settles
        what closed meanwhile. Raises ConfigError for a start before the world began.
        """
        if start_ns < self.origin_ns:
            raise ConfigError(
                f"Started the world {self.name!r} at {start_ns}, found that it begins at "
                f"{self.origin_ns}; start later."
            )
        since_ns = start_ns if since_ns is None else since_ns
        rates = tuple(CurrencyRate(currency, ONE, start_ns) for currency in self.unit_rates)
        flows: list[Flow] = [RateFlow(rates, start_ns)]
        flows += [Series(terms, start_ns, since_ns) for terms in self.series]
        flows += [self._perpetual(terms, start_ns) for terms in self.perpetuals]
        flows += [
            ReferenceFlow(
                feed, price, start_ns=start_ns, every_ns=REFERENCE_NS, confidence=CONFIDENCE
            )
            for feed, price in self.references.items()
        ]
        return Crowd(tuple(flows))

    def history(self, end_ns: int, interval: str, count: int) -> list[Candle | ReferencePrice]:
        """Return `count` closed candles of each perpetual up to `end_ns`, in order of time.

        Beside them stand the reference prices at the end of each minute of the same span, for
        what warms up on those. `ts_recv` is the time itself, so that all of it comes before a
        flow that starts at `end_ns`.
        """
        told: list[Candle | ReferencePrice] = []
        for terms in self.perpetuals:
            pace = msgspec.structs.replace(terms.pace, interval=interval)
            told += past_candles(terms.rules, terms.price, pace, end_ns, count)
        first_ns = min((each.ts_event for each in told), default=end_ns)
        minutes = range(first_ns // MINUTE_NS * MINUTE_NS, end_ns + 1, MINUTE_NS)
        for feed, price in self.references.items():
            told += [
                reference(feed, price.at(ts - 1), ts - 1, CONFIDENCE)
                for ts in minutes
                if ts > first_ns
            ]
        return sorted(told, key=_received)

    def venue(self, venue: VenueId) -> SimulatedVenue:
        """Return a fresh matching venue with the accounts that trade there, in memory only."""
        accounts = [each for each in self.accounts if each.venue == venue]
        return SimulatedVenue(accounts, (), self.models[venue])

    def _perpetual(self, terms: PerpetualTerms, start_ns: int) -> PerpetualFlow:
        name = f"{self.seed}/{terms.rules.id}"
        activity = Noise(f"{name}/activity", ACTIVITY)
        start = (start_ns, Random(f"{name}/{start_ns}"))
        return PerpetualFlow(terms.rules, terms.pace, terms.price, activity, start, terms.feed_ns)


def _received(event: Event) -> int:
    return event.ts_recv
