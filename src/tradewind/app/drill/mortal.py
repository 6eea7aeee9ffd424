"""A desk's process that ends in the middle of something, as a kill or a power cut ends it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.ports import JournalRow

BALLAST_BYTES = 4096


class Killed(BaseException):
    """The process is gone; nothing after this line ran."""


class MortalJournal(SqliteJournal):
    """A journal whose process dies at its n-th commit: before it, or right after it.

    `cut` is called as the process dies: nothing that it does afterwards reaches anybody.
    """

    def __init__(self, path: Path, *, durability: Literal["power", "process"]) -> None:
        self.dies_at = self.commits = 0
        self.dies_before = False
        self.cut: Callable[[], None] = lambda: None
        super().__init__(path, durability=durability, ballast_bytes=BALLAST_BYTES)

    def append(self, rows: Sequence[JournalRow]) -> None:
        """Commit, unless death comes first."""
        self.commits += 1
        if self.commits == self.dies_at and self.dies_before:
            self._die()
        super().append(rows)
        if self.commits == self.dies_at:
            self._die()

    def _die(self) -> None:
        self.cut()
        raise Killed
