"""Orders that wake by a price: conditional orders, and what guards a position."""

from decimal import Decimal
from typing import Any

from tests.unit.edge.simulators.bybit.driving import ANN, BOB, Floor, Row

CASH = {"USDT": Decimal(10**9)}
ABOUT = {"category": "linear", "symbol": "BTCUSDT"}


def push(floor: Floor, side: str, px: Decimal) -> None:
    """Let another account trade at a price, through all that stands in the way."""
    floor.order(side, "400", str(px), BOB, timeInForce="IOC")


def stops(floor: Floor) -> list[Row]:
    query = "category=linear&symbol=BTCUSDT"
    rows: list[Row] = floor.get("/v5/order/realtime", query, ANN)["result"]["list"]
    return [row for row in rows if row["orderStatus"] == "Untriggered"]


def test_a_conditional_order_sleeps_until_the_last_price_comes() -> None:
    floor = Floor(cash=CASH)
    _, ask = floor.touch()
    trigger = ask + 5
    ear = floor.listen("order")
    said = floor.order("Buy", "0.01", "", triggerPrice=str(trigger), triggerDirection=1)
    order_id = said["result"]["orderId"]
    assert floor.shown(order_id)["orderStatus"] == "Untriggered"
    push(floor, "Buy", trigger + 10)
    floor.wait(1)
    told = [row["orderStatus"] for row in ear.of("order") if row["orderId"] == order_id]
    assert told[:3] == ["Untriggered", "Triggered", "New"]
    assert told[-1] in ("Filled", "Cancelled")


def test_a_sleeping_order_can_be_amended_and_cancelled() -> None:
    floor = Floor()
    said = floor.order("Buy", "0.01", "", triggerPrice="70000", triggerDirection=1)
    order_id = said["result"]["orderId"]
    floor.post("/v5/order/amend", **ABOUT, orderId=order_id, triggerPrice="71000", qty="0.02")
    shown = floor.shown(order_id)
    assert (shown["triggerPrice"], shown["qty"]) == ("71000.00", "0.020")
    floor.post("/v5/order/cancel", **ABOUT, orderId=order_id)
    assert floor.shown(order_id)["orderStatus"] == "Cancelled"


def test_attached_guards_appear_with_the_fill_and_one_ends_the_other() -> None:
    floor = Floor(cash=CASH)
    bid, _ask = floor.touch()
    floor.order("Buy", "0.01", orderLinkId="parent", takeProfit="80000", stopLoss=str(bid - 5))
    children = stops(floor)
    assert {(row["stopOrderType"], row["side"], row["reduceOnly"]) for row in children} == {
        ("TakeProfit", "Sell", True),
        ("StopLoss", "Sell", True),
    }
    assert {row["parentOrderLinkId"] for row in children} == {"parent"}
    push(floor, "Sell", bid - 20)
    assert floor.position()[0]["size"] == "0"
    ends = {row["stopOrderType"]: floor.shown(row["orderId"]) for row in children}
    assert ends["StopLoss"]["orderStatus"] == "Filled"
    take = ends["TakeProfit"]
    assert (take["orderStatus"], take["cancelType"]) == ("Cancelled", "CancelByTpSlTsClear")


def test_trading_stop_sets_changes_and_removes_the_guards_of_a_position() -> None:
    floor = Floor()
    floor.order("Buy", "0.01")
    path = "/v5/position/trading-stop"
    terms: dict[str, Any] = {**ABOUT, "positionIdx": 0, "tpslMode": "Full"}
    assert floor.post(path, **terms, takeProfit="80000", stopLoss="50000")["retCode"] == 0
    held = floor.position()[0]
    assert (held["takeProfit"], held["stopLoss"]) == ("80000.00", "50000.00")
    assert floor.post(path, **terms, takeProfit="80000")["retCode"] == 34040
    assert floor.post(path, **terms, takeProfit="0")["retCode"] == 0
    assert [row["stopOrderType"] for row in stops(floor)] == ["StopLoss"]
    assert floor.post(path, **terms, stopLoss="90000")["retCode"] == 10001
