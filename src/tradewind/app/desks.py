"""A desk's folder opened: lease, journal, event log, snapshots, and the desk as it stood."""

import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from tradewind.app.version import code_version
from tradewind.core.strategy.strategy import Strategy
from tradewind.edge.store.bus_local import LocalBus
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.snapshots_file import FileSnapshots
from tradewind.model.config import DeskConfig
from tradewind.model.errors import ConfigError, JournalError
from tradewind.model.events import DeskStarted
from tradewind.runtime.keeper import JournalKeeper
from tradewind.runtime.recovery import Recovered, recover
from tradewind.runtime.replay import Replayed, replay

SALT_BITS = 64


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

    def exists(self) -> bool:
        """Tell whether a desk has been started here."""
        return self.journal.is_file()


class OpenDesk:
    """A desk under its lease, recovered and ready to be fed DeskStarted."""

    def __init__(
        self,
        folder: DeskFolder,
        catalogue: Mapping[str, type[Strategy]],
        durability: Literal["power", "process"],
    ) -> None:
        try:
            folder.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"Opened the desk in {folder.root}, found {error.strerror}; choose another folder."
            ) from error
        self.folder = folder
        self.faults: list[str] = []
        self.journal = SqliteJournal(folder.journal, durability=durability)
        self.epoch = self.journal.take_lease(f"{socket.gethostname()}/{os.getpid()}")
        self.eventlog = FileEventLog(folder.events)
        self.snapshots = FileSnapshots(folder.snapshots, code_version())
        self._see_a_journal()
        self.bus = LocalBus(self._on_fault)
        self.recovered: Recovered = recover(catalogue, self.journal, self.eventlog, self.snapshots)
        self.desk = self.recovered.desk
        self.keeper = JournalKeeper(self.desk, self.epoch, self.journal, self.eventlog, self.bus)

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

    def started(self, config: DeskConfig, now_ns: int) -> DeskStarted:
        """Return the event that begins this epoch; the dice are rolled here."""
        return DeskStarted(
            self.epoch,
            secrets.randbits(SALT_BITS),
            config,
            max(now_ns, self.desk.world.now_ns),
            code_version(),
            not self.recovered.warm,
        )

    def close(self) -> None:
        """Commit what waits, keep a snapshot, compact full segments, and let the lease go."""
        self.keeper.commit()
        self.snapshots.save(self.desk.world.seq, self.desk)
        for segment in self.eventlog.closed_segments():
            self.eventlog.compact(segment)
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
