"""Requests over real sockets: what left is never in doubt, and nothing leaves twice."""

import asyncio
import gc
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.unit.edge.net.proxies import PASSWORD, USER, Tunnels
from tests.unit.edge.net.raw_server import OK, Handler, Peer, RawServer, certificate, text_frame
from tests.unit.edge.net.virtual import HandClock
from tradewind.edge.net import transport_aiohttp
from tradewind.edge.net.transport import Heard, HttpRequest
from tradewind.edge.net.transport_aiohttp import STALE_MAX, AioTransport
from tradewind.model.errors import (
    AuthFailed,
    ConfigError,
    OutcomeUnknown,
    Unreachable,
    VenueError,
)

BODY = b'{"side":"Buy"}'
METHODS = [("GET", b""), ("DELETE", b""), ("POST", BODY), ("PUT", BODY), ("DELETE", BODY)]
DEAF = Heard(lambda text, at: None, lambda at: None, lambda reason: None)


@asynccontextmanager
async def open_transport(
    proxy: str = "", clock: HandClock | None = None
) -> AsyncIterator[AioTransport]:
    transport = AioTransport(clock or HandClock(), proxy)
    try:
        yield transport
    finally:
        await transport.close()


def serving(*turns: Callable[[Peer], object]) -> Handler:
    """Return a handler that reads a request and takes the next turn, for each connection anew."""

    async def handle(peer: Peer) -> None:
        for turn in turns:
            if not await peer.request():
                return
            done = turn(peer)
            if asyncio.iscoroutine(done):
                await done

    return handle


@asynccontextmanager
async def counting(*turns: Callable[[Peer], object]) -> AsyncIterator[RawServer]:
    """Serve, and keep each request that arrived whole."""

    async def handle(peer: Peer) -> None:
        for turn in turns:
            request = await peer.request()
            if not request:
                return
            server.requests.append(request)
            done = turn(peer)
            if asyncio.iscoroutine(done):
                await done

    async with RawServer(handle) as server:
        yield server


async def answer(peer: Peer) -> None:
    await peer.say(OK)


async def never_answer(peer: Peer) -> None:
    await asyncio.Event().wait()


async def hang_up(peer: Peer) -> None:
    pass


def reset(peer: Peer) -> None:
    peer.reset()


async def truncate(peer: Peer) -> None:
    await peer.say(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half')


async def truncate_the_head(peer: Peer) -> None:
    await peer.say(b"HTTP/1.1 200 OK\r\nContent-Len")


async def truncate_a_chunk(peer: Peer) -> None:
    await peer.say(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"half')


async def speak_no_http(peer: Peer) -> None:
    await peer.say(b"220 mail.example ESMTP\r\n\r\n")


async def stop_mid_answer(peer: Peer) -> None:
    await truncate(peer)
    await asyncio.Event().wait()


def request_to(server: RawServer, method: str = "POST", body: bytes = BODY) -> HttpRequest:
    return HttpRequest(
        method, f"http://127.0.0.1:{server.port}/v5/order/create", {"X-Sign": "canary-key"}, body
    )


async def failure_of(
    transport: AioTransport,
    request: HttpRequest,
    timeout_s: float = 5.0,
    not_after_ns: int | None = None,
) -> VenueError:
    with pytest.raises(VenueError) as caught:
        await transport.ask(request, timeout_s=timeout_s, not_after_ns=not_after_ns)
    said = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    assert "canary" not in said
    return caught.value


async def test_the_url_the_headers_and_the_body_go_out_exactly_as_written() -> None:
    target = "/a%3Ab/%C3%A4~(x)?cursor=a%3Ab%2C%3D&sign=a+b,c:d&empty=&q=%7B%22a%22%7D"
    async with counting(answer) as server, open_transport() as transport:
        url = f"http://127.0.0.1:{server.port}{target}"
        got = await transport.ask(HttpRequest("POST", url, {"X-BAPI-SIGN": "s"}, BODY), timeout_s=5)
        assert (got.status, got.body, got.headers) == (200, b"ok", {"content-length": "2"})
        lines = server.requests[0].split(b"\r\n")
        assert lines[0] == f"POST {target} HTTP/1.1".encode()
        assert lines[1:] == [
            f"Host: 127.0.0.1:{server.port}".encode(),
            b"X-BAPI-SIGN: s",
            f"Content-Length: {len(BODY)}".encode(),
            b"",
            BODY,
        ]


async def test_an_answer_comes_back_whatever_its_status_and_no_redirect_is_followed() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.say(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nX-Limit: 1\r\n\r\nbusy")

    async def point_elsewhere(peer: Peer) -> None:
        await peer.say(
            b"HTTP/1.1 307 There\r\nContent-Length: 0\r\nLocation: /elsewhere\r\n"
            b"Set-Cookie: a=b\r\n\r\n"
        )

    async with counting(refuse, point_elsewhere, answer) as server, open_transport() as transport:
        # By name, for nobody keeps cookies of a bare address.
        request = HttpRequest("POST", f"http://localhost:{server.port}/", {}, BODY)
        got = await transport.ask(request, timeout_s=5)
        assert (got.status, got.body, got.headers["x-limit"]) == (503, b"busy", "1")
        assert (await transport.ask(request, timeout_s=5)).status == 307
        assert (await transport.ask(request, timeout_s=5)).status == 200
        assert len(server.requests) == 3
        assert len(server.peers) == 1
        assert not any(b"cookie" in seen.lower() for seen in server.requests)


@pytest.mark.parametrize(("method", "body"), METHODS)
@pytest.mark.parametrize(
    "turn",
    [
        hang_up,
        reset,
        truncate,
        truncate_the_head,
        truncate_a_chunk,
        speak_no_http,
    ],
    ids=lambda turn: turn.__name__,
)
async def test_a_failure_after_the_write_leaves_the_outcome_unknown_and_is_written_once(
    turn: Callable[[Peer], object], method: str, body: bytes
) -> None:
    async with counting(turn) as server, open_transport() as transport:
        error = await failure_of(transport, request_to(server, method, body))
        assert isinstance(error, OutcomeUnknown), error
        assert (error.venue, error.endpoint) == ("127.0.0.1", f"{method} /v5/order/create")
        await asyncio.sleep(0.01)
        assert len(server.requests) == 1
        assert len(server.peers) == 1


@pytest.mark.parametrize(("method", "body"), [("GET", b""), ("PUT", BODY)])
@pytest.mark.parametrize("turn", [never_answer, stop_mid_answer], ids=lambda turn: turn.__name__)
async def test_an_answer_that_does_not_come_leaves_the_outcome_unknown(
    turn: Callable[[Peer], object], method: str, body: bytes
) -> None:
    async with counting(turn) as server, open_transport() as transport:
        error = await failure_of(transport, request_to(server, method, body), timeout_s=0.2)
        assert isinstance(error, OutcomeUnknown), error
        assert "found nothing within 0.2 s" in str(error)
        assert len(server.requests) == 1
        assert len(server.peers) == 1


@pytest.mark.parametrize(("method", "body"), METHODS)
async def test_a_kept_connection_that_breaks_under_the_write_is_never_written_to_again(
    method: str, body: bytes
) -> None:
    async with counting(answer, reset) as server, open_transport() as transport:
        await transport.ask(request_to(server), timeout_s=5)
        error = await failure_of(transport, request_to(server, method, body))
        assert isinstance(error, OutcomeUnknown)
        await asyncio.sleep(0.01)
        assert len(server.requests) == 2
        assert len(server.peers) == 1


@pytest.mark.parametrize(("method", "body"), METHODS)
async def test_a_kept_connection_closed_before_the_write_is_replaced(
    method: str, body: bytes
) -> None:
    async with counting(answer, answer) as server, open_transport() as transport:
        await transport.ask(request_to(server), timeout_s=5)
        # No turn of the loop between the close and the request: only the system knows of it.
        with socket.socket(fileno=os.dup(server.peers[0].socket.fileno())) as theirs:
            theirs.shutdown(socket.SHUT_RDWR)
        got = await transport.ask(request_to(server, method, body), timeout_s=5)
        assert got.status == 200
        assert len(server.requests) == 2
        assert len(server.peers) == 2


@pytest.mark.parametrize(("method", "body"), METHODS)
async def test_a_request_whose_time_has_passed_is_not_written(method: str, body: bytes) -> None:
    clock = HandClock()
    async with counting(answer) as server, open_transport(clock=clock) as transport:
        request = request_to(server, method, body)
        error = await failure_of(transport, request, not_after_ns=clock.at_ns - 1)
        assert isinstance(error, Unreachable)
        assert "its time had passed" in str(error)
        assert server.requests == []
        assert (await transport.ask(request, timeout_s=5, not_after_ns=clock.at_ns)).status == 200


@pytest.mark.parametrize(("method", "body"), METHODS)
async def test_time_that_passes_while_it_connects_is_seen_at_the_write(
    method: str, body: bytes
) -> None:
    clock, tunnels = HandClock(), Tunnels()

    async def be_slow() -> None:
        clock.at_ns = 5_000_000_000

    tunnels.before = be_slow
    async with counting(answer) as server, RawServer(tunnels.http) as proxy:
        address = f"http://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}"
        async with open_transport(address, clock) as transport:
            request = request_to(server, method, body)
            error = await failure_of(transport, request, not_after_ns=4_999_999_999)
            assert isinstance(error, Unreachable)
            assert len(tunnels.opened) == 1
        await asyncio.sleep(0.01)
        assert server.requests == []
        assert await server.peers[0].reader.read() == b""


async def test_time_that_passes_while_it_waits_for_a_connection_is_seen_at_the_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_aiohttp, "CONNECTIONS_MAX", 1)
    clock, go_on = HandClock(), asyncio.Event()

    async def answer_later(peer: Peer) -> None:
        await go_on.wait()
        clock.at_ns = 2_000_000
        await peer.say(OK)

    async with counting(answer_later, answer) as server, open_transport(clock=clock) as transport:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(transport.ask(request_to(server), timeout_s=5))
            late = group.create_task(
                failure_of(transport, request_to(server), not_after_ns=1_999_999)
            )
            await asyncio.sleep(0.02)
            go_on.set()
        assert first.result().status == 200
        assert isinstance(late.result(), Unreachable)
        assert len(server.requests) == 1


async def test_where_nobody_listens_nothing_left() -> None:
    async with RawServer(hang_up) as server:
        request = request_to(server)
    async with open_transport() as transport:
        error = await failure_of(transport, request)
        assert isinstance(error, Unreachable)
        assert "nobody listening" in str(error)


async def test_a_name_without_an_address_is_unreachable() -> None:
    async with open_transport() as transport:
        error = await failure_of(transport, HttpRequest("POST", "http://venue.invalid/", {}, BODY))
        assert isinstance(error, Unreachable)
        assert error.venue == "venue.invalid"


async def test_an_address_that_is_none_is_unreachable() -> None:
    async with open_transport() as transport:
        for url in ("http:///path", "ftp://127.0.0.1/", "127.0.0.1"):
            assert isinstance(await failure_of(transport, HttpRequest("GET", url, {})), Unreachable)


async def test_a_certificate_that_nobody_vouches_for_gets_no_request(tmp_path: Path) -> None:
    shown, trusted = certificate(tmp_path)
    async with RawServer(serving(answer), shown) as server:
        request = HttpRequest("POST", f"https://localhost:{server.port}/", {}, BODY)
        async with open_transport() as transport:
            error = await failure_of(transport, request)
            assert isinstance(error, Unreachable)
            assert "certificate" in str(error)
        transport = AioTransport(HandClock(), tls=trusted)
        assert (await transport.ask(request, timeout_s=5)).status == 200
        await transport.close()


async def test_a_server_without_tls_is_unreachable_for_a_request_with_it() -> None:
    async with RawServer(hang_up) as server, open_transport() as transport:
        request = HttpRequest("POST", f"https://127.0.0.1:{server.port}/", {}, BODY)
        assert isinstance(await failure_of(transport, request), Unreachable)


async def test_a_connection_that_takes_too_long_is_unreachable() -> None:
    async with RawServer(never_answer) as server, open_transport() as transport:
        # The connection stands, but TLS does not come about: nothing of the request has left.
        request = HttpRequest("POST", f"https://127.0.0.1:{server.port}/", {}, BODY)
        error = await failure_of(transport, request, timeout_s=0.05)
        assert isinstance(error, Unreachable)
        assert "nothing within 0.05 s" in str(error)


async def test_a_server_that_closes_each_connection_at_once_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tradewind.edge.net.sending._peer_is_gone", lambda transport: True)
    async with counting(answer) as server, open_transport() as transport:
        error = await failure_of(transport, request_to(server))
        assert isinstance(error, Unreachable)
        await asyncio.sleep(0.01)
        assert len(server.peers) == STALE_MAX
        assert server.requests == []


async def test_an_answer_without_an_end_is_not_read_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport_aiohttp, "ANSWER_BYTES_MAX", 100_000)

    async def go_on_and_on(peer: Peer) -> None:
        await peer.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await peer.say(bytes(65536))

    async with counting(go_on_and_on) as server, open_transport() as transport:
        assert isinstance(await failure_of(transport, request_to(server)), OutcomeUnknown)


def proxied(tunnels: Tunnels, kind: str) -> tuple[Handler, str]:
    return (tunnels.socks5, "socks5") if kind == "socks5" else (tunnels.http, "http")


@pytest.mark.parametrize("kind", ["socks5", "http"])
async def test_a_proxy_carries_requests_and_sockets_for_who_knows_its_password(
    kind: str, tmp_path: Path
) -> None:
    shown, trusted = certificate(tmp_path)

    async def serve(peer: Peer) -> None:
        while request := await peer.request():
            if b"Upgrade" in request:
                await peer.upgrade(request, text_frame(b"welcome"))
            else:
                await peer.say(OK)

    texts: asyncio.Queue[bytes] = asyncio.Queue()
    heard = Heard(lambda text, at: texts.put_nowait(text), lambda at: None, lambda reason: None)
    tunnels = Tunnels()
    handler, scheme = proxied(tunnels, kind)
    async with RawServer(serve, shown) as server, RawServer(handler) as proxy:
        address = f"{scheme}://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}"
        transport = AioTransport(HandClock(), address, tls=trusted)
        url = f"https://localhost:{server.port}/v5/time?a=%3A"
        got = await transport.ask(HttpRequest("GET", url, {}), timeout_s=5)
        assert got.body == b"ok"
        await transport.connect(f"wss://localhost:{server.port}/ws", {}, heard, timeout_s=5)
        assert await texts.get() == b"welcome"
        await transport.close()
        assert tunnels.opened == [("localhost", server.port)]


@pytest.mark.parametrize("kind", ["socks5", "http"])
async def test_a_proxy_that_refuses_lets_nothing_pass_and_no_password_out(kind: str) -> None:
    tunnels = Tunnels()
    handler, scheme = proxied(tunnels, kind)
    async with counting(answer) as server, RawServer(handler) as proxy:
        async with open_transport(
            f"{scheme}://{USER}:canary-wrong@127.0.0.1:{proxy.port}"
        ) as wrong:
            error = await failure_of(wrong, request_to(server))
            assert isinstance(error, Unreachable)
            assert "a proxy that refuses" in str(error)
            with pytest.raises(Unreachable, match="a proxy that refuses"):
                await wrong.connect(f"ws://127.0.0.1:{server.port}/", {}, DEAF, timeout_s=5)
        assert server.peers == []


@pytest.mark.parametrize("kind", ["socks5", "http"])
async def test_a_proxy_that_is_silent_or_away_is_unreachable(kind: str) -> None:
    async with RawServer(never_answer) as proxy, counting(answer) as server:
        address = f"{kind}://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}"
        async with open_transport(address) as transport:
            error = await failure_of(transport, request_to(server), timeout_s=0.05)
            assert isinstance(error, Unreachable)
    async with open_transport(address) as transport:
        error = await failure_of(transport, request_to(server))
        assert isinstance(error, Unreachable)
        assert "no way to the proxy" in str(error)


HALF_SAID = {
    "hangs up": b"",
    "hangs up in the middle": b"\x05",
    "speaks something else": b"220 mail.example ESMTP\r\n\r\n",
    "welcomes and hangs up": b"\x05\x02\x01\x00\x05",
}


@pytest.mark.parametrize("said", HALF_SAID.values(), ids=HALF_SAID.keys())
@pytest.mark.parametrize("kind", ["socks5", "http"])
async def test_a_proxy_that_breaks_off_is_unreachable(kind: str, said: bytes) -> None:
    async def break_off(peer: Peer) -> None:
        await peer.reader.read(1)
        await peer.say(said)

    async with RawServer(break_off) as proxy, counting(answer) as server:
        address = f"{kind}://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}"
        async with open_transport(address) as transport:
            assert isinstance(await failure_of(transport, request_to(server)), Unreachable)
            with pytest.raises(Unreachable):
                await transport.connect(f"ws://127.0.0.1:{server.port}/", {}, DEAF, timeout_s=5)
        assert server.peers == []


async def test_a_certificate_that_nobody_vouches_for_gets_no_request_through_a_proxy_either(
    tmp_path: Path,
) -> None:
    shown, _ = certificate(tmp_path)
    tunnels = Tunnels()
    async with (
        RawServer(serving(answer), shown) as server,
        RawServer(tunnels.http) as proxy,
        open_transport(f"http://{USER}:{PASSWORD}@127.0.0.1:{proxy.port}") as transport,
    ):
        url = f"https://localhost:{server.port}/"
        error = await failure_of(transport, HttpRequest("POST", url, {}, BODY))
        assert isinstance(error, Unreachable)
        assert "certificate" in str(error)


async def test_a_closed_transport_is_unreachable() -> None:
    async with counting(answer) as server:
        async with open_transport() as transport:
            pass
        error = await failure_of(transport, request_to(server))
        assert isinstance(error, Unreachable)
        with pytest.raises(Unreachable, match="closed"):
            await transport.connect(f"ws://127.0.0.1:{server.port}/", {}, DEAF, timeout_s=5)


@pytest.mark.parametrize("proxy", ["ftp://a:canary@b:1", "socks5://", "http://host", "nonsense"])
async def test_a_proxy_that_cannot_be_read_is_a_fault_of_the_configuration(proxy: str) -> None:
    with pytest.raises(ConfigError, match="write http://user:password@host:port") as caught:
        AioTransport(HandClock(), proxy)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_upgrade_is_a_failed_login(status: int) -> None:
    async def refuse(peer: Peer) -> None:
        await peer.say(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())

    async with counting(refuse) as server, open_transport() as transport:
        url = f"ws://127.0.0.1:{server.port}/ws"
        with pytest.raises(AuthFailed, match="check the account's keys") as caught:
            await transport.connect(url, {"X-Sign": "canary-key"}, DEAF, timeout_s=5)
        assert caught.value.code == str(status)
        assert "canary" not in str(caught.value)


FLAWED = {
    "a status": b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
    "no WebSocket": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "another key": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Accept: bm90IG91cnM=\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n"
    b"Connection: Upgrade\r\n\r\n",
    "no answer": b"",
}


@pytest.mark.parametrize("answered", FLAWED.values(), ids=FLAWED.keys())
async def test_an_upgrade_that_is_none_is_unreachable(answered: bytes) -> None:
    async with counting(lambda peer: peer.say(answered)) as server, open_transport() as transport:
        url = f"ws://127.0.0.1:{server.port}/ws"
        with pytest.raises(Unreachable, match=r"opened a WebSocket to 127\.0\.0\.1/ws and found"):
            await transport.connect(url, {}, DEAF, timeout_s=5)
        assert len(server.peers) == 1


async def test_an_upgrade_that_never_comes_is_unreachable() -> None:
    async with counting(never_answer) as server, open_transport() as transport:
        with pytest.raises(Unreachable, match=r"no WebSocket within 0\.05 s"):
            await transport.connect(f"ws://127.0.0.1:{server.port}/", {}, DEAF, timeout_s=0.05)


async def test_nothing_is_left_after_close() -> None:
    async def stay(peer: Peer) -> None:
        while request := await peer.request():
            await (peer.upgrade(request) if b"Upgrade" in request else peer.say(OK))

    before = asyncio.all_tasks()
    reasons: list[str] = []
    heard = Heard(lambda text, at: None, lambda at: None, reasons.append)
    async with RawServer(stay) as server:
        transport = AioTransport(HandClock())
        url = f"//127.0.0.1:{server.port}/"
        await transport.connect("ws:" + url, {}, heard, timeout_s=5)
        await transport.ask(HttpRequest("POST", "http:" + url, {}, BODY), timeout_s=5)
        with pytest.raises(Unreachable):
            await transport.ask(HttpRequest("GET", "http://127.0.0.1:1/", {}), timeout_s=5)
        await transport.close()
        for peer in server.peers:
            await peer.reader.read()
            assert peer.reader.at_eof()
        assert reasons == ["we closed it"]
    assert asyncio.all_tasks() == before
    gc.collect()  # a connection that is still open warns when it is collected


async def test_a_cancelled_request_leaves_nothing_behind() -> None:
    before = asyncio.all_tasks()
    async with counting(never_answer) as server, open_transport() as transport:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(transport.ask(request_to(server), timeout_s=5))
            await asyncio.sleep(0.02)
            asking.cancel()
        assert await server.peers[0].reader.read() == b""
    assert asyncio.all_tasks() == before


async def test_who_asks_hears_once_that_the_bytes_have_left_and_waits_for_no_answer() -> None:
    async with counting(never_answer) as server, open_transport() as transport:
        told: list[int] = []
        request = msgspec.structs.replace(request_to(server), on_written=lambda: told.append(1))
        error = await failure_of(transport, request, timeout_s=0.3)
        assert isinstance(error, OutcomeUnknown)
        assert told == [1]
        assert len(server.requests) == 1


async def test_what_never_left_is_not_said_to_have_been_written() -> None:
    async with counting(answer) as server, open_transport() as transport:
        told: list[int] = []
        request = msgspec.structs.replace(request_to(server), on_written=lambda: told.append(1))
        error = await failure_of(transport, request, not_after_ns=0)
        assert isinstance(error, Unreachable)
        assert not told
        assert not server.requests
