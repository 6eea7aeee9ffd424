"""`tradewind doctor`: see whether this machine, this desk and its venues are fit to trade."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli import options

if TYPE_CHECKING:
    from tradewind.app.conformance.examine import VenueReport


def doctor(
    venue: Annotated[
        str, typer.Option("--venue", help="Examine this account of the desk's file, at its venue.")
    ] = "",
    config: Annotated[Path, typer.Option("--config", help="The desk's file.")] = Path("desk.toml"),
    key_file: options.KeyFile = None,
    passphrase_file: options.PassphraseFile = None,
    data: options.Data = None,
    as_json: options.Json = False,
) -> None:
    """Check this machine and its desk, or an account at its venue.

    Python, folder, disk, clock, journal, lease, and the desk that runs. With --venue: what the
    venue's adapter promises, as far as looking can tell, and what protects resting orders if the
    desk dies; no order is sent, and it takes about a minute. Exits with 3 on a fault.
    """
    from tradewind.cli.asking import home, print_json
    from tradewind.cli.exits import DIFFERS

    if venue:
        report = _examine(venue, config, _Opening(home(data), key_file, passphrase_file))
        if as_json:
            print_json(report)
        else:
            print_report(report)
        raise typer.Exit(0 if report.sound else DIFFERS)
    _machine(home(data), as_json=as_json)


def _machine(root: Path, *, as_json: bool) -> None:
    from tradewind.app.doctor import Verdict, examine
    from tradewind.cli.asking import print_json
    from tradewind.cli.columns import print_table
    from tradewind.cli.exits import DIFFERS

    findings = examine(root)
    code = DIFFERS if any(each.verdict is Verdict.FAULT for each in findings) else 0
    if as_json:
        print_json(findings)
    else:
        rows = [(each.verdict.value, each.name, each.text) for each in findings]
        print_table(("VERDICT", "WHAT", "FOUND"), rows)
    raise typer.Exit(code)


class _Opening:
    """How the vault is opened, if a key of it is needed."""

    def __init__(self, root: Path, key_file: Path | None, passphrase_file: Path | None) -> None:
        self.root = root
        self.key_file = key_file
        self.passphrase_file = passphrase_file


def _examine(name: str, config: Path, opening: _Opening) -> "VenueReport":
    from tradewind.app.accounts import vault_of
    from tradewind.app.config import load_settings
    from tradewind.app.conformance.examine import account_of
    from tradewind.app.live import examine_account
    from tradewind.cli.hidden import ask_passphrase

    account = account_of(load_settings(config), name)
    vault = vault_of(opening.root, opening.key_file, opening.passphrase_file, ask_passphrase)
    return asyncio.run(examine_account(account, vault))


def print_report(report: "VenueReport") -> None:
    """Print the cards that were played, one a row, and what protects resting orders."""
    from tradewind.app.conformance.card import Play
    from tradewind.cli.columns import print_table

    rows = [
        (each.number, each.result.value, each.sentence or each.promise)
        for each in report.outcomes
        if each.result is not Play.UNSAFE
    ]
    print_table(("CARD", "RESULT", "PROMISE, OR WHAT WAS FOUND"), rows)
    unsafe = len(report.outcomes) - len(rows)
    typer.echo(
        f"{report.account} at {report.venue}, {report.environment}: {report.instruments} "
        f"instruments, {'with' if report.keyed else 'without'} keys; {unsafe} cards would trade "
        f"and were not played."
    )
    typer.echo(f"What protects resting orders: {report.protection}")
