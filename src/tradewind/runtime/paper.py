"""A paper session: a feed, an in-process venue and one desk, at a chosen speed, kept durably.

It moves events; it decides nothing and opens no file. After a kill the same calls go on from the
last commit, and the desk reconciles with the venue as with a stranger.
"""

from typing import Protocol

from tradewind.core.engine.desk import Desk
from tradewind.core.engine.runtime_events import CLOCK_STEP_NS
from tradewind.model.commands import Command
from tradewind.model.events import (
    CallbackOverran,
    ClockStepped,
    CommandReceived,
    DeskStarted,
    Event,
    InstrumentDefined,
    MarketEvent,
    TicksLost,
)
from tradewind.model.ids import InstanceId
from tradewind.model.instrument import Instrument
from tradewind.ports import Snapshots
from tradewind.runtime.drive import Drive, SimulatedVenues
from tradewind.runtime.inbox import Inbox
from tradewind.runtime.keeper import JournalKeeper
from tradewind.runtime.watchdog import Stopwatch

GROUP = 1024


class Source(Protocol):
    """Where market data comes from: stamped events in order of `ts_recv`."""

    @property
    def next_due_ns(self) -> int:
        """Return when the next event may reach us."""
        ...

    def due(self, until_ns: int) -> list[Event]:
        """Return all events that reach us up to then, in order."""
        ...


class PaperSession:
    """Feeds a desk from a source of stamped events, oldest first."""

    def __init__(
        self,
        desk: Desk,
        venue: SimulatedVenues,
        keeper: JournalKeeper,
        source: Source,
        snapshots: Snapshots,
    ) -> None:
        self.desk = desk
        self.keeper = keeper
        self.drive = Drive(desk, venue, keeper)
        self.inbox = Inbox()
        self.source = source
        self.snapshots = snapshots
        self.stopwatch: Stopwatch | None = None

    def start(self, started: DeskStarted, instruments: list[Instrument]) -> None:
        """Take up work: define what is new, then doubt, read and reconcile."""
        known = self.desk.feeds
        self.drive.begin(started)
        for instrument in instruments:
            feed = known.get(instrument.id)
            if feed is None or feed.market.instrument != instrument:
                self.drive.feed(InstrumentDefined(instrument, started.ts_recv))
            else:
                self.drive.venue.define(instrument, started.ts_recv)
        self.keeper.commit()

    def watch(self, stopwatch: Stopwatch) -> None:
        """Time every callback from now on."""
        self.stopwatch = stopwatch
        self.desk.probe = stopwatch

    def fault(self, instance: InstanceId, callback: str, took_ns: int, why: str = "") -> None:
        """Enter that a callback of an earlier process never returned, or why it cannot go on."""
        now_ns = self.desk.world.now_ns
        self.drive.feed(CallbackOverran(instance, callback, took_ns, now_ns, fatal=True, why=why))
        self.keeper.commit()

    def lost(self, first: int, last: int) -> None:
        """Enter that these events never reached the disk."""
        self.drive.feed(TicksLost(first, last, self.desk.world.now_ns))
        self.keeper.commit()

    def clock_checked(self, step_ns: int) -> None:
        """Enter how far the wall clock stepped; nothing when it did not and none was in doubt."""
        if abs(step_ns) > CLOCK_STEP_NS or self.desk.gate.clock_doubt:
            self.inbox.put(ClockStepped(step_ns, self.desk.world.now_ns))

    def ask(self, command: Command, command_id: str, by: str, why: str) -> None:
        """Put a command into the priority lane."""
        at_ns = self.desk.world.now_ns
        self.inbox.put(CommandReceived(command, command_id, by, at_ns, why))

    def pump(self, until_ns: int) -> int:
        """Fold everything that has arrived or is due until then, in groups; return how many."""
        self._fetch(until_ns)
        if self.stopwatch is not None and self.stopwatch.overruns:
            for overrun in self.stopwatch.events(self.desk.world.now_ns):
                self.inbox.put(overrun)
        count = 0
        while len(self.inbox):
            for event in self.inbox.take(GROUP):
                self._fold(event)
                count += 1
            self.keeper.commit()
        self.drive.advance(until_ns)
        self.keeper.commit()
        while self.keeper.unsaved:
            instance, why = self.keeper.unsaved.popitem()
            self.fault(instance, "saving its state", 0, why)
        return count

    def _fold(self, event: Event) -> None:
        if isinstance(event, MarketEvent):
            self.drive.market(event)
        else:
            self.drive.feed(event)

    def _fetch(self, until_ns: int) -> None:
        for event in self.source.due(until_ns):
            self.inbox.put_market(event)

    def next_ns(self) -> int:
        """Return when the next event arrives or something is due, by the session's clock."""
        return min(self.source.next_due_ns, self.drive.next_ns())

    def snapshot(self) -> None:
        """Keep the desk as it stands; only between groups."""
        self.keeper.commit()
        self.snapshots.save(self.desk.world.seq, self.desk)
