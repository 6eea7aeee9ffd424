"""Requests and sockets over the real network, by aiohttp: one pool of connections an account.

What left is never in doubt here: `sending.Flight` knows whether a byte was handed to the socket.
Before that every failure is Unreachable, after it every failure is OutcomeUnknown.
"""

import asyncio
import base64
import secrets
from collections.abc import Callable, Mapping
from ssl import SSLCertVerificationError, SSLContext, SSLError
from typing import Any

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from tradewind.edge.net.sending import Flight, HeldBack, OnceRequest
from tradewind.edge.net.socket_aiohttp import AioSocket, upgrade_flaw, upgrade_headers
from tradewind.edge.net.transport import Heard, HttpAnswer, HttpRequest
from tradewind.model.errors import (
    AuthFailed,
    ConfigError,
    OutcomeUnknown,
    Unreachable,
    VenueError,
)
from tradewind.ports import Clock

ANSWER_BYTES_MAX = 64 * 1024 * 1024
CONNECTIONS_MAX = 32
CLOSE_ALL_S = 2.0
KEEP_ALIVE_S = 55.0
STALE_MAX = 4
"""How many closed connections are passed over for one request."""
REFUSED_LOGIN = (401, 403)
_NOT_OURS = frozenset({"Accept", "Accept-Encoding", "User-Agent", "Content-Type"})
_FAILURES = (
    ClientError,
    OSError,
    EOFError,  # of a proxy that breaks off
    ProxyConnectionError,
    ProxyError,
    ProxyTimeoutError,
    HeldBack,
)


def _nothing() -> None:
    pass


class AioTransport:
    """The network of one account. Make it inside a running loop, and `close` it."""

    def __init__(
        self,
        clock: Clock,
        proxy: str = "",
        *,
        tls: SSLContext | None = None,
        after_read: Callable[[], None] = _nothing,
    ) -> None:
        """Open nothing yet.

        `after_read` is called when everything that came with one read of a socket has been heard,
        and nobody who heard it is in the middle of anything.

        `proxy` is `http://` or `socks5://` with user and password where it asks for them, and
        carries requests and sockets alike; `tls` replaces the system's trusted certificates.
        Raises ConfigError for a proxy that cannot be read.
        """
        self._clock = clock
        self._after_read = after_read
        self._sockets: set[AioSocket] = set()
        self._session = ClientSession(
            connector=_connector(proxy, tls),
            cookie_jar=DummyCookieJar(),
            request_class=OnceRequest,
            skip_auto_headers=_NOT_OURS,
            timeout=ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
            trust_env=False,
        )

    async def ask(
        self, request: HttpRequest, *, timeout_s: float, not_after_ns: int | None = None
    ) -> HttpAnswer:
        """Send one request and return its answer, whatever its status.

        Raises Unreachable when nothing of it was written, OutcomeUnknown when something may have
        been. A kept connection that the venue has closed is replaced before the write; one that
        it closes during the write leaves the outcome unknown.
        """
        flight = Flight(self._clock, not_after_ns)
        try:
            async with asyncio.timeout(timeout_s):
                for _ in range(STALE_MAX):
                    flight = Flight(self._clock, not_after_ns, request.on_written)
                    try:
                        return await self._attempt(request, flight, timeout_s)
                    except _FAILURES as error:
                        if not flight.was_stale:
                            raise _failure(request, flight, _found(error, flight)) from error
                raise _failure(request, flight, "only closed connections")
        except TimeoutError as error:
            raise _failure(request, flight, f"nothing within {timeout_s:g} s") from error

    async def connect(
        self, url: str, headers: Mapping[str, str], heard: Heard, *, timeout_s: float
    ) -> AioSocket:
        """Open a socket; raises Unreachable, or AuthFailed when the upgrade gets 401 or 403."""
        request = HttpRequest("GET", url, headers)
        try:
            async with asyncio.timeout(timeout_s):
                for _ in range(STALE_MAX):
                    flight = Flight(self._clock)
                    try:
                        return await self._upgrade(request, flight, heard, timeout_s)
                    except _FAILURES as error:
                        if not flight.was_stale:
                            raise _refusal(request, _found(error, flight)) from error
                raise _refusal(request, "only closed connections")
        except TimeoutError as error:
            raise _refusal(request, f"no WebSocket within {timeout_s:g} s") from error

    async def close(self) -> None:
        """End all connections; returns when they are gone, after two seconds at the latest."""
        sockets = list(self._sockets)
        for socket in sockets:
            socket.close()
        try:
            async with asyncio.timeout(CLOSE_ALL_S):
                for socket in sockets:
                    await socket.gone.wait()
                await self._session.close()
        except TimeoutError:
            # Everything is closed on our side; what the other side does not take, goes with us.
            return

    async def _attempt(self, request: HttpRequest, flight: Flight, timeout_s: float) -> HttpAnswer:
        async with await self._request(request, flight, timeout_s) as response:
            chunks, size = [], 0
            async for chunk in response.content.iter_any():
                chunks.append(chunk)
                size += len(chunk)
                if size > ANSWER_BYTES_MAX:
                    response.close()
                    raise ClientPayloadError(f"more than {ANSWER_BYTES_MAX} bytes")
            names = {name.lower(): value for name, value in response.headers.items()}
            return HttpAnswer(response.status, names, b"".join(chunks))

    async def _upgrade(
        self, request: HttpRequest, flight: Flight, heard: Heard, timeout_s: float
    ) -> AioSocket:
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        asked = HttpRequest("GET", request.url, upgrade_headers(request.headers, key))
        response = await self._request(asked, flight, timeout_s)
        if flaw := upgrade_flaw(response, key):
            response.close()
            raise _refusal(request, flaw, response.status)
        assert flight.connection is not None
        name = _exactly(request.url).host or ""
        socket = AioSocket(name, response, flight.connection, heard, self._clock)
        socket.after_read = self._after_read
        socket.when_gone(self._sockets.discard)
        self._sockets.add(socket)
        try:
            socket.listen()
        except BaseException:
            socket.cut()  # its owner failed at what came along with the upgrade
            raise
        return socket

    async def _request(
        self, request: HttpRequest, flight: Flight, timeout_s: float
    ) -> ClientResponse:
        if self._session.closed:
            raise HeldBack("this transport closed")
        try:
            return await self._session.request(
                request.method,
                _exactly(request.url),
                headers=request.headers,
                data=request.body or None,
                allow_redirects=False,
                middlewares=(flight.board,),
                # The deadline is the caller's; this is for proxies, which have one of their own.
                timeout=ClientTimeout(total=None, sock_connect=timeout_s),
            )
        except ClientResponseError:
            # aiohttp's error carries the headers that were sent, and with them keys: it ends here.
            raise ClientPayloadError("an answer that is not HTTP") from None


def _connector(proxy: str, tls: SSLContext | None) -> TCPConnector:
    settings: dict[str, Any] = {
        "limit": CONNECTIONS_MAX,
        "keepalive_timeout": KEEP_ALIVE_S,
        "ssl": tls or True,
    }
    if not proxy:
        return TCPConnector(**settings)
    try:
        return ProxyConnector.from_url(proxy, **settings)
    except ValueError as error:
        raise ConfigError(
            "read the proxy of an account and could not: write http://user:password@host:port "
            "or socks5://user:password@host:port"
        ) from error


def _exactly(url: str) -> URL:
    return URL(url, encoded=True)


def _failure(request: HttpRequest, flight: Flight, found: str) -> VenueError:
    url = _exactly(request.url)
    venue, endpoint = url.host or "", f"{request.method} {url.raw_path}"
    if flight.written:
        text = f"sent {endpoint} to {venue} and found {found}; ask what became of it, do not resend"
        return OutcomeUnknown(text, venue=venue, endpoint=endpoint)
    text = f"did not send {endpoint} to {venue}: found {found}; it is safe to try again"
    return Unreachable(text, venue=venue, endpoint=endpoint)


def _refusal(request: HttpRequest, found: str, status: int = 0) -> VenueError:
    url = _exactly(request.url)
    venue, endpoint = url.host or "", f"GET {url.raw_path}"
    text = f"opened a WebSocket to {venue}{url.raw_path} and found {found}; "
    code = str(status or "")
    if status in REFUSED_LOGIN:
        return AuthFailed(
            text + "check the account's keys", venue=venue, endpoint=endpoint, code=code
        )
    return Unreachable(text + "try again later", venue=venue, endpoint=endpoint, code=code)


def _found(error: Exception, flight: Flight) -> str:
    """Say in words what went wrong, never with what was sent: headers hold keys."""
    if held_back := flight.held_back or (error if isinstance(error, HeldBack) else None):
        return str(held_back)
    cause = error.os_error if isinstance(error, ClientConnectorError) else error
    for kind, words in _WORDS:
        if isinstance(error, kind) or isinstance(cause, kind):
            return words
    return type(cause).__name__ + (f" ({cause.strerror})" if isinstance(cause, OSError) else "")


_WORDS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (ClientConnectorDNSError, "no address for that name"),
    (ClientConnectorCertificateError, "a certificate that nobody vouches for"),
    (SSLCertVerificationError, "a certificate that nobody vouches for"),
    ((ClientConnectorSSLError, SSLError), "no agreement on TLS"),
    (ConnectionRefusedError, "nobody listening there"),
    (ProxyConnectionError, "no way to the proxy"),
    (ProxyTimeoutError, "a proxy that does not answer"),
    (ProxyError, "a proxy that refuses"),
    (EOFError, "a proxy that breaks off"),
    (ServerDisconnectedError, "the connection closed before an answer"),
    (ClientPayloadError, "an answer that breaks off, does not end or is not HTTP"),
    (ConnectionResetError, "the connection reset"),
)
