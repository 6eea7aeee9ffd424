"""A client of the simulated exchange without sockets: it signs, asks and listens by hand."""

import hashlib
import hmac
from decimal import Decimal
from typing import Any

import msgspec

from tests.unit.edge.simulators.hand import Hand
from tradewind.edge.simulators.bybit.exchange import BybitExchange
from tradewind.edge.simulators.bybit.settings import AccountSettings, BybitSettings
from tradewind.edge.simulators.wire import WireAnswer, WireRequest
from tradewind.model.money import NANOS

START_NS = 1_790_000_100 * NANOS
ANN, BOB = "ANN", "BOB"
STILL_NS = 10**9 * NANOS
CASH = {"USDT": Decimal(100_000), "BTC": Decimal(1)}
Row = dict[str, Any]


class Ear:
    """A socket that keeps what it is told."""

    def __init__(self) -> None:
        self.frames: list[Row] = []
        self.code = 0

    def send(self, text: bytes) -> None:
        self.frames.append(msgspec.json.decode(text))

    def ping(self, payload: bytes) -> None:
        raise AssertionError("nothing pings")

    def close(self, code: int) -> None:
        self.code = code

    def of(self, topic: str) -> list[Row]:
        """Return the rows that a topic told."""
        return [
            row
            for frame in self.frames
            if frame.get("topic") == topic
            for row in (frame["data"] if isinstance(frame["data"], list) else [frame["data"]])
        ]


class Floor:
    """An exchange with two accounts; its public fills the books once and then sleeps."""

    def __init__(self, **terms: Any) -> None:
        account = {key: terms.pop(key) for key in list(terms) if key in ACCOUNT}
        given = {"pace_ns": STILL_NS, "address_limit": 0, "history_lag_ns": 0, **terms}
        accounts = tuple(
            AccountSettings(key=key, secret=f"{key}-secret", **{"cash": CASH, **account})
            for key in (ANN, BOB)
        )
        settings = BybitSettings(accounts=accounts, start_ns=START_NS, **given)
        self.exchange = BybitExchange(settings)
        self.fate = Hand(self.exchange)
        self.now_ns = START_NS

    def wait(self, seconds: float) -> None:
        self.now_ns += int(seconds * NANOS)
        self.exchange.advance(self.now_ns)

    # --- requests -----------------------------------------------------------------------------

    def ask(self, request: WireRequest) -> WireAnswer:
        return self.exchange.request(request, self.now_ns)

    def get(self, path: str, query: str = "", key: str = "") -> Row:
        headers = self.signed(key, query.encode()) if key else {}
        target = f"{path}?{query}" if query else path
        return body(self.ask(WireRequest("GET", target, headers)))

    def post(self, path: str, key: str = ANN, **params: Any) -> Row:
        payload = msgspec.json.encode(params)
        return body(self.ask(WireRequest("POST", path, self.signed(key, payload), payload)))

    def signed(self, key: str, payload: bytes) -> dict[str, str]:
        stamp = str(self.now_ns // 1_000_000)
        text = f"{stamp}{key}5000".encode() + payload
        return {
            "x-bapi-api-key": key,
            "x-bapi-timestamp": stamp,
            "x-bapi-recv-window": "5000",
            "x-bapi-sign": sign(f"{key}-secret", text),
        }

    # --- orders -------------------------------------------------------------------------------

    def order(self, side: str, qty: str, px: str = "", key: str = ANN, **more: Any) -> Row:
        """Place an order on BTCUSDT linear; without a price a market order."""
        self.now_ns += NANOS // 5
        terms = {"category": "linear", "symbol": "BTCUSDT", "side": side, "qty": qty}
        terms |= {"orderType": "Limit", "price": px} if px else {"orderType": "Market"}
        return self.post("/v5/order/create", key, **{**terms, **more})

    def shown(self, order_id: str, key: str = ANN, category: str = "linear") -> Row:
        """Return an order as it is, open or closed."""
        query = f"category={category}&symbol=BTCUSDT&orderId={order_id}"
        for path in ("/v5/order/realtime", "/v5/order/history"):
            rows: list[Row] = self.get(path, query, key)["result"]["list"]
            if rows:
                return rows[0]
        raise AssertionError(f"no order {order_id}")

    def touch(self, category: str = "linear") -> tuple[Decimal, Decimal]:
        """Return best bid and ask of BTCUSDT."""
        book = self.get("/v5/market/orderbook", f"category={category}&symbol=BTCUSDT&limit=1")
        return Decimal(book["result"]["b"][0][0]), Decimal(book["result"]["a"][0][0])

    def position(self, key: str = ANN) -> list[Row]:
        query = "category=linear&symbol=BTCUSDT"
        rows: list[Row] = self.get("/v5/position/list", query, key)["result"]["list"]
        return rows

    # --- sockets ------------------------------------------------------------------------------

    def open(self, target: str) -> Ear:
        ear = Ear()
        refused = self.exchange.opened(ear, WireRequest("GET", target, {}), self.now_ns)
        assert refused is None
        return ear

    def say(self, ear: Ear, **frame: Any) -> Row:
        """Send a frame and return the first answer to it."""
        before = len(ear.frames)
        self.exchange.frame(ear, msgspec.json.encode(frame), self.now_ns)
        return ear.frames[before]

    def login(self, target: str, key: str = ANN) -> Ear:
        ear = self.open(target)
        expires = self.now_ns // 1_000_000 + 1000
        signature = sign(f"{key}-secret", f"GET/realtime{expires}".encode())
        said = self.say(ear, op="auth", args=[key, expires, signature])
        assert said.get("success") or said["retCode"] == 0
        return ear

    def listen(self, *topics: str, key: str = ANN) -> Ear:
        ear = self.login("/v5/private", key)
        assert self.say(ear, op="subscribe", args=list(topics), req_id="s")["success"]
        return ear


ACCOUNT = frozenset(AccountSettings.__struct_fields__)


def sign(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def body(answer: WireAnswer) -> Row:
    assert answer.status == 200, answer
    found: Row = msgspec.json.decode(answer.body)
    return found
