"""`tradewind demo`: simulated venues, real strategies, and a live view of the desk."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradewind.cli import options

if TYPE_CHECKING:
    from tradewind.app.demo import Demo


def demo(
    minutes: Annotated[
        float | None,
        typer.Option(help="Stop after so many minutes; without it, run on.", min=0, max=5_000_000),
    ] = None,
    speed: Annotated[
        float, typer.Option(help="How many times faster than life.", min=0.1, max=10_000)
    ] = 10.0,
    seed: Annotated[int | None, typer.Option(help="Which world; kept for restarts.")] = None,
    strategy: Annotated[
        list[Path] | None, typer.Option(help="Your own strategy file as well; repeat for more.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the last demo first.")] = False,
    record: Annotated[
        bool, typer.Option(help="Keep the market data as history, at most 1 GiB of it.")
    ] = True,
    plain: Annotated[bool, typer.Option("--plain", help="Print lines, draw nothing.")] = False,
    web: options.NoWeb = True,
    port: options.Port = None,
    host: options.Host = None,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    insecure_bind: options.InsecureBind = False,
    data: options.Data = None,
    dry_run: options.DryRun = False,
) -> None:
    """Watch strategies paper-trade on simulated venues.

    A second start goes on where the first one ended, even after a kill.
    """
    from tradewind.app.demo import Demo, DemoSettings, forecast
    from tradewind.app.web import PORT, WebSettings
    from tradewind.cli.asking import DEMO, home

    settings = DemoSettings(
        data=home(data) / DEMO,
        seed=seed,
        speed=speed,
        minutes=minutes,
        own=tuple(str(path) for path in strategy or ()),
        fresh=fresh,
        record=record,
        home=home(data),
        web=WebSettings(
            enabled=web,
            host=host or "127.0.0.1",
            port=PORT if port is None else port,
            next_port=port is None,
            tls_cert=tls_cert,
            tls_key=tls_key,
            insecure_bind=insecure_bind,
        ),
    )
    if dry_run:
        typer.echo(forecast(settings))
        return
    running = Demo(settings)
    try:
        running.begin()
        asyncio.run(_watch(running, drawn=sys.stdout.isatty() and not plain))
    finally:
        running.close()
    typer.echo(f"tradewind: stopped and saved in {settings.data}; start again to go on.", err=True)


async def _watch(running: "Demo", *, drawn: bool) -> None:
    from tradewind.cli.terminal import screen

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, running.stopping.set)
    with screen(drawn=drawn, above=running.line) as look:
        await running.run(look)
