"""`tradewind data`: import history, list what is stored, check a file."""

from pathlib import Path
from typing import Annotated

import typer

from tradewind.cli import options
from tradewind.cli.exits import DIFFERS

data = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Import, list and check market history.",
)
Files = Annotated[list[Path], typer.Argument(help="Files or folders.")]
Rules = Annotated[str | None, typer.Option("--instrument", help="Whose trading rules hold.")]
Interval = Annotated[
    str | None, typer.Option("--interval", help="Candle interval, where it cannot be told.")
]


@data.command("import")
def import_(
    files: Files,
    instrument: Rules = None,
    interval: Interval = None,
    folder: options.Data = None,
    dry_run: options.DryRun = False,
    as_json: options.Json = False,
) -> None:
    """Check files and store their rows, each once.

    Rows are stored as exact integers by instrument, kind and day.
    """
    from tradewind.app.histories import import_files
    from tradewind.cli.asking import home, print_json

    root = home(folder) / "history"
    rows = import_files(files, instrument, interval, root, dry_run=dry_run)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        stored = f"{row.new:,} new" if row.new is not None else f"would go to {root}"
        typer.echo(f"{row.instrument} {row.kind}: {row.rows:,} rows read, {stored}")
        if row.found:
            typer.echo(row.found)


@data.command("list")
def list_(folder: options.Data = None, as_json: options.Json = False) -> None:
    """List what is stored: instrument, kind, rows, first and last time."""
    from tradewind.app.histories import stored
    from tradewind.cli.asking import home, print_json

    rows = stored(home(folder) / "history")
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("Nothing is stored yet; import a file with: tradewind data import FILE")
    for row in rows:
        typer.echo(
            f"{row.instrument:<28} {row.kind:<12} {row.rows:>12,}  {row.first} to {row.last}"
        )


@data.command("check")
def check(
    files: Files,
    instrument: Rules = None,
    interval: Interval = None,
    as_json: options.Json = False,
) -> None:
    """Report gaps, duplicates and bad rows of files.

    Nothing is stored. Exits with 3 when rows are refused.
    """
    from tradewind.app.histories import check_files
    from tradewind.cli.asking import print_json

    reports = check_files(files, instrument, interval)
    if as_json:
        print_json(reports)
    else:
        for report in reports:
            typer.echo(report.text)
    if any(report.refused for report in reports):
        raise typer.Exit(DIFFERS)
