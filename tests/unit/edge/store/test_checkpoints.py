"""Checkpoints: the log is written back beside the desk, and nobody's commit waits for it."""

import sqlite3
import threading
from pathlib import Path

from tradewind.edge.store.checkpoints import Checkpoints
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.ports import JournalRow

PAYLOAD = b"{" + b" " * 4_000 + b"}"


def rows(journal: SqliteJournal, epoch: int, count: int) -> None:
    first = journal.last_seq() + 1
    for seq in range(first, first + count):
        journal.append([JournalRow(seq, 0, epoch, seq, "Woke", PAYLOAD)])


def in_the_file(path: Path, folder: Path) -> int:
    """Count the rows that the database file has without its log."""
    alone = folder / "alone.sqlite"
    alone.write_bytes(path.read_bytes())
    connection = sqlite3.connect(alone)
    try:
        found: int = connection.execute("SELECT count(*) FROM trading_journal").fetchone()[0]
    finally:
        connection.close()
    alone.unlink()
    return found


def test_while_it_is_entered_a_thread_writes_back_what_commits_leave(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j.sqlite", durability="process", ballast_bytes=4096)
    epoch = journal.take_lease("test")
    done = threading.Event()

    class Told(Checkpoints):
        def _checkpoint(self) -> None:
            super()._checkpoint()
            done.set()

    with Told(journal, every_s=3600.0) as idle:
        # More than SQLite itself would leave in the log, and nobody has written it back.
        rows(journal, epoch, 1_500)
        assert in_the_file(journal.path, tmp_path) < 100
        assert idle.done == 0
    with Told(journal, every_s=0.01):
        assert done.wait(10.0)
    assert in_the_file(journal.path, tmp_path) == 1_500
    assert len(list(journal.read())) == 1_500
    journal.close()


def test_afterwards_commits_write_back_by_themselves(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j.sqlite", durability="process", ballast_bytes=4096)
    epoch = journal.take_lease("test")
    with Checkpoints(journal, every_s=3600.0):
        pass
    rows(journal, epoch, 1_500)
    assert in_the_file(journal.path, tmp_path) > 500
    journal.close()
