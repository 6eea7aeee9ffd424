"""`tradewind replay`: run a record again and prove that it decides the same."""

from pathlib import Path
from typing import Annotated

import typer

from tradewind.cli import options
from tradewind.cli.exits import DIFFERS


def replay(
    run: Annotated[
        str, typer.Argument(help="`last` for the desk of the data folder, or a desk's folder.")
    ] = "last",
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """Run a record again and prove that it decides the same.

    From its first event, every decision byte for byte. Exits with 3 at the first difference, and
    shows it.
    """
    from tradewind.app.desks import DeskFolder, replay_folder
    from tradewind.app.strategies import Catalogue
    from tradewind.cli.asking import find, print_json

    folder = find(data).folder if run == "last" else Path(run)
    outcome = replay_folder(DeskFolder(folder), Catalogue())
    if as_json:
        print_json(outcome)
    else:
        typer.echo(
            f"{outcome.steps:,} steps, {outcome.effects:,} effects, {outcome.restarts} starts"
        )
        for first, last in outcome.unprovable:
            typer.echo(f"unprovable: events {first} to {last} were lost in a power cut")
        if outcome.difference is None:
            typer.echo(f"identical; decision hash {outcome.decision_hash}")
        else:
            found = outcome.difference
            typer.echo(f"differs at step {found.seq} ({found.event})")
            typer.echo(f"  recorded: {found.recorded}")
            typer.echo(f"  replayed: {found.replayed}")
    if outcome.difference is not None:
        raise typer.Exit(DIFFERS)
