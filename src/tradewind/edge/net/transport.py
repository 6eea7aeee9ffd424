"""The two things that a venue adapter needs of a network, and nothing about who provides them.

Real sockets provide it in a running desk; an exchange in the same process does in a drill.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec


class HttpRequest(msgspec.Struct, frozen=True):
    """One request; `url` goes out exactly as written, query string and all, as does `body`.

    `on_written` is called once, as soon as its last byte is with the operating system, or its
    writing failed on the way; not where nothing of it left.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    on_written: Callable[[], None] | None = None


class HttpAnswer(msgspec.Struct, frozen=True):
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Heard(msgspec.Struct, frozen=True):
    """What a socket tells its owner: called as bytes arrive, never re-entered.

    `on_text(text, recv_ns)` gets each whole text frame and when it arrived, nanoseconds UTC;
    `on_pong(recv_ns)` each answer to `Socket.ping` and each ping of the other side;
    `on_close(reason)` comes once, last.
    """

    on_text: Callable[[bytes, int], None]
    on_pong: Callable[[int], None]
    on_close: Callable[[str], None]


class Socket(Protocol):
    """One open WebSocket connection."""

    def send(self, text: bytes) -> None:
        """Write a text frame at once; raises Unreachable when the connection is closed."""
        ...

    def ping(self) -> None:
        """Write a protocol ping."""
        ...

    def close(self) -> None:
        """End the connection; `on_close` still comes."""
        ...


class Transport(Protocol):
    """Requests and sockets of one account, over its own connections (and its proxy)."""

    async def ask(
        self, request: HttpRequest, *, timeout_s: float, not_after_ns: int | None = None
    ) -> HttpAnswer:
        """Send one request and return its answer, whatever its status.

        Raises Unreachable when it provably never left (no connection, or `not_after_ns` on the
        monotonic clock had passed), OutcomeUnknown when it may have.
        """
        ...

    async def connect(
        self, url: str, headers: Mapping[str, str], heard: Heard, *, timeout_s: float
    ) -> Socket:
        """Open a socket; raises Unreachable, or AuthFailed when the upgrade is refused (401)."""
        ...

    async def close(self) -> None:
        """End all connections."""
        ...
