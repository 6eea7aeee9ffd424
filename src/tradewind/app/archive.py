"""The record of a desk that does not run, opened for the views; its tables follow the journal."""

from pathlib import Path

from tradewind.control.offline import OfflineViews
from tradewind.edge.store.journal_sqlite import SqliteJournal, lease_path
from tradewind.edge.store.lease_file import FileLease
from tradewind.edge.store.read_archive import TableArchive
from tradewind.edge.store.read_tables import Projector
from tradewind.model.errors import Fenced, JournalError, Unreachable
from tradewind.runtime.codec import steps


def open_views(journal: Path, reads: Path) -> OfflineViews:
    """Return the views of the desk whose journal and read tables these are.

    The tables are caught up with the journal first, under the desk's lease, so that nobody else
    writes them meanwhile. Raises Unreachable when a living desk holds it, JournalError for a
    record that cannot be read.
    """
    lease = FileLease(lease_path(journal))
    try:
        lease.take("a reader of its record")
    except Fenced as error:
        raise Unreachable(
            f"Read the record of {journal.parent}, found that its desk runs and does not answer "
            f"({error}); look at that process.",
            venue="",
            endpoint=str(journal.parent),
        ) from error
    try:
        _catch_up(journal, reads)
    finally:
        lease.release()
    return OfflineViews(TableArchive.in_file(reads), journal.parent.name)


def _projector(reads: Path) -> Projector:
    """Open the read tables; what cannot be read is made anew, for the journal says it all."""
    try:
        return Projector.in_file(reads)
    except JournalError:
        for suffix in ("", "-wal", "-shm"):
            reads.with_name(reads.name + suffix).unlink(missing_ok=True)
        return Projector.in_file(reads)


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
