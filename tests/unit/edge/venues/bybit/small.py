"""A small Bybit in memory: what it was asked, what it answers, and frames at the test's word."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport import Heard, HttpAnswer, HttpRequest
from tradewind.edge.venues.bybit.venue import BybitVenue
from tradewind.model import events as ev
from tradewind.model.config import Account
from tradewind.model.errors import OutcomeUnknown, Unreachable
from tradewind.model.events import Event
from tradewind.model.ids import AccountId, Currency, InstrumentId, VenueId
from tradewind.ports import Keys, Wanted
from tradewind.runtime.clock import SystemClock

KEY, SECRET = "SIMKEY0000000000AA", "SIMSECRET000000000000000000000000bb"
HOSTS = {
    "rest": "http://small",
    "public": "ws://small/v5/public",
    "private": "ws://small/v5/private",
    "trade": "ws://small/v5/trade",
}
BTC: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "contractType": "LinearPerpetual",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "settleCoin": "USDT",
    "deliveryTime": "0",
    "priceScale": "2",
    "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
    "lotSizeFilter": {
        "minNotionalValue": "5",
        "maxOrderQty": "1190.000",
        "minOrderQty": "0.001",
        "qtyStep": "0.001",
    },
}
SPOT_BTC: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "status": "Trading",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "priceFilter": {"tickSize": "0.01"},
    "lotSizeFilter": {
        "basePrecision": "0.000001",
        "quotePrecision": "0.01",
        "minOrderAmt": "5",
        "maxLimitOrderQty": "71",
    },
}
ORDER: dict[str, Any] = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "orderId": "o-1",
    "orderLinkId": "TWAAAAAAAAAAAAAAAAAA",
    "side": "Buy",
    "positionIdx": 0,
    "orderStatus": "New",
    "orderType": "Limit",
    "price": "65000",
    "qty": "0.010",
    "cumExecQty": "0",
    "reduceOnly": False,
    "createdTime": "1790000000000",
    "updatedTime": "1790000000001",
}
EXECUTION: dict[str, Any] = {
    "category": "linear",
    "symbol": "BTCUSDT",
    "orderId": "o-1",
    "orderLinkId": "TWAAAAAAAAAAAAAAAAAA",
    "side": "Buy",
    "execId": "e-1",
    "execType": "Trade",
    "execQty": "0.004",
    "execPrice": "65000",
    "execFee": "0.052",
    "execTime": "1790000000009",
    "isMaker": True,
    "feeCurrency": "USDT",
    "extraFees": [],
}
Handler = Callable[[str, dict[str, str]], Any]


def page(*rows: Any, cursor: str = "") -> dict[str, Any]:
    return {"list": list(rows), "nextPageCursor": cursor}


class SmallSocket:
    """One open socket; `heard` are the frames that the client wrote."""

    def __init__(self, server: "SmallBybit", url: str, ears: Heard) -> None:
        self.server, self.url, self.ears = server, url, ears
        self.heard: list[dict[str, Any]] = []
        self.open = True

    def send(self, text: bytes) -> None:
        if not self.open:
            raise Unreachable("closed", venue="BYBIT", endpoint=self.url)
        frame = msgspec.json.decode(text)
        self.heard.append(frame)
        asyncio.get_running_loop().call_soon(self.server.on_frame, self, frame)

    def ping(self) -> None:
        if self.server.answers_pings:
            self.ears.on_pong(self.server.clock.now_ns())

    def close(self) -> None:
        if self.open:
            self.open = False
            self.ears.on_close("closed by us")

    def cut(self) -> None:
        """End the connection from the other side."""
        if self.open:
            self.open = False
            self.ears.on_close("cut")

    def say(self, frame: Any) -> None:
        """Send a frame: an object, or the bytes themselves."""
        text = frame if isinstance(frame, bytes) else msgspec.json.encode(frame)
        if self.open:
            self.ears.on_text(text, self.server.clock.now_ns())


class SmallBybit:
    """Answers requests by path; everything else the test says itself."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.answers_pings = True
        self.refuses_login = False
        self.bad_topics: set[str] = set()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.sockets: list[SmallSocket] = []
        self.on_order: Callable[[SmallSocket, dict[str, Any]], None] | None = None
        self.rules: list[dict[str, Any]] = [BTC]
        self.tables: dict[str, Handler] = {
            "/v5/market/time": lambda *_: {"timeNano": str(self.clock.now_ns())},
            "/v5/market/instruments-info": lambda _, q: page(
                *(
                    rules
                    for rules in (self.rules if q["category"] == "linear" else [SPOT_BTC])
                    if (rules["status"] == "Closed") == (q.get("status") == "Closed")
                )
            ),
            "/v5/account/fee-rate": lambda *_: page(
                {"symbol": "BTCUSDT", "takerFeeRate": "0.0006", "makerFeeRate": "0.0001"}
            ),
            "/v5/user/query-api": lambda *_: {
                "permissions": {"ContractTrade": ["Order", "Position"], "Wallet": []},
                "readOnly": 0,
            },
            "/v5/position/list": lambda *_: page(),
            "/v5/order/realtime": lambda *_: page(),
            "/v5/order/history": lambda *_: page(),
            "/v5/execution/list": lambda *_: page(),
            "/v5/account/wallet-balance": lambda *_: page(
                {"coin": [{"coin": "USDT", "walletBalance": "1000", "totalOrderIM": "10"}]}
            ),
            "/v5/order/cancel-all": lambda *_: page(),
            "/v5/order/create": lambda *_: {"orderId": "o-1"},
            "/v5/order/amend": lambda *_: {"orderId": "o-1"},
            "/v5/order/cancel": lambda *_: {"orderId": "o-1"},
        }

    # --- the Transport ------------------------------------------------------------------------

    async def ask(
        self, request: HttpRequest, *, timeout_s: float, not_after_ns: int | None = None
    ) -> HttpAnswer:
        parts = urlsplit(request.url)
        query = dict(parse_qsl(parts.query))
        if request.method == "POST":
            query = msgspec.json.decode(request.body)
            self.posted.append((parts.path, query))
        told = self.tables[parts.path](parts.path, query)
        if request.on_written is not None and not isinstance(told, Unreachable):
            request.on_written()
        self.asked.append((parts.path, query))
        await asyncio.sleep(0)
        if "X-BAPI-SIGN" in request.headers:
            assert request.headers["X-BAPI-SIGN"] == signature(request, parts.query)
        if isinstance(told, HttpAnswer):
            return told
        if isinstance(told, OutcomeUnknown | Unreachable):
            raise told
        if isinstance(told, int):
            body = {"retCode": told, "retMsg": f"refused with {told}", "result": {}}
        else:
            body = {"retCode": 0, "retMsg": "OK", "result": told}
        return HttpAnswer(200, {"x-bapi-limit-status": "9"}, msgspec.json.encode(body))

    async def connect(
        self, url: str, headers: Mapping[str, str], heard: Heard, *, timeout_s: float
    ) -> SmallSocket:
        await asyncio.sleep(0)
        socket = SmallSocket(self, url, heard)
        self.sockets.append(socket)
        return socket

    async def close(self) -> None:
        for socket in self.sockets:
            socket.close()

    # --- frames -------------------------------------------------------------------------------

    def on_frame(self, socket: SmallSocket, frame: dict[str, Any]) -> None:
        op = frame["op"]
        if op == "auth" and socket.url.endswith("trade"):
            code = 10004 if self.refuses_login else 0
            socket.say({"reqId": frame["reqId"], "op": "auth", "retCode": code, "retMsg": ""})
        elif op in ("auth", "subscribe", "unsubscribe"):
            bad = self.bad_topics.intersection(map(str, frame["args"]))
            fine = not bad and not (op == "auth" and self.refuses_login)
            told = {"success": fine, "ret_msg": "" if fine else "no", "op": op, "conn_id": "c"}
            socket.say({**told, "req_id": frame["req_id"]})
        elif op.startswith("order.") and self.on_order is not None:
            self.on_order(socket, frame)

    def socket(self, name: str) -> SmallSocket:
        """Return the newest socket whose address ends so."""
        return next(each for each in reversed(self.sockets) if each.url.endswith(name))


def signature(request: HttpRequest, query: str) -> str:
    """Sign a request the way the venue does: over the raw bytes that arrived."""
    headers = request.headers
    head = f"{headers['X-BAPI-TIMESTAMP']}{KEY}{headers['X-BAPI-RECV-WINDOW']}"
    payload = request.body if request.method == "POST" else query.encode()
    return hmac.new(SECRET.encode(), head.encode() + payload, hashlib.sha256).hexdigest()


class Desk:
    """An adapter at the small Bybit, and everything that it told."""

    def __init__(
        self,
        *symbols: str,
        hedge: bool = False,
        keys: bool = True,
        hosts: Mapping[str, str] = HOSTS,
        orders_per_s: int = 100,
    ) -> None:
        self.server = SmallBybit()
        self.told: list[Event] = []
        account = Account(
            id=AccountId("by"),
            venue=VenueId("BYBIT"),
            currency=Currency("USDT"),
            hedge_mode=hedge,
            orders_per_s=Decimal(orders_per_s),
        )
        sealed = Keys(values={"key": KEY, "secret": SECRET}) if keys else None
        seat = Seat(account=account, hosts=hosts, symbols=symbols or ("BTCUSDT",), keys=sealed)
        outside = Outside(
            transport=self.server,
            clock=self.server.clock,
            dice=Random(7),
            sink=self.told.append,
        )
        self.venue = BybitVenue(seat, outside)

    def of(self, *kinds: type) -> list[Any]:
        """Return what was told of these kinds."""
        return [event for event in self.told if isinstance(event, kinds)]

    async def until(self, holds: Callable[[], Any], timeout_s: float = 5.0) -> Any:
        """Wait until something holds; fails with what was told when it never does."""
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := holds()):  # noqa: ASYNC110 - anything may make it hold
                    await asyncio.sleep(0.005)
                return found
        except TimeoutError:
            raise AssertionError(f"it never held; told: {self.told}") from None


@asynccontextmanager
async def running(desk: Desk, *feeds: str) -> AsyncIterator[Desk]:
    """Discover, watch, run, and wait until session and feeds are live."""
    await desk.venue.discover()
    desk.venue.watch([Wanted(InstrumentId("BYBIT:BTCUSDT"), frozenset(feeds))] if feeds else [])
    task = asyncio.ensure_future(desk.venue.run())  # noqa: TID251 - the test is its parent
    try:
        await desk.until(lambda: desk.of(ev.SessionChanged))
        await desk.until(lambda: len(desk.server.sockets) >= 2 + bool(feeds))
        await asyncio.sleep(0.02)
        yield desk
    finally:
        task.cancel()
        await asyncio.wait([task])
    if not task.cancelled():
        raise AssertionError("the account stopped by itself") from task.exception()
