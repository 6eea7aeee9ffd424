"""`tradewind gateway`: the server beside a desk. A desk starts it; nobody else needs to."""

from pathlib import Path
from typing import Annotated

import typer

from tradewind.cli import options


def gateway(
    desk: Annotated[Path, typer.Option("--desk", help="The desk's folder.")],
    port: Annotated[
        int, typer.Option(help="Where to listen; 0 takes a free one.", min=0, max=65_535)
    ] = 7400,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option("--name", help="A host that browsers may call us by.")
    ] = None,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    insecure_bind: options.InsecureBind = False,
    fd: Annotated[
        int | None, typer.Option("--fd", help="A socket that listens already.", hidden=True)
    ] = None,
    watch_stdin: Annotated[
        bool, typer.Option("--watch-stdin", help="End when stdin ends.", hidden=True)
    ] = False,
    data: options.Data = None,
) -> None:
    """Serve the API and the page of the desk in a folder."""
    from tradewind.app.gateway import GatewaySettings, run_gateway
    from tradewind.cli.asking import home

    run_gateway(
        GatewaySettings(
            folder=desk,
            data=home(data),
            host=host,
            port=port,
            fd=fd,
            names=tuple(name or ()),
            tls_cert=tls_cert,
            tls_key=tls_key,
            insecure_bind=insecure_bind,
            watch_stdin=watch_stdin,
        )
    )
