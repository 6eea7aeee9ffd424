"""WebSockets over real connections: every kind of frame, every kind of end, and writes at once."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from tests.unit.edge.net.raw_server import Peer, RawServer, accept_of, text_frame
from tests.unit.edge.net.virtual import START_NS, HandClock
from tradewind.edge.net import socket_aiohttp
from tradewind.edge.net.line import Line, LineSettings
from tradewind.edge.net.socket_aiohttp import AioSocket
from tradewind.edge.net.transport import Heard
from tradewind.edge.net.transport_aiohttp import AioTransport
from tradewind.model.errors import Unreachable
from tradewind.runtime.clock import SystemClock

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


class Ear:
    """Notes what a socket tells, and wakes who waits for its end."""

    def __init__(self) -> None:
        self.texts: list[tuple[bytes, int]] = []
        self.pongs: list[int] = []
        self.reasons: list[str] = []
        self.news = asyncio.Event()
        self.hearing: Callable[[bytes], None] = lambda text: None

    def heard(self) -> Heard:
        return Heard(self._text, self._pong, self._close)

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not true():
                await self.news.wait()
                self.news.clear()

    async def end(self) -> str:
        await self.until(lambda: self.reasons)
        return self.reasons[0]

    def _text(self, text: bytes, recv_ns: int) -> None:
        self.texts.append((text, recv_ns))
        self.news.set()
        self.hearing(text)

    def _pong(self, recv_ns: int) -> None:
        self.pongs.append(recv_ns)
        self.news.set()

    def _close(self, reason: str) -> None:
        self.reasons.append(reason)
        self.news.set()


@asynccontextmanager
async def opened(
    play: Callable[[Peer], Awaitable[None]], along: bytes = b""
) -> AsyncIterator[tuple[AioSocket, Ear]]:
    """Open a socket to a server that upgrades, says `along` in the same write, and then plays."""

    async def serve(peer: Peer) -> None:
        await peer.upgrade(await peer.request(), along)
        await play(peer)

    ear = Ear()
    async with RawServer(serve) as server:
        transport = AioTransport(HandClock())
        try:
            url = f"ws://127.0.0.1:{server.port}/v5/public"
            yield await transport.connect(url, {}, ear.heard(), timeout_s=5), ear
        finally:
            await transport.close()


async def stay(peer: Peer) -> None:
    await peer.reader.read()


def saying(*chunks: bytes) -> Callable[[Peer], Awaitable[None]]:
    async def play(peer: Peer) -> None:
        for chunk in chunks:
            await peer.say(chunk)
            await asyncio.sleep(0)
        await stay(peer)

    return play


async def test_the_upgrade_asks_for_nothing_but_a_websocket() -> None:
    seen: list[bytes] = []

    async def serve(peer: Peer) -> None:
        seen.append(await peer.request())
        await peer.upgrade(seen[0])
        await stay(peer)

    async with RawServer(serve) as server:
        transport = AioTransport(HandClock())
        url = f"ws://127.0.0.1:{server.port}/ws?a=%3A"
        await transport.connect(url, {"KALSHI-ACCESS-KEY": "k"}, Ear().heard(), timeout_s=5)
        await transport.close()
    lines = seen[0].decode().split("\r\n")
    assert lines[0] == "GET /ws?a=%3A HTTP/1.1"
    names = [line.split(":")[0] for line in lines[1:] if line]
    assert sorted(names) == [
        "Connection",
        "Host",
        "KALSHI-ACCESS-KEY",
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Upgrade",
    ]


async def test_each_text_is_heard_once_in_order_with_the_time_it_arrived() -> None:
    texts = [f'{{"n":{number}}}'.encode() for number in range(50)]
    async with opened(saying(*map(text_frame, texts)), along=text_frame(b"hello")) as (_, ear):
        await ear.until(lambda: len(ear.texts) == 51)
        assert [text for text, _ in ear.texts] == [b"hello", *texts]
        assert {at_ns for _, at_ns in ear.texts} == {START_NS + HandClock().at_ns}


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 5_000_000])
async def test_a_frame_of_any_size_is_heard_and_sent_whole(size: int) -> None:
    text = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    got: list[tuple[int, bytes, bytes]] = []

    async def play(peer: Peer) -> None:
        await peer.say(text_frame(text))
        if size < 100_000:
            got.append(await peer.frame())
            await peer.say(text_frame(b"thanks"))
        await stay(peer)

    async with opened(play) as (sock, ear):
        await ear.until(lambda: ear.texts)
        assert ear.texts[0][0] == text
        if size < 100_000:
            sock.send(text)
            await ear.until(lambda: len(ear.texts) == 2)
            assert (got[0][0], got[0][2]) == (TEXT, text)


async def test_frames_cut_anywhere_are_put_together(seed: int) -> None:
    dice = Random(seed)
    texts = [bytes([65 + number]) * dice.choice([3, 130, 70_000]) for number in range(8)]
    stream = b"".join(
        text_frame(text[:2], 0x01) + text_frame(b"", PING) + text_frame(text[2:], 0x80)
        for text in texts
    )
    cuts = sorted(dice.randrange(len(stream)) for _ in range(40))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    async with opened(saying(*chunks)) as (_, ear):
        await ear.until(lambda: len(ear.texts) == len(texts))
        assert [text for text, _ in ear.texts] == texts
        assert len(ear.pongs) == len(texts)


async def test_every_frame_is_masked_anew() -> None:
    masks: list[bytes] = []

    async def play(peer: Peer) -> None:
        masks.extend([(await peer.frame())[1] for _ in range(20)])
        await peer.say(text_frame(b"enough"))
        await stay(peer)

    async with opened(play) as (sock, ear):
        for _ in range(20):
            sock.send(b"{}")
        await ear.until(lambda: ear.texts)
    assert len(set(masks)) == 20


async def test_a_ping_is_answered_with_its_payload_and_heard_as_a_sign_of_life() -> None:
    got: list[tuple[int, bytes, bytes]] = []

    async def play(peer: Peer) -> None:
        await peer.say(text_frame(b"are you there", PING))
        got.append(await peer.frame())
        got.append(await peer.frame())
        await peer.say(text_frame(got[1][2], PONG))
        await stay(peer)

    async with opened(play) as (sock, ear):
        await ear.until(lambda: ear.pongs)
        sock.ping()
        await ear.until(lambda: len(ear.pongs) == 2)
    assert [(first, payload) for first, _, payload in got] == [
        (PONG, b"are you there"),
        (PING, b""),
    ]


def closing(code: int, words: bytes = b"") -> bytes:
    return text_frame(struct.pack("!H", code) + words, CLOSE)


@pytest.mark.parametrize(
    ("said", "reason", "answer"),
    [
        (closing(1000, b"bye"), "the other side closed it: 1000 bye", 1000),
        (closing(4004, b"login again"), "the other side closed it: 4004 login again", 1000),
        (text_frame(b"", CLOSE), "the other side closed it: without a code", 1000),
        (text_frame(b"\x00\x01", BINARY), "a binary frame came on a text line", 1003),
        (b"\x83\x00", "frames that break the protocol came: Unexpected opcode=3", 1002),
        (text_frame(b"x", 0xC1), "frames that break the protocol came: Received frame with", 1002),
        (text_frame(b"x", 0x80), "frames that break the protocol came: Continuation frame", 1002),
        (text_frame(b"x" * 126, PING), "frames that break the protocol came: Control frame", 1002),
    ],
)
@pytest.mark.parametrize("along", [True, False], ids=["with the upgrade", "later"])
async def test_an_end_has_its_reason_and_its_answer(
    said: bytes, reason: str, answer: int, along: bool
) -> None:
    got: list[tuple[int, bytes, bytes]] = []
    last = text_frame(b"last words") + said + text_frame(b"too late")

    async def play(peer: Peer) -> None:
        if not along:
            await peer.frame()
            await peer.say(last)
        got.append(await peer.frame())
        await stay(peer)

    async with opened(play, last if along else b"") as (sock, ear):
        if not along:
            sock.send(b"speak")
        assert (await ear.end()).startswith(reason)
        assert [text for text, _ in ear.texts] == [b"last words"]
        with pytest.raises(Unreachable, match="did not send to 127"):
            sock.send(b"{}")
        sock.ping()
        sock.close()
    assert (got[0][0], got[0][2]) == (CLOSE, struct.pack("!H", answer))
    assert len(ear.reasons) == 1


@pytest.mark.parametrize("how", ["finish", "reset"])
async def test_a_connection_that_ends_without_a_word_is_told_once(how: str) -> None:
    async def play(peer: Peer) -> None:
        if how == "reset":
            peer.reset()

    async with opened(play) as (sock, ear):
        assert await ear.end() == "the connection was cut"
        with pytest.raises(Unreachable):
            sock.send(b"{}")
    assert len(ear.reasons) == 1


async def test_a_close_of_ours_says_goodbye_and_hears_no_more() -> None:
    got: list[tuple[int, bytes, bytes]] = []

    async def play(peer: Peer) -> None:
        got.append(await peer.frame())
        await stay(peer)

    async with opened(play) as (sock, ear):
        sock.close()
        with pytest.raises(Unreachable, match="we closed it"):
            sock.send(b"{}")
        assert ear.reasons == []
        assert await ear.end() == "we closed it"
    assert (got[0][0], got[0][2]) == (CLOSE, struct.pack("!H", 1000))


async def test_a_text_is_written_in_the_stack_that_heard_its_cause() -> None:
    """The server is not of this loop: what it reads inside the callback was written there."""
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    read_inside: list[bytes] = []
    ear = Ear()
    transport = AioTransport(SystemClock())
    with listener:
        async with asyncio.TaskGroup() as group:
            url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
            opening = group.create_task(transport.connect(url, {}, ear.heard(), timeout_s=5))
            server, _ = await loop.sock_accept(listener)
            accept = accept_of(await loop.sock_recv(server, 65536))
            await loop.sock_sendall(
                server,
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n",
            )
        with server:
            sock, tasks = opening.result(), asyncio.all_tasks()

            def order(text: bytes) -> None:
                sock.send(b"order")
                read_inside.append(server.recv(65536))
                assert asyncio.all_tasks() == tasks

            ear.hearing = order
            server.sendall(text_frame(b"tick"))
            await ear.until(lambda: ear.texts)
            await transport.close()
    assert len(read_inside[0]) == 2 + 4 + len(b"order")


async def test_what_the_other_side_does_not_take_is_bounded_and_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket_aiohttp, "CLOSE_S", 0.05)
    async with opened(lambda peer: asyncio.Event().wait()) as (sock, ear):  # type: ignore[arg-type,return-value]

        def flood() -> None:
            for _ in range(1000):
                sock.send(bytes(100_000))

        with pytest.raises(Unreachable, match="bytes wait unsent"):
            flood()
        sock.ping()
        sock.close()
        assert await ear.end() == "we closed it"  # though the goodbye could not leave


async def test_what_a_callback_raises_ends_the_connection_and_reaches_the_loop() -> None:
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))

    async def play(peer: Peer) -> None:
        await peer.frame()
        await peer.say(text_frame(b"x"))
        await stay(peer)

    def stumble(text: bytes) -> None:
        raise ZeroDivisionError

    async with opened(play) as (sock, ear):
        ear.hearing = stumble
        sock.send(b"speak")
        assert await ear.end() == "the connection was cut"
    assert isinstance(told[0]["exception"], ZeroDivisionError)


class Owner:
    """A listener of a line that lets a test wait for what happens to it."""

    def __init__(self) -> None:
        self.reasons: asyncio.Queue[str] = asyncio.Queue()
        self.texts: asyncio.Queue[bytes] = asyncio.Queue()

    async def greet(self, line: Line) -> None:
        line.send(b"login")

    def text(self, text: bytes, recv_ns: int) -> None:
        self.texts.put_nowait(text)

    def heartbeat(self, recv_ns: int) -> None:
        pass

    def lost(self, reason: str) -> None:
        self.reasons.put_nowait(reason)


async def test_a_black_holed_line_is_dropped_and_comes_back() -> None:
    connections = 0

    async def serve(peer: Peer) -> None:
        nonlocal connections
        connections += 1
        await peer.upgrade(await peer.request())
        if connections == 1:
            await asyncio.Event().wait()  # it stands, takes nothing, says nothing
        while frame := await peer.frame():
            await peer.say(text_frame(frame[2], PONG if frame[0] == PING else TEXT))

    owner = Owner()
    settings = LineSettings(
        venue="BYBIT",
        name="public",
        connect_s=5,
        greet_s=5,
        silence_s=0.3,
        backoff_min_s=0.01,
        backoff_max_s=0.02,
        ping_s=0.02,
    )
    async with RawServer(serve) as server:
        clock, address = SystemClock(), f"ws://127.0.0.1:{server.port}/"
        transport = AioTransport(clock)
        line = Line(transport, lambda: (address, {}), owner, settings, clock, Random(1))
        async with asyncio.TaskGroup() as group, asyncio.timeout(5):
            running = group.create_task(line.run())
            assert "heard nothing of BYBIT" in await owner.reasons.get()
            assert await owner.texts.get() == b"login"
            assert owner.reasons.empty()
            running.cancel()
        await transport.close()
        assert connections == 2


async def test_after_a_read_it_is_said_once_when_all_of_its_frames_were_heard() -> None:
    speak = asyncio.Event()

    async def play(peer: Peer) -> None:
        await speak.wait()
        await peer.say(text_frame(b"a") + text_frame(b"b"))
        await asyncio.Event().wait()

    async with opened(play) as (sock, ear):
        heard: list[int] = []
        sock.after_read = lambda: heard.append(len(ear.texts))
        speak.set()
        await ear.until(lambda: len(ear.texts) == 2)
        assert heard == [2]
