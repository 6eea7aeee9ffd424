"""The Transport of one account in a drill: requests and sockets over the network in memory.

Knows what `edge/net` promises an adapter. Must not know what the bytes say. By one seed the same
bytes pass in the same order.
"""

import asyncio
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlsplit

from tradewind.app.drill.network import Network, Place
from tradewind.edge.net.transport import Heard, HttpAnswer, HttpRequest
from tradewind.edge.simulators.link import ABNORMAL, Link
from tradewind.edge.simulators.wire import WireAnswer, WireRequest
from tradewind.model.errors import AuthFailed, OutcomeUnknown, Unreachable

REFUSED_LOGIN = (401, 403)


class MemoryTransport:
    """The Transport of one account in a drill: the same promises as over real sockets."""

    def __init__(self, network: Network, client: str) -> None:
        """Connect to nothing yet; `client` names it on the tape."""
        self._network = network
        self._client = client
        self._sockets: list[MemorySocket] = []
        self._closed = False

    async def ask(
        self, request: HttpRequest, *, timeout_s: float, not_after_ns: int | None = None
    ) -> HttpAnswer:
        """Send one request and return its answer, whatever its status.

        Raises Unreachable when nothing of it left (nobody there, or `not_after_ns` on the
        monotonic clock had passed), OutcomeUnknown when there is no answer in time.
        """
        network = self._network
        host, target = _address(request.url)
        endpoint = f"{request.method} {target.partition('?')[0]}"
        place = self._reachable(host, endpoint)
        if not_after_ns is not None and network.clock.monotonic_ns() > not_after_ns:
            raise _unreachable(host, endpoint, "its time had passed")
        answered: asyncio.Future[WireAnswer | None] = network.loop.create_future()
        network.tell(self._client, ">", f"{host} {request.method} {target}", request.body)
        asked = WireRequest(request.method, target, _lower(request.headers, host), request.body)
        place.road.ask(asked, place.now_ns(), partial(_settle, answered))
        place.moved()
        if request.on_written is not None:
            request.on_written()
        try:
            async with asyncio.timeout(timeout_s):
                answer = await answered
        except TimeoutError as error:
            raise _unknown(host, endpoint, f"nothing within {timeout_s:g} s") from error
        finally:
            answered.cancel()
        if answer is None:
            raise _unknown(host, endpoint, "the connection closed before an answer")
        network.tell(self._client, "<", f"{host} {request.method} {answer.status}", answer.body)
        return HttpAnswer(answer.status, _lower(answer.headers), answer.body)

    async def connect(
        self, url: str, headers: Mapping[str, str], heard: Heard, *, timeout_s: float
    ) -> "MemorySocket":
        """Open a socket; raises Unreachable, or AuthFailed when the upgrade gets 401 or 403."""
        host, target = _address(url)
        endpoint = f"GET {target.partition('?')[0]}"
        place = self._reachable(host, endpoint)
        self._network.tell(self._client, ">", f"{host} connect {target}", b"")
        socket = MemorySocket(self._network, place, f"{self._client} {host}", heard)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await socket.open(WireRequest("GET", target, _lower(headers, host)))
        except TimeoutError as error:
            found = f"no WebSocket within {timeout_s:g} s"
            raise _unreachable(host, endpoint, found) from error
        finally:
            socket.give_up()
        if socket.is_open:
            self._sockets = [each for each in self._sockets if each.is_open]
            self._sockets.append(socket)
            return socket
        status = answer.status if answer is not None else 0
        if status in REFUSED_LOGIN:
            raise AuthFailed(
                f"opened a WebSocket to {host} and found status {status}; check the keys",
                venue=host,
                endpoint=endpoint,
                code=str(status),
            )
        raise _unreachable(host, endpoint, f"status {status}", str(status or ""))

    async def close(self) -> None:
        """End all connections."""
        self._closed = True
        for socket in self._sockets:
            socket.close()
        await asyncio.sleep(0)

    def crash(self) -> None:
        """End as a killed process does: nothing more is heard or told, and nobody is called.

        What has left goes on its way; requests that wait for an answer wait for ever.
        """
        self._closed = True
        for socket in self._sockets:
            socket.crash()

    def _reachable(self, host: str, endpoint: str) -> Place:
        place = self._network.place(host)
        if self._closed:
            raise _unreachable(host, endpoint, "this side closed")
        if place is None:
            raise _unreachable(host, endpoint, "nobody listening there")
        return place


class MemorySocket:
    """One WebSocket of a client in a drill."""

    def __init__(self, network: Network, place: Place, name: str, heard: Heard) -> None:
        self.is_open = False
        self._network = network
        self._place = place
        self._name = name
        self._heard = heard
        self._decided: asyncio.Future[WireAnswer | None] = network.loop.create_future()
        self._link: Link | None = None
        self._silent = False

    # --- the client's side -------------------------------------------------------------------

    def send(self, text: bytes) -> None:
        """Write a text frame at once; raises Unreachable when the connection is closed."""
        if not self.is_open or self._link is None:
            raise _unreachable(self._name, "websocket", "the connection is closed")
        self._network.tell(self._name, ">", self._link.path, text)
        self._link.heard(text, self._place.now_ns())
        self._place.moved()

    def ping(self) -> None:
        """Write a protocol ping, unless the connection is closed."""
        if self.is_open and self._link is not None:
            self._link.pinged(b"", self._place.now_ns())
            self._place.moved()

    def close(self) -> None:
        """End the connection; `on_close` still comes."""
        if self.is_open:
            self._leave()
            self._network.loop.call_soon(self._tell_closed, "we closed it")

    # --- what the transport does -------------------------------------------------------------

    async def open(self, request: WireRequest) -> WireAnswer | None:
        """Ask for the upgrade; returns when it is decided, with the answer that refused it."""
        self._link = self._place.road.open(request, _Ear(self), self._place.now_ns())
        self._place.moved()
        return await self._decided

    def give_up(self) -> None:
        """Leave an upgrade that has not come about."""
        if not self.is_open:
            self._decided.cancel()
            self._silent = True
            self._leave()

    def crash(self) -> None:
        """Leave without a word to anybody here."""
        self._silent = True
        if self.is_open:
            self._leave()

    # --- what the ear tells ------------------------------------------------------------------

    def decided(self, answer: WireAnswer | None, *, is_open: bool) -> None:
        """Take note that the socket is open, or what refused it."""
        if not self._decided.done():
            self.is_open = is_open
            self._decided.set_result(answer)

    def hear(self, text: bytes) -> None:
        """Hand a text frame on."""
        if self.is_open and not self._silent:
            assert self._link is not None
            self._network.tell(self._name, "<", self._link.path, text)
            self._heard.on_text(text, self._network.clock.now_ns())

    def sense(self) -> None:
        """Tell of a ping or pong."""
        if self.is_open and not self._silent:
            self._heard.on_pong(self._network.clock.now_ns())

    def lost(self, reason: str) -> None:
        """Take note that the venue has closed."""
        if self.is_open:
            self.is_open = False
            self._tell_closed(reason)

    def _tell_closed(self, reason: str) -> None:
        if not self._silent:
            self._network.tell(self._name, "<", f"closed: {reason}", b"")
            self._heard.on_close(reason)

    def _leave(self) -> None:
        self.is_open = False
        if self._link is not None:
            self._link.gone(self._place.now_ns())
            self._place.moved()


class _Ear:
    """The carrier's end of a socket's link: what comes through, for its socket."""

    def __init__(self, socket: MemorySocket) -> None:
        self._socket = socket

    def opened(self) -> None:
        self._socket.decided(None, is_open=True)

    def refused(self, answer: WireAnswer | None) -> None:
        self._socket.decided(answer, is_open=False)

    def text(self, text: bytes) -> None:
        self._socket.hear(text)

    def ping(self, payload: bytes) -> None:
        # The other side's protocol answers by itself, and no exchange asks for more.
        self._socket.sense()

    def pong(self, payload: bytes) -> None:
        self._socket.sense()

    def closed(self, code: int) -> None:
        cut = code == ABNORMAL
        self._socket.lost("the connection was cut" if cut else f"the other side closed it: {code}")


def _address(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.netloc, target


def _lower(headers: Mapping[str, str], host: str = "") -> dict[str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    return {"host": host, **lower} if host else lower


def _settle(future: "asyncio.Future[WireAnswer | None]", answer: WireAnswer | None) -> None:
    # Whoever asked may have left meanwhile.
    if not future.done():
        future.set_result(answer)


def _unreachable(host: str, endpoint: str, found: str, code: str = "") -> Unreachable:
    text = f"did not reach {host} for {endpoint}: found {found}; it is safe to try again"
    return Unreachable(text, venue=host, endpoint=endpoint, code=code)


def _unknown(host: str, endpoint: str, found: str) -> OutcomeUnknown:
    text = f"sent {endpoint} to {host} and found {found}; ask what became of it, do not resend"
    return OutcomeUnknown(text, venue=host, endpoint=endpoint)
