"""Questions that open, close, pay and are followed by the next of their kind.

Knows serial numbers and the venue's calendar of a question. Must not know how its public trades.
"""

from decimal import Decimal
from random import Random

import msgspec

from tradewind.core.matching.settlement import RESOLUTION
from tradewind.edge.simulators.noise import MINUTE_NS, Noise
from tradewind.edge.simulators.question import Listing, QuestionFlow, Style
from tradewind.edge.simulators.topics import Asked, Topic
from tradewind.model.events import Event, InstrumentDefined, TradingChanged
from tradewind.model.ids import Currency, InstrumentId, MarketId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, Outcome, single_tick
from tradewind.model.market import Trading
from tradewind.model.money import NANOS

SETTLE_AFTER_NS = 20 * NANOS
"""So long after its close a question is answered and paid."""
ACTIVITY = ((20 * MINUTE_NS, 0.45), (3 * MINUTE_NS, 0.45), (20 * NANOS, 0.4))


class BinaryVenue(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that all questions of a venue share; `feed_ns` is the delay of its feed."""

    id: VenueId
    currency: Currency
    tick: Decimal
    px_exponent: int
    fee_model: str
    fee_parameters: dict[str, str]
    netting: bool
    native_amend: bool
    feed_ns: int


class Calendar(msgspec.Struct, frozen=True):
    """The first question opens at `origin_ns`, and each stays open for `period_ns`."""

    origin_ns: int
    period_ns: int

    def serial_at(self, ts: int) -> int:
        """Return the number of the question that is open at a time; the first is 1."""
        return (ts - self.origin_ns) // self.period_ns + 1

    def close_ns(self, serial: int) -> int:
        """Return when a question closes; the next one opens then."""
        return self.origin_ns + serial * self.period_ns


class SeriesTerms(msgspec.Struct, frozen=True, kw_only=True):
    """One topic at one venue."""

    venue: BinaryVenue
    topic: Topic
    style: Style
    calendar: Calendar
    category: str
    group: str
    seed: int

    def listing(self, serial: int, asked: Asked) -> Listing:
        """Return both instruments of a question."""
        ids = self.ids(serial)
        yes = self._instrument(serial, asked, (ids[0], ids[1]), Outcome.YES)
        no = self._instrument(serial, asked, (ids[1], ids[0]), Outcome.NO)
        return Listing(yes, no, self.venue.feed_ns)

    def listing_at(self, ts: int) -> Listing:
        """Return both instruments of the question that is open at a time."""
        serial = self.calendar.serial_at(ts)
        return self.listing(serial, self.ask(serial))

    def ask(self, serial: int) -> Asked:
        """Return the question of that number."""
        calendar = self.calendar
        return self.topic.ask(serial, calendar.close_ns(serial - 1), calendar.close_ns(serial))

    def ids(self, serial: int) -> tuple[InstrumentId, InstrumentId]:
        """Return the ids of YES and NO of a question."""
        symbol = self.symbol(serial)
        return InstrumentId(f"{symbol}:YES"), InstrumentId(f"{symbol}:NO")

    def symbol(self, serial: int) -> str:
        """Return the id of the question that both outcomes share."""
        return f"{self.venue.id}:{self.topic.name}-{serial:04d}"

    def _instrument(
        self,
        serial: int,
        asked: Asked,
        ids: tuple[InstrumentId, InstrumentId],
        outcome: Outcome,
    ) -> Instrument:
        venue = self.venue
        symbol = self.symbol(serial)
        return Instrument(
            id=ids[0],
            venue=venue.id,
            symbol=symbol.partition(":")[2],
            kind=InstrumentKind.BINARY,
            quote=venue.currency,
            ticks=single_tick(venue.tick),
            qty_step=Decimal(1),
            min_qty=Decimal(1),
            px_exponent=venue.px_exponent,
            qty_exponent=0,
            fee_model=venue.fee_model,
            fee_parameters=venue.fee_parameters,
            market=MarketId(symbol),
            outcome=outcome,
            mirror=ids[1],
            event=symbol,
            series=self.group,
            netting=venue.netting,
            native_stops=False,
            native_amend=venue.native_amend,
            close_ns=self.calendar.close_ns(serial),
            strike=None if asked.strike is None else Decimal(asked.strike),
            statistics=self._statistics(serial),
        )

    def _statistics(self, serial: int) -> dict[str, str]:
        dice = Random(f"{self.seed}/{self.symbol(serial)}/statistics")
        day = round(dice.lognormvariate(10.6, 0.5))
        return {
            "category": self.category,
            "volume_24h": str(max(day, 12_000)),
            "volume_1h": str(round(day / 24 * dice.uniform(0.4, 1.8))),
            "range_24h": f"{dice.uniform(0.03, 0.08):.3f}",
        }


class Series:
    """The event stream of a topic at a venue, over all its questions.

    When one closes, its outcomes are told CLOSED and the next question is defined and opens; a
    little later the closed one is defined anew with its resolution, and told SETTLED.
    """

    __slots__ = (
        "_asked",
        "_close_ns",
        "_flow",
        "_listing",
        "_serial",
        "_since_ns",
        "_terms",
        "_unpaid",
        "feed_ns",
        "next_ns",
    )

    def __init__(self, terms: SeriesTerms, start_ns: int, since_ns: int) -> None:
        self._terms = terms
        self._since_ns = since_ns
        self.feed_ns = terms.venue.feed_ns
        self._unpaid: list[tuple[int, Listing, bool]] = []
        self._take_up(terms.calendar.serial_at(start_ns), start_ns)
        self.next_ns = start_ns

    @property
    def listing(self) -> Listing:
        """Return the instruments of the question that is open."""
        return self._listing

    def open(self, out: list[Event]) -> None:
        """Define and open the present question, after those that were to be paid meanwhile."""
        ts = self.next_ns
        calendar = self._terms.calendar
        oldest = calendar.serial_at(self._since_ns - SETTLE_AFTER_NS)
        for serial in range(max(oldest, 1), self._serial):
            asked = self._terms.ask(serial)
            listing = self._terms.listing(serial, asked)
            self._define(listing, ts, out)
            self._tell_trading(listing, Trading.CLOSED, ts, out)
            self._unpaid.append((calendar.close_ns(serial) + SETTLE_AFTER_NS, listing, asked.yes))
        self._begin(ts, out)

    def step(self, out: list[Event]) -> None:
        """Let the next thing happen."""
        ts = self.next_ns
        if self._unpaid and self._unpaid[0][0] <= ts:
            _, listing, yes = self._unpaid.pop(0)
            self._settle(listing, ts, out, yes=yes)
        elif ts >= self._close_ns:
            self._tell_trading(self._listing, Trading.CLOSED, ts, out)
            self._unpaid.append((ts + SETTLE_AFTER_NS, self._listing, self._asked.yes))
            self._take_up(self._serial + 1, ts)
            self._begin(ts, out)
        else:
            self._flow.step(out)
        self._plan()

    def _plan(self) -> None:
        next_ns = min(self._flow.next_ns, self._close_ns)
        if self._unpaid:
            # What should have been paid while nobody ran is paid at once.
            next_ns = max(min(next_ns, self._unpaid[0][0]), self.next_ns)
        self.next_ns = next_ns

    def _take_up(self, serial: int, ts: int) -> None:
        terms = self._terms
        self._serial = serial
        self._close_ns = terms.calendar.close_ns(serial)
        self._asked = self._terms.ask(serial)
        self._listing = terms.listing(serial, self._asked)
        name = f"{terms.seed}/{terms.symbol(serial)}"
        self._flow = QuestionFlow(
            self._listing,
            terms.style,
            self._asked.chance,
            Noise(f"{name}/activity", ACTIVITY),
            (ts, Random(f"{name}/{ts}")),
        )

    def _begin(self, ts: int, out: list[Event]) -> None:
        self._define(self._listing, ts, out)
        self._flow.open(out)
        self._plan()

    def _define(self, listing: Listing, ts: int, out: list[Event]) -> None:
        recv_ns = ts + self.feed_ns
        out.extend(InstrumentDefined(each, recv_ns) for each in (listing.yes, listing.no))

    def _tell_trading(self, listing: Listing, trading: Trading, ts: int, out: list[Event]) -> None:
        recv_ns = ts + self.feed_ns
        out.extend(
            TradingChanged(each.id, ts, recv_ns, trading) for each in (listing.yes, listing.no)
        )

    def _settle(self, listing: Listing, ts: int, out: list[Event], *, yes: bool) -> None:
        for each in (listing.yes, listing.no):
            told = {**each.statistics, RESOLUTION: "1" if yes else "0"}
            answered = msgspec.structs.replace(each, statistics=told, version=each.version + 1)
            out.append(InstrumentDefined(answered, ts + self.feed_ns))
        self._tell_trading(listing, Trading.SETTLED, ts, out)
