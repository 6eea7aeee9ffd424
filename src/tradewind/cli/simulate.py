"""`tradewind simulate`: a venue on this machine, to trade on without money or risk."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli import options

if TYPE_CHECKING:
    from tradewind.app.simulated import Running, Simulation


def simulate(
    venue: Annotated[str, typer.Argument(help="bybit or kalshi.")],
    port: Annotated[
        int, typer.Option(help="Where to listen on this machine; 0 takes a free one.", max=65_535)
    ] = 0,
    admin_port: Annotated[
        int, typer.Option(help="The port for faults and the truth; 0 takes a free one.", max=65_535)
    ] = 0,
    seed: Annotated[int, typer.Option(help="Which world, and which keys.")] = 1,
    speed: Annotated[
        float, typer.Option(help="How much faster than life the public trades.", min=0.1, max=100)
    ] = 1.0,
    replay: Annotated[
        Path | None,
        typer.Option(help="Let Bitcoin, or the symbol in the file's name, follow recorded prices."),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="What goes wrong: KIND[:key=value,…], kinds below; repeat for more."),
    ] = None,
    accounts: Annotated[
        int, typer.Option(help="How many accounts, each with a test key.", min=1, max=50)
    ] = 1,
    keys: Annotated[
        Path | None,
        typer.Option(
            help="Write the account's test key to this file, for `accounts add --stdin`; those "
            "of more accounts to FILE.2 and so on."
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Serve a simulated venue with a public that trades, until Ctrl-C.

    A fault is for instance `hang_after:of=orders,chance=0.1` (orders are accepted and never
    answered), `silence:after_s=20,length_s=30`, `status:status=429,for_s=5` or
    `race:symbol=BTCUSDT,times=1` (a fill crosses with the next cancel).

    On the wire, narrowed by of (a place), path, text, method, carried, way: drop, drop_after,
    silence, delay, status, status_after, hang, hang_after, duplicate, reorder, gap, truncate,
    garbage, rename, omit.

    By the exchange itself, narrowed by account (a key id) and symbol: race, partial, skip, ghost,
    quiet, too_many, failing, restarting, blind. As long as the window is open: skew, lag,
    maintenance, shut, halt, tick. Once: restart, cut, close.

    chance, times, after_s, for_s and length_s say how often, when and how long. The admin port
    tells what each kind does (`GET /faults`), begins one (`POST /fault`, `times` 1 for once) and
    ends it (`POST /end`). The keys that are printed are made from the seed and open nothing else.
    """
    from tradewind.app.simulated import Simulation

    wanted = Simulation(
        venue=venue,
        port=port,
        admin_port=admin_port,
        seed=seed,
        speed=speed,
        replay=replay,
        faults=tuple(fault or ()),
        accounts=accounts,
    )
    asyncio.run(_serve(wanted, keys, as_json=as_json))
    if not as_json:
        typer.echo(f"tradewind: the simulated {venue} has stopped.", err=True)


async def _serve(wanted: "Simulation", keys: Path | None, *, as_json: bool) -> None:
    from tradewind.app.simulated import simulate as serve

    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    try:
        await serve(wanted, stopping, lambda running: _tell(running, keys, as_json=as_json))
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _tell(running: "Running", keys: Path | None, *, as_json: bool) -> None:
    import sys

    from tradewind.app.simulated import write_keys
    from tradewind.cli.asking import print_json

    files = [] if keys is None else write_keys(running, keys)
    if as_json:
        print_json(running)
    else:
        _print(running, files)
    # Whoever waits for the addresses reads them from a pipe.
    sys.stdout.flush()


def _print(running: "Running", files: list[Path]) -> None:
    typer.echo(f"A simulated {running.venue}, seed {running.seed}; Ctrl-C ends it.\n")
    typer.echo("[accounts.NAME.hosts]")
    for name, address in running.hosts.items():
        typer.echo(f'{name} = "{address}"')
    typer.echo(f"\nadmin: {running.admin}")
    for number, account in enumerate(running.accounts):
        typer.echo(f"\naccount {account.name}, a test key that opens nothing else:")
        if files:
            typer.echo(
                f"tradewind accounts add {running.venue}-simulated --venue {running.venue} "
                f"--stdin < {files[number]}"
            )
            continue
        for word, value in account.keys.items():
            typer.echo(f"{word}: {value}")
