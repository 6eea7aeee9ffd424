"""What the account does at a small Bybit: finds its market, sends, hears, reads, and comes back."""

import asyncio
import hashlib
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
import pytest

from tests.unit.edge.venues.bybit.small import (
    BTC,
    EXECUTION,
    HOSTS,
    ORDER,
    Desk,
    SmallSocket,
    page,
    running,
)
from tradewind.edge.net.transport import HttpAnswer
from tradewind.model import events as ev
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import BadReply, ConfigError, OutcomeUnknown, VenueError
from tradewind.model.ids import AccountId, Currency, InstanceId, InstrumentId, OrderId, VenueOrderId
from tradewind.model.instrument import InstrumentKind
from tradewind.model.order import OrderType, PlaceOrder, Side, TimeInForce

BY = AccountId("by")
NAME = InstrumentId("BYBIT:BTCUSDT")
SPOT_NAME = InstrumentId("BYBIT:BTCUSDT:SPOT")
OURS = OrderId(ORDER["orderLinkId"])
FOR_EVER = 1 << 62
BOOK = {"s": "BTCUSDT", "b": [["65000", "1"]], "a": [["65000.1", "2"]], "u": 10, "seq": 1}


def order(**spec: Any) -> SubmitOrder:
    terms: dict[str, Any] = {
        "account": BY,
        "instrument": NAME,
        "side": Side.BUY,
        "qty": Decimal("0.010"),
        "px": Decimal(65000),
    } | spec
    return SubmitOrder(OURS, InstanceId("i"), PlaceOrder(**terms), ts=1, seq=1)


def answers(desk: Desk, code: int = 0) -> None:
    """Let the trade socket answer every request at once."""

    def answer(socket: SmallSocket, frame: dict[str, Any]) -> None:
        told = {"reqId": frame["reqId"], "op": frame["op"], "retCode": code, "retMsg": "said"}
        socket.say({**told, "data": {"orderId": "o-1"}, "header": {"X-Bapi-Limit-Status": "9"}})

    desk.server.on_order = answer


# --- discovery --------------------------------------------------------------------------------


async def test_discovery_pages_to_the_end_and_takes_the_accounts_own_fees() -> None:
    desk = Desk("BTCUSDT", "BTCUSDT:SPOT")
    other = BTC | {"symbol": "ETHUSDT"}
    pages = {"": page(other, cursor="a%3A1"), "a:1": page(BTC)}
    listed = desk.server.tables["/v5/market/instruments-info"]
    desk.server.tables["/v5/market/instruments-info"] = lambda path, query: (
        pages[query.get("cursor", "")] if query["category"] == "linear" else listed(path, query)
    )
    perpetual, spot = await desk.venue.discover()
    assert (perpetual.id, perpetual.kind) == (NAME, InstrumentKind.PERPETUAL)
    assert (perpetual.tick, perpetual.qty_step) == (Decimal("0.10"), Decimal("0.001"))
    assert (perpetual.px_exponent, perpetual.qty_exponent) == (2, 3)
    assert perpetual.min_notional == Decimal(5)
    assert perpetual.fee_parameters == {
        "category": "linear",
        "maker_rate": "0.0001",
        "taker_rate": "0.0006",
    }
    assert (spot.id, spot.kind) == (SPOT_NAME, InstrumentKind.SPOT)
    assert (spot.qty_step, spot.max_qty) == (Decimal("0.000001"), Decimal(71))


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        (
            "/v5/user/query-api",
            {"permissions": {"Wallet": ["AccountTransfer", "Withdraw"]}},
            "may withdraw",
        ),
        ("/v5/user/query-api", {"permissions": {}, "readOnly": 1}, "may only read"),
        ("/v5/market/instruments-info", page(), "found nothing of that name"),
        (
            "/v5/position/list",
            page({"symbol": "BTCUSDT", "side": "", "size": "0", "positionIdx": 1}),
            "hedge mode",
        ),
    ],
)
async def test_what_must_not_trade_is_refused_with_the_reason(
    path: str, answer: Any, words: str
) -> None:
    desk = Desk()
    desk.server.tables[path] = lambda *_: answer
    with pytest.raises(ConfigError, match=words):
        await desk.venue.discover()


async def test_a_skewed_clock_is_measured_again_and_the_question_repeated() -> None:
    desk = Desk()
    fine = desk.server.tables["/v5/user/query-api"]
    codes = [10002]
    desk.server.tables["/v5/user/query-api"] = lambda *asked: codes.pop() if codes else fine(*asked)
    await desk.venue.discover()
    paths = [path for path, _ in desk.server.asked]
    at = paths.index("/v5/user/query-api")
    assert paths[at + 1 : at + 3] == ["/v5/market/time", "/v5/user/query-api"]


# --- orders -----------------------------------------------------------------------------------


async def test_an_order_goes_out_as_prepared_and_its_answer_accepts_it() -> None:
    desk = Desk()
    answers(desk)
    async with running(desk):
        prepared = desk.venue.prepare(order())
        assert prepared.digest == hashlib.sha256(prepared.payload.body).hexdigest()
        desk.venue.submit([prepared], FOR_EVER)
        (accepted,) = await desk.until(lambda: desk.of(ev.OrderAccepted))
        assert (accepted.client_order_id, accepted.venue_order_id) == (OURS, "o-1")
        (sent,) = desk.of(ev.OrderSent)
        assert sent.latency_ns > 0
        frame = desk.server.socket("trade").heard[-1]
        assert msgspec.json.encode(frame["args"][0]) == prepared.payload.body
        assert frame["args"][0] == {
            "category": "linear",
            "symbol": "BTCUSDT",
            "side": "Buy",
            "orderType": "Limit",
            "qty": "0.010",
            "price": "65000",
            "timeInForce": "GTC",
            "positionIdx": 0,
            "orderLinkId": OURS,
            "smpType": "CancelTaker",
        }


@pytest.mark.parametrize(
    ("spec", "fields"),
    [
        ({"post_only": True}, {"timeInForce": "PostOnly"}),
        ({"order_type": OrderType.MARKET, "tif": TimeInForce.IOC}, {"timeInForce": "IOC"}),
        ({"reduce_only": True}, {"reduceOnly": True}),
        (
            {"order_type": OrderType.STOP, "px": None, "trigger_px": Decimal(66000)},
            {"orderType": "Market", "triggerPrice": "66000", "triggerDirection": 1},
        ),
        (
            {
                "order_type": OrderType.STOP_LIMIT,
                "side": Side.SELL,
                "trigger_px": Decimal(64000),
            },
            {"orderType": "Limit", "triggerDirection": 2, "triggerBy": "LastPrice"},
        ),
        ({"bucket": "short"}, {"positionIdx": 2}),
    ],
)
async def test_every_kind_of_order_has_its_words(
    spec: dict[str, Any], fields: dict[str, Any]
) -> None:
    desk = Desk()
    body = msgspec.json.decode(desk.venue.prepare(order(**spec)).payload.body)
    assert fields.items() <= body.items()


@pytest.mark.parametrize(
    "spec",
    [
        {"order_type": OrderType.MARKET, "px": None},
        {"order_type": OrderType.STOP, "px": None},
        {"tif": TimeInForce.GTD},
        {"instrument": SPOT_NAME, "reduce_only": True},
    ],
)
async def test_what_bybit_cannot_express_is_refused_before_it_is_sent(spec: Any) -> None:
    with pytest.raises(ConfigError, match="Bybit has no such order"):
        Desk().venue.prepare(order(**spec))


@pytest.mark.parametrize(
    ("code", "submit", "amend", "cancel"),
    [
        (10006, ev.OrderRejected, ev.AmendRejected, ev.CancelRejected),
        (110007, ev.OrderRejected, ev.AmendRejected, ev.CancelRejected),
        (10016, ev.NoAnswer, ev.NoAnswer, ev.NoAnswer),
        (987654, ev.NoAnswer, ev.NoAnswer, ev.NoAnswer),
        (20006, ev.NoAnswer, ev.NoAnswer, ev.NoAnswer),
        (110001, ev.OrderRejected, ev.AmendRejected, ev.CancelRejected),
    ],
)
async def test_a_refusal_is_final_only_where_its_code_says_so(
    code: int, submit: type, amend: type, cancel: type
) -> None:
    desk = Desk()
    answers(desk, code)
    async with running(desk):
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        await desk.until(lambda: desk.of(submit))
        desk.told.clear()
        desk.venue.amend(AmendOrder(OURS, BY, NAME, None, Decimal(1), Decimal(2), 1), FOR_EVER)
        await desk.until(lambda: desk.of(amend))
        desk.told.clear()
        desk.venue.cancel([CancelOrder(OURS, BY, NAME, None, 1)], FOR_EVER)
        (told,) = await desk.until(lambda: desk.of(cancel))
        assert getattr(told, "not_found", False) is (code == 110001)


async def test_a_lost_connection_leaves_no_answer_and_later_requests_unsent() -> None:
    desk = Desk()
    async with running(desk):
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        desk.server.socket("trade").cut()
        (told,) = await desk.until(lambda: desk.of(ev.NoAnswer))
        assert (told.client_order_id, told.request) == (OURS, ev.Request.SUBMIT)
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        (unsent,) = desk.of(ev.NotSent)
        assert unsent.request is ev.Request.SUBMIT
        desk.venue.cancel([CancelOrder(OURS, BY, NAME, None, 1)], FOR_EVER)
        await desk.until(lambda: desk.server.posted)
        assert desk.server.posted[0][0] == "/v5/order/cancel"


async def test_nothing_is_written_after_its_deadline() -> None:
    desk = Desk()
    async with running(desk):
        desk.venue.submit([desk.venue.prepare(order())], desk.server.clock.monotonic_ns() - 1)
        assert desk.of(ev.NotSent)
        assert not desk.of(ev.OrderSent)
        assert all(frame["op"] == "auth" for frame in desk.server.socket("trade").heard)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"orderId": "o-1"}, ev.OrderAccepted),
        (110007, ev.OrderRejected),
        (OutcomeUnknown("time", venue="BYBIT", endpoint="create"), ev.NoAnswer),
        (HttpAnswer(502, {}, b"bad gateway"), ev.NoAnswer),
        (HttpAnswer(200, {}, b"<html>"), ev.NoAnswer),
        (HttpAnswer(403, {}, b"access too frequent"), ev.OrderRejected),
    ],
)
async def test_where_there_is_no_trade_socket_orders_go_by_rest(answer: Any, told: type) -> None:
    desk = Desk(hosts={name: host for name, host in HOSTS.items() if name != "trade"})
    desk.server.tables["/v5/order/create"] = lambda *_: answer
    await desk.venue.discover()
    task = asyncio.ensure_future(desk.venue.run())  # noqa: TID251 - the test is its parent
    await desk.until(lambda: desk.of(ev.SessionChanged))
    desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
    await desk.until(lambda: desk.of(told))
    assert desk.of(ev.OrderSent)
    if isinstance(answer, HttpAnswer) and answer.status == 403:
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        assert desk.of(ev.NotSent), "an address that was sent away must wait"
    task.cancel()
    await asyncio.wait([task])


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"createdTime": "99999999999999"}, ev.OrderAccepted),
        ({"createdTime": "99999999999999", "qty": "7"}, ev.Locked),
        (None, ev.NoAnswer),
    ],
)
async def test_a_duplicate_is_ours_only_if_it_says_the_same(
    found: dict[str, Any] | None, told: type
) -> None:
    desk = Desk()
    answers(desk, 110072)
    if found is not None:
        row = ORDER | found
        desk.server.tables["/v5/order/realtime"] = lambda *_: page(row)
    async with running(desk):
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        await desk.until(lambda: desk.of(told))
        assert bool(desk.of(ev.OrderAccepted)) is (told is ev.OrderAccepted)


async def test_an_answer_that_does_not_come_in_time_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tradewind.edge.venues.bybit.venue.ANSWER_WITHIN_NS", 1)
    desk = Desk()
    async with running(desk):
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        assert not desk.of(ev.NoAnswer)
        await desk.until(lambda: desk.of(ev.NoAnswer))
        frame = desk.server.socket("trade").heard[-1]
        late = {"reqId": frame["reqId"], "op": frame["op"], "retCode": 110007, "retMsg": "late"}
        desk.server.socket("trade").say(late)
        assert not desk.of(ev.OrderRejected), "too late: a reading decides"


async def test_a_node_that_restarts_is_left_once_nothing_is_under_way() -> None:
    desk = Desk()
    async with running(desk):
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        other = CancelOrder(OURS, BY, NAME, None, 1)
        desk.venue.cancel([other], FOR_EVER)
        await asyncio.sleep(0.01)
        trade = desk.server.socket("trade")
        first, second = trade.heard[-2:]
        trade.say({"reqId": first["reqId"], "op": first["op"], "retCode": 10019, "retMsg": "bye"})
        assert trade.open
        assert [event.request for event in desk.of(ev.NoAnswer)] == [ev.Request.SUBMIT]
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        assert desk.of(ev.NotSent)
        trade.say({"reqId": second["reqId"], "op": second["op"], "retCode": 0, "retMsg": "OK"})
        assert not trade.open
        assert len(desk.of(ev.NoAnswer)) == 1


async def test_every_connection_is_kept_by_pings_of_the_venues_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tradewind.edge.venues.bybit.venue.PING_EVERY_NS", 1)
    desk = Desk()
    async with running(desk, "trade"):
        for name in ("linear", "private", "trade"):
            heard = desk.server.socket(name).heard
            await desk.until(partial(heard.count, {"op": "ping"}))
        desk.server.socket("private").say({"op": "pong", "args": ["1"], "conn_id": "c"})
        desk.server.socket("linear").say({"success": True, "ret_msg": "pong", "op": "ping"})
        desk.server.socket("trade").say({"retCode": 0, "op": "pong", "data": ["1"]})
        assert all(socket.open for socket in desk.server.sockets)


# --- the account ------------------------------------------------------------------------------


async def test_executions_and_orders_become_news_of_ours() -> None:
    desk = Desk()
    async with running(desk):
        private = desk.server.socket("private")
        funding = EXECUTION | {"execId": "f-1", "execType": "Funding", "orderLinkId": ""}
        stranger = EXECUTION | {"execId": "e-2", "execType": "AdlTrade", "orderLinkId": ""}
        private.say({"topic": "execution", "data": [EXECUTION, funding, stranger]})
        private.say({"topic": "order", "data": [ORDER | {"orderStatus": "New"}]})
        ours, theirs = [event.fill for event in desk.of(ev.FillReceived)]
        assert (ours.key, ours.client_order_id) == ("linear:e-1", OURS)
        assert (ours.qty, ours.px, ours.fee) == (Decimal("0.004"), 65000, Decimal("0.052"))
        assert (theirs.key, theirs.client_order_id) == ("linear:e-2", None)
        (paid,) = desk.of(ev.FundingPaid)
        assert (paid.key, paid.amount) == ("linear:f-1", Decimal("0.052"))
        assert desk.of(ev.OrderAccepted)
        private.say(
            {
                "topic": "wallet",
                "creationTime": 5,
                "data": [
                    {
                        "coin": [
                            {
                                "coin": "USDT",
                                "walletBalance": "100",
                                "totalOrderIM": "7",
                                "locked": "",
                            }
                        ]
                    }
                ],
            }
        )
        (balance,) = desk.of(ev.BalanceReported)
        assert (balance.total, balance.available) == (Decimal(100), Decimal(93))


@pytest.mark.parametrize(
    "frame",
    [
        b'{"topic":"order","data":[{"symb',
        b"<html>",
        {"topic": "order", "data": [{k: v for k, v in ORDER.items() if k != "cumExecQty"}]},
        {"topic": "order", "data": [ORDER | {"orderStatus": "Sleeping"}]},
        {"topic": "execution", "data": [EXECUTION | {"execType": "Gift"}]},
        {"topic": "execution", "data": [EXECUTION | {"execQty": "NaN"}]},
        {"topic": "order", "data": [ORDER | {"qty": "a lot"}]},
        {"neither": 1},
    ],
)
async def test_a_private_frame_that_cannot_be_read_ends_the_session_and_guesses_nothing(
    frame: Any,
) -> None:
    desk = Desk()
    async with running(desk):
        desk.told.clear()
        desk.server.socket("private").say(frame)
        assert [event.live for event in desk.of(ev.SessionChanged)] == [False], "at once"
        assert not desk.of(ev.OrderEvent, ev.FillReceived)
        lost, back = await desk.until(lambda: (s := desk.of(ev.SessionChanged))[1:] and s)
        assert not lost.live
        assert "Bybit" in lost.reason
        assert back.live


async def test_a_refused_login_never_makes_the_session_live() -> None:
    desk = Desk()
    await desk.venue.discover()
    desk.server.refuses_login = True
    task = asyncio.ensure_future(desk.venue.run())  # noqa: TID251 - the test is its parent
    await desk.until(lambda: len(desk.server.sockets) >= 3)
    assert not desk.of(ev.SessionChanged)
    desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
    assert desk.of(ev.NotSent)
    task.cancel()
    await asyncio.wait([task])


async def test_a_reading_has_every_part_or_does_not_exist() -> None:
    desk = Desk("BTCUSDT", "BTCUSDT:SPOT")
    tables = desk.server.tables
    stranger = ORDER | {"orderLinkId": "", "orderId": "o-9"}
    asked = ORDER | {"orderStatus": "Cancelled", "orderId": "o-2"}
    tables["/v5/order/realtime"] = lambda _, q: page(
        *[stranger] * (q["category"] == "linear" and "orderLinkId" not in q)
    )
    tables["/v5/order/history"] = lambda _, q: page(*[asked] * (q["category"] == "linear"))
    pages = {
        "": page(EXECUTION | {"execTime": "1790000000500"}, cursor="p%3A2"),
        "p:2": page(EXECUTION | {"execId": "f", "execType": "Funding"}),
    }
    tables["/v5/execution/list"] = lambda _, q: (
        pages[q.get("cursor", "")] if q["category"] == "linear" else page()
    )
    tables["/v5/position/list"] = lambda _, q: page(
        *[{"symbol": "BTCUSDT", "side": "Sell", "size": "0.2", "positionIdx": 0}]
        * ("settleCoin" in q)
    )
    await desk.venue.discover()
    now_ms = desk.server.clock.now_ns() // 1_000_000
    question = ReadAccount(BY, (OURS,), 0, 1, str(now_ms))
    report = await desk.venue.read(question)
    assert [row.venue_order_id for row in report.orders] == [VenueOrderId("o-9"), "o-2"]
    assert [row.client_order_id for row in report.orders] == [None, OURS]
    assert [fill.key for fill in report.fills] == ["linear:e-1"]
    assert [event.key for event in desk.of(ev.FundingPaid)] == ["linear:f"]
    assert [(row.instrument, row.qty) for row in report.positions] == [(NAME, Decimal("-0.2"))]
    assert report.balances == {Currency("USDT"): Decimal(1000)}
    assert report.asked == (OURS,)
    assert int(report.cursor) >= now_ms
    roads = {
        (path, query.get("openOnly")) for path, query in desk.server.asked if "orderLinkId" in query
    }
    assert roads == {
        ("/v5/order/history", None),
        ("/v5/order/realtime", "0"),
        ("/v5/order/realtime", "1"),
    }
    for path in (
        "/v5/order/realtime",
        "/v5/order/history",
        "/v5/execution/list",
        "/v5/position/list",
        "/v5/account/wallet-balance",
    ):
        kept = tables[path]
        tables[path] = lambda *_: 10005
        with pytest.raises(VenueError):
            await desk.venue.read(question)
        tables[path] = lambda *_: HttpAnswer(200, {}, b'{"retCode":0,"result":{"list":"gone"}}')
        with pytest.raises(BadReply):
            await desk.venue.read(question)
        tables[path] = kept


async def test_cancel_all_repeats_until_nothing_is_left_and_keeps_what_protects() -> None:
    desk = Desk("BTCUSDT", "BTCUSDT:SPOT")
    left = [500, 2, 0]
    desk.server.tables["/v5/order/cancel-all"] = lambda _, body: page(
        *[{"orderId": "x"}] * (left.pop(0) if body["category"] == "linear" and left else 0)
    )
    stops = [
        ORDER | {"orderId": "keep", "reduceOnly": True, "orderStatus": "Untriggered"},
        ORDER | {"orderId": "open", "orderStatus": "Untriggered"},
    ]
    desk.server.tables["/v5/order/realtime"] = lambda _, q: page(
        *stops * (q["category"] == "linear")
    )
    async with running(desk):
        desk.venue.cancel_all(CancelAll(BY, True, 1), FOR_EVER)
        await desk.until(lambda: [p for p, _ in desk.server.posted].count("/v5/order/cancel"))
        await asyncio.sleep(0.05)
        swept = [body for path, body in desk.server.posted if path.endswith("cancel-all")]
        linear = {"category": "linear", "settleCoin": "USDT", "orderFilter": "Order"}
        assert swept == [linear] * 3 + [{"category": "spot", "orderFilter": "Order"}]
        singly = [body["orderId"] for path, body in desk.server.posted if path.endswith("cancel")]
        assert singly == ["open"]
        assert not desk.of(ev.Locked)


async def test_a_cancel_all_that_fails_locks_the_account() -> None:
    desk = Desk()
    desk.server.tables["/v5/order/cancel-all"] = lambda *_: 10016
    async with running(desk):
        desk.venue.cancel_all(CancelAll(BY, False, 1), FOR_EVER)
        (locked,) = await desk.until(lambda: desk.of(ev.Locked))
        assert "cancel-all" in locked.reason


async def test_requests_are_counted_with_the_budget_that_the_venue_told() -> None:
    desk = Desk()
    answers(desk)
    async with running(desk):
        desk.venue.submit([desk.venue.prepare(order())], FOR_EVER)
        (counted, *_) = await desk.until(lambda: desk.of(ev.RequestsCounted))
        assert counted.answered >= 2
        assert counted.failed == 0
        assert counted.remaining == 9
