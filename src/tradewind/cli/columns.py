"""Plain tables and figures for people: aligned, without frames, fit for a pipe.

Knows text only. Numbers stand right, with the digits that they have.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import typer

NONE = "–"
CENT = Decimal("0.01")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> None:
    """Print rows under headings; `right` names those that stand right, `_` in them is a blank.

    Without rows it prints one line that says so.
    """
    if not rows:
        typer.echo("none")
        return
    titles = [name.replace("_", " ") for name in headings]
    columns = list(zip(titles, *rows, strict=True))
    widths = [max(len(cell) for cell in column) for column in columns]
    to_right = {index for index, name in enumerate(headings) if name in right.split()}
    for index, row in enumerate((titles, *rows)):
        cells = (
            cell.rjust(width) if at in to_right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        line = "  ".join(cells).rstrip()
        typer.echo(typer.style(line, bold=True) if not index and sys.stdout.isatty() else line)


def number(value: Decimal | None) -> str:
    """Return a number without trailing zeros, a dash for none."""
    if value is None:
        return NONE
    return f"{value.normalize():f}" if value else "0"


def signed(value: Decimal | None) -> str:
    """Return a number with its sign, zero without."""
    if value is None:
        return NONE
    return f"{value.normalize():+f}" if value else "0"


def money(value: Decimal | None) -> str:
    """Return an amount to two decimals with its sign, a dash for none."""
    if value is None:
        return NONE
    return f"{value.quantize(CENT):+,f}" if value else "0.00"


def clock(ts_ns: int) -> str:
    """Return a time as UTC to the millisecond, a dash for never."""
    if not ts_ns:
        return NONE
    whole, rest = divmod(ts_ns, 1_000_000_000)
    told = datetime.fromtimestamp(whole, UTC)
    return f"{told:%Y-%m-%d %H:%M:%S}.{rest // 1_000_000:03d}"
