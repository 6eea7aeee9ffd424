"""Who may come in: hosts, origins, sessions and tokens, and the token against forged requests.

Knows headers and cookies. What a person may do, and whether a password is right, is control's.
"""

from urllib.parse import urlsplit

import msgspec
from starlette.requests import HTTPConnection

from tradewind.control.access.who import Who
from tradewind.faces.api.gateway import Gateway
from tradewind.faces.api.problems import problem
from tradewind.faces.api.table import PUBLIC, Needs
from tradewind.model.access import AccessScope

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CSRF = "x-csrf-token"


class Asker(msgspec.Struct, frozen=True):
    """Who asks, and the cookie that said so; empty when a token did."""

    who: Who | None
    cookie: str = ""


def see_host(gateway: Gateway, connection: HTTPConnection) -> None:
    """Raise for a request that calls us by a name which is not ours, or comes from elsewhere.

    A page of another site can make a browser ask us, under its own name or by a name of its own
    that it has bent to this machine.
    """
    host = connection.headers.get("host", "")
    names = gateway.facts.names
    if names and _name(host) not in names:
        raise problem(
            "bad_request",
            f"Read the host {host[:100]!r}, found that it is not ours; call us by "
            f"{', '.join(sorted(names))}.",
        )
    origin = connection.headers.get("origin")
    if origin is not None and not _is_own(gateway, origin, host):
        raise problem(
            "forbidden",
            f"Read the origin {origin[:100]!r}, found another site; ask from our own page.",
        )


def who_asks(gateway: Gateway, connection: HTTPConnection) -> Asker:
    """Return who asks; raises for a token that opens nothing."""
    authorization = connection.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        who = None
        if scheme.lower() == "bearer" and token:
            who = gateway.access.token(token)
        if who is None:
            raise problem("auth_failed", "Read the token, found none that is good; make a new one.")
        return Asker(who)
    cookie = connection.cookies.get(gateway.cookie, "")
    if not cookie:
        return Asker(None)
    return Asker(gateway.access.session(cookie), cookie)


def let_in(needs: Needs, asker: Asker) -> None:
    """Raise unless whoever asks may use a route that needs this."""
    if needs is PUBLIC:
        return
    if asker.who is None:
        raise problem("auth_failed", "Looked for who asks, found no session and no token; sign in.")
    if isinstance(needs, AccessScope):
        asker.who.require(needs)


def see_csrf(gateway: Gateway, connection: HTTPConnection, method: str, asker: Asker) -> None:
    """Raise for a change asked with a cookie alone, which any site could make a browser send."""
    if method in SAFE or asker.who is None or not asker.cookie:
        return
    if not gateway.access.csrf_holds(asker.cookie, connection.headers.get(CSRF, "")):
        raise problem(
            "forbidden",
            "Read the X-CSRF-Token, found not that of the session; take `csrf` from GET "
            "/api/session.",
        )


def peer_of(connection: HTTPConnection) -> str:
    """Return the address of whoever asks."""
    return connection.client.host if connection.client is not None else "unknown"


def is_near(connection: HTTPConnection) -> bool:
    """Tell whether whoever asks is on this machine, and no proxy asks for them."""
    forwarded = any(name in connection.headers for name in ("forwarded", "x-forwarded-for"))
    return peer_of(connection) in LOOPBACK and not forwarded


def _is_own(gateway: Gateway, origin: str, host: str) -> bool:
    try:
        told = urlsplit(origin)
    except ValueError:
        return False
    schemes = ("https",) if gateway.facts.tls else ("http", "https")
    return told.scheme in schemes and bool(host) and told.netloc.lower() == host.lower()


def _name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()
