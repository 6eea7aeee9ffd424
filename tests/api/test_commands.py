"""Commands over HTTP: once per key, shown before they happen, refused in the one shape."""

import getpass
from typing import Any

import pytest

from tests.api.serving import Browser, Served, until

NAME = "favourites"


def command(desk: Served, key: str) -> Any:
    """Return the audit entry of a command, None where there is none."""
    rows = desk.get("/api/commands?limit=100")["rows"]
    return next((row for row in rows if row["command_id"] == key), None)


def state(desk: Served, name: str = NAME) -> str:
    return str(desk.get(f"/api/instances/{name}")["state"])


def test_a_pause_and_a_resume_are_confirmed_and_audited(desk: Served, admin: Browser) -> None:
    path = f"/api/instances/{NAME}/command"
    told = admin.ask("POST", path, {"action": "pause", "why": "lunch"}, Idempotency_Key="lunch-1")
    assert (told.status, told.json["confirmation"]) == (200, "confirmed")
    assert state(desk) == "paused"
    entry = command(desk, "lunch-1")
    assert (entry["by"], entry["why"], entry["name"]) == ("web:admin", "lunch", "Pause")
    body = {"command": {"type": "Resume", "instance": NAME}}
    assert desk.bearer("POST", "/api/commands", body, Idempotency_Key="lunch-2").status == 200
    assert state(desk) == "running"
    assert command(desk, "lunch-2")["by"] == f"token:local/{getpass.getuser()}"


def test_the_same_key_is_carried_out_once(desk: Served) -> None:
    body = {"command": {"type": "Reconcile", "account": "bybit"}}
    first = desk.bearer("POST", "/api/commands", body, Idempotency_Key="once-1")
    again = desk.bearer("POST", "/api/commands", body, Idempotency_Key="once-1")
    assert first.status == again.status == 200
    assert first.json == again.json
    rows = desk.get("/api/commands?limit=500")["rows"]
    assert sum(row["command_id"] == "once-1" for row in rows) == 1
    other = {"command": {"type": "Reconcile", "account": "kalshi"}}
    refused = desk.bearer("POST", "/api/commands", other, Idempotency_Key="once-1")
    assert (refused.status, refused.code) == (422, "refused")


def test_a_dry_run_tells_and_does_nothing(desk: Served) -> None:
    path = f"/api/instances/{NAME}/command?dry_run=true"
    told = desk.bearer("POST", path, {"action": "pause"}, Idempotency_Key="dry-1")
    assert told.status == 200
    assert told.json["type"] == "preview"
    assert len(told.json["hash"]) >= 8
    assert state(desk) == "running"
    assert command(desk, "dry-1") is None


def test_what_was_shown_is_what_is_done(desk: Served) -> None:
    body: dict[str, Any] = {"action": "resume"}
    path = "/api/instances/pair-cross/command"
    shown = desk.bearer("POST", f"{path}?dry_run=true", body).json
    stale = desk.bearer("POST", path, {**body, "preview_hash": "0" * 12}, Idempotency_Key="seen-0")
    assert (stale.status, stale.code) == (409, "preview_changed")
    assert shown["text"] in stale.json["message"]
    assert command(desk, "seen-0") is None
    told = desk.bearer(
        "POST", path, {**body, "preview_hash": shown["hash"]}, Idempotency_Key="seen-1"
    )
    assert told.code == "refused" if shown["refused"] else told.status == 200


def test_an_order_by_hand_goes_through_the_gate(desk: Served) -> None:
    market = desk.get("/api/markets?q=BTCUSDT&limit=1")["rows"][0]
    ticket = {
        "account": "bybit",
        "instrument": market["instrument"],
        "side": "buy",
        "qty": market["min_qty"],
        "px": "1000",
    }
    # Far from the market: the collar says no, and names itself.
    denied = desk.bearer("POST", "/api/trade", ticket)
    assert (denied.status, denied.code) == (422, "refused")
    assert denied.json["rule"]
    bid = desk.get(f"/api/markets/{market['instrument']}/book")["bids"][-1][0]
    told = desk.bearer("POST", "/api/orders", {**ticket, "px": bid, "qty": "0.001"})
    assert told.status == 200, told
    name = told.json["details"]["client_order_id"]
    life = desk.get(f"/api/orders/{name}")
    assert life["order"]["client_order_id"] == name
    assert life["steps"]
    gone = desk.bearer("POST", f"/api/orders/{name}/cancel", {"why": "done"})
    assert gone.status in (200, 422), gone


def test_an_instance_is_deployed_once_under_its_key(desk: Served) -> None:
    body = {
        "strategy": "dual_ema_short",
        "accounts": ["bybit"],
        "instruments": ["SIM-BYBIT:SOLUSDT"],
        "parameters": {"interval": "1m"},
        "start": False,
        "why": "a second one",
    }
    first = desk.bearer("POST", "/api/terminal/deploy", body, Idempotency_Key="deploy-1")
    again = desk.bearer("POST", "/api/terminal/deploy", body, Idempotency_Key="deploy-1")
    assert first.status == again.status == 200, first
    rows = desk.get("/api/instances")["rows"]
    made = [row["instance"] for row in rows if row["instance"].startswith("dual-ema-short-")]
    assert len(made) == 1
    version = desk.get(f"/api/instances/{made[0]}")["version"]
    stale = {"patch": {"ema_fast": 7}, "expected_version": version + 5}
    path = f"/api/instances/{made[0]}/command"
    told = desk.bearer("POST", path, {"action": "set", "arguments": stale})
    assert (told.status, told.code) == (409, "version_conflict")
    right = {"patch": {"ema_fast": 7}, "expected_version": version}
    told = desk.bearer("POST", path, {"action": "set", "arguments": right})
    assert told.status == 200, told
    assert desk.get(f"/api/instances/{made[0]}")["parameters"]["ema_fast"] == 7
    assert desk.bearer("POST", path, {"action": "force_stop"}).status == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("commands", b"{", 400, "bad_request"),
        ("commands", b"\xff\xfe", 400, "bad_request"),
        ("commands", b"[" * 5000 + b"]" * 5000, 400, "bad_request"),
        ("commands", {"command": {"type": "Nothing"}}, 400, "bad_request"),
        ("commands", {"command": {"type": "Kill"}, "extra": 1}, 400, "bad_request"),
        ("commands", {"command": {"type": "Kill", "extra": 1}}, 400, "bad_request"),
        ("commands?wait_s=-1", {"command": {"type": "Kill"}}, 400, "bad_request"),
        ("commands?dry_run=1&dry_run=0", {"command": {"type": "Kill"}}, 400, "bad_request"),
        ("kill?dry=true", {}, 400, "bad_request"),
        ("instances/nobody/command", {"action": "pause"}, 422, "refused"),
        ("instances/x/command", {"action": "dance"}, 400, "bad_request"),
        ("instances/x/command", {"action": "pause", "arguments": {"a": 1}}, 400, "bad_request"),
        ("instances/x/command", {"action": "stop", "arguments": {"timeout_s": 10**30}}, 400, ""),
        ("orders", {"account": "b", "instrument": "x", "side": "up", "qty": "1"}, 400, ""),
        ("orders", {"account": "b", "instrument": "x", "side": "buy", "qty": "NaN"}, 400, ""),
        ("orders", {"account": "b", "instrument": "x", "side": "buy", "qty": "1e999"}, 400, ""),
        ("orders/nobody/cancel", {}, 422, "refused"),
        ("commands", {"command": {"type": "Kill"}, "why": "x" * 2000}, 400, "bad_request"),
        ("commands", b" " * (2 << 20), 413, "too_large"),
    ],
)
def test_what_cannot_be_is_refused_in_the_one_shape(
    desk: Served, path: str, body: Any, status: int, code: str
) -> None:
    told = desk.bearer("POST", f"/api/{path}", body)
    assert told.status == status, told
    assert told.code == (code or "bad_request")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("POST", "/api/nothing", 404, "not_found"),
        ("DELETE", "/api/instances", 405, "method_not_allowed"),
        ("GET", "/api/instances/nobody", 404, "not_found"),
        ("GET", "/api/orders/nobody", 404, "not_found"),
        ("GET", "/api/markets/NO:BODY", 404, "not_found"),
        ("GET", "/api/markets/NO:BODY/book", 404, "not_found"),
        ("GET", "/api/markets/NO:BODY/candles", 404, "not_found"),
        ("GET", "/api/positions/nobody", 404, "not_found"),
        ("GET", "/api/accounts/nobody", 404, "not_found"),
        ("GET", "/api/strategies/nobody", 404, "not_found"),
        ("GET", "/api/backtests/nobody", 404, "not_found"),
        ("GET", "/api/backtests/nobody/report", 404, "not_found"),
        ("GET", "/api/views/nobody", 404, "not_found"),
        ("DELETE", "/api/users/nobody", 404, "not_found"),
        ("GET", "/api/fills?limit=0", 400, "bad_request"),
        ("GET", "/api/fills?limit=501", 400, "bad_request"),
        ("GET", "/api/fills?cursor=x", 400, "bad_request"),
        ("GET", "/api/fills?colour=red", 400, "bad_request"),
        ("GET", "/ws", 404, "not_found"),
        ("GET", "/nothing.js", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_told_in_the_one_shape(
    desk: Served, method: str, path: str, status: int, code: str
) -> None:
    told = desk.bearer(method, path)
    assert (told.status, told.code) == (status, code), told


def test_lists_go_on_where_they_ended(desk: Served) -> None:
    until(lambda: len(desk.get("/api/fills?limit=50")["rows"]) > 10, 40, desk.log)
    first = desk.get("/api/fills?limit=500")["rows"]
    seen: list[Any] = []
    cursor = ""
    while len(seen) < len(first):
        part = desk.get(f"/api/fills?limit=3&cursor={cursor}")
        seen += part["rows"]
        cursor = part["next"]
        if cursor is None:
            break
    # What came meanwhile stands before; nothing is missing and nothing comes twice.
    keys = [(row["account"], row["exec_id"]) for row in seen]
    assert len(set(keys)) == len(keys)
    old = [(row["account"], row["exec_id"]) for row in first]
    known = [key for key in keys if key in set(old)]
    assert known == old[: len(known)]
    seqs = [row["seq"] for row in seen]
    assert seqs == sorted(seqs, reverse=True)


def test_what_has_not_changed_is_not_sent_again(desk: Served) -> None:
    first = desk.bearer("GET", "/api/strategies")
    again = desk.bearer("GET", "/api/strategies", If_None_Match=first.headers["etag"])
    assert (again.status, again.raw) == (304, b"")
    assert desk.bearer("GET", "/api/strategies", If_None_Match='"other"').status == 200


def test_a_kill_halts_and_a_rearm_releases(desk: Served, people: dict[str, Browser]) -> None:
    trader = people["trader"]
    told = trader.ask("POST", "/api/kill?wait_s=20", {"why": "a drill"})
    assert told.status == 200, told
    assert desk.get("/api/risk")["rows"][0]["state"] == "halted"
    assert 'kill_state{name="",scope="desk"} 2.0' in desk.ask("GET", "/metrics").raw.decode()
    token = trader.ask("POST", "/api/tokens", {"label": "bot", "scopes": ["trade"]}).json["value"]
    headers = {"Authorization": f"Bearer {token}"}
    # A program may stop the desk; letting it go on is for people.
    assert desk.ask("POST", "/api/rearm", {"why": "a bot"}, **headers).code == "forbidden"
    assert trader.ask("POST", "/api/rearm", {"why": "over"}).status == 200
    assert desk.get("/api/risk")["rows"][0]["state"] == "active"
