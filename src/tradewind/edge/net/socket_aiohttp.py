"""One WebSocket on an aiohttp connection: frames are heard and written without a task between."""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from aiohttp import ClientResponse, WSCloseCode, WSMsgType
from aiohttp._websocket.reader import WebSocketDataQueue
from aiohttp.connector import Connection
from aiohttp.http import WS_KEY, WebSocketError, WebSocketReader, WebSocketWriter, WSMessage

from tradewind.edge.net.transport import Heard
from tradewind.model.errors import Unreachable
from tradewind.ports import Clock

CLOSE_S = 1.0
"""How long a close may take before the connection is cut."""
UNSENT_BYTES_MAX = 256 * 1024
"""What the other side may leave in our buffer before we write no more."""
FRAME_BYTES_MAX = 64 * 1024 * 1024


def upgrade_headers(headers: Mapping[str, str], key: str) -> dict[str, str]:
    """Return the headers that ask for a WebSocket without extensions (RFC 6455, 4.1)."""
    return {
        **headers,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key,
    }


def upgrade_flaw(response: ClientResponse, key: str) -> str:
    """Say what is wrong with the answer to an upgrade, nothing when it is one."""
    wanted = base64.b64encode(hashlib.sha1(key.encode() + WS_KEY).digest())
    if response.status != 101:
        return f"status {response.status}"
    if response.headers.get("Upgrade", "").lower() != "websocket":
        return "an answer that upgrades to something else"
    if response.headers.get("Sec-WebSocket-Accept", "").encode() != wanted:
        return "the answer to another key"
    if "Sec-WebSocket-Extensions" in response.headers:
        return "extensions that were not asked for"
    return ""


class AioSocket:
    """An open WebSocket. What arrives is handed on in the stack that read it from the network."""

    def __init__(
        self,
        name: str,
        response: ClientResponse,
        connection: Connection,
        heard: Heard,
        clock: Clock,
    ) -> None:
        protocol, transport = connection.protocol, connection.transport
        assert protocol is not None
        assert transport is not None
        self._name = name
        self._response = response  # its destructor would give the connection away
        self._transport = transport
        self._heard = heard
        self._loop = asyncio.get_running_loop()
        self._reason = ""
        self._cut: asyncio.TimerHandle | None = None
        self._when_gone: Callable[[AioSocket], None] = lambda socket: None
        self.after_read: Callable[[], None] = lambda: None
        self.gone = asyncio.Event()
        self._writer = WebSocketWriter(protocol, transport, use_mask=True)
        self._protocol = protocol
        self._ear = _Ear(self, clock, self._loop)

    def listen(self) -> None:
        """Begin to hear, with whatever came along with the answer to the upgrade."""
        self._protocol.set_parser(self._ear, self._ear.frames)
        if self._protocol.transport is None:
            self.lost()  # it had ended before anybody listened

    def when_gone(self, call: "Callable[[AioSocket], None]") -> None:
        """Have the function called when there is no connection any more."""
        self._when_gone = call

    def send(self, text: bytes) -> None:
        """Write a text frame at once; raises Unreachable when nothing of it was written."""
        unsent = self._transport.get_write_buffer_size()
        if self._reason or self._transport.is_closing():
            raise self._unreachable(f"the connection is closed ({self._reason or 'cut'})")
        if unsent > UNSENT_BYTES_MAX:
            raise self._unreachable(f"{unsent} bytes wait unsent")
        _drive(self._writer.send_frame(text, WSMsgType.TEXT))

    def ping(self) -> None:
        """Write a protocol ping, unless the connection is closed."""
        self._control(b"", WSMsgType.PING)

    def close(self) -> None:
        """Say goodbye and close, or cut after a second; `on_close` still comes."""
        self.end("we closed it", WSCloseCode.OK)

    def hear(self, message: Any, recv_ns: int) -> None:
        """Take one message off the wire."""
        if self._reason:
            return
        kind = message.type
        if kind is WSMsgType.TEXT:
            self._heard.on_text(message.data, recv_ns)
        elif kind is WSMsgType.PING:
            self._control(message.data, WSMsgType.PONG)
            self._heard.on_pong(recv_ns)
        elif kind is WSMsgType.PONG:
            self._heard.on_pong(recv_ns)
        elif kind is WSMsgType.CLOSE:
            code = message.data or "without a code"
            self.end(f"the other side closed it: {code} {message.extra}".rstrip(), WSCloseCode.OK)
        else:
            self.end("a binary frame came on a text line", WSCloseCode.UNSUPPORTED_DATA)

    def end(self, reason: str, code: int) -> None:
        """Close with a code of RFC 6455; the first reason is the one that is told."""
        if self._reason:
            return
        self._control(code.to_bytes(2, "big"), WSMsgType.CLOSE)
        self._reason = reason
        self._transport.close()
        # What is not taken off our hands would hold the close up for ever.
        self._cut = self._loop.call_later(CLOSE_S, self._transport.abort)

    def cut(self) -> None:
        """End without a word to the other side."""
        self._reason = self._reason or "we closed it"
        self._transport.abort()

    def lost(self) -> None:
        """Take note that there is no connection any more; called again, it does nothing."""
        if self.gone.is_set():
            return
        self.gone.set()
        if self._cut is not None:
            self._cut.cancel()
        self._response.close()
        self._when_gone(self)
        self._reason = self._reason or "the connection was cut"
        # Not from here: aiohttp swallows whatever is raised while it closes.
        self._loop.call_soon(self._heard.on_close, self._reason)

    def _control(self, payload: bytes, opcode: WSMsgType) -> None:
        unsent = self._transport.get_write_buffer_size()
        if not (self._reason or self._transport.is_closing() or unsent > UNSENT_BYTES_MAX):
            _drive(self._writer.send_frame(payload, opcode))

    def _unreachable(self, found: str) -> Unreachable:
        return Unreachable(
            f"did not send to {self._name}: {found}; wait for a new connection",
            venue=self._name,
            endpoint="websocket",
        )


class _Ear:
    """What aiohttp's connection hands its bytes to, in the place of its own reader's queue."""

    def __init__(self, socket: AioSocket, clock: Clock, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = socket
        self._clock = clock
        self.frames = _Frames(socket._protocol, 0, loop=loop)
        self.frames.open()
        self._reader = WebSocketReader(
            self.frames, FRAME_BYTES_MAX, compress=False, decode_text=False
        )

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        recv_ns = self._clock.now_ns()
        broken, _ = self._reader.feed_data(data)
        for message in self.frames.taken():
            self._socket.hear(message, recv_ns)
        if broken:
            error = self.frames.exception()
            code = error.code if isinstance(error, WebSocketError) else WSCloseCode.PROTOCOL_ERROR
            self._socket.end(f"frames that break the protocol came: {error}", code)
        self._socket.after_read()
        # Were aiohttp told of the break, it would not tell us of the connection's end.
        return False, b""

    def feed_eof(self) -> None:
        self._socket.lost()


class _Frames(WebSocketDataQueue):
    """Keeps the messages of one read for `_Ear`, which hands them on when the read is parsed."""

    def open(self) -> None:
        self._fresh: list[WSMessage] = []

    def feed_data(self, data: Any, size: int) -> None:
        self._fresh.append(data)

    def taken(self) -> list[WSMessage]:
        fresh, self._fresh = self._fresh, []
        return fresh


def _drive(writing: Coroutine[Any, Any, None]) -> None:
    """Run a write of aiohttp to its end: it writes first, and then only waits for a full buffer."""
    try:
        writing.send(None)
    except StopIteration:
        return
    writing.close()
