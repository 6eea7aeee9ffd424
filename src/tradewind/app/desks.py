"""A desk's folder opened: lease, journal, event log, snapshots, and the desk as it stood."""

import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path
from random import Random, SystemRandom
from typing import Literal

from tradewind.app.strategies import Guests
from tradewind.app.version import code_version
from tradewind.core.strategy.strategy import Strategy
from tradewind.edge.store.bus_local import LocalBus
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.snapshots_file import FileSnapshots
from tradewind.model.config import DeskConfig
from tradewind.model.errors import ConfigError, JournalError
from tradewind.model.events import DeskStarted
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.ports import TickStore
from tradewind.runtime.keeper import JournalKeeper
from tradewind.runtime.recorder import Recorder, RecorderLimits
from tradewind.runtime.recording import Recording
from tradewind.runtime.recovery import Recovered, recover
from tradewind.runtime.replay import Replayed, replay

SALT_BITS = 64
SEGMENT_BYTES = 16 << 20
"""An event log's segment is closed, recorded and compacted when it is so large."""
KEEP_BYTES = 1 << 30
SPARE_BYTES = 512 << 20
RECORD = RecorderLimits(max_bytes=KEEP_BYTES, spare_bytes=SPARE_BYTES)
"""How much of its market data a desk keeps as history, and what stays free on its disk."""


class DeskFolder:
    """Where one desk keeps what it must not forget."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.journal = root / "journal.sqlite"
        self.events = root / "events"
        self.snapshots = root / "snapshots"
        self.venues = root / "paper-venues.sqlite"
        self.reads = root / "read.sqlite"
        self.socket = root / "desk.sock"
        self.hung = root / "hung.json"
        self.history = root / "history"
        self.gateway = root / "gateway.json"
        self.gateway_log = root / "gateway.log"

    def exists(self) -> bool:
        """Tell whether a desk has been started here."""
        return self.journal.is_file()


class OpenDesk:
    """A desk under its lease, recovered and ready to be fed DeskStarted.

    With `record` its market data becomes history in its folder; without, the event log alone
    keeps it. `recorder` works while it is entered, and once more when the desk is closed.
    """

    def __init__(
        self,
        folder: DeskFolder,
        catalogue: Mapping[str, type[Strategy]],
        durability: Literal["power", "process"],
        record: RecorderLimits | None = None,
        journal: type[SqliteJournal] = SqliteJournal,
    ) -> None:
        try:
            folder.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"Opened the desk in {folder.root}, found {error.strerror}; choose another folder."
            ) from error
        self.folder = folder
        self.faults: list[str] = []
        self.journal = journal(folder.journal, durability=durability)
        self.epoch = self.journal.take_lease(f"{socket.gethostname()}/{os.getpid()}")
        self.eventlog = FileEventLog(folder.events, SEGMENT_BYTES)
        self.snapshots = FileSnapshots(folder.snapshots, code_version(), Guests(catalogue))
        self._see_a_journal()
        self.bus = LocalBus(self._on_fault)
        self.recovered: Recovered = recover(catalogue, self.journal, self.eventlog, self.snapshots)
        self.desk = self.recovered.desk
        self.keeper = JournalKeeper(self.desk, self.epoch, self.journal, self.eventlog, self.bus)
        self.recorder = self._recorder(record)

    def _recorder(self, limits: RecorderLimits | None) -> Recorder:
        root = self.folder.root

        def rules(instrument: InstrumentId) -> Instrument | None:
            feed = self.desk.feeds.get(instrument)
            return None if feed is None else feed.market.instrument

        def ticks() -> TickStore:
            from tradewind.edge.store.ticks_parquet import ParquetTicks

            return ParquetTicks(self.folder.history)

        return Recorder(
            self.eventlog,
            ticks if limits is not None else None,
            Recording(rules),
            limits if limits is not None else RECORD,
            lambda: shutil.disk_usage(root).free,
        )

    def _see_a_journal(self) -> None:
        """Raise JournalError where a desk has run and its journal is gone: nothing proves it."""
        if self.journal.last_seq() or not self.snapshots.kept():
            return
        self.eventlog.close()
        self.journal.close()
        raise JournalError(
            f"Opened {self.folder.journal}, found no step in it although a desk has run here; "
            f"restore the journal, or begin in an empty folder (the demo: --fresh)."
        )

    def _on_fault(self, reader: object, error: Exception) -> None:
        self.faults.append(f"{reader!r} was dropped: {type(error).__name__}: {error}")

    def started(
        self,
        config: DeskConfig,
        now_ns: int,
        dice: Random = SystemRandom(),  # noqa: B008
    ) -> DeskStarted:
        """Return the event that begins this epoch; the dice are rolled here."""
        return DeskStarted(
            self.epoch,
            dice.getrandbits(SALT_BITS),
            config,
            max(now_ns, self.desk.world.now_ns),
            code_version(),
            not self.recovered.warm,
        )

    def close(self) -> None:
        """Commit what waits, keep a snapshot, record and compact the rest, and let the lease go.

        After a commit that failed nothing more is kept: the journal is the truth.
        """
        if self.keeper.failed:
            self.eventlog.abandon()
            self.journal.close()
            return
        self.keeper.commit()
        if self.desk.epoch == self.epoch:
            # One that never began may have come back cold, which no step of the record tells.
            self.snapshots.save(self.desk.world.seq, self.desk)
        self.eventlog.seal()
        self.recorder.work()
        self.eventlog.close()
        self.journal.close()


def replay_folder(folder: DeskFolder, catalogue: Mapping[str, type[Strategy]]) -> Replayed:
    """Replay a desk's record; ConfigError when there is none, JournalError for an empty one."""
    if not folder.exists():
        raise ConfigError(f"Replayed {folder.root}, found no journal there; name a desk's folder.")
    journal = SqliteJournal(folder.journal, durability="process", create=False)
    eventlog = FileEventLog(folder.events, read_only=True)
    try:
        if not journal.last_seq():
            raise JournalError(
                f"Replayed {folder.root}, found no step in its journal, so nothing is proved; "
                f"restore the journal."
            )
        return replay(catalogue, journal, eventlog)
    finally:
        eventlog.close()
        journal.close()
