"""The people of a desk's folder: which store keeps them, by which clock and with which dice."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom

from tradewind.control.access.access import Access
from tradewind.edge.store.access_sqlite import SqliteAccess, copy_access
from tradewind.runtime.clock import SystemClock

FILE = "access.sqlite"
DICE: Random = SystemRandom()


def open_access(folder: Path) -> Access:
    """Return who may use the desk of a folder; makes the file that keeps them if need be.

    Raises ConfigError, JournalError where that cannot be. Close it in the end.
    """
    return Access(SqliteAccess(folder / FILE), SystemClock(), DICE)


@contextmanager
def access_copy(folder: Path) -> Iterator[Access]:
    """Open a copy of who may use a desk, which goes again: for looking, and for trying a change.

    Where nobody is kept yet the copy is empty, and nothing is made in the folder.
    """
    with tempfile.TemporaryDirectory(prefix="tradewind-") as made:
        copy = Path(made)
        if (folder / FILE).exists():
            copy_access(folder / FILE, copy / FILE)
        access = open_access(copy)
        try:
            yield access
        finally:
            access.close()
