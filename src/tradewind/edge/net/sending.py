"""One request on its way out: what must be so in the instant before its bytes are written."""

import select
from collections.abc import Awaitable, Callable

from aiohttp import ClientRequest, ClientResponse
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection

from tradewind.ports import Clock

# Only Linux tells that the other side has closed its half without reading what is left.
_PEER_GONE = getattr(select, "POLLRDHUP", 0)

Handler = Callable[[ClientRequest], Awaitable[ClientResponse]]


class HeldBack(Exception):
    """The request was not written; `stale` when only its connection was to blame."""

    def __init__(self, reason: str, *, stale: bool = False) -> None:
        super().__init__(reason)
        self.stale = stale


class Flight:
    """Whether a request may still leave, and whether it has.

    `written` is set before the first byte is handed to the socket: while it is false, nothing
    has left. aiohttp asks a second time for some methods when a kept connection breaks; a flight
    passes once only.
    """

    def __init__(
        self,
        clock: Clock,
        not_after_ns: int | None = None,
        on_written: Callable[[], None] | None = None,
    ) -> None:
        self.written = False
        self.on_written = on_written
        self.held_back: HeldBack | None = None
        self.connection: Connection | None = None
        self._clock = clock
        self._not_after_ns = not_after_ns
        self._boarded = False

    @property
    def was_stale(self) -> bool:
        """Whether nothing but a closed connection held it back, so that another may carry it."""
        return not self.written and self.held_back is not None and self.held_back.stale

    async def board(self, request: ClientRequest, handler: Handler) -> ClientResponse:
        """Let the request go to its connection, as aiohttp's middleware; once."""
        if self._boarded:
            raise HeldBack("aiohttp wanted to send it again")
        self._boarded = True
        assert isinstance(request, OnceRequest)
        request.flight = self
        return await handler(request)

    def clear(self, connection: Connection) -> bool:
        """Tell whether the bytes may be written now, and take note that they are."""
        self.connection = connection
        self.held_back = self._objection(connection)
        self.written = self.written or self.held_back is None
        return self.held_back is None

    def _objection(self, connection: Connection) -> HeldBack | None:
        transport = connection.transport
        if self.written:
            return HeldBack("it had been written before")
        if transport is None or transport.is_closing() or _peer_is_gone(transport):
            return HeldBack("the kept connection had been closed", stale=True)
        if self._not_after_ns is not None and self._clock.monotonic_ns() > self._not_after_ns:
            return HeldBack("its time had passed")
        return None


class OnceRequest(ClientRequest):
    """A request of aiohttp that asks its flight immediately before it writes.

    A request with a body is written by `write_bytes`, in one call and before anything is awaited;
    one without, by `send`.
    """

    flight: Flight

    async def send(self, conn: Connection) -> ClientResponse:
        """Write the request; raises HeldBack when it must not leave."""
        protocol = conn.protocol
        writes_here = not self._body and protocol is not None and not protocol.writing_paused
        if writes_here and not self.flight.clear(conn):
            assert self.flight.held_back is not None
            raise self.flight.held_back
        response = await super().send(conn)
        if writes_here and self.flight.on_written is not None:
            self.flight.on_written()
        return response

    async def write_bytes(
        self,
        writer: AbstractStreamWriter,
        conn: Connection,
        content_length: int | None = None,
    ) -> None:
        """Write the request with its body, or close the connection when it must not leave."""
        if self.flight.clear(conn):
            try:
                await super().write_bytes(writer, conn, content_length)
            finally:
                if self.flight.on_written is not None:
                    self.flight.on_written()
        else:
            # This is a task of its own: the close is what wakes the one that waits for an answer.
            conn.close()


def _peer_is_gone(transport: object) -> bool:
    """Ask the system whether the other side has closed, which the loop may not have heard yet."""
    if not _PEER_GONE:
        return False
    number = transport.get_extra_info("socket").fileno()  # type: ignore[attr-defined]
    poll = select.poll()
    poll.register(number, _PEER_GONE)
    return bool(poll.poll(0))
