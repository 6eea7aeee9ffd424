"""What bench/wire_server.py says itself, in the words of each venue: ticks, and answers to orders.

Knows just enough of each protocol for the path of one order. A tick moves three levels on each
side (Kalshi: one, its protocol has no more in a frame) and is numbered by the size at the touch.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from tradewind.edge.simulators.wire import WireExchange, WireRequest

SIZES = 900
"""Ticks are numbered up to here and then from the beginning again."""
LEVELS = 50


class Start(msgspec.Struct):
    """Where the server is, what opens its account, and what to trade there."""

    port: int
    keys: dict[str, str]
    instrument: str
    symbol: str


class Reply(msgspec.Struct, frozen=True):
    """What an order is answered: which tick it answers, the answer, and news of its end."""

    tick: int
    answer: bytes
    news: bytes = b""
    status: int = 200


class Speech(Protocol):
    """One venue's words."""

    instrument: str
    symbol: str
    order_path: str
    batch_path: str
    canned: Mapping[str, bytes]

    def is_order(self, text: bytes) -> bool:
        """Tell whether a frame is a new order."""
        ...

    def is_subscription(self, text: bytes, path: str) -> bool:
        """Tell whether a frame asks for the book."""
        ...

    def is_private(self, text: bytes, path: str) -> bool:
        """Tell whether a frame asks for news of the account's orders."""
        ...

    def overheard(self, text: bytes) -> bool:
        """Take note of a frame of the exchange on the book's socket; True keeps it back."""
        ...

    def begin(self, now_ns: int) -> bytes:
        """Return the whole book, from which on the ticks are ours."""
        ...

    def tick(self, now_ns: int) -> tuple[int, bytes]:
        """Return the next tick's number and frame."""
        ...

    def reply(self, text: bytes, now_ns: int) -> Reply:
        """Answer an order: accepted, and cancelled at once."""
        ...

    def items(self, text: bytes) -> list[bytes]:
        """Return the orders of a batch, none for an order by itself."""
        ...

    def together(self, text: bytes, replies: list[Reply]) -> bytes:
        """Return the answer to a batch from those to its orders."""
        ...


class BybitSpeech:
    """Bybit: a delta of `orderbook.50`, orders by trade socket or REST, their end by topic."""

    instrument = "BYBIT:BTCUSDT"
    symbol = "BTCUSDT"
    order_path, batch_path = "/v5/order/create", "/v5/order/create-batch"
    canned: Mapping[str, bytes] = {}
    _qty = re.compile(rb'"qty":"([0-9.]+)"')
    _link = re.compile(rb'"orderLinkId":"([^"]+)"')
    _number = re.compile(rb'"reqId":"([^"]+)"')
    _px = re.compile(rb'"price":"([0-9.]+)"')

    def __init__(self, exchange: WireExchange, now_ns: int) -> None:
        self._update = 1_000_000_000
        self._orders = 0
        self._ours = False

    def is_order(self, text: bytes) -> bool:
        """Tell whether a frame is a new order."""
        return b'"op":"order.create' in text

    def is_subscription(self, text: bytes, path: str) -> bool:
        """Tell whether a frame asks for the book."""
        return b'"orderbook.' in text

    def is_private(self, text: bytes, path: str) -> bool:
        """Tell whether a socket is the private one."""
        return path.endswith("/private")

    def overheard(self, text: bytes) -> bool:
        """Keep the exchange's books back from the first of ours on."""
        return self._ours and b'"topic":"orderbook.' in text

    def begin(self, now_ns: int) -> bytes:
        """Return the whole book."""
        self._ours = True
        bids = [[f"{60_000 - 0.1 * level:.1f}", "1.000"] for level in range(LEVELS)]
        asks = [[f"{60_000.1 + 0.1 * level:.1f}", "1.000"] for level in range(LEVELS)]
        return self._frame("snapshot", bids, asks, now_ns)

    def tick(self, now_ns: int) -> tuple[int, bytes]:
        """Return the next tick: three levels on each side have another size."""
        number = self._update % SIZES + 1
        own, other = f"{number / 1000:.3f}", f"{1 + number / 1000:.3f}"
        bids = [["60000.0", own], ["59999.8", other], ["59999.5", other]]
        asks = [["60000.1", own], ["60000.3", other], ["60000.6", other]]
        return number, self._frame("delta", bids, asks, now_ns)

    def _frame(self, kind: str, bids: list[list[str]], asks: list[list[str]], now_ns: int) -> bytes:
        self._update += 1
        now_ms = now_ns // 1_000_000
        book = {"s": self.symbol, "b": bids, "a": asks, "u": self._update, "seq": self._update * 7}
        return msgspec.json.encode(
            {
                "topic": f"orderbook.{LEVELS}.{self.symbol}",
                "type": kind,
                "ts": now_ms,
                "data": book,
                "cts": now_ms - 1,
            }
        )

    def reply(self, text: bytes, now_ns: int) -> Reply:
        """Answer an order over the road that it came."""
        self._orders += 1
        qty, link, px = (_found(each, text) for each in (self._qty, self._link, self._px))
        order_id, now_ms = f"bench-{self._orders}", str(now_ns // 1_000_000)
        ids = {"orderId": order_id, "orderLinkId": link}
        answer: dict[str, Any] = {"retCode": 0, "retMsg": "OK"}
        number = self._number.search(text)
        if number:
            answer |= {"reqId": number.group(1).decode(), "op": "order.create", "data": ids}
            answer |= {"header": {"Timenow": now_ms}, "connId": "bench"}
        else:
            answer |= {"result": ids, "retExtInfo": {}, "time": int(now_ms)}
        row = {
            **ids, "category": "linear", "symbol": self.symbol, "side": "Buy", "price": px,
            "orderStatus": "Cancelled", "orderType": "Limit", "timeInForce": "IOC", "qty": qty,
            "cumExecQty": "0", "createdTime": now_ms, "updatedTime": now_ms, "reduceOnly": False,
            "positionIdx": 0, "triggerPrice": "", "stopOrderType": "", "cancelType": "UNKNOWN",
            "rejectReason": "EC_NoImmediateQtyToFill",
        }  # fmt: skip
        news = {"topic": "order", "id": order_id, "creationTime": int(now_ms), "data": [row]}
        tick = round(float(qty) * 1000)
        return Reply(tick, msgspec.json.encode(answer), msgspec.json.encode(news))

    def items(self, text: bytes) -> list[bytes]:
        """Return the orders of a batch, none for an order by itself."""
        if b'"request":[' not in text:
            return []
        told = msgspec.json.decode(text)
        body = told["args"][0] if "args" in told else told
        return [msgspec.json.encode(each) for each in body["request"]]

    def together(self, text: bytes, replies: list[Reply]) -> bytes:
        """Return the two lists of a batch over the road that it came."""
        rows = {"list": [msgspec.json.decode(each.answer)["result"] for each in replies]}
        answer: dict[str, Any] = {"retCode": 0, "retMsg": "OK"}
        answer["retExtInfo"] = {"list": [{"code": 0, "msg": "OK"} for _ in replies]}
        number = self._number.search(text)
        if number is None:
            return msgspec.json.encode(answer | {"result": rows, "time": 0})
        named = {"reqId": number.group(1).decode(), "op": "order.create-batch"}
        return msgspec.json.encode(answer | named | {"data": rows, "header": {}, "connId": "b"})


class KalshiSpeech:
    """Kalshi: a delta of one level of the book, orders by REST, their end in the answer."""

    order_path = "/trade-api/v2/portfolio/events/orders"
    batch_path = f"{order_path}/batched"
    canned: Mapping[str, bytes] = {
        "/trade-api/v2/account/limits": msgspec.json.encode(
            {
                name: {"refill_rate": 1_000_000, "bucket_capacity": 1_000_000}
                for name in ("read", "write")
            }
        )
    }
    symbol = "KXRAINNYC"
    _qty = re.compile(rb'"count":"([0-9.]+)"')
    _link = re.compile(rb'"client_order_id":"([^"]+)"')

    def __init__(self, exchange: WireExchange, now_ns: int) -> None:
        target = f"/trade-api/v2/markets?series_ticker={self.symbol}&status=open"
        listed = exchange.request(WireRequest("GET", target, {}), now_ns)
        rows = msgspec.json.decode(listed.body)["markets"]
        # The one that closes last: a run must not end with its market.
        self._ticker = max(rows, key=lambda row: row["close_time"])["ticker"]
        self.instrument = f"KALSHI:{self._ticker}:YES"
        self._sid = self._seq = 0
        self._size = self._orders = 0
        self._ours = False

    def is_order(self, text: bytes) -> bool:
        """Tell that Kalshi takes no orders over a socket."""
        return False

    def is_subscription(self, text: bytes, path: str) -> bool:
        """Tell whether a frame asks for the book."""
        return b'"orderbook_delta"' in text

    def is_private(self, text: bytes, path: str) -> bool:
        """Tell that nothing is told there: the answer to an order says how it ended."""
        return False

    def overheard(self, text: bytes) -> bool:
        """Learn the book's subscription and count its frames; keep them back once ours begin."""
        if b'"type":"orderbook_' not in text:
            return False
        if self._ours:
            return True
        told = msgspec.json.decode(text)
        self._sid, self._seq = told["sid"], told["seq"]
        return False

    def begin(self, now_ns: int) -> bytes:
        """Return the whole book: bids on YES up to 0.50, on NO up to 0.49."""
        self._ours = True
        self._size = SIZES
        yes = [[f"0.{cent:02}00", f"{SIZES}.00"] for cent in range(1, 51)]
        no = [[f"0.{cent:02}00", f"{SIZES}.00"] for cent in range(1, 50)]
        row = {"yes_dollars_fp": yes, "no_dollars_fp": no}
        return self._frame("orderbook_snapshot", row)

    def tick(self, now_ns: int) -> tuple[int, bytes]:
        """Return the next tick: the best bid has another size."""
        size = self._size % SIZES + 1
        change, self._size = size - self._size, size
        row = {
            "price_dollars": "0.5000",
            "delta_fp": f"{change}.00",
            "side": "yes",
            "ts_ms": now_ns // 1_000_000,
        }
        return size, self._frame("orderbook_delta", row)

    def _frame(self, kind: str, row: dict[str, Any]) -> bytes:
        self._seq += 1
        told = {"market_ticker": self._ticker, "market_id": "bench", **row}
        return msgspec.json.encode({"type": kind, "sid": self._sid, "seq": self._seq, "msg": told})

    def reply(self, text: bytes, now_ns: int) -> Reply:
        """Answer an order: nothing traded, nothing is left."""
        self._orders += 1
        qty = _found(self._qty, text)
        answer = {
            "order_id": f"bench-{self._orders}",
            "client_order_id": _found(self._link, text),
            "fill_count": "0.00",
            "remaining_count": "0.00",
            "ts_ms": now_ns // 1_000_000,
        }
        return Reply(round(float(qty)), msgspec.json.encode(answer), status=201)

    def items(self, text: bytes) -> list[bytes]:
        """Return the orders of a batch, none for an order by itself."""
        if not text.startswith(b'{"orders":['):
            return []
        return [msgspec.json.encode(each) for each in msgspec.json.decode(text)["orders"]]

    def together(self, text: bytes, replies: list[Reply]) -> bytes:
        """Return the answers of a batch in the order of its items."""
        return b'{"orders":[%b]}' % b",".join([each.answer for each in replies])


VENUES: Mapping[str, Callable[[WireExchange, int], Speech]] = {
    "bybit": BybitSpeech,
    "kalshi": KalshiSpeech,
}


def _found(pattern: re.Pattern[bytes], text: bytes) -> str:
    match = pattern.search(text)
    assert match is not None, (pattern.pattern, text)
    return match.group(1).decode()
