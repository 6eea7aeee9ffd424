"""Group commit: event log first, then the journal, then the news; nothing leaves before that."""

from collections.abc import Callable

import msgspec

from tradewind.core.engine.desk import Desk
from tradewind.model.effects import Effect, StateSaved
from tradewind.model.events import Event
from tradewind.model.ids import InstanceId
from tradewind.ports import Bus, EventLog, Journal, JournalRow, Published
from tradewind.runtime.codec import JOURNALED_TYPES, encode_rows

GROUP = 1024
"""Steps that a group holds at most before it is committed without being asked."""


class JournalKeeper:
    """Collects the steps of a group and commits them as one transaction.

    The event log is handed to the operating system before the journal commit that depends on it;
    strategy states that changed are rows of the same commit. `unsaved` says why a state could not
    be written, by instance; whoever commits takes that up. Once a commit `failed`, nothing of the
    desk may be kept any more. `listener` is called with every event that the journal leaves out,
    which are public markets for the most part; it must return at once and never raise.
    """

    def __init__(
        self, desk: Desk, epoch: int, journal: Journal, eventlog: EventLog, bus: Bus
    ) -> None:
        self.desk = desk
        self.epoch = epoch
        self.journal = journal
        self.eventlog = eventlog
        self.bus = bus
        self.commits = 0
        self.failed = False
        self.unsaved: dict[InstanceId, str] = {}
        self.listener: Callable[[Event], None] | None = None
        self._rows: list[JournalRow] = []
        self._news: list[Published] = []
        self._durable: list[Published] = []
        self._logged = 0
        self._steps = 0

    def note(self, event: Event, effects: list[Effect]) -> None:
        """Take one step into the group."""
        world = self.desk.world
        seq = world.seq
        journaled = type(event) in JOURNALED_TYPES
        if not journaled:
            self.eventlog.append(seq, event)
            self._logged += 1
            if self.listener is not None:
                self.listener(event)
        if journaled or effects:
            self._rows += encode_rows(seq, self.epoch, world.now_ns, event, effects)
            told = event if journaled else None
            self._news.append(Published(seq, world.now_ns, told, tuple(effects), event))
        self._steps += 1
        if self._steps >= GROUP:
            self.commit()

    def commit(self) -> None:
        """Make the group durable and tell its news; raises JournalError when it cannot."""
        self.make_durable()
        self.tell()

    def make_durable(self) -> None:
        """Commit the group; raises JournalError when it cannot. Its news wait for `tell`."""
        self._steps = 0
        if self.desk.touched:
            self._save_states()
        if self._logged:
            self.eventlog.flush()
            self._logged = 0
        rows = self._rows
        if not rows:
            return
        self._rows = []
        self.failed = True
        self.journal.append(rows)
        self.failed = False
        self.commits += 1
        self._durable += self._news
        self._news = []

    def tell(self) -> None:
        """Tell the news that are durable and were not told yet."""
        if self._durable:
            news, self._durable = self._durable, []
            for each in news:
                self.bus.publish(each)

    def _save_states(self) -> None:
        """Add the typed states that the group's callbacks changed."""
        world = self.desk.world
        saved: list[Effect] = []
        for instance in self.desk.touched:
            instance.touched = False
            state = instance.strategy.state
            if state is None:
                continue
            try:
                encoded = msgspec.msgpack.encode(state)
            except (TypeError, ValueError, OverflowError, RecursionError) as error:
                # Whoever feeds the desk makes an event of it, which faults the instance.
                self.unsaved[instance.spec.id] = f"{error}; keep plain values in the state"
                continue
            if encoded != instance.saved_state:
                instance.saved_state = encoded
                saved.append(StateSaved(instance.spec.id, encoded, world.now_ns))
        self.desk.touched.clear()
        if not saved:
            return
        last = self._rows[-1].ordinal if self._rows and self._rows[-1].seq == world.seq else 0
        for ordinal, effect in enumerate(saved, last + 1):
            self._rows.append(
                JournalRow(
                    world.seq,
                    ordinal,
                    self.epoch,
                    world.now_ns,
                    type(effect).__name__,
                    msgspec.json.encode(effect),
                )
            )
