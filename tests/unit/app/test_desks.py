"""A desk's folder: what is kept at the end, and what must not be."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

from tests.harness import account
from tradewind.app.desks import DeskFolder, OpenDesk
from tradewind.core.engine.step import step
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.model.config import DeskConfig
from tradewind.model.errors import JournalError
from tradewind.ports import JournalRow

NOW_NS = 1_767_614_400_000_000_000


class FullDisk(SqliteJournal):
    """A journal whose disk is full from the second commit on."""

    def __init__(self, path: Path, *, durability: Literal["power", "process"]) -> None:
        self.commits = 0
        super().__init__(path, durability=durability, ballast_bytes=4096)

    def append(self, rows: Sequence[JournalRow]) -> None:
        self.commits += 1
        if self.commits > 1:
            raise JournalError("the disk is full")
        super().append(rows)


def opened(root: Path, journal: type[SqliteJournal] = SqliteJournal) -> OpenDesk:
    return OpenDesk(DeskFolder(root), {}, "process", None, journal)


def begin(desk: OpenDesk) -> None:
    event = desk.started(DeskConfig(accounts=(account("a"),)), NOW_NS)
    desk.keeper.note(event, step(desk.desk, event))
    desk.keeper.commit()


def test_a_desk_that_began_keeps_a_snapshot(tmp_path: Path) -> None:
    desk = opened(tmp_path)
    begin(desk)
    desk.close()
    assert desk.snapshots.kept()


def test_a_desk_that_came_back_cold_and_never_began_keeps_none(tmp_path: Path) -> None:
    # Its record does not tell that it came back cold, so a warm start from it would differ.
    first = opened(tmp_path)
    begin(first)
    first.eventlog.close()
    first.journal.close()
    second = opened(tmp_path)
    assert not second.recovered.warm
    second.close()
    assert not second.snapshots.kept()


def test_what_could_not_be_committed_is_in_no_snapshot(tmp_path: Path) -> None:
    desk = opened(tmp_path, FullDisk)
    begin(desk)
    with pytest.raises(JournalError):
        begin(desk)
    desk.close()
    assert not desk.snapshots.kept()
