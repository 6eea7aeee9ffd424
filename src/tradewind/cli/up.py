"""`tradewind up`: run a desk on the venues of its desk.toml."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli import options

if TYPE_CHECKING:
    from tradewind.app.config import Settings
    from tradewind.app.live import LiveDesk


def up(
    config: Annotated[
        Path, typer.Option("--config", help="The desk's file; `tradewind init` writes one.")
    ] = Path("desk.toml"),
    live: Annotated[
        list[str] | None,
        typer.Option("--live", help="A live account, by name: yes, with real money. Repeat."),
    ] = None,
    plain: Annotated[bool, typer.Option("--plain", help="Print lines, draw nothing.")] = False,
    key_file: options.KeyFile = None,
    passphrase_file: options.PassphraseFile = None,
    web: options.NoWeb = True,
    port: options.Port = None,
    host: options.Host = None,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    insecure_bind: options.InsecureBind = False,
    data: options.Data = None,
    dry_run: options.DryRun = False,
) -> None:
    """Trade on configured venues: paper, sandbox, or live.

    A second start goes on where the first one ended, even after a kill; what the venue says is
    read first. Ctrl-C ends the desk and leaves its orders where they rest.
    """
    from tradewind.app.accounts import vault_of
    from tradewind.app.config import load_settings, require_live
    from tradewind.app.live import open_live
    from tradewind.app.web import web_of
    from tradewind.cli.asking import home
    from tradewind.cli.hidden import ask_passphrase

    settings = load_settings(config)
    require_live(settings, live or ())
    if dry_run:
        typer.echo(_forecast(settings))
        return
    for line in _protection(settings):
        typer.echo(line, err=True)
    root = home(data)
    given = {"host": host, "port": port, "tls_cert": tls_cert, "tls_key": tls_key}
    served = web_of(settings, enabled=web, insecure_bind=insecure_bind, given=given)
    vault = vault_of(root, key_file, passphrase_file, ask_passphrase)
    running = open_live(settings, root, vault, served)
    try:
        asyncio.run(_watch(running, drawn=sys.stdout.isatty() and not plain))
    finally:
        running.close()
    typer.echo(
        f"tradewind: stopped and saved in {running.folder.root}.{resting(running)}", err=True
    )


async def _watch(running: "LiveDesk", *, drawn: bool) -> None:
    from tradewind.cli.terminal import screen

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.stop)
    with screen(drawn=drawn, above=running.line) as look:
        await running.run(look)


def _forecast(settings: "Settings") -> str:
    accounts = ", ".join(
        f"{each.id} ({each.account.mode.value} at {each.venue.value}, {each.environment.value})"
        for each in settings.accounts
    )
    runs = ", ".join(f"{spec.id} ({spec.strategy})" for spec in settings.instances) or "nothing"
    return f"would start the desk {settings.name} on {accounts}, and run {runs}"


def _protection(settings: "Settings") -> list[str]:
    """Say for each account what protects its orders if the desk dies."""
    from tradewind.app.conformance.claims import CLAIMS
    from tradewind.model.config import AccountMode

    return [
        f"{each.id} ({each.account.mode.value} at {each.venue.value}), resting orders: "
        f"{CLAIMS[each.venue].protection}"
        for each in settings.accounts
        if each.account.mode is not AccountMode.PAPER
    ]


def resting(running: "LiveDesk") -> str:
    """Say in words what goes on resting at the venues, and that nobody watches it now."""
    orders = len(running.open.desk.orders.live)
    if not orders:
        return ""
    return f" {orders} orders rest at the venues unwatched; start again, or cancel them there."
