"""The official Bybit client, unmodified, on real sockets against the simulated exchange."""

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

import pybit._websocket_trading  # type: ignore[import-untyped]
import pybit.unified_trading  # type: ignore[import-untyped]
import pytest
from pybit.exceptions import InvalidRequestError  # type: ignore[import-untyped]
from pybit.unified_trading import HTTP, WebSocket, WebSocketTrading

from tradewind.edge.simulators.bybit.exchange import BybitExchange
from tradewind.edge.simulators.bybit.settings import AccountSettings, BybitSettings
from tradewind.edge.simulators.hosting import Host
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.model.money import MILLIS
from tradewind.runtime.clock import SystemClock

KEY, SECRET = "SIMKEY0000000000AA", "SIMSECRET000000000000000000000000bb"
WAIT_S = 10.0
BTC = {"category": "linear", "symbol": "BTCUSDT"}
Frames = queue.Queue[dict[str, Any]]


@pytest.fixture
async def venue(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Host]:
    """Serve an exchange and point the client's constants at it."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    clock = SystemClock()
    account = AccountSettings(key=KEY, secret=SECRET)
    # The client notes its subscription only after sending it: an answer at once is a race.
    settings = BybitSettings(
        accounts=(account,), start_ns=clock.now_ns(), socket_delay_ns=20 * MILLIS
    )
    exchange = BybitExchange(settings)
    async with Host(exchange, clock, Faults(Random(1))) as host:
        sockets = f"ws://127.0.0.1:{host.port}/v5"
        public = sockets + "/public/{CHANNEL_TYPE}"
        monkeypatch.setattr(pybit.unified_trading, "PUBLIC_WSS", public)
        monkeypatch.setattr(pybit.unified_trading, "PRIVATE_WSS", f"{sockets}/private")
        monkeypatch.setattr(pybit._websocket_trading, "TRADE_WSS", f"{sockets}/trade")
        yield host


@pytest.fixture
def rest(venue: Host) -> Iterator[HTTP]:
    session = HTTP(api_key=KEY, api_secret=SECRET)
    session.endpoint = venue.url
    yield session
    session.client.close()


def limit_order(px: str, link: str, **more: Any) -> dict[str, Any]:
    terms = {"side": "Buy", "orderType": "Limit", "qty": "0.01", "price": px, "orderLinkId": link}
    return {**BTC, **terms, **more}


def low_px(rest: HTTP) -> str:
    """Return a price that rests: below the touch and inside the band."""
    band = rest.get_price_limit(**BTC)["result"]
    book = rest.get_orderbook(**BTC, limit=1)["result"]
    low, bid = Decimal(band["sellLmt"]), Decimal(book["b"][0][0])
    return str(((low + bid) / 2).quantize(Decimal("0.1")))


async def threaded(work: Callable[[], None]) -> None:
    async with asyncio.timeout(60):
        await asyncio.to_thread(work)


def until(frames: Frames, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Return the first frame that is wanted; queue.Empty where none comes."""
    while True:
        frame = frames.get(timeout=WAIT_S)
        if wanted(frame):
            return frame


async def test_rest_reads_the_public_pages(rest: HTTP) -> None:
    def work() -> None:
        assert int(rest.get_server_time()["result"]["timeNano"]) > 1_700_000_000 * 10**9
        rules = rest.get_instruments_info(category="linear")["result"]["list"]
        assert {each["symbol"] for each in rules} == {"BTCUSDT", "ETHUSDT", "SOLUSDT"}
        candles = rest.get_kline(**BTC, interval="5", limit=3)["result"]["list"]
        assert [len(each) for each in candles] == [7, 7, 7]
        assert int(candles[0][0]) - int(candles[1][0]) == 300_000
        assert rest.get_tickers(**BTC)["result"]["list"][0]["symbol"] == "BTCUSDT"
        assert len(rest.get_funding_rate_history(**BTC, limit=5)["result"]["list"]) == 5

    await threaded(work)


async def test_rest_places_amends_cancels_and_pages(rest: HTTP) -> None:
    def work() -> None:
        px = low_px(rest)
        placed = rest.place_order(**limit_order(px, "t-1"))["result"]
        assert placed["orderLinkId"] == "t-1"
        with pytest.raises(InvalidRequestError) as twice:
            rest.place_order(**limit_order(px, "t-1"))
        assert twice.value.status_code == 110072
        rest.amend_order(**BTC, orderLinkId="t-1", qty="0.02")
        shown = rest.get_open_orders(**BTC)["result"]["list"]
        assert [(each["orderId"], each["qty"]) for each in shown] == [(placed["orderId"], "0.020")]
        rest.cancel_order(**BTC, orderId=placed["orderId"])
        assert rest.get_open_orders(**BTC)["result"]["list"] == []

        many = [limit_order(px, f"b-{number}") for number in range(3)]
        many[2]["positionIdx"] = 1
        said = rest.place_batch_order(category="linear", request=many)
        assert [each["code"] for each in said["retExtInfo"]["list"]] == [0, 0, 10001]
        assert [bool(each["orderId"]) for each in said["result"]["list"]] == [True, True, False]
        named = [{"symbol": "BTCUSDT", "orderLinkId": f"b-{number}"} for number in (0, 7)]
        said = rest.cancel_batch_order(category="linear", request=named)
        assert [each["code"] for each in said["retExtInfo"]["list"]] == [0, 110001]
        gone = rest.cancel_all_orders(**BTC)["result"]
        assert (gone["success"], len(gone["list"])) == ("1", 1)

        for side in ("Buy", "Sell", "Buy"):
            rest.place_order(**BTC, side=side, orderType="Market", qty="0.01")
        seen: list[str] = []
        cursor = ""
        while True:
            extra = {"cursor": cursor} if cursor else {}
            page = rest.get_executions(category="linear", limit=1, **extra)["result"]
            seen += [each["execId"] for each in page["list"]]
            cursor = page["nextPageCursor"]
            if not cursor:
                break
            assert "%3A" in cursor
        assert len(seen) == len(set(seen)) >= 3
        held = rest.get_positions(**BTC)["result"]["list"]
        assert [(each["side"], each["size"]) for each in held] == [("Buy", "0.010")]
        wallet = rest.get_wallet_balance(accountType="UNIFIED")["result"]["list"][0]
        assert Decimal(99000) < Decimal(wallet["totalEquity"]) < Decimal(100000)

    await threaded(work)


async def test_public_socket_keeps_a_merged_book_and_ticker(rest: HTTP, venue: Host) -> None:
    def work() -> None:
        books: Frames = queue.Queue()
        tickers: Frames = queue.Queue()
        socket = WebSocket(testnet=True, channel_type="linear")
        try:
            socket.orderbook_stream(50, "BTCUSDT", books.put)
            socket.ticker_stream("BTCUSDT", tickers.put)
            first = until(books, lambda _: True)
            assert first["topic"] == "orderbook.50.BTCUSDT"
            number = first["data"]["u"]
            book = until(books, lambda frame: frame["data"]["u"] > number + 2)["data"]
            assert (len(book["b"]), len(book["a"])) > (5, 5)
            assert max(float(px) for px, _ in book["b"]) < min(float(px) for px, _ in book["a"])
            until(tickers, lambda _: True)
            ticker = until(tickers, lambda _: True)["data"]
            assert ticker["fundingIntervalHour"] == "8"
            assert float(ticker["bid1Price"]) < float(ticker["ask1Price"])
        finally:
            socket.exit()

    await threaded(work)


async def test_private_socket_tells_orders_and_executions(rest: HTTP, venue: Host) -> None:
    def work() -> None:
        orders: Frames = queue.Queue()
        fills: Frames = queue.Queue()
        positions: Frames = queue.Queue()
        socket = WebSocket(
            testnet=True,
            channel_type="private",
            api_key=KEY,
            api_secret=SECRET,
            private_auth_expire=10,
        )
        try:
            socket.order_stream(orders.put)
            socket.execution_stream(fills.put)
            socket.position_stream(positions.put)
            rest.get_server_time()
            placed: dict[str, Any] = {}
            # The subscriptions travel on another connection than the order.
            for number in range(50):
                placed = rest.place_order(
                    **BTC, side="Buy", orderType="Market", qty="0.01", orderLinkId=f"m-{number}"
                )["result"]
                try:
                    fill = fills.get(timeout=0.2)
                    break
                except queue.Empty:
                    continue
            row = fill["data"][0]
            assert row["execType"] == "Trade"
            assert (row["isMaker"], row["feeCurrency"]) == (False, "USDT")
            done = until(orders, lambda frame: frame["data"][0]["orderStatus"] == "Filled")
            assert done["data"][0]["cumExecQty"] == "0.010"
            assert placed["orderId"]
            held = until(positions, lambda frame: frame["data"][0]["size"] != "0")
            assert "entryPrice" in held["data"][0]
        finally:
            socket.exit()

    await threaded(work)


async def test_trade_socket_places_and_calls_back_errors(rest: HTTP, venue: Host) -> None:
    def work() -> None:
        said: Frames = queue.Queue()
        errors: Frames = queue.Queue()
        socket = WebSocketTrading(testnet=True, api_key=KEY, api_secret=SECRET, recv_window=5000)
        try:
            terms = limit_order(low_px(rest), "w-1")
            socket.place_order(said.put, error_callback=errors.put, **terms)
            placed = until(said, lambda _: True)
            assert (placed["retCode"], placed["data"]["orderLinkId"]) == (0, "w-1")
            assert placed["header"]["X-Bapi-Limit"] == "10"
            socket.place_order(said.put, error_callback=errors.put, **terms)
            assert until(errors, lambda _: True)["retCode"] == 110072
            socket.amend_order(said.put, **BTC, orderLinkId="w-1", qty="0.02")
            assert until(said, lambda _: True)["op"] == "order.amend"
            socket.cancel_order(said.put, **BTC, orderLinkId="w-1")
            assert until(said, lambda _: True)["op"] == "order.cancel"
        finally:
            socket.exit()

    await threaded(work)
