"""The record of a desk that does not run, opened for the views; its tables follow the journal."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tradewind.control.offline import OfflineViews
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.lease_file import FileLease
from tradewind.edge.store.read_archive import TableArchive
from tradewind.edge.store.read_tables import Projector
from tradewind.model.errors import Fenced, JournalError, Unreachable
from tradewind.ports import Published
from tradewind.runtime.codec import steps

PATIENCE_S = 30.0
LOOK_S = 0.05


def open_views(journal: Path, reads: Path) -> OfflineViews:
    """Return the views of the desk whose journal and read tables these are.

    The tables are caught up with the journal first. Readers take turns at that by a lock of their
    own; the desk's lease is only looked at, so that a desk may start at any moment. Raises
    Unreachable when a living desk holds it, JournalError for a record that cannot be read.
    """
    holder = FileLease(_lock_of(journal)).holder()
    if holder is not None:
        raise Unreachable(
            f"Read the record of {journal.parent}, found that its desk runs and does not answer "
            f"({holder} holds it); look at that process.",
            venue="",
            endpoint=str(journal.parent),
        )
    turn = FileLease(_lock_of(reads))
    _wait_for(turn)
    try:
        _catch_up(journal, reads)
    finally:
        turn.release()
    return OfflineViews(TableArchive.in_file(reads), journal.parent.name, partial(_record, journal))


def _record(journal: Path, after_seq: int) -> Iterator[Published]:
    record = SqliteJournal(journal, durability="process", create=False)
    try:
        yield from steps(record.read(after_seq))
    finally:
        record.close()


def _projector(reads: Path) -> Projector:
    """Open the read tables; what cannot be read is made anew, for the journal says it all."""
    try:
        return Projector.in_file(reads)
    except JournalError:
        for suffix in ("", "-wal", "-shm"):
            reads.with_name(reads.name + suffix).unlink(missing_ok=True)
        return Projector.in_file(reads)


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _wait_for(turn: FileLease) -> None:
    """Take the turn of the one that writes the read tables; raises Fenced beyond all patience."""
    give_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            turn.take("a reader of the record")
        except Fenced:
            if time.monotonic() > give_up:
                raise
            time.sleep(LOOK_S)
        else:
            return


def _catch_up(journal: Path, reads: Path) -> None:
    record = SqliteJournal(journal, durability="process", create=False)
    try:
        projector = _projector(reads)
        try:
            projector.catch_up(steps(record.read(projector.cursor())))
        finally:
            projector.close()
    finally:
        record.close()
