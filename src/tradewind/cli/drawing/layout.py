"""Tables in a fixed number of lines, and two stacks of them side by side.

Knows columns, widths and rules; must not know what stands in the cells.
"""

from collections.abc import Callable, Sequence

from rich.text import Text

from tradewind.cli.drawing.figures import HEADING, RULE, SOFT, TITLE, Cell, crop, words


class Column:
    """One column: its heading, its width (0 takes what is left), and whether it stands right."""

    __slots__ = ("heading", "right", "width")

    def __init__(self, heading: str, width: int, *, right: bool = False) -> None:
        self.heading = heading
        self.width = width
        self.right = right


class Section:
    """One table on the screen: its columns, `gap` blanks apart, and its rows, the newest first."""

    def __init__(
        self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], gap: int = 1
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.gap = gap

    def lines(self, width: int, height: int) -> list[Text]:
        """Return heading and rows in exactly so many lines; what is left out is counted."""
        widths = widths_of(self.columns, width, self.gap)
        heads: list[Cell] = [(column.heading, HEADING) for column in self.columns]
        heads[0] = (self.columns[0].heading, TITLE)
        shown = list(self.rows)
        left_out = len(shown) - (height - 1)
        if left_out > 0:
            shown = shown[: height - 2]
        lines = [_line(row, self.columns, widths, " " * self.gap) for row in (heads, *shown)]
        if left_out > 0:
            lines.append(words(f"  and {left_out + 1} more", SOFT))
        lines += [Text() for _ in range(height - len(lines))]
        return lines[:height]


def widths_of(columns: Sequence[Column], width: int, gap: int) -> list[int]:
    """Return every column's width; those of width 0 share what is left."""
    fixed = sum(column.width for column in columns) + gap * (len(columns) - 1)
    free = max(width - fixed, 0)
    flexible = [index for index, column in enumerate(columns) if not column.width]
    widths = [column.width for column in columns]
    for place, index in enumerate(flexible):
        widths[index] = free // len(flexible) + (place < free % len(flexible))
    return widths


def _line(
    cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int], gap: str
) -> Text:
    """Put cells side by side; where there are fewer than columns, the last takes what is left."""
    line = Text(no_wrap=True)
    last = len(cells) - 1
    for index, cell in enumerate(cells):
        width = widths[index]
        if index == last < len(columns) - 1:
            width = sum(widths[index:]) + len(gap) * (len(columns) - 1 - index)
        if index:
            line.append(gap)
        if isinstance(cell, Text):
            cell.truncate(width, overflow="ellipsis", pad=True)
            line.append_text(cell)
            continue
        cut = crop(cell[0], width)
        right = columns[index].right and last == len(columns) - 1
        line.append(cut.rjust(width) if right else cut.ljust(width), style=cell[1])
    return line


Row = tuple[bool, Text]
"""(whether it is a rule, the line)."""


def stack(
    sections: Sequence[Section], width: int, heights: Sequence[int], height: int
) -> list[Row]:
    """Return tables one below the other, a rule above each, in exactly `height` lines."""
    rows: list[Row] = []
    for section, share in zip(sections, heights, strict=True):
        if share < 2:
            continue
        rows.append((True, rule(width)))
        rows += [(False, line) for line in section.lines(width, share - 1)]
    rows += [(False, Text())] * (height - len(rows))
    return rows[:height]


def beside(
    first: Sequence[Row], second: Sequence[Row], left_width: int, right_width: int
) -> list[Text]:
    """Return two stacks side by side, their rules joined."""
    lines = []
    for index, ((left_rule, left), (right_rule, right)) in enumerate(
        zip(first, second, strict=True)
    ):
        line = left.copy()
        line.truncate(left_width, pad=True)
        line.append(_JOINTS[left_rule, right_rule](index), style=RULE)
        cut = right.copy()
        cut.truncate(right_width)
        line.append_text(cut)
        lines.append(line)
    return lines


_JOINTS: dict[tuple[bool, bool], Callable[[int], str]] = {
    (True, True): lambda index: "─┼─" if index else "─┬─",
    (True, False): lambda index: "─┤ ",
    (False, True): lambda index: " ├─",
    (False, False): lambda index: " │ ",
}


def rule(width: int) -> Text:
    """Return a line across."""
    return words("─" * width, RULE)
