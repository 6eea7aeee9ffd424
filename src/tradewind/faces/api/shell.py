"""What is around every answer: the headers that keep a browser careful, and a line in the log.

Knows ASGI. Must not know routes.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tradewind.faces.api.gateway import Gateway

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Charts set styles of their own elements; no script runs that did not come from our files."""
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=()"),
    (b"cache-control", b"no-store"),
)
TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


class Shell:
    """The application with its headers and its log."""

    def __init__(self, app: App, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway
        self._headers = (*HEADERS, TRANSPORT) if gateway.facts.tls else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; ASGI's own protocol."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_s = time.monotonic()
        status = 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                headers += [each for each in self._headers if each[0] not in there]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            took_ms = round((time.monotonic() - began_s) * 1000, 1)
            client = scope.get("client")
            self._gateway.note(
                "request",
                method=scope["method"],
                path=scope["path"][:200],
                status=status,
                took_ms=took_ms,
                peer=client[0] if client else "",
            )
