"""What becomes of orders: times in force, reduce-only, self-trades, hedge mode, money."""

from decimal import Decimal
from typing import Any

import pytest

from tests.unit.edge.simulators.bybit.driving import ANN, BOB, Floor
from tradewind.edge.simulators.wire_faults import Kind

ABOUT = {"category": "linear", "symbol": "BTCUSDT"}


def states(floor: Floor, said: dict[str, Any]) -> tuple[str, str, str]:
    row = floor.shown(said["result"]["orderId"])
    return row["orderStatus"], row["cancelType"], row["rejectReason"]


@pytest.mark.parametrize(
    ("tif", "away", "status", "reason"),
    [
        ("GTC", 0, "New", "EC_NoError"),
        ("IOC", 0, "Cancelled", "EC_NoImmediateQtyToFill"),
        ("FOK", 0, "Cancelled", "EC_CancelForNoFullFill"),
        ("PostOnly", 0, "New", "EC_NoError"),
        ("PostOnly", 5, "Cancelled", "EC_PostOnlyWillTakeLiquidity"),
        ("IOC", 5, "Filled", "EC_NoError"),
        ("FOK", 5, "Filled", "EC_NoError"),
    ],
)
def test_time_in_force_decides_what_rests(tif: str, away: int, status: str, reason: str) -> None:
    floor = Floor()
    bid, ask = floor.touch()
    px = str(bid if not away else ask)
    told = states(floor, floor.order("Buy", "0.01", px, timeInForce=tif))
    assert (told[0], told[2]) == (status, reason)


def test_a_market_order_stops_at_the_slippage_that_is_tolerated() -> None:
    floor = Floor()
    _, ask = floor.touch()
    said = floor.order(
        "Buy", "100", slippageToleranceType="TickSize", slippageTolerance="1", positionIdx=0
    )
    assert said["retCode"] == 110007
    rich = Floor(cash={"USDT": Decimal(10**8)})
    said = rich.order("Buy", "100", slippageToleranceType="TickSize", slippageTolerance="1")
    row = rich.shown(said["result"]["orderId"])
    assert (row["orderStatus"], row["rejectReason"]) == ("Cancelled", "EC_NoImmediateQtyToFill")
    assert Decimal(0) < Decimal(row["cumExecQty"]) < 100
    assert row["leavesQty"] == "0"
    assert Decimal(row["avgPrice"]) <= ask + Decimal("0.1")


def test_fills_move_position_and_wallet_by_the_rates() -> None:
    floor = Floor()
    _, ask = floor.touch()
    floor.order("Buy", "0.02")
    held = floor.position()[0]
    assert (held["side"], held["size"], Decimal(held["avgPrice"])) == ("Buy", "0.020", ask)
    bid, _ = floor.touch()
    floor.order("Sell", "0.02", reduceOnly=True)
    truth = floor.exchange.truth(ANN)
    fee = (ask + bid) * Decimal("0.02") * Decimal("0.00055")
    expected = Decimal(100_000) + (bid - ask) * Decimal("0.02") - fee
    assert truth.cash["USDT"] == expected
    assert truth.positions == {}
    closed = floor.get("/v5/position/closed-pnl", "category=linear", ANN)["result"]["list"]
    assert [(row["side"], row["closedSize"], row["fillCount"]) for row in closed] == [
        ("Sell", "0.02", "1")
    ]
    assert Decimal(closed[0]["closedPnl"]) == expected - 100_000
    log = floor.get("/v5/account/transaction-log", "accountType=UNIFIED", ANN)["result"]["list"]
    assert Decimal(log[0]["cashBalance"]) == expected
    assert sum(Decimal(row["change"]) for row in log) == expected - 100_000


def test_a_reduce_only_order_shrinks_with_its_position_and_ends_with_it() -> None:
    floor = Floor()
    _bid, ask = floor.touch()
    floor.order("Buy", "0.03")
    rests = floor.order("Sell", "0.03", str(ask + 50), reduceOnly=True)
    floor.order("Sell", "0.01")
    assert floor.shown(rests["result"]["orderId"])["qty"] == "0.020"
    floor.order("Sell", "0.02")
    assert states(floor, rests)[:2] == ("Cancelled", "CancelByReduceOnly")


@pytest.mark.parametrize(
    ("smp", "maker", "taker"),
    [
        ("None", "Filled", "Filled"),
        ("CancelMaker", "Cancelled", "Cancelled"),
        ("CancelTaker", "New", "Cancelled"),
        ("CancelBoth", "Cancelled", "Cancelled"),
    ],
)
def test_self_trades_end_as_the_taker_has_it(smp: str, maker: str, taker: str) -> None:
    floor = Floor()
    _bid, ask = floor.touch()
    px = str(ask - Decimal("0.1"))
    first = floor.order("Sell", "0.01", px)
    second = floor.order("Buy", "0.01", px, smpType=smp, timeInForce="IOC")
    assert (states(floor, first)[0], states(floor, second)[0]) == (maker, taker)
    if maker == "Cancelled":
        assert states(floor, first)[1:] == ("CancelBySmp", "EC_BySelfMatch")


def test_two_accounts_trade_with_each_other_and_each_fill_has_two_keys() -> None:
    floor = Floor()
    _bid, ask = floor.touch()
    px = str(ask - Decimal("0.1"))
    floor.order("Sell", "0.01", px)
    floor.order("Buy", "0.01", px, BOB)
    ann, bob = floor.exchange.truth(ANN), floor.exchange.truth(BOB)
    assert (ann.positions, bob.positions) == (
        {"BTCUSDT": Decimal("-0.01")},
        {"BTCUSDT": Decimal("0.01")},
    )
    assert ann.fills[0].key != bob.fills[0].key
    assert ann.fills[0].fee == Decimal(px) * Decimal("0.01") * Decimal("0.0002")
    assert bob.fills[0].fee == Decimal(px) * Decimal("0.01") * Decimal("0.00055")


def test_in_hedge_mode_long_and_short_stand_beside_each_other() -> None:
    floor = Floor(hedge=True)
    assert floor.order("Buy", "0.02")["retCode"] == 10001
    floor.order("Buy", "0.02", positionIdx=1)
    floor.order("Sell", "0.01", positionIdx=2)
    assert [(row["positionIdx"], row["side"], row["size"]) for row in floor.position()] == [
        (1, "Buy", "0.020"),
        (2, "Sell", "0.010"),
    ]
    floor.order("Sell", "0.02", positionIdx=1)
    assert [row["size"] for row in floor.position()] == ["0", "0.010"]
    assert floor.order("Sell", "0.02", positionIdx=1)["retCode"] == 110017


def test_the_position_mode_changes_only_without_positions_and_orders() -> None:
    floor = Floor()
    switch = "/v5/position/switch-mode"
    bid, _ = floor.touch()
    floor.order("Buy", "0.01", str(bid))
    assert floor.post(switch, **ABOUT, mode=3)["retCode"] == 110028
    floor.post("/v5/order/cancel-all", **ABOUT)
    assert floor.post(switch, **ABOUT, mode=3)["retCode"] == 0
    assert floor.post(switch, **ABOUT, mode=3)["retCode"] == 110025
    floor.order("Buy", "0.01", positionIdx=1)
    assert floor.post(switch, **ABOUT, mode=0)["retCode"] == 110024


def test_spot_buys_pay_in_base_and_a_value_order_keeps_its_change() -> None:
    floor = Floor()
    said = floor.order("Buy", "1000", category="spot")
    row = floor.shown(said["result"]["orderId"], category="spot")
    assert (row["orderStatus"], row["qty"], row["marketUnit"]) == (
        "PartiallyFilledCanceled",
        "1000",
        "quoteCoin",
    )
    got = Decimal(row["cumExecQty"])
    truth = floor.exchange.truth(ANN)
    assert truth.cash["BTC"] == 1 + got * (1 - Decimal("0.001"))
    assert truth.cash["USDT"] == Decimal(100_000) - Decimal(row["cumExecValue"])
    assert Decimal(row["cumExecValue"]) <= 1000
    assert row["orderId"].isdecimal()
    floor.order("Sell", str(got), category="spot")
    assert floor.exchange.truth(ANN).positions == {}


def test_indian_tax_comes_on_top_of_the_fee() -> None:
    floor = Floor(gst_rate=Decimal("0.18"))
    floor.order("Buy", "0.01")
    row = floor.get("/v5/execution/list", "category=linear", ANN)["result"]["list"][0]
    tax = row["extraFees"][0]
    assert tax["subFeeType"] == "IND_GST"
    assert Decimal(tax["fee"]) == Decimal(row["execFee"]) * Decimal("0.18")
    paid = Decimal(row["execFee"]) + Decimal(tax["fee"])
    assert floor.exchange.truth(ANN).cash["USDT"] == 100_000 - paid


def test_a_batch_answers_item_by_item_and_is_counted_by_its_orders() -> None:
    floor = Floor()
    bid, _ = floor.touch()
    item = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01"}
    items = [{**item, "price": str(bid), "orderLinkId": f"b{number}"} for number in range(12)]
    items[1]["qty"] = "nothing"
    said = floor.post("/v5/order/create-batch", category="linear", request=items)
    codes = [each["code"] for each in said["retExtInfo"]["list"]]
    assert (said["retCode"], codes) == (0, [0, 10001] + [0] * 8 + [10006] * 2)
    assert [bool(each["orderId"]) for each in said["result"]["list"]] == [
        code == 0 for code in codes
    ]


def test_a_fill_may_cross_with_a_cancel_and_take_all_or_a_part() -> None:
    ends = set()
    for seed in range(8):
        floor = Floor(seed=seed)
        ear = floor.listen("order")
        px = str(floor.touch()[0] - 1)
        placed = floor.order("Buy", "0.01", px)["result"]["orderId"]
        floor.fate.begin(Kind.RACE, account=ANN, symbol="BTCUSDT", times=1)
        said = floor.post("/v5/order/cancel", **ABOUT, orderId=placed)
        assert said["retCode"] == 0
        floor.wait(1)
        row = floor.shown(placed)
        ends.add((row["orderStatus"], row["cumExecQty"]))
        told = [each["orderStatus"] for each in ear.of("order")]
        if row["orderStatus"] == "Filled":
            assert told == ["New", "Filled", "Filled"]
            last = ear.of("order")[-1]
            why = (last["cancelType"], last["rejectReason"])
            assert why == ("CancelByUser", "EC_OrigClOrdIDDoesNotExist")
        else:
            assert told == ["New", "PartiallyFilled", "Cancelled"]
        truth = floor.exchange.truth(ANN)
        assert truth.positions["BTCUSDT"] == Decimal(row["cumExecQty"])
    assert ends == {("Filled", "0.010"), ("Cancelled", "0.005")}


@pytest.mark.parametrize("swept", [False, True])
def test_an_order_that_sleeps_or_rests_too_deep_meets_nobody(swept: bool) -> None:
    floor = Floor()
    placed = floor.order("Buy", "0.01", "64000")["result"]["orderId"]
    floor.fate.begin(Kind.RACE)
    if swept:
        floor.post("/v5/order/cancel-all", category="linear", symbol="BTCUSDT")
    else:
        floor.post("/v5/order/cancel", **ABOUT, orderId=placed)
    assert (floor.shown(placed)["orderStatus"], floor.fate.faults.counts) == ("Cancelled", {})


def test_a_new_order_may_get_only_a_part_of_what_it_could() -> None:
    floor = Floor()
    floor.fate.begin(Kind.PARTIAL, account=ANN)
    ask = floor.touch()[1]
    taken = floor.order("Buy", "0.01", str(ask), timeInForce="IOC")["result"]["orderId"]
    row = floor.shown(taken)
    assert (row["orderStatus"], row["cumExecQty"]) == ("Cancelled", "0.005")
    assert floor.touch()[1] > ask
    rests = floor.order("Buy", "0.01", str(floor.touch()[0] - 1))["result"]["orderId"]
    row = floor.shown(rests)
    assert (row["orderStatus"], row["cumExecQty"]) == ("PartiallyFilled", "0.005")
    assert floor.exchange.truth(ANN).positions["BTCUSDT"] == Decimal("0.010")
