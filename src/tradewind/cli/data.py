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

    Rows are stored as exact integers by instrument, kind and day. A desk's folder gives the market
    data of its event log, into a history of its own: what simulated venues told must not stand
    among what real ones did.
    """
    from tradewind.app.histories import import_files, import_run, is_run
    from tradewind.cli.asking import home, print_json

    root = home(folder) / "history"
    runs = [path for path in files if is_run(path)]
    rows = [row for path in runs if not dry_run for row in import_run(path)]
    if dry_run and runs and not as_json:
        told = ", ".join(str(path) for path in runs)
        typer.echo(f"market data of {told}: would go into a history beside it")
    others = [path for path in files if not is_run(path)]
    if others:
        rows += import_files(others, instrument, interval, root, dry_run=dry_run)
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
    """List what is stored and what the demo recorded: instrument, kind, rows, first and last time.

    Each series stands under the folder that holds it, which `backtest --data` takes as it is.
    """
    from tradewind.app.histories import stored
    from tradewind.cli.asking import DEMO, home, print_json

    root = home(folder)
    rows = [*stored(root / "history"), *stored(root / DEMO / "history")]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("Nothing is stored yet; import a file with: tradewind data import FILE")
    last = ""
    for row in rows:
        if row.folder != last:
            last = row.folder
            typer.echo(f"{last}:")
        typer.echo(
            f"  {row.instrument:<28} {row.kind:<12} {row.rows:>12,}  {row.first} to {row.last}"
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
