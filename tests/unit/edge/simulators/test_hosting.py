"""A simulated exchange on real sockets: bytes as they were sent, every fault, and a clean end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import msgspec
import pytest
from aiohttp import (
    ClientConnectionError,
    ClientSession,
    ClientWebSocketResponse,
    WSMsgType,
    WSServerHandshakeError,
)
from yarl import URL

from tests.unit.edge.simulators.echo import EchoExchange
from tests.unit.edge.simulators.fault_cases import CASES, World
from tradewind.edge.net.transport import Heard, HttpAnswer, HttpRequest
from tradewind.edge.simulators.hosting import Host, Sockets
from tradewind.edge.simulators.wire_faults import Faults, Scope
from tradewind.model.errors import AuthFailed, OutcomeUnknown, Unreachable
from tradewind.model.money import MILLIS
from tradewind.runtime.clock import SystemClock

pytestmark = pytest.mark.sockets

NOWHERE = {"venue": "test", "endpoint": "test"}


class PlainSocket:
    """A WebSocket of aiohttp's client, with frames put into a queue and sent by a task."""

    def __init__(self, socket: ClientWebSocketResponse, heard: Heard) -> None:
        self._socket = socket
        self._heard = heard
        self._out: asyncio.Queue[tuple[WSMsgType, bytes]] = asyncio.Queue(100)

    def send(self, text: bytes) -> None:
        if self._socket.closed:
            raise Unreachable("closed", **NOWHERE)
        self._out.put_nowait((WSMsgType.TEXT, text))

    def ping(self) -> None:
        self._out.put_nowait((WSMsgType.PING, b""))

    def close(self) -> None:
        self._out.put_nowait((WSMsgType.CLOSE, b""))

    async def write(self) -> None:
        while True:
            kind, payload = await self._out.get()
            if kind is WSMsgType.CLOSE:
                await self._socket.close()
                return
            await self._socket.send_frame(payload, kind)

    async def read(self, clock: SystemClock) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:
                self._heard.on_text(message.data.encode(), clock.now_ns())
            elif message.type in (WSMsgType.PING, WSMsgType.PONG):
                self._heard.on_pong(clock.now_ns())
        self._heard.on_close(str(self._socket.close_code))


class PlainTransport:
    """As little of a client as the cases need, so that nothing of ours stands between."""

    def __init__(self, session: ClientSession, tasks: asyncio.TaskGroup) -> None:
        self._session = session
        self._tasks = tasks
        self._running: list[asyncio.Task[None]] = []

    async def ask(
        self, request: HttpRequest, *, timeout_s: float, not_after_ns: int | None = None
    ) -> HttpAnswer:
        try:
            async with asyncio.timeout(timeout_s):
                url = URL(request.url, encoded=True)
                async with self._session.request(
                    request.method, url, headers=request.headers, data=request.body
                ) as response:
                    headers = {name.lower(): each for name, each in response.headers.items()}
                    return HttpAnswer(response.status, headers, await response.read())
        except (TimeoutError, ClientConnectionError) as error:
            raise OutcomeUnknown("no answer", **NOWHERE) from error

    async def connect(
        self, url: str, headers: Mapping[str, str], heard: Heard, *, timeout_s: float
    ) -> PlainSocket:
        try:
            async with asyncio.timeout(timeout_s):
                opened = await self._session.ws_connect(url, headers=headers, autoping=False)
        except WSServerHandshakeError as error:
            kind = AuthFailed if error.status == 401 else Unreachable
            raise kind("refused", **NOWHERE) from error
        except (TimeoutError, ClientConnectionError) as error:
            raise Unreachable("no socket", **NOWHERE) from error
        socket = PlainSocket(opened, heard)
        self._running.append(self._tasks.create_task(socket.write()))
        self._running.append(self._tasks.create_task(socket.read(SystemClock())))
        return socket

    async def close(self) -> None:
        for task in self._running:
            task.cancel()
        await self._session.close()


@asynccontextmanager
async def stage(places: Mapping[str, Scope] | None = None) -> AsyncIterator[tuple[World, Host]]:
    """Serve an exchange that beats ten times a second, with a client beside it."""
    clock = SystemClock()
    exchange = EchoExchange(clock.now_ns(), 100 * MILLIS)
    async with (
        Host(exchange, clock, Faults(Random(1)), Sockets(places=places or {})) as host,
        ClientSession() as session,
        asyncio.TaskGroup() as tasks,
    ):
        transport = PlainTransport(session, tasks)
        yield World(transport, f"127.0.0.1:{host.port}", exchange, host.road, clock), host
        await transport.close()


async def asked(host: Host, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Ask the admin port."""
    data = b"" if body is None else msgspec.json.encode(body)
    async with (
        ClientSession() as session,
        session.request(method, host.admin_url + path, data=data) as response,
    ):
        return response.status, msgspec.json.decode(await response.read())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_faults_over_real_sockets(case: Callable[[World], Awaitable[None]]) -> None:
    async with stage() as (world, _):
        await case(world)


async def test_requests_arrive_as_they_were_written() -> None:
    async with stage() as (world, host):
        raw = b"GET /a%2Fb?x=%20y&b HTTP/1.1\r\nHost: x\r\nX-KEY: one\r\nConnection: close\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", host.port)
        writer.write(raw)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert b"200 OK" in answer
        assert b"\r\nx-echo: GET\r\n" in answer
        got = world.exchange.requests[0]
    assert (got.target, got.headers["x-key"]) == ("/a%2Fb?x=%20y&b", "one")


async def test_pings_go_both_ways_and_a_close_keeps_its_code() -> None:
    async with stage() as (world, _):
        socket, ear = await world.listen()
        socket.ping()
        await world.until(lambda: ear.pongs == 1)
        socket.send(b"ping me")
        await world.until(lambda: ear.pongs == 2)
        socket.send(b"close")
        await world.until(lambda: ear.closes)
        assert ear.closes == ["4001"]
        await world.until(lambda: world.exchange.closes == 1)


async def test_what_is_due_happens_without_any_traffic() -> None:
    async with stage() as (world, _):
        _, ear = await world.listen()
        await world.until(lambda: len(ear.texts) > 4)
        passed_ns = world.exchange.times[-1] - world.exchange.start_ns
    assert passed_ns >= 4 * 100 * MILLIS


async def test_the_end_leaves_no_task_and_no_socket() -> None:
    before = asyncio.all_tasks()
    async with stage() as (world, host):
        await world.listen()
        world.road.pause(paused=True, now_ns=world.clock.now_ns())
    assert asyncio.all_tasks() == before
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", host.port)


async def test_an_exchange_that_fails_by_itself_ends_the_host() -> None:
    class Broken(EchoExchange):
        def advance(self, now_ns: int) -> None:
            if self.beats:
                raise ZeroDivisionError
            super().advance(now_ns)

    clock = SystemClock()
    with pytest.raises(ExceptionGroup) as failure:
        async with Host(Broken(clock.now_ns(), MILLIS), clock, Faults(Random(1))):
            await asyncio.sleep(5)
    assert failure.group_contains(ZeroDivisionError)


async def test_the_admin_port_tells_the_truth_and_plays_fate() -> None:
    async with stage({"orders": Scope(path="/order")}) as (world, host):
        status, truth = await asked(host, "GET", "/truth/me")
        assert (status, truth["positions"], truth["cash"]) == (200, {"X": "1.5"}, {"USD": "100"})
        assert (await asked(host, "GET", "/truth/you"))[0] == 404
        _, ear = await world.listen()
        assert (await asked(host, "POST", "/drop", {"path": "/public"}))[1] == {"dropped": 1}
        await world.until(lambda: ear.closes)
        fault = {"kind": "status", "of": "orders", "status": 418}
        assert (await asked(host, "POST", "/fault", fault))[0] == 200
        assert (await world.post("/order")).status == 418
        assert (await world.post("/else")).status == 200
        told = (await asked(host, "GET", "/faults"))[1]
        assert told["counts"] == {"drop": 1, "status": 1}
        assert len(told["planned"]) == 1
        await asked(host, "POST", "/clear")
        assert (await world.post("/order")).status == 200
        await asked(host, "POST", "/pause")
        assert (await world.post()).status == 503
        await asked(host, "POST", "/resume")
        assert (await world.post()).status == 200
        assert (await asked(host, "POST", "/fault", {"kind": "maintenance"}))[0] == 200
        assert (await world.post()).status == 503
        told = (await asked(host, "GET", "/faults"))[1]
        assert told["kinds"]["maintenance"]
        assert "halt" not in told["kinds"]
        assert (await asked(host, "POST", "/end", {"kind": "hang"}))[1] == {"ended": 0}
        assert (await asked(host, "POST", "/end", {"kind": "maintenance"}))[1] == {"ended": 1}
        assert (await world.post()).status == 200
        beats = world.exchange.beats
        await asked(host, "POST", "/advance", {"seconds": 60})
        assert world.exchange.beats >= beats + 600


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/fault", {"kind": "drp"}, "did you mean drop?"),
        ("/fault", {"kind": "drop", "of": "moon"}, "'moon'"),
        ("/fault", {"kind": "delay"}, "length_s"),
        ("/fault", {"kind": "halt", "symbol": "X"}, "this venue has none"),
        ("/end", {"kind": "hang", "of": "moon"}, "'moon'"),
        ("/fault", ["drop"], "Read the fault"),
        ("/advance", {"minutes": 1}, "seconds"),
    ],
)
async def test_the_admin_port_says_what_is_wrong(path: str, body: object, word: str) -> None:
    async with stage() as (_, host):
        status, told = await asked(host, "POST", path, body)
    assert status == 400
    assert word in told["error"]
