"""Signing in, and what keeps others from riding along: origins, forged requests, lock-outs."""

import time

import pyotp
import pytest

from tests.api.serving import PASSWORD, Browser, Served


def test_the_cookie_is_for_our_own_page_alone(desk: Served, admin: Browser) -> None:
    answer = desk.ask("POST", "/api/login", {"name": "viewer", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert f"tradewind_session_{desk.port}=" in cookie
    told = admin.get("/api/session")
    assert (told["signed_in"], told["user"], told["role"]) == (True, "admin", "admin")
    assert told["csrf"] == admin.csrf
    assert not told["needs_setup"]


def test_a_change_without_the_pages_token_is_refused(desk: Served, admin: Browser) -> None:
    body = {"command": {"type": "Pause", "instance": "favourites"}}
    path = "/api/commands?dry_run=true"
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": "wröng".encode().hex()}):
        told = desk.ask("POST", path, body, Cookie=admin.cookie, **headers)
        assert told.code == "forbidden"
    assert admin.ask("POST", path, body).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Host": "evil.example:{port}"}, 400),
        ({"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"}, 400),
        ({"Host": "localhost:{port}"}, 200),
    ],
)
def test_no_other_site_may_ask(
    desk: Served, admin: Browser, headers: dict[str, str], status: int
) -> None:
    told = {name: value.format(port=desk.port) for name, value in headers.items()}
    assert admin.ask("GET", "/api/instances", **told).status == status
    assert desk.ask("POST", "/api/login", {"name": "x", "password": "y"}, **told).status == (
        401 if status == 200 else status
    )


def test_signing_out_ends_the_session(desk: Served, people: dict[str, Browser]) -> None:
    own = desk.sign_in("viewer")
    assert own.ask("GET", "/api/orders").status == 200
    assert own.ask("POST", "/api/logout").status == 200
    assert own.ask("GET", "/api/orders").code == "auth_failed"
    assert not desk.ask("GET", "/api/session").json["signed_in"]


def test_a_person_who_is_shut_out_is_out_at_once(desk: Served, admin: Browser) -> None:
    body = {"name": "guest", "password": PASSWORD, "role": "trader"}
    assert admin.ask("POST", "/api/users", body).status == 201
    guest = desk.sign_in("guest")
    assert guest.ask("GET", "/api/orders").status == 200
    assert admin.ask("PUT", "/api/users/guest", {"role": "viewer"}).status == 200
    body = {"action": "pause"}
    assert guest.ask("POST", "/api/instances/x/command", body).code == "forbidden"
    assert admin.ask("PUT", "/api/users/guest", {"disabled": True}).status == 200
    assert guest.ask("GET", "/api/orders").code == "auth_failed"
    assert admin.ask("DELETE", "/api/users/guest").status == 200
    last = admin.ask("PUT", "/api/users/admin", {"role": "viewer"})
    assert last.code == "refused"


def test_a_second_factor_is_asked_for_once_it_is_confirmed(desk: Served, admin: Browser) -> None:
    body = {"name": "careful", "password": PASSWORD, "role": "viewer"}
    admin.ask("POST", "/api/users", body)
    own = desk.sign_in("careful")
    uri = own.ask("POST", "/api/session/totp", {"step": "enrol"}).json["uri"]
    made = pyotp.parse_uri(uri)
    assert isinstance(made, pyotp.TOTP)
    code = made.now()
    told = own.ask("POST", "/api/session/totp", {"step": "confirm", "code": code})
    assert told.json == {"totp": True, "uri": None}
    assert own.get("/api/session")["totp"] is True
    without = desk.ask("POST", "/api/login", {"name": "careful", "password": PASSWORD})
    assert without.code == "auth_failed"
    admin.ask("DELETE", "/api/users/careful")


def test_a_password_that_changes_ends_the_other_sessions(desk: Served, admin: Browser) -> None:
    admin.ask("POST", "/api/users", {"name": "two", "password": PASSWORD, "role": "viewer"})
    one, other = desk.sign_in("two"), desk.sign_in("two")
    body = {"old": PASSWORD, "new": "another long password"}
    assert one.ask("POST", "/api/session/password", body).status == 200
    assert one.ask("GET", "/api/orders").status == 200
    assert other.ask("GET", "/api/orders").code == "auth_failed"
    admin.ask("DELETE", "/api/users/two")


def test_whoever_guesses_is_locked_out(desk: Served, people: dict[str, Browser]) -> None:
    began = time.monotonic()
    codes = [
        desk.ask("POST", "/api/login", {"name": "victim", "password": f"guess {number}"}).code
        for number in range(6)
    ]
    assert codes == ["auth_failed"] * 5 + ["locked_out"]
    assert time.monotonic() - began < 10
    answer = desk.ask("POST", "/api/login", {"name": "victim", "password": "again"})
    assert answer.status == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    # The others of this machine still get in.
    assert desk.sign_in("viewer").ask("GET", "/api/orders").status == 200


def test_the_set_up_code_works_once(desk: Served, people: dict[str, Browser]) -> None:
    body = {"code": desk.code, "name": "second", "password": PASSWORD}
    assert desk.ask("POST", "/api/setup", body).code == "refused"


def test_every_answer_tells_browsers_to_be_careful(desk: Served) -> None:
    for path in ("/", "/api/session", "/api/nothing", "/api/docs"):
        headers = desk.ask("GET", path).headers
        assert "default-src 'self'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers


def test_no_password_and_no_token_is_in_the_log(desk: Served, admin: Browser) -> None:
    log = desk.log()
    assert PASSWORD not in log
    assert desk.token not in log
    assert admin.cookie.partition("=")[2] not in log
