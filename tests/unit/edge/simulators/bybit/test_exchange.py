"""The whole exchange: maintenance, faults of its nodes, funding, history, and its own sameness."""

import itertools
from decimal import Decimal

import pytest

from tests.unit.edge.simulators.bybit.driving import ANN, BOB, Ear, Floor
from tradewind.edge.simulators.wire import WireRequest
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.money import MILLIS

ABOUT = "category=linear&symbol=BTCUSDT"
BUSY = {"pace_ns": 100 * MILLIS}


def test_maintenance_is_announced_cuts_sockets_and_answers_10016() -> None:
    floor = Floor()
    bid, _ = floor.touch()
    rests = floor.order("Buy", "0.01", str(bid))["result"]["orderId"]
    done = floor.order("Buy", "0.01")["result"]["orderId"]
    ear, status = floor.listen("order"), floor.open("/v5/public/misc/status")
    floor.say(status, op="subscribe", args=["system.status"])
    floor.fate.begin(Kind.MAINTENANCE, floor.now_ns)
    assert ear.code == 1012
    assert [row["state"] for row in status.of("system.status")] == ["ongoing"]
    assert floor.order("Buy", "0.01", str(bid))["retCode"] == 10016
    assert floor.get("/v5/market/tickers", ABOUT)["retCode"] == 10016
    refused = floor.exchange.opened(Ear(), WireRequest("GET", "/v5/private", {}), floor.now_ns)
    assert refused is not None
    floor.wait(60)
    floor.fate.end(Kind.MAINTENANCE, floor.now_ns)
    assert status.of("system.status")[-1]["state"] == "completed"
    assert floor.get("/v5/system/status")["result"]["list"][0]["state"] == "completed"
    assert floor.shown(rests)["orderStatus"] == "New"
    closed = floor.get("/v5/order/realtime", f"{ABOUT}&openOnly=1&orderId={done}", ANN)
    assert closed["result"]["list"] == []
    assert floor.shown(done)["orderStatus"] == "Filled"


@pytest.mark.parametrize(
    ("fault", "code", "happened"),
    [
        (Kind.RESTARTING, 10019, 0),
        (Kind.FAILING, 10016, 0),
        (Kind.TOO_MANY, 10006, 0),
        (Kind.BLIND, 10016, 1),
    ],
)
def test_a_failing_node_says_so_and_a_blind_one_did_it_nevertheless(
    fault: Kind, code: int, happened: int
) -> None:
    floor = Floor()
    floor.fate.begin(fault, times=1, account=ANN, symbol="BTCUSDT")
    assert floor.order("Buy", "0.01", key=BOB)["retCode"] == 0
    assert floor.order("Buy", "0.01", orderLinkId="t")["retCode"] == code
    assert len(floor.exchange.truth(ANN).fills) == happened
    assert floor.order("Buy", "0.01", orderLinkId="u")["retCode"] == 0


def test_a_halted_symbol_takes_no_orders() -> None:
    floor = Floor()
    floor.fate.begin(Kind.HALT, floor.now_ns, symbol="BTCUSDT")
    assert floor.order("Buy", "0.01")["retCode"] == 110074
    rules = floor.get("/v5/market/instruments-info", ABOUT)["result"]["list"]
    assert rules == []
    floor.fate.end(Kind.HALT, floor.now_ns, symbol="BTCUSDT")
    assert floor.order("Buy", "0.01")["retCode"] == 0


@pytest.mark.parametrize(("side", "sign"), [("Buy", 1), ("Sell", -1)])
def test_funding_is_a_row_that_is_no_fill(side: str, sign: int) -> None:
    floor = Floor()
    floor.order(side, "0.01")
    cash = floor.exchange.truth(ANN).cash["USDT"]
    stamp_ms = int(floor.get("/v5/market/tickers", ABOUT)["result"]["list"][0]["nextFundingTime"])
    floor.now_ns = stamp_ms * MILLIS - 1
    ear = floor.listen("execution", "execution.fast")
    floor.wait(1)
    row = ear.of("execution")[-1]
    assert (row["execType"], row["execQty"], row["orderLinkId"]) == ("Funding", "0.010", "")
    assert row["execTime"] == str(stamp_ms)
    rates = floor.get("/v5/market/funding/history", ABOUT)["result"]["list"]
    assert rates[0]["fundingRateTimestamp"] == str(stamp_ms)
    paid = sign * Decimal(rates[0]["fundingRate"]) * Decimal("0.01") * Decimal(row["execPrice"])
    assert Decimal(row["execFee"]) == paid.quantize(Decimal("1e-8"))
    truth = floor.exchange.truth(ANN)
    assert truth.cash["USDT"] == cash - Decimal(row["execFee"])
    assert truth.positions == {"BTCUSDT": sign * Decimal("0.01")}
    assert (len(truth.fills), len(ear.of("execution")), ear.of("execution.fast")) == (1, 1, [])
    query = "accountType=UNIFIED&type=SETTLEMENT"
    log = floor.get("/v5/account/transaction-log", query, ANN)["result"]["list"]
    assert [Decimal(row["funding"]) for row in log] == [-Decimal(row["execFee"])]


@pytest.mark.parametrize("interval", ["1", "5", "60", "240", "D", "W", "M"])
def test_candles_of_the_past_are_there_join_and_stay_the_same(interval: str) -> None:
    floor = Floor()
    query = f"{ABOUT}&interval={interval}&limit=30"
    rows = floor.get("/v5/market/kline", query)["result"]["list"]
    assert len(rows) == 30
    for later, before in itertools.pairwise(rows):
        assert int(later[0]) > int(before[0])
        assert later[1] == before[4] or later is rows[0]
    for row in rows:
        low, high = Decimal(row[3]), Decimal(row[2])
        assert low <= min(Decimal(row[1]), Decimal(row[4])) <= high
    floor.wait(30)
    assert floor.get("/v5/market/kline", query)["result"]["list"][1:] == rows[1:]


def test_the_same_seed_and_requests_give_the_same_bytes() -> None:
    def told(seed: int) -> list[object]:
        floor = Floor(seed=seed, **BUSY)
        ear = floor.listen("order", "execution", "position", "wallet")
        public = floor.open("/v5/public/linear")
        floor.say(public, op="subscribe", args=["orderbook.50.BTCUSDT", "publicTrade.BTCUSDT"])
        for _ in range(3):
            floor.order("Buy", "0.01")
            floor.wait(2)
        return [*ear.frames, *public.frames]

    assert told(7) == told(7)
    assert told(7) != told(8)


def test_cash_moves_only_by_fees_and_prices_with_the_public() -> None:
    floor = Floor(**BUSY)
    for number in range(12):
        side = "Buy" if number % 3 else "Sell"
        floor.order(side, "0.02")
        floor.wait(1)
    truth = floor.exchange.truth(ANN)
    rows = floor.get("/v5/execution/list", "category=linear&limit=100", ANN)["result"]["list"]
    signed = [
        (Decimal(row["execQty"]) * (1 if row["side"] == "Buy" else -1), Decimal(row["execPrice"]))
        for row in rows
    ]
    assert sum(qty for qty, _ in signed) == truth.positions["BTCUSDT"]
    held = floor.position()[0]
    flow = -sum(qty * px for qty, px in signed)
    fees = sum(Decimal(row["execFee"]) for row in rows)
    value = truth.positions["BTCUSDT"] * Decimal(held["avgPrice"])
    assert abs(truth.cash["USDT"] - (100_000 + flow + value - fees)) < Decimal("1e-6")
