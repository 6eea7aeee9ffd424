"""A journal that ends its process at a chosen commit, as `kill -9` would: nothing runs after it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from tradewind.app.drill.plan import Stop
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.model.errors import JournalError
from tradewind.ports import JournalRow

BALLAST_BYTES = 4096


class Killed(BaseException):
    """The process is gone; nothing after this line ran."""


class MortalJournal(SqliteJournal):
    """A journal whose process dies at a commit: before it, or right after it, or of a full disk.

    `cut` is called as the process dies: nothing that it does afterwards reaches anybody.
    """

    def __init__(self, path: Path, *, durability: Literal["power", "process"]) -> None:
        self.commits = 0
        self.cut: Callable[[], None] = lambda: None
        self._stop = Stop()
        self._dies_at = 0
        super().__init__(path, durability=durability, ballast_bytes=BALLAST_BYTES)

    def doom(self, stop: Stop) -> None:
        """Let it end at the commit that is meant, counted from now on."""
        self._stop, self._dies_at = stop, self.commits + stop.commit

    def append(self, rows: Sequence[JournalRow]) -> None:
        """Commit, unless death comes first."""
        self.commits += 1
        if self._stop.full and self.commits >= self._dies_at:
            raise JournalError("Wrote the journal, found the disk full; make room.")
        if self.commits == self._dies_at and self._stop.before:
            self._die()
        super().append(rows)
        if self.commits == self._dies_at:
            self._die()

    def _die(self) -> None:
        self.cut()
        raise Killed
