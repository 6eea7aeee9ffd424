"""The gateway's process: a server beside a desk, put together and run until its desk has gone.

Names the concrete parts: the store of people, uvicorn. Trades nothing and opens no vault.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvicorn

from tradewind import __version__
from tradewind.app.access import open_access
from tradewind.app.addresses import LOOPBACK, open_listener, see_safe, see_tls
from tradewind.app.backtest_runs import BacktestRuns
from tradewind.app.desks import DeskFolder
from tradewind.control.access.aside import Aside
from tradewind.faces.api.application import application
from tradewind.faces.api.gateway import Facts, Gateway
from tradewind.faces.api.hub import Hub
from tradewind.faces.api.link import DeskLink, Follower
from tradewind.faces.api.routes import routes
from tradewind.runtime.clock import SystemClock

MAX_CONNECTIONS = 500
GRACE_S = 2
PING_S = 10.0
MAX_SAID = 1 << 16
"""Bytes of one message of a page."""


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve one desk. `socket` is one that listens already, None to make one.

    `names` are more hosts that a browser may call us by. `data` is where backtests find history.
    With `watch_stdin` the end of stdin is the end of the process: whoever started it is gone.
    """

    folder: Path
    data: Path
    host: str = "127.0.0.1"
    port: int = 7400
    fd: int | None = None
    names: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    insecure_bind: bool = False
    watch_stdin: bool = False


def run_gateway(settings: GatewaySettings) -> None:
    """Serve until told to stop, or until whoever started it is gone.

    Raises ConfigError for an address that cannot be had, or not safely.
    """
    tls = settings.tls_cert is not None
    see_tls(settings.tls_cert, settings.tls_key)
    see_safe(settings.host, tls=tls, insecure=settings.insecure_bind)
    listener = _listener(settings)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings, listener))
    finally:
        listener.close()


async def _serve(settings: GatewaySettings, listener: socket.socket) -> None:
    folder = DeskFolder(settings.folder)
    with Aside(open_access(folder.root)) as aside:
        link = DeskLink(folder.socket)
        hub = Hub(Follower(link), SystemClock().now_ns)
        runs = BacktestRuns(settings.data, SystemClock())
        gateway = Gateway(_facts(settings, listener), link, hub, aside, runs)
        gateway.note = _note
        server = _server(settings, gateway)
        async with asyncio.TaskGroup() as group:
            side = [
                group.create_task(hub.run(), name="hub"),
                group.create_task(runs.run(), name="backtests"),
            ]
            if settings.watch_stdin:
                side.append(group.create_task(_until_alone(server), name="parent"))
            try:
                _note("serving", port=gateway.facts.port, pid=os.getpid())
                await server.serve(sockets=[listener])
            finally:
                for task in side:
                    task.cancel()
                link.close()
        aside.access.close()
    _note("ended")


def _facts(settings: GatewaySettings, listener: socket.socket) -> Facts:
    names = frozenset(each.lower() for each in (*LOOPBACK, *settings.names))
    return Facts(
        version=__version__,
        port=listener.getsockname()[1],
        # Elsewhere we cannot know by which name others call us; the origin is still compared.
        names=names if settings.host in LOOPBACK else frozenset(),
        tls=settings.tls_cert is not None,
        web=web_folder(),
    )


def web_folder() -> Path | None:
    """Return where the built page is: in the installed package, or built in a clone."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "web", package.parents[1] / "web" / "dist"):
        if (folder / "index.html").is_file():
            return folder
    return None


def _server(settings: GatewaySettings, gateway: Gateway) -> uvicorn.Server:
    config = uvicorn.Config(
        application(gateway, routes(__version__)),
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=MAX_SAID,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        # Fifty pages would each be compressed by themselves.
        ws_per_message_deflate=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    return uvicorn.Server(config)


async def _until_alone(server: uvicorn.Server) -> None:
    """End the server when stdin ends: even a desk that was killed lets go of it."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    try:
        while await reader.read(1024):
            pass
    finally:
        transport.close()
    server.should_exit = True


def _listener(settings: GatewaySettings) -> socket.socket:
    if settings.fd is not None:
        return socket.socket(fileno=settings.fd)
    return open_listener(settings.host, settings.port, tries=1)


def _note(event: str, **fields: object) -> None:
    """Write one line of JSON to stderr."""
    now_ns = SystemClock().now_ns()
    line = msgspec.json.encode({"ts": now_ns, "event": event, **fields})
    try:
        sys.stderr.buffer.write(line + b"\n")
        sys.stderr.buffer.flush()
    except OSError:
        return  # whoever read it is gone


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
