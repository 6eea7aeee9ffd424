"""Rows of the read tables, asked for by whoever knows their names."""

from pathlib import Path

import msgspec
import pytest

from tests.unit.edge.store.reads import open_projector
from tests.unit.edge.store.samples import accepted, fill, number, opening, submit
from tradewind.control.offline import Question
from tradewind.edge.store.read_archive import TableArchive
from tradewind.model.errors import JournalError
from tradewind.model.order import Side


class Name(msgspec.Struct):
    """The columns that the test looks at."""

    client_order_id: str
    status: str


@pytest.fixture
def archive(tmp_path: Path) -> TableArchive:
    path = tmp_path / "read.sqlite"
    projector = open_projector(path)
    news = opening() + number(
        *((None, (submit(f"O{n}", ts=10 + n),)) for n in range(5)),
        (accepted("O1", 20), ()),
        (fill("F1", Side.BUY, "1", "100", ts=21, order="O2"), ()),
        after=3,
    )
    projector.apply(news)
    projector.close()
    return TableArchive.in_file(path)


def names(archive: TableArchive, question: Question) -> list[str]:
    return [row.client_order_id for row in archive.rows("orders", Name, question)]


def test_rows_come_oldest_first_as_the_shape_that_was_asked_for(archive: TableArchive) -> None:
    rows = archive.rows("orders", Name, Question(order="created_ns"))
    assert [row.client_order_id for row in rows] == ["O0", "O1", "O2", "O3", "O4"]
    assert [row.status for row in rows[:3]] == ["pending_new", "new", "filled"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (Question(order="created_ns", newest=2), ["O3", "O4"]),
        (Question(order="created_ns", below=12), ["O0", "O1"]),
        (Question(order="created_ns", below=12, newest=1), ["O1"]),
        (Question(order="created_ns", equal={"status": "filled"}), ["O2"]),
        (Question(order="created_ns", equal={"status": "x' OR '1'='1"}), []),
    ],
)
def test_rows_are_chosen(archive: TableArchive, question: Question, expected: list[str]) -> None:
    assert names(archive, question) == expected


def test_a_table_that_is_gone_gets_a_sentence(archive: TableArchive, tmp_path: Path) -> None:
    archive.close()
    (tmp_path / "read.sqlite").unlink()
    with pytest.raises(JournalError, match="made anew from the journal"):
        archive.rows("orders", Name, Question())
