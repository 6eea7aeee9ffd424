"""A journal that ends its process at a chosen commit, as `kill -9` would: nothing runs after it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from tradewind.app.drill.plan import Ending, Stop
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.model.errors import Fenced, JournalError
from tradewind.ports import JournalRow

BALLAST_BYTES = 4096


class Killed(BaseException):
    """The process is gone; nothing after this line ran."""


class MortalJournal(SqliteJournal):
    """A journal whose process ends at a commit: it dies before it or right after it, or it fails.

    `cut` is called as the process dies: nothing that it does afterwards reaches anybody. `fenced`
    is called as the lease is found to be gone: nothing may leave from then on.
    """

    def __init__(self, path: Path, *, durability: Literal["power", "process"]) -> None:
        self.commits = 0
        self.cut: Callable[[], None] = lambda: None
        self.fenced: Callable[[], None] = lambda: None
        self._stop = Stop()
        self._dies_at = 0
        super().__init__(path, durability=durability, ballast_bytes=BALLAST_BYTES)

    def doom(self, stop: Stop) -> None:
        """Let it end at the commit that is meant, counted from now on."""
        self._stop, self._dies_at = stop, self.commits + stop.commit

    def append(self, rows: Sequence[JournalRow]) -> None:
        """Commit, unless death comes first."""
        self.commits += 1
        ends = bool(self._dies_at) and self.commits >= self._dies_at
        if ends and self._stop.ending is Ending.FULL:
            raise JournalError("Wrote the journal, found the disk full; make room.")
        if ends and self._stop.ending is Ending.FENCED:
            self.fenced()
            raise Fenced("Wrote the journal, found that another desk has its lease.")
        if ends and self._stop.before:
            self._die()
        super().append(rows)
        if ends:
            self._die()

    def _die(self) -> None:
        self.cut()
        raise Killed
