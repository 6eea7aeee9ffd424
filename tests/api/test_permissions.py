"""Who may do what: every route, asked by nobody, by every role, and with every scope of a token."""

from typing import Any

import msgspec
import pytest

from tests.api.serving import Browser, Served
from tradewind import __version__
from tradewind.faces.api.openapi import PARAMETER
from tradewind.faces.api.routes import routes
from tradewind.faces.api.table import PUBLIC, SIGNED_IN, Route
from tradewind.model.access import AccessScope

TABLE = routes(__version__)
COMMANDS_FOR_ALL = {"command", "instanceCommand"}
"""Open to all who are signed in; each command then needs its own scope."""
HOLDS = {
    "viewer": {"read"},
    "trader": {"read", "trade", "rearm"},
    "admin": {"read", "trade", "rearm", "admin"},
}
BODIES: dict[str, Any] = {
    "command": {"command": {"type": "Pause", "instance": "nobody"}},
    "instanceCommand": {"action": "pause"},
    "deploy": {"strategy": "nothing", "accounts": ["nobody"], "instruments": []},
    "placeOrder": {"account": "nobody", "instrument": "X:Y", "side": "buy", "qty": "1"},
    "trade": {"account": "nobody", "instrument": "X:Y", "side": "buy", "qty": "1"},
}
HARMLESS = {"signOut", "setUp", "signIn", "changePassword", "secondFactor"}


def path_of(route: Route) -> str:
    path = PARAMETER.sub("nobody", route.path)
    return f"{path}?dry_run=true" if route.tag == "commands" else path


def needed(route: Route) -> set[str]:
    if route.name in COMMANDS_FOR_ALL:
        return {"trade"}
    if route.name == "metrics":
        return {"read"}
    return {route.needs.value} if isinstance(route.needs, AccessScope) else set()


def asked(desk: Served, route: Route, headers: dict[str, str]) -> tuple[int, str]:
    body = None if route.method == "GET" else BODIES.get(route.name, {})
    answer = desk.ask(route.method, path_of(route), body, **headers)
    return answer.status, answer.code if answer.status in (401, 403) else ""


def faults(desk: Served, headers: dict[str, str] | None, holds: set[str]) -> list[str]:
    """Return the routes that let in whom they must not, or keep out whom they must let in."""
    found = []
    for route in TABLE:
        if route.name in HARMLESS:
            continue
        status, code = asked(desk, route, headers or {})
        if headers is None:
            right = (status == 401) == (route.needs is not PUBLIC)
        elif needed(route) <= holds:
            right = (status, code) not in ((401, "auth_failed"), (403, "forbidden"))
        else:
            right = (status, code) == (403, "forbidden")
        # Whoever asks by the desk's token is no person, and makes no tokens.
        if not right and not (route.name == "makeToken" and status == 403):
            found.append(f"{route.method} {route.path}: {status} {code}")
    return found


def test_nobody_gets_in_without_a_session_or_a_token(desk: Served) -> None:
    assert faults(desk, None, set()) == []


@pytest.mark.parametrize("role", HOLDS)
def test_each_role_may_do_what_is_its_own(
    desk: Served, people: dict[str, Browser], role: str
) -> None:
    # With the header of changes throughout: that it is needed has a test of its own.
    assert faults(desk, people[role].headers("POST"), HOLDS[role]) == []


@pytest.mark.parametrize("scopes", [("read",), ("trade",), ("read", "rearm"), ("admin",)])
def test_a_token_may_do_what_it_was_made_for(
    desk: Served, admin: Browser, scopes: tuple[str, ...]
) -> None:
    label = f"of-{'-'.join(scopes)}"
    made = admin.ask("POST", "/api/tokens", {"label": label, "scopes": scopes}).json
    headers = {"Authorization": f"Bearer {made['value']}"}
    found = faults(desk, headers, set(scopes))
    # A token with `read` alone makes tokens that may read, so this route asks for more.
    assert [each for each in found if "/api/tokens" not in each] == []
    assert admin.ask("DELETE", f"/api/tokens/{made['id']}").status == 200
    assert desk.ask("GET", "/api/instances", **headers).status == 401


@pytest.mark.parametrize(
    ("command", "scope"),
    [
        ({"type": "Rearm"}, "rearm"),
        ({"type": "EnableAccount", "account": "bybit", "enabled": True}, "admin"),
        ({"type": "Unlock", "account": "bybit", "instrument": "X:Y"}, "admin"),
        ({"type": "Attest", "client_order_id": "X"}, "admin"),
        ({"type": "Kill"}, "trade"),
    ],
)
def test_each_command_needs_its_own_scope(
    desk: Served, admin: Browser, command: dict[str, Any], scope: str
) -> None:
    for own in ("read", "trade", "rearm", "admin"):
        body = {"label": f"one-{own}-{command['type']}", "scopes": [own]}
        made = admin.ask("POST", "/api/tokens", body).json
        answer = desk.ask(
            "POST",
            "/api/commands?dry_run=true",
            {"command": command},
            Authorization=f"Bearer {made['value']}",
        )
        assert (answer.status == 403) == (own != scope), (own, answer)
        admin.ask("DELETE", f"/api/tokens/{made['id']}")


def test_a_token_makes_none_that_may_do_more(desk: Served, admin: Browser) -> None:
    made = admin.ask("POST", "/api/tokens", {"label": "small", "scopes": ["read"]}).json
    body = {"label": "large", "scopes": ["admin"]}
    answer = desk.ask("POST", "/api/tokens", body, Authorization=f"Bearer {made['value']}")
    assert answer.code == "forbidden"
    admin.ask("DELETE", f"/api/tokens/{made['id']}")


def test_every_route_is_in_the_document_and_no_other(desk: Served) -> None:
    told = msgspec.json.decode(desk.ask("GET", "/api/openapi.json").raw)
    assert told["openapi"] == "3.1.0"
    found = {
        (operation["operationId"], method)
        for path in told["paths"].values()
        for method, operation in path.items()
    }
    assert found == {(route.name, route.method.lower()) for route in TABLE}
    assert SIGNED_IN is not PUBLIC
