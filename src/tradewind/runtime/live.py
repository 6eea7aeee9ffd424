"""A live session: one desk, its venues over the wire, and the time that passes.

It moves events and decides nothing. What arrives waits in the inbox; one task folds what waits as
one group, commits it, and only then lets its effects leave. Everything it starts has a parent.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from heapq import heappop, heappush
from itertools import groupby

import msgspec

from tradewind.core.engine.desk import Desk
from tradewind.core.engine.runtime_events import CLOCK_STEP_NS
from tradewind.core.engine.step import step
from tradewind.model.ages import Ages
from tradewind.model.commands import Command
from tradewind.model.effects import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    Effect,
    ReadAccount,
    SubmitOrder,
)
from tradewind.model.errors import ConfigError, Fenced, JournalError, VenueError
from tradewind.model.events import (
    AccountReport,
    CallbackOverran,
    Candle,
    ClockStepped,
    CommandReceived,
    DeskStarted,
    Event,
    FeedChanged,
    FillReceived,
    InstrumentDefined,
    MarketEvent,
    NotSent,
    OrderPrepared,
    OrderSent,
    Request,
    TicksLost,
    Woke,
)
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.money import NANOS
from tradewind.ports import Clock, Prepared, Snapshots, Venue, Wanted
from tradewind.runtime.candle_order import CandleOrder
from tradewind.runtime.drive import LEAVING
from tradewind.runtime.inbox import Inbox
from tradewind.runtime.keeper import JournalKeeper
from tradewind.runtime.listening import wanted
from tradewind.runtime.watchdog import Stopwatch

GROUP = 1024
SEND_LIMIT_NS = 2 * NANOS
"""So long after its commit a request may still be written; later it never leaves."""
RETRY_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits between attempts at a reading that failed; the last one repeats."""
PATIENCE_S = 0.02
"""How long the news that an order has left may wait for its answer."""
LONGEST_WAIT_NS = 60 * NANOS
UNSENT_S = 0.1
"""When it is told that a request could not leave: whoever asks again at once does not spin."""


class _Questions:
    """Readings of one account that the desk has asked for, by when they may begin."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, ReadAccount]] = []
        self._count = 0
        self._changed = asyncio.Event()

    def put(self, question: ReadAccount) -> None:
        self._count += 1
        heappush(self._waiting, (question.not_before_ns, self._count, question))
        self._changed.set()

    async def next_due(self, clock: Clock) -> ReadAccount:
        """Wait for the first question whose time has come."""
        while True:
            self._changed.clear()
            wait_ns = self._waiting[0][0] - clock.now_ns() if self._waiting else LONGEST_WAIT_NS
            if wait_ns <= 0:
                return heappop(self._waiting)[2]
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_ns / NANOS):
                    await self._changed.wait()


def _way(effect: Effect) -> tuple[type[Effect], AccountId]:
    """What leaves together: effects of one kind for one account that follow each other."""
    if isinstance(effect, SubmitOrder):
        return SubmitOrder, effect.spec.account
    assert isinstance(effect, CancelOrder | AmendOrder | CancelAll | ReadAccount)
    return type(effect), effect.account


class LiveSession:
    """Feeds a desk from venues. `venues` has the adapter of every account.

    Adapters are made with `hear` as their sink; call `begin` before `run`. `latencies` are those
    of orders, from the arrival of their cause to their last byte, nanoseconds; `failed_reads`
    counts the readings of each account that came to nothing.
    """

    def __init__(
        self, desk: Desk, keeper: JournalKeeper, clock: Clock, snapshots: Snapshots
    ) -> None:
        self.desk = desk
        self.keeper = keeper
        self.clock = clock
        self.snapshots = snapshots
        self.venues: Mapping[AccountId, Venue] = {}
        self.inbox = Inbox()
        self.candles = CandleOrder(clock, self._hear_market)
        self.stopwatch: Stopwatch | None = None
        self.latencies = Ages()
        self.events = 0
        self.failed_reads: Counter[AccountId] = Counter()
        self._waiting = asyncio.Event()
        self._prepared: dict[OrderId, Prepared] = {}
        self._questions: dict[AccountId, _Questions] = {}
        self._alarm: tuple[int, asyncio.TimerHandle] | None = None
        self._watched: dict[AccountId, list[Wanted]] = {}
        self._running = self._busy = self._urgent = False
        self._patient: list[OrderSent] = []
        self._failure: Exception | None = None

    # --- what goes in ---------------------------------------------------------------------------

    def hear(self, event: Event) -> None:
        """Take an event from outside; it is folded within this turn of the loop.

        That an order has left can wait a moment: its answer is close behind, and they share a
        commit, whose sync no other order has to wait for.
        """
        if type(event) is NotSent:
            asyncio.get_running_loop().call_later(UNSENT_S, self._hear_unsent, event)
            return
        if type(event) is OrderSent and self._running and not len(self.inbox):
            if not self._patient:
                asyncio.get_running_loop().call_later(PATIENCE_S, self._waiting.set)
            self._patient.append(event)
            return
        if self._patient:
            self._end_patience()
        if type(event) is Candle or type(event) is FeedChanged:
            self.candles.hear(event)
        elif isinstance(event, MarketEvent):
            self._hear_market(event)
        else:
            self.inbox.put(event)
            self._urgent = self._urgent or type(event) is FillReceived
            self._waiting.set()

    def _hear_market(self, event: Event) -> None:
        self.inbox.put_market(event)
        self._urgent = True
        self._waiting.set()

    def _hear_unsent(self, event: NotSent) -> None:
        self.inbox.put(msgspec.structs.replace(event, ts_recv=self.clock.now_ns()))
        self._waiting.set()

    def _end_patience(self) -> None:
        for event in self._patient:
            self.inbox.put(event)
        self._patient.clear()

    def ask(self, command: Command, command_id: str, by: str, why: str) -> None:
        """Put a command into the priority lane."""
        self.hear(CommandReceived(command, command_id, by, self.clock.now_ns(), why))

    def fault(self, instance: InstanceId, callback: str, took_ns: int, why: str = "") -> None:
        """Enter that a callback of an earlier process never returned, or why it cannot go on."""
        now_ns = self.clock.now_ns()
        self.hear(CallbackOverran(instance, callback, took_ns, now_ns, fatal=True, why=why))

    def watch(self, stopwatch: Stopwatch) -> None:
        """Time every callback from now on."""
        self.stopwatch = stopwatch
        self.desk.probe = stopwatch

    def clock_checked(self, step_ns: int) -> None:
        """Enter how far the wall clock stepped; nothing when it did not and none was in doubt."""
        if abs(step_ns) > CLOCK_STEP_NS or self.desk.gate.clock_doubt:
            self.hear(ClockStepped(step_ns, self.clock.now_ns()))

    # --- how it goes ----------------------------------------------------------------------------

    def begin(
        self,
        started: DeskStarted,
        venues: Mapping[AccountId, Venue],
        instruments: list[Instrument],
        lost: tuple[int, int] | None = None,
    ) -> None:
        """Take up work: doubt what was under way, and define what is new; nothing leaves yet.

        Instruments that the desk knew and that are not listed any more keep their rules.
        """
        self.venues = venues
        self._questions = {account: _Questions() for account in venues}
        self.hear(started)
        for rules in instruments:
            feed = self.desk.feeds.get(rules.id)
            if feed is None or feed.market.instrument != rules:
                self.hear(InstrumentDefined(rules, started.ts_recv))
        if lost is not None:
            self.hear(TicksLost(*lost, started.ts_recv))

    async def run(self) -> None:
        """Keep the venues' connections, fold what they say, carry out what the desk wants."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pump(), name="pump")
            for account, venue in self.venues.items():
                group.create_task(venue.run(), name=f"venue {account}")
                group.create_task(self._answer(account, venue), name=f"readings of {account}")
                missing = self.candles.fetch(account, venue)
                group.create_task(missing, name=f"missing candles of {account}")

    def settle(self) -> None:
        """Fold market data and fills here and now; for whoever has just read from the network.

        Call it where no adapter is in the middle of anything, or leave it: what waits is folded
        within this turn of the loop in any case. It saves an order the way through the loop;
        answers to orders wait for that, and share a commit.
        """
        if not self._urgent or not self._running or self._busy or self._failure is not None:
            return
        try:
            self.turn()
        except Exception as error:  # noqa: BLE001 - raised by the pump; the network would swallow it
            self._failure = error
            self._waiting.set()
        else:
            if not len(self.inbox):
                self._waiting.clear()

    async def _pump(self) -> None:
        self._running = True
        try:
            while True:
                await self._waiting.wait()
                self._waiting.clear()
                if self._failure is not None:
                    raise self._failure
                self.turn()
        except Fenced:
            raise  # somebody else trades this account: not a byte more
        except JournalError:
            self._running = False
            await self._leave_the_field()
            raise
        finally:
            self._running = False

    async def _leave_the_field(self) -> None:
        """Nothing can be written any more: cancel what opens risk, and only that."""
        now_ns = self.clock.now_ns()
        not_after_ns = self.clock.monotonic_ns() + SEND_LIMIT_NS
        requests: dict[AccountId, list[CancelOrder]] = {}
        for order in self.desk.orders.live.values():
            spec = order.spec
            if spec.reduce_only or spec.account not in self.venues:
                continue
            name, known = order.client_order_id, order.venue_order_id
            request = CancelOrder(name, spec.account, order.instrument, known, now_ns)
            requests.setdefault(spec.account, []).append(request)
        for account, own in requests.items():
            self.venues[account].cancel(own, not_after_ns)
        # Their answers are not folded, but the requests must get out before the sockets close.
        await asyncio.sleep(SEND_LIMIT_NS / NANOS)

    def turn(self) -> None:
        """Fold one group of what waits, commit it, and let its effects leave."""
        self._busy, self._urgent = True, False
        try:
            self._turn()
        finally:
            self._busy = False

    def catch_up(self) -> None:
        """Fold group after group until nothing waits; for a start, which answers for all of it."""
        self.turn()
        while len(self.inbox):
            self.turn()

    def _turn(self) -> None:
        if self._patient:
            self._end_patience()
        self._wake()
        leaving: list[Effect] = []
        for event in self.inbox.take(GROUP):
            self._step(event, leaving)
        self.keeper.make_durable()
        if leaving:
            self._leave(leaving)
        self.keeper.tell()
        while self.keeper.unsaved:
            instance, why = self.keeper.unsaved.popitem()
            self.fault(instance, "saving its state", 0, why)
        if len(self.inbox):
            self._waiting.set()
        self._set_alarm()

    def _step(self, event: Event, leaving: list[Effect]) -> None:
        effects = step(self.desk, event)
        self.keeper.note(event, effects)
        self.events += 1
        if type(event) is OrderSent:
            self.latencies.observe(event.latency_ns)
        for effect in effects:
            if type(effect) in LEAVING:
                leaving.append(effect)
                if type(effect) is SubmitOrder:
                    self._prepare(effect, leaving)

    def _prepare(self, effect: SubmitOrder, leaving: list[Effect]) -> None:
        """Sign a new order, so that what the venue will know it by is in the same commit."""
        account, name = effect.spec.account, effect.client_order_id
        now_ns = self.desk.world.now_ns
        try:
            prepared = self.venues[account].prepare(effect)
        except ConfigError as error:
            self.hear(NotSent(account, now_ns, now_ns, name, Request.SUBMIT, str(error)))
            return
        self._prepared[name] = prepared
        told = OrderPrepared(account, now_ns, now_ns, name, prepared.wire_id, prepared.digest)
        self._step(told, leaving)

    def _leave(self, effects: list[Effect]) -> None:
        """Hand committed effects to the venues, in order.

        Orders of one account that follow each other leave together, and so do cancels.
        """
        not_after_ns = self.clock.monotonic_ns() + SEND_LIMIT_NS
        for (_, account), same in groupby(effects, _way):
            venue, together = self.venues[account], list(same)
            orders = [ready for each in together if (ready := self._ready(each)) is not None]
            if orders:
                venue.submit(orders, not_after_ns)
            cancels = [each for each in together if isinstance(each, CancelOrder)]
            if cancels:
                venue.cancel(cancels, not_after_ns)
            for effect in together:
                match effect:
                    case AmendOrder():
                        venue.amend(effect, not_after_ns)
                    case CancelAll():
                        venue.cancel_all(effect, not_after_ns)
                    case ReadAccount():
                        self._questions[account].put(effect)

    def _ready(self, effect: Effect) -> Prepared | None:
        """Return what was prepared of a new order; nothing where the venue has no such order."""
        if isinstance(effect, SubmitOrder):
            return self._prepared.pop(effect.client_order_id, None)
        return None

    # --- time -----------------------------------------------------------------------------------

    def _wake(self) -> None:
        """Enter what time itself brings."""
        now_ns = self.clock.now_ns()
        if self.desk.next_wake_ns <= now_ns:
            self.inbox.put(Woke(now_ns))
        if self.stopwatch is not None and self.stopwatch.overruns:
            for overrun in self.stopwatch.events(now_ns):
                self.inbox.put(overrun)

    def _set_alarm(self) -> None:
        due_ns = self.desk.next_wake_ns
        if self._alarm is not None:
            if self._alarm[0] == due_ns and not self._alarm[1].cancelled():
                return
            self._alarm[1].cancel()
        wait_s = max(0, min(due_ns - self.clock.now_ns(), LONGEST_WAIT_NS)) / NANOS
        loop = asyncio.get_running_loop()
        self._alarm = (due_ns, loop.call_later(wait_s, self._ring))

    def _ring(self) -> None:
        self._alarm = None
        self._waiting.set()

    # --- readings -------------------------------------------------------------------------------

    async def _answer(self, account: AccountId, venue: Venue) -> None:
        """Read an account whenever the desk asks; a reading that failed is no reading."""
        questions = self._questions[account]
        while True:
            question = await questions.next_due(self.clock)
            self.hear(await self._read(venue, question))

    async def _read(self, venue: Venue, question: ReadAccount) -> AccountReport:
        failures = 0
        while True:
            try:
                return await venue.read(question)
            except VenueError:
                # The adapter has told why; until one succeeds the desk believes nothing new.
                self.failed_reads[question.account] += 1
                await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1

    # --- what is watched ------------------------------------------------------------------------

    def watch_markets(
        self,
        feeds: Mapping[AccountId, frozenset[InstrumentId]],
        looked_at: Iterable[InstrumentId] = (),
    ) -> None:
        """Let the adapters listen to what the desk needs now, and people look at.

        `feeds` says for which instruments an account's adapter is the source of public data.
        """
        needed = wanted(self.desk, looked_at)
        for account, own in feeds.items():
            mine = [each for each in needed if each.instrument in own]
            if self._watched.get(account) != mine:
                self._watched[account] = mine
                self.candles.watch(account, mine, self.desk.world.candles)
                self.venues[account].watch(mine)

    def snapshot(self) -> None:
        """Keep the desk as it stands; only between groups, and never what was not committed."""
        if self.keeper.failed:
            return
        self.keeper.commit()
        self.snapshots.save(self.desk.world.seq, self.desk)
