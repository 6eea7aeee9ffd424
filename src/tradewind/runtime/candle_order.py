"""Closed candles on their way into the desk: in order, and without the holes of a lost feed.

Knows which closed candle of an instrument came last, and asks the venue for those that a later
one, or a feed that has come back, shows to be missing. Until it has them, later ones wait here and
a lost feed stands as lost: nothing new is risked. Must not know strategies, nor what an order is.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import msgspec

from tradewind.model.errors import ConfigError, VenueError
from tradewind.model.events import Candle, FeedChanged
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.market import INTERVALS_NS, CandleStatus
from tradewind.model.money import NANOS
from tradewind.ports import Clock, Venue, Wanted

CLOSED = CandleStatus.CLOSED
CORRECTED = CandleStatus.CORRECTED
RETRY_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Waits between attempts at candles that could not be read; the last one repeats."""
LISTED_NS = 10 * NANOS
"""So long after its end, a candle that the venue does not list is none: nothing had a price."""
HELD = 64
"""So many later candles wait; older ones come with the next answer anyway."""
LONGEST_WAIT_NS = 60 * NANOS
Key = tuple[InstrumentId, str]


class _Series:
    """The closed candles of one instrument and interval; `due_ns` is when the next one opens.

    Without a last one that is the candle in the making, from which on somebody listens.
    `ask_ns` is when the venue is asked for missing ones, on the monotonic clock; 0: none are
    missing. `doubted`: the feed has been lost since they were last known to be whole.
    """

    __slots__ = ("account", "ask_ns", "doubted", "due_ns", "failures", "held", "key", "last")

    def __init__(self, account: AccountId, key: Key, last: Candle | None, now_ns: int) -> None:
        self.account = account
        self.key = key
        self.last = last
        self.due_ns = now_ns - now_ns % self.length_ns
        if last is not None:
            self.due_ns = last.ts_event + self.length_ns
        self.doubted = True
        self.ask_ns = 0
        self.failures = 0
        self.held: deque[Candle] = deque(maxlen=HELD)

    @property
    def length_ns(self) -> int:
        return INTERVALS_NS[self.key[1]]

    def listed_ns(self, now_ns: int) -> int:
        """Return when the first candle opens that the venue may not have listed yet."""
        since_ns = now_ns - LISTED_NS - self.due_ns
        return self.due_ns + max(since_ns // self.length_ns, 0) * self.length_ns


class CandleOrder:
    """Passes closed candles on without holes, and what says that a feed is whole after them.

    What concerns nobody's candles passes at once. `failed` counts requests without an answer.
    """

    def __init__(self, clock: Clock, pass_on: Callable[[Candle | FeedChanged], None]) -> None:
        self.failed = 0
        self._clock = clock
        self._pass_on = pass_on
        self._series: dict[Key, _Series] = {}
        self._lost: set[InstrumentId] = set()
        self._verified: dict[InstrumentId, FeedChanged] = {}
        self._bells: dict[AccountId, asyncio.Event] = {}

    def watch(
        self, account: AccountId, wanted: Iterable[Wanted], known: Mapping[Key, list[Candle]]
    ) -> None:
        """Keep the order of these candles from now on; `known` are those that the desk has."""
        keys = [
            (each.instrument, feed.removeprefix("candle:"))
            for each in wanted
            for feed in sorted(each.feeds)
            if feed.startswith("candle:")
        ]
        mine = {key for key, series in self._series.items() if series.account == account}
        for key in sorted(mine.difference(keys)):
            del self._series[key]
            self._verify(key[0])
        for key in keys:
            if key not in self._series:
                had = known.get(key)
                last = had[-1] if had else None
                self._series[key] = _Series(account, key, last, self._clock.now_ns())

    def hear(self, event: Candle | FeedChanged) -> None:
        """Pass an event on, or hold it until what belongs before it has been fetched."""
        if isinstance(event, FeedChanged):
            self._feed(event)
            return
        series = self._series.get((event.instrument, event.interval))
        if series is None or event.status is not CLOSED:
            self._pass_on(event)
        elif series.ask_ns:
            series.held.append(event)
        elif event.ts_event > series.due_ns:
            series.held.append(event)
            self._ask(series)
        else:
            self._tell(series, event)

    async def fetch(self, account: AccountId, venue: Venue) -> None:
        """Ask the venue for what is missing, whenever something is, for as long as it takes."""
        while True:
            await self._fetch(venue, await self._next(account))

    # --- the feed -------------------------------------------------------------------------------

    def _feed(self, event: FeedChanged) -> None:
        name = event.instrument
        mine = [series for series in self._series.values() if series.key[0] == name]
        if not event.live:
            self._lost.add(name)
            self._verified.pop(name, None)
            for series in mine:
                series.doubted = True
            self._pass_on(event)
            return
        self._lost.discard(name)
        if not mine:
            self._pass_on(event)
            return
        now_ns = self._clock.now_ns()
        for series in mine:
            if series.doubted and not series.ask_ns:
                if series.due_ns + series.length_ns <= now_ns:
                    self._ask(series)
                else:
                    series.doubted = False
        self._verified[name] = event
        self._verify(name)

    def _verify(self, name: InstrumentId) -> None:
        """Say that a feed is verified once none of its candles are missing."""
        if name not in self._verified:
            return
        if not any(each.ask_ns for each in self._series.values() if each.key[0] == name):
            self._pass_on(self._verified.pop(name))

    # --- candles --------------------------------------------------------------------------------

    def _tell(self, series: _Series, candle: Candle) -> None:
        last = series.last
        if last is None or candle.ts_event > last.ts_event:
            series.last = candle
            series.due_ns = candle.ts_event + series.length_ns
            self._pass_on(candle)
        elif candle.ts_event < last.ts_event or _differs(candle, last):
            # The same one by two roads: what the second says is the later word.
            self._pass_on(msgspec.structs.replace(candle, status=CORRECTED))

    def _ask(self, series: _Series, after_s: float = 0.0) -> None:
        series.ask_ns = self._clock.monotonic_ns() + int(after_s * NANOS)
        self._bell(series.account).set()

    def _bell(self, account: AccountId) -> asyncio.Event:
        return self._bells.setdefault(account, asyncio.Event())

    async def _next(self, account: AccountId) -> _Series:
        """Wait for the first series of an account whose time to be asked for has come."""
        bell = self._bell(account)
        while True:
            bell.clear()
            asked = [s for s in self._series.values() if s.ask_ns and s.account == account]
            first = min(asked, key=lambda each: each.ask_ns, default=None)
            wait_ns = LONGEST_WAIT_NS
            if first is not None:
                wait_ns = first.ask_ns - self._clock.monotonic_ns()
                if wait_ns <= 0:
                    return first
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_ns / NANOS):
                    await bell.wait()

    async def _fetch(self, venue: Venue, series: _Series) -> None:
        instrument, interval = series.key
        now_ns = self._clock.now_ns()
        if instrument not in self._lost:
            series.doubted = False
        try:
            told = await venue.candles(instrument, interval, series.due_ns, now_ns)
        except (VenueError, ConfigError):
            # The adapter has told why; what is missing stays missing until it answers.
            self.failed += 1
            self._ask(series, RETRY_S[min(series.failures, len(RETRY_S) - 1)])
            series.failures += 1
            return
        if self._series.get(series.key) is series:
            self._mend(series, told, now_ns)

    def _mend(self, series: _Series, told: list[Candle], asked_ns: int) -> None:
        """Pass on what was fetched, and behind it what has waited and follows on."""
        series.ask_ns = series.failures = 0
        listed_ns = series.listed_ns(asked_ns)
        # They reach the desk only now: what they vouch for is no older than that.
        recv_ns = self._clock.now_ns()
        held = {
            each.ts_event: msgspec.structs.replace(each, ts_recv=recv_ns) for each in series.held
        }
        series.held.clear()
        fetched = {each.ts_event: each for each in told if each.ts_event >= series.due_ns}
        for opened in sorted(fetched):
            # Where both roads told of one, the stream's is its final word.
            self._tell(series, held.pop(opened, fetched[opened]))
        series.due_ns = max(series.due_ns, listed_ns)
        for opened in sorted(held):
            self.hear(held[opened])
        if series.ask_ns:
            self._ask(series, RETRY_S[0])
        self._verify(series.key[0])


def _differs(one: Candle, other: Candle) -> bool:
    return msgspec.structs.replace(one, ts_recv=other.ts_recv, status=other.status) != other
