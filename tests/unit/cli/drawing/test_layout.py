"""Tables in a fixed number of lines."""

import pytest
from rich.text import Text

from tradewind.cli.drawing.figures import Cell
from tradewind.cli.drawing.layout import Column, Section, beside, stack, widths_of

COLUMNS = [Column("NAME", 6), Column("QTY", 4, right=True), Column("WHAT", 0)]


def table(rows: int) -> Section:
    return Section(
        COLUMNS, [[(f"n{n}", ""), (str(n), ""), ("something long", "")] for n in range(rows)]
    )


def plain(lines: list[Text]) -> list[str]:
    return [line.plain for line in lines]


def test_numbers_stand_right_and_the_flexible_column_takes_the_rest() -> None:
    assert widths_of(COLUMNS, 30, 1) == [6, 4, 18]
    heading, first = plain(table(1).lines(30, 2))
    assert heading == "NAME    QTY WHAT              "
    assert first == "n0        0 something long    "


@pytest.mark.parametrize(
    ("rows", "height", "last"), [(3, 4, "n2"), (10, 5, "  and 7 more"), (1, 4, "")]
)
def test_what_finds_no_room_is_counted(rows: int, height: int, last: str) -> None:
    lines = plain(table(rows).lines(30, height))
    assert len(lines) == height
    assert lines[-1].startswith(last)


def test_a_row_with_fewer_cells_lets_the_last_take_what_is_left() -> None:
    row: list[Cell] = [("n0", ""), ("why it cannot be trusted", "")]
    assert plain(Section(COLUMNS, [row]).lines(30, 2))[1] == "n0     why it cannot be trust…"[:30]


def test_rules_of_two_stacks_are_joined() -> None:
    left = stack([table(1), table(1)], 10, [3, 3], 6)
    right = stack([table(3)], 10, [6], 6)
    joints = [line[10:13] for line in plain(beside(left, right, 10, 10))]
    assert joints == ["─┬─", " │ ", " │ ", "─┤ ", " │ ", " │ "]
