"""Cursors: nothing is lost and nothing comes twice, however many rows share a number."""

import random

import msgspec
import pytest

from tradewind.faces.api.paging import Part


class Row(msgspec.Struct, frozen=True):
    """A row with a number that others may have, too."""

    seq: int
    name: int


def view(rows: list[Row], before: int, limit: int) -> list[Row]:
    """Answer as a view does: the newest rows below a number, oldest first."""
    found = [row for row in rows if not before or row.seq < before]
    return found[-limit:]


def walked(rows: list[Row], limit: int) -> list[Row]:
    seen: list[Row] = []
    cursor: str | None = ""
    while cursor is not None:
        part = Part(cursor, limit)
        told = part.rows(view(rows, part.before, part.wanted), lambda row: row.seq)
        seen += told.rows
        cursor = told.next
    return seen


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_every_row_comes_once_and_the_newest_first(limit: int, seed: int) -> None:
    dice = random.Random(seed)
    for count in (0, 1, 5, 40):
        seqs = sorted(dice.choice(range(1, 12)) for _ in range(count))
        rows = [Row(seq, name) for name, seq in enumerate(seqs)]
        assert walked(rows, limit) == list(reversed(rows))


def test_rows_that_come_meanwhile_move_nothing() -> None:
    rows = [Row(seq, seq) for seq in range(1, 10)]
    first = Part("", 3).rows(view(rows, 0, 4), lambda row: row.seq)
    assert first.next is not None
    rows += [Row(10, 10), Row(11, 11)]
    part = Part(first.next, 3)
    told = part.rows(view(rows, part.before, part.wanted), lambda row: row.seq)
    assert [row.seq for row in told.rows] == [6, 5, 4]


def test_a_list_without_numbers_is_cut_by_count() -> None:
    first = Part("", 2).slice("abc")
    assert (first.rows, first.next) == (("a", "b"), "2")
    assert Part("2", 2).slice("abc").rows == ("c",)
    assert Part("2", 2).slice("abc").next is None
