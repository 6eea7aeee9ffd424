"""A simulated exchange on real sockets of this machine: HTTP and WebSocket on one port.

Knows aiohttp and the road to the exchange. Must not know any venue, nor what the bytes say.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from aiohttp import WSMsgType, web

from tradewind.edge.simulators.admin import Admin
from tradewind.edge.simulators.link import ABNORMAL, Link
from tradewind.edge.simulators.road import Road
from tradewind.edge.simulators.wire import WireAnswer, WireExchange, WireRequest
from tradewind.edge.simulators.wire_faults import NEVER, Faults, Scope
from tradewind.model.errors import ConfigError
from tradewind.model.money import NANOS
from tradewind.ports import Clock

LOOPBACK = "127.0.0.1"
BODY_BYTES_MAX = 16 * 1024 * 1024
UNSENT_FRAMES_MAX = 100_000
"""A client that leaves more frames than this in our hands is cut off, as venues do."""
STOP_S = 1.0
LONGEST_WAIT_S = 3600.0
NO_ERROR = (None, None, None)
OURS = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding"})
"""Headers that aiohttp writes itself."""
Outgoing = tuple[WSMsgType, bytes, int]
Result = TypeVar("Result")


class Sockets(msgspec.Struct, frozen=True, kw_only=True):
    """Where to listen and how. Port 0 takes a free one; `admin_port` None opens no second port.

    `speed` is that of the clock, whose time the exchange is handed. `places` are names that a
    fault may give for parts of the venue.
    """

    port: int = 0
    admin_port: int | None = 0
    speed: float = 1.0
    places: Mapping[str, Scope] = {}


class Host:
    """Serves one exchange on 127.0.0.1, and beside it a port for whoever plays fate.

    An async context: inside it the sockets are open and `advance` is called when something is
    due; after it no task and no socket is left. An exchange that raises in `advance` ends the
    context with its error.
    """

    def __init__(
        self,
        exchange: WireExchange,
        clock: Clock,
        faults: Faults,
        sockets: Sockets | None = None,
    ) -> None:
        sockets = sockets or Sockets()
        self.road = Road(exchange, faults)
        self.port = sockets.port
        self.admin_port = sockets.admin_port
        self.places = sockets.places
        self._speed = sockets.speed
        self._clock = clock
        self._ahead_ns = 0
        self._moved = asyncio.Event()
        self._awaited_ns = NEVER
        self._open = AsyncExitStack()
        self._tasks = asyncio.TaskGroup()
        self._ticking: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address for requests; sockets are at the same with `ws` for `http`."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def admin_url(self) -> str:
        """Return the address of the admin port."""
        return f"http://{LOOPBACK}:{self.admin_port}"

    def now_ns(self) -> int:
        """Return the time that the road is handed."""
        return self._clock.now_ns() + self._ahead_ns

    def leap(self, by_ns: int) -> None:
        """Set the exchange's clock ahead; what is due until then happens."""
        self._ahead_ns += by_ns
        self.road.advance(self.now_ns())

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            self.road.advance(self.now_ns())
            self.port = await _serve(opening, self._app(), self.port)
            if self.admin_port is not None:
                self.admin_port = await _serve(opening, Admin(self).app(), self.admin_port)
            await self._tasks.__aenter__()
            self._ticking = self._tasks.create_task(self._clockwork(), name="clockwork")
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        # The group must see a cancellation, which may be its own; other errors pass as they are.
        cancelled = isinstance(error, asyncio.CancelledError)
        try:
            await self._tasks.__aexit__(*((kind, error, trace) if cancelled else NO_ERROR))
        finally:
            await self._open.aclose()

    # --- time --------------------------------------------------------------------------------

    def moved(self) -> None:
        """Look again at when something is due next; called whenever something has arrived."""
        if self.road.next_due_ns < self._awaited_ns:
            self._moved.set()

    async def _clockwork(self) -> None:
        while True:
            self._moved.clear()
            self._awaited_ns = self.road.next_due_ns
            wait_s = (self._awaited_ns - self.now_ns()) / self._speed / NANOS
            if wait_s > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(wait_s, LONGEST_WAIT_S)):
                        await self._moved.wait()
            self.road.advance(self.now_ns())
            await asyncio.sleep(0)

    # --- requests ----------------------------------------------------------------------------

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        app.router.add_route("*", "/{any:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return await _Client(self, request).serve()
        asked = await _wire_request(request)
        answered: asyncio.Future[WireAnswer | None] = asyncio.get_running_loop().create_future()
        self.road.ask(asked, self.now_ns(), lambda answer: _settle(answered, answer))
        self.moved()
        return _response(request, await answered)


class _Client:
    """One client's socket: the carrier's end of a link."""

    def __init__(self, host: Host, request: web.Request) -> None:
        self._host = host
        self._request = request
        self._decided: asyncio.Future[WireAnswer | bool | None] = (
            asyncio.get_running_loop().create_future()
        )
        self._out: asyncio.Queue[Outgoing] = asyncio.Queue(UNSENT_FRAMES_MAX)

    async def serve(self) -> web.StreamResponse:
        host = self._host
        link = host.road.open(await _wire_request(self._request), self, host.now_ns())
        host.moved()
        try:
            decided = await self._decided
            if not isinstance(decided, bool):
                return _response(self._request, decided)
            socket = web.WebSocketResponse(
                autoping=False, autoclose=True, compress=False, max_msg_size=BODY_BYTES_MAX
            )
            await socket.prepare(self._request)
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write(socket), name="writer")
                await self._read(socket, link)
                writer.cancel()
        finally:
            link.gone(host.now_ns())
            host.moved()
        return socket

    async def _read(self, socket: web.WebSocketResponse, link: Link) -> None:
        host = self._host
        async for message in socket:
            now_ns = host.now_ns()
            if message.type is WSMsgType.TEXT:
                link.heard(message.data.encode(), now_ns)
            elif message.type is WSMsgType.PING:
                link.pinged(bytes(message.data), now_ns)
            host.moved()

    async def _write(self, socket: web.WebSocketResponse) -> None:
        while True:
            kind, payload, code = await self._out.get()
            try:
                if kind is WSMsgType.CLOSE:
                    await socket.close(code=code)
                else:
                    await socket.send_frame(payload, kind)
            except ConnectionError:
                # The client has left; the reader ends by that, and tells the road.
                return

    def _abort(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    # --- what the link tells -----------------------------------------------------------------

    def opened(self) -> None:
        _settle(self._decided, True)

    def refused(self, answer: WireAnswer | None) -> None:
        _settle(self._decided, answer)

    def text(self, text: bytes) -> None:
        self._put(WSMsgType.TEXT, text)

    def ping(self, payload: bytes) -> None:
        self._put(WSMsgType.PING, payload)

    def pong(self, payload: bytes) -> None:
        self._put(WSMsgType.PONG, payload)

    def closed(self, code: int) -> None:
        if code == ABNORMAL:
            self._abort()
        else:
            self._put(WSMsgType.CLOSE, b"", code)

    def _put(self, kind: WSMsgType, payload: bytes, code: int = 0) -> None:
        if self._out.full():
            self._abort()
        else:
            self._out.put_nowait((kind, payload, code))


async def _serve(opening: AsyncExitStack, app: web.Application, port: int) -> int:
    """Open a port on the loopback and return its number; it closes with the stack."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=STOP_S)
    await runner.setup()
    opening.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, LOOPBACK, port)
    try:
        await site.start()
    except OSError as error:
        raise ConfigError(
            f"Opened port {port} of {LOOPBACK}, found that {error.strerror or error}; "
            f"choose another, or 0 for any."
        ) from error
    return int(runner.addresses[0][1])


async def _wire_request(request: web.Request) -> WireRequest:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        known = headers.get(name.lower())
        headers[name.lower()] = value if known is None else f"{known}, {value}"
    return WireRequest(request.method, request.raw_path, headers, await request.read())


def _response(request: web.Request, answer: WireAnswer | None) -> web.Response:
    """Return what is written; None cuts the connection, and then nothing is."""
    if answer is None:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in OURS}
    return web.Response(status=answer.status, body=answer.body, headers=headers)


def _settle(future: asyncio.Future[Result], result: Result) -> None:
    # Whoever asked may have left meanwhile.
    if not future.done():
        future.set_result(result)
