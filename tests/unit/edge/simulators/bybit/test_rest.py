"""The REST door: who is refused and how, windows with their headers, paths."""

import pytest

from tests.unit.edge.simulators.bybit.driving import ANN, Floor, body
from tradewind.edge.simulators.wire import WireRequest

QUERY = "category=linear&symbol=BTCUSDT"
PATH = f"/v5/order/realtime?{QUERY}"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"x-bapi-api-key": "EVE"}, 10003),
        ({"x-bapi-timestamp": "1"}, 10002),
        ({"x-bapi-sign": "00"}, 10004),
        ({"x-bapi-recv-window": "6000"}, 10004),
    ],
)
def test_a_private_read_is_refused_by_what_is_wrong_with_its_headers(
    change: dict[str, str], code: int
) -> None:
    floor = Floor()
    headers = {**floor.signed(ANN, QUERY.encode()), **change}
    assert body(floor.ask(WireRequest("GET", PATH, headers)))["retCode"] == code


def test_http_itself_is_refused_with_its_own_statuses() -> None:
    floor = Floor()
    signed = floor.signed(ANN, QUERY.encode())
    assert floor.ask(WireRequest("GET", PATH, {})).status == 401
    assert floor.ask(WireRequest("GET", PATH, signed, b"{}")).status == 403
    assert floor.ask(WireRequest("GET", "/v5/order/nothing", signed)).status == 404
    assert floor.ask(WireRequest("get", PATH, signed)).status == 400


@pytest.mark.parametrize(
    ("terms", "code"),
    [({"read_only": True}, 10005), ({"may_trade": False}, 10005), ({"refusal": 33004}, 33004)],
)
def test_a_key_that_may_not_trade_is_told_so(terms: dict[str, object], code: int) -> None:
    assert Floor(**terms).order("Buy", "0.01")["retCode"] == code


def test_a_key_tells_whether_it_may_withdraw() -> None:
    for may, told in ((True, ["AccountTransfer", "Withdraw"]), (False, [])):
        page = Floor(may_withdraw=may).get("/v5/user/query-api", "", ANN)["result"]
        assert page["permissions"]["Wallet"] == told


def test_the_eleventh_order_of_a_second_is_throttled_and_a_second_later_goes() -> None:
    floor = Floor()
    bid, _ = floor.touch()
    codes = []
    answers = []
    for number in range(11):
        payload = (
            '{"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Limit","qty":"0.01",'
            f'"price":"{bid}","orderLinkId":"n{number}"}}'
        ).encode()
        request = WireRequest("POST", "/v5/order/create", floor.signed(ANN, payload), payload)
        answers.append(floor.ask(request))
        codes.append(body(answers[-1])["retCode"])
    assert codes == [0] * 10 + [10006]
    left = [answer.headers["X-Bapi-Limit-Status"] for answer in answers]
    assert left == [str(number) for number in (9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0)]
    reset = int(answers[-1].headers["X-Bapi-Limit-Reset-Timestamp"])
    assert reset == floor.now_ns // 1_000_000 + 1000
    floor.wait(1)
    assert floor.order("Buy", "0.01", str(bid))["retCode"] == 0


def test_an_address_that_asks_too_often_is_shut_out() -> None:
    floor = Floor(address_limit=3)
    asked = WireRequest("GET", "/v5/market/time", {})
    assert [floor.ask(asked).status for _ in range(4)] == [200, 200, 200, 403]
    floor.wait(5)
    assert floor.ask(asked).status == 200


def test_pages_follow_a_cursor_that_comes_percent_encoded() -> None:
    floor = Floor()
    bid, _ = floor.touch()
    placed = [floor.order("Buy", "0.01", str(bid))["result"]["orderId"] for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        query = f"{QUERY}&limit=2" + (f"&cursor={cursor}" if cursor else "")
        page = floor.get("/v5/order/realtime", query, ANN)["result"]
        seen += [row["orderId"] for row in page["list"]]
        cursor = page["nextPageCursor"]
        assert not cursor or "%3A" in cursor
    assert (seen, cursor) == (placed[::-1], "")
    first = floor.get("/v5/order/realtime", f"{QUERY}&limit=2", ANN)["result"]["nextPageCursor"]
    twice = first.replace("%", "%25")
    assert floor.get("/v5/order/realtime", f"{QUERY}&cursor={twice}", ANN)["retCode"] == 10001
