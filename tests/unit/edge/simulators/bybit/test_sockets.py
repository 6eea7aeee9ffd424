"""The sockets' door: logins, dialects, the trade socket, idle cuts."""

from typing import Any

import pytest

from tests.unit.edge.simulators.bybit.driving import ANN, Floor, sign
from tradewind.edge.simulators.wire import WireRequest

TERMS = {"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v5/public/spot", {"success": True, "ret_msg": "pong", "op": "ping"}),
        ("/v5/public/linear", {"success": True, "ret_msg": "pong", "op": "ping", "req_id": "p"}),
        ("/v5/private", {"op": "pong", "req_id": "p"}),
        ("/v5/trade", {"op": "pong", "retCode": 0, "retMsg": "OK"}),
    ],
)
def test_each_socket_answers_a_ping_in_its_dialect(path: str, expected: dict[str, Any]) -> None:
    floor = Floor()
    said = floor.say(floor.open(path), op="ping", req_id="p")
    assert {key: said.get(key) for key in expected} == expected
    stamp = str(floor.now_ns // 1_000_000)
    assert ("args" in said or "data" in said) is (path in ("/v5/private", "/v5/trade"))
    assert said.get("args", said.get("data", [stamp])) == [stamp]


@pytest.mark.parametrize(
    ("key", "ahead_ms", "secret", "code"),
    [
        (ANN, 1000, "ANN-secret", 0),
        (ANN, 0, "ANN-secret", 10001),
        (ANN, 1000, "wrong", 10004),
        ("EVE", 1000, "ANN-secret", 10003),
    ],
)
def test_a_login_needs_key_time_and_signature(
    key: str, ahead_ms: int, secret: str, code: int
) -> None:
    floor = Floor()
    expires = floor.now_ns // 1_000_000 + ahead_ms
    args = [key, expires, sign(secret, f"GET/realtime{expires}".encode())]
    assert floor.say(floor.open("/v5/trade"), op="auth", args=args)["retCode"] == code
    private = floor.open("/v5/private")
    assert floor.say(private, op="auth", args=args)["success"] is (code == 0)
    said = floor.say(private, op="subscribe", args=["order"])
    assert said["success"] is (code == 0)


def test_all_in_one_and_category_topics_are_not_mixed() -> None:
    floor = Floor()
    ear = floor.login("/v5/private")
    assert not floor.say(ear, op="subscribe", args=["order", "order.linear"])["success"]
    assert floor.say(ear, op="subscribe", args=["order.linear", "execution.fast"])["success"]
    floor.order("Buy", "0.01")
    floor.order("Buy", "0.01", category="spot", marketUnit="baseCoin")
    floor.wait(1)
    assert {row["category"] for row in ear.of("order.linear")} == {"linear"}
    assert ear.of("order") == []


def test_the_trade_socket_takes_orders_and_refuses_what_it_must() -> None:
    floor = Floor()
    bid, _ = floor.touch()
    stranger = floor.open("/v5/trade")
    ear = floor.login("/v5/trade")
    stamp = floor.now_ns // 1_000_000

    def ask(op: str, request: str, header: object, **more: Any) -> dict[str, Any]:
        order = {**TERMS, "qty": "0.01", "price": str(bid), **more}
        return floor.say(ear, op=op, reqId=request, header=header, args=[order])

    good = {"X-BAPI-TIMESTAMP": stamp, "X-BAPI-RECV-WINDOW": 5000}
    placed = ask("order.create", "r1", good, orderLinkId="t1")
    assert (placed["reqId"], placed["retCode"], placed["data"]["orderLinkId"]) == ("r1", 0, "t1")
    assert placed["header"]["X-Bapi-Limit-Status"] == "9"
    assert ask("order.create", "r1", good)["retCode"] == 20006
    assert ask("order.create", "r2", {"X-BAPI-TIMESTAMP": "1"})["retCode"] == 10002
    assert ask("order.bless", "r3", good)["retCode"] == 10404
    assert ask("order.create", "r4", good, category="magic")["retCode"] == 10404
    texts = {"X-BAPI-TIMESTAMP": str(stamp), "X-BAPI-RECV-WINDOW": "5000"}
    assert ask("order.amend", "r5", texts, orderLinkId="t1", qty="0.02")["retCode"] == 0
    assert ask("order.cancel", "r6", texts, orderLinkId="t1")["retCode"] == 0
    batch = {"category": "linear", "request": [{**TERMS, "qty": "0.01", "price": str(bid)}]}
    said = floor.say(ear, op="order.create-batch", reqId="r7", header=good, args=[batch])
    assert (said["retExtInfo"]["list"], len(said["data"]["list"])) == (
        [{"code": 0, "msg": "OK"}],
        1,
    )
    unknown = floor.say(stranger, op="order.create", reqId="r1", header=good, args=[TERMS])
    assert unknown["retCode"] == 10005


def test_both_roads_share_one_window() -> None:
    floor = Floor()
    ear = floor.login("/v5/trade")
    header = {"X-BAPI-TIMESTAMP": floor.now_ns // 1_000_000}
    for number in range(10):
        said = floor.say(ear, op="order.create", reqId=f"{number}", header=header, args=[TERMS])
        assert said["retCode"] == 10001
    path = "/v5/order/create"
    assert floor.post(path, **TERMS)["retCode"] == 10006


@pytest.mark.parametrize(
    ("query", "status", "cut_s"),
    [("", 0, 600), ("?max_active_time=30s", 0, 30), ("?max_active_time=1m", 0, 60)],
)
def test_a_silent_socket_is_cut_after_its_time(query: str, status: int, cut_s: int) -> None:
    floor = Floor()
    ear = floor.open(f"/v5/private{query}")
    floor.wait(cut_s - 1)
    assert ear.code == status
    floor.say(ear, op="ping")
    floor.wait(cut_s - 1)
    assert ear.code == 0
    floor.wait(32)
    assert ear.code == 1001


def test_a_socket_with_a_wrong_time_or_path_is_refused() -> None:
    floor = Floor()
    for target, status in (("/v5/private?max_active_time=1s", 400), ("/v5/nothing", 404)):
        ear = floor.open("/v5/private")
        said = floor.exchange.opened(ear, WireRequest("GET", target, {}), floor.now_ns)
        assert said is not None
        assert said.status == status
