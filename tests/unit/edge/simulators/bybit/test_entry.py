"""What an order is refused for, and with which code."""

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.edge.simulators.bybit.driving import ANN, BOB, Floor

SPOT = {"category": "spot"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"category": "magic"}, 10001),
        ({"symbol": "NONE"}, 10001),
        ({"side": "buy"}, 10001),
        ({"orderType": "Stop"}, 10001),
        ({"qty": "0.0105"}, 10001),
        ({"qty": "0"}, 10001),
        ({"qty": 0.01}, 10001),
        ({"qty": "2000"}, 10001),
        ({"price": "60000.05"}, 10001),
        ({"price": "90000"}, 110120),
        ({"side": "Sell", "price": "10000"}, 110121),
        ({"qty": "0.05", "symbol": "SOLUSDT", "price": "150"}, 10001),
        ({"positionIdx": 1}, 10001),
        ({"reduceOnly": True}, 110017),
        ({"orderLinkId": "no spaces"}, 10001),
        ({"orderLinkId": "x" * 37}, 10001),
        ({"smpType": "Maybe"}, 10001),
        ({"timeInForce": "DAY"}, 10001),
        ({"triggerPrice": "70000"}, 10001),
        ({"triggerPrice": "60000", "triggerDirection": 1}, 110092),
        ({"triggerPrice": "70000", "triggerDirection": 2}, 110093),
        ({"qty": "100"}, 110007),
        ({"takeProfit": "60000"}, 10001),
        ({**SPOT, "symbol": "NONE"}, 170121),
        ({**SPOT, "price": "60000.05"}, 170134),
        ({**SPOT, "qty": "0.0000001"}, 170137),
        ({**SPOT, "qty": "0.00001"}, 170140),
        ({**SPOT, "qty": "90"}, 170124),
        ({**SPOT, "price": "90000"}, 170193),
        ({**SPOT, "side": "Sell", "price": "10000"}, 170194),
        ({**SPOT, "qty": "5"}, 170131),
    ],
)
def test_each_breach_has_its_code(change: dict[str, Any], code: int) -> None:
    floor = Floor()
    bid, _ = floor.touch()
    terms = {"side": "Buy", "qty": "0.01", "px": str(bid), **change}
    if "price" in terms:
        terms["px"] = terms.pop("price")
    said = floor.order(**terms)
    assert said["retCode"] == code, said


@pytest.mark.parametrize(
    ("kind", "size", "code"),
    [
        ("TickSize", "5", 0),
        ("TickSize", "0", 110108),
        ("TickSize", "1.5", 110108),
        ("Percent", "0.5", 0),
        ("Percent", "11", 110109),
    ],
)
def test_tolerated_slippage_has_its_range(kind: str, size: str, code: int) -> None:
    said = Floor().order("Buy", "0.01", slippageToleranceType=kind, slippageTolerance=size)
    assert said["retCode"] == code


@pytest.mark.parametrize(("category", "code"), [("linear", 110072), ("spot", 170141)])
def test_a_link_id_is_spent_for_ever(category: str, code: int) -> None:
    floor = Floor()
    bid, _ = floor.touch(category)
    terms = {"orderLinkId": "t-1", "category": category}
    first = floor.order("Buy", "0.01", str(bid), **terms)
    cancel = {"category": category, "symbol": "BTCUSDT", "orderLinkId": "t-1"}
    assert floor.order("Buy", "0.01", str(bid), **terms)["retCode"] == code
    assert floor.post("/v5/order/cancel", **cancel)["retCode"] == 0
    assert floor.order("Buy", "0.01", str(bid), **terms)["retCode"] == code
    assert floor.order("Buy", "0.01", str(bid), BOB, **terms)["retCode"] == 0
    orders = floor.exchange.truth(ANN).orders
    assert [(order.order_id, order.attempts) for order in orders] == [
        (first["result"]["orderId"], 3)
    ]


def test_requests_about_orders_that_are_gone_say_what_became_of_them() -> None:
    floor = Floor()
    bid, _ = floor.touch()
    filled = floor.order("Buy", "0.01")["result"]["orderId"]
    gone = floor.order("Buy", "0.01", str(bid))["result"]["orderId"]
    about = {"category": "linear", "symbol": "BTCUSDT"}
    assert floor.post("/v5/order/cancel", **about, orderId=gone)["retCode"] == 0
    for order_id, code in ((filled, 110008), (gone, 110010), ("unknown", 110001)):
        for path in ("cancel", "amend"):
            said = floor.post(f"/v5/order/{path}", **about, orderId=order_id, qty="0.02")
            assert said["retCode"] == code


def test_an_amend_changes_total_and_price_and_checks_both() -> None:
    floor = Floor()
    bid, ask = floor.touch()
    order_id = floor.order("Buy", "0.01", str(bid))["result"]["orderId"]
    about = {"category": "linear", "symbol": "BTCUSDT", "orderId": order_id}
    low = str(bid - 1)
    assert floor.post("/v5/order/amend", **about, qty="0.03", price=low)["retCode"] == 0
    shown = floor.shown(order_id)
    assert (shown["qty"], Decimal(shown["price"]), shown["orderStatus"]) == (
        "0.030",
        bid - 1,
        "New",
    )
    assert floor.post("/v5/order/amend", **about, price="1.05")["retCode"] == 10001
    assert floor.post("/v5/order/amend", **about, qty="0.0305")["retCode"] == 10001
    assert floor.post("/v5/order/amend", **about, price=str(ask))["retCode"] == 0
    assert floor.shown(order_id)["orderStatus"] == "Filled"


def test_cancel_all_needs_a_scope_and_tells_what_it_cancelled() -> None:
    floor = Floor()
    bid, _ask = floor.touch()
    orders = [floor.order("Buy", "0.01", str(bid - n)) for n in (0, 1)]
    orders.append(floor.order("Sell", "0.01", "", triggerPrice="60000", triggerDirection=2))
    assert floor.post("/v5/order/cancel-all", category="linear")["retCode"] == 10001
    said = floor.post("/v5/order/cancel-all", category="linear", settleCoin="USDT")["result"]
    assert said["success"] == "1"
    ids = [order["result"]["orderId"] for order in orders]
    assert [row["orderId"] for row in said["list"]] == ids
    assert {floor.shown(each)["cancelType"] for each in ids} == {"CancelByUser"}
