"""The people of a desk's folder: which store keeps them, by which clock and with which dice."""

from pathlib import Path
from random import Random, SystemRandom

from tradewind.control.access.access import Access
from tradewind.edge.store.access_sqlite import SqliteAccess
from tradewind.runtime.clock import SystemClock

FILE = "access.sqlite"
DICE: Random = SystemRandom()


def open_access(folder: Path) -> Access:
    """Return who may use the desk of a folder; makes the file that keeps them if need be.

    Raises ConfigError, JournalError where that cannot be. Close it in the end.
    """
    return Access(SqliteAccess(folder / FILE), SystemClock(), DICE)
