"""Reading the record of a desk that does not run: it never stands in a desk's way."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.cli.test_asking import recorded, traded
from tests.unit.edge.store.samples import open_journal
from tradewind.app.archive import open_views
from tradewind.app.doctor import examine
from tradewind.edge.store.lease_file import FileLease
from tradewind.model.errors import Unreachable


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    recorded(tmp_path, traded())
    return tmp_path / "journal.sqlite"


def test_a_reading_leaves_the_name_of_the_desk_in_the_lease(journal: Path) -> None:
    open_views(journal, journal.with_name("read.sqlite"))
    told = {each.name: each.text for each in examine(journal.parent)}
    assert "free; last held by desk 'the test'" in told[f"lease of {journal.parent.name}"]


def test_a_desk_starts_while_the_read_tables_catch_up(journal: Path) -> None:
    reads = journal.with_name("read.sqlite")
    open_views(journal, reads)
    turn = FileLease(reads.with_name("read.sqlite.lock"))
    with ThreadPoolExecutor() as pool, closing(sqlite3.connect(reads)) as barred:
        barred.execute("BEGIN IMMEDIATE")  # the catching up waits here
        views = pool.submit(open_views, journal, reads)
        while turn.holder() is None:
            assert not views.done()
        desk = open_journal(journal)
        assert desk.take_lease("a desk that starts") == 2
        barred.execute("COMMIT")
        assert len(views.result(10).fills()) == 1
        desk.close()


def test_readers_take_turns(journal: Path) -> None:
    reads = journal.with_name("read.sqlite")
    with ThreadPoolExecutor() as pool:
        views = list(pool.map(lambda _: open_views(journal, reads), range(3)))
    assert [len(each.fills()) for each in views] == [1, 1, 1]


def test_a_desk_that_runs_is_named(journal: Path) -> None:
    desk = open_journal(journal)
    desk.take_lease("busy")
    with pytest.raises(Unreachable, match=r"runs and does not answer \(desk 'busy'"):
        open_views(journal, journal.with_name("read.sqlite"))
    desk.close()
