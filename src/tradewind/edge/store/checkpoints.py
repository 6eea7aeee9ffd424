"""The journal's write-ahead log written back beside the desk, not in the middle of a commit.

SQLite does that by itself in whichever commit finds the log long: two syncs and a thousand pages,
in which no order leaves. A thread with a connection of its own does it earlier.
Source: SQLite documentation, wal.html and pragma.html, read 2026-11-21.
"""

import sqlite3
import threading
from contextlib import closing
from types import TracebackType
from typing import Self

from tradewind.edge.store.journal_sqlite import SqliteJournal

EVERY_S = 0.5
OWN_PAGES = 1_000
"""What SQLite does without being told otherwise."""
BACKSTOP_PAGES = 16_000
"""64 MB: so long a log may grow behind a thread that never finds a quiet moment."""
STOP_S = 5.0


class Checkpoints:
    """Keeps the log of a journal short while it is entered; afterwards commits do it again."""

    def __init__(self, journal: SqliteJournal, every_s: float = EVERY_S) -> None:
        self.journal = journal
        self.done = 0
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)

    def __enter__(self) -> Self:
        self.journal.checkpoint_after(BACKSTOP_PAGES)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(STOP_S)
        self.journal.checkpoint_after(OWN_PAGES)

    def _work(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._checkpoint()
            except sqlite3.Error:
                # A full or failing disk: the desk's own commits find it and say so.
                continue

    def _checkpoint(self) -> None:
        # Opened each time: a journal that is moved or closed must not be held by its readers.
        with closing(sqlite3.connect(self.journal.path, timeout=0.0)) as connection:
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self.done += 1
