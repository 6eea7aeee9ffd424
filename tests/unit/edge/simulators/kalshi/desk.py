"""A client of the simulated exchange that signs and speaks by hand, without any socket."""

from base64 import b64encode
from decimal import Decimal
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.listing import (
    EventTerms,
    FixedProgramme,
    Listed,
    MarketTerms,
    SeriesTerms,
)
from tradewind.edge.simulators.kalshi.settings import AccountTerms, KalshiSettings, KeyTerms
from tradewind.edge.simulators.wire import WireAnswer, WireRequest
from tradewind.model.money import MILLIS, NANOS, ONE

START_NS = 1_795_176_000 * NANOS
HOUR_NS = 3600 * NANOS
TICKER, OTHER = "KXTEST-26NOV21-A", "KXTEST-26NOV21-B"
PREFIX = "/trade-api/v2"
ORDERS = "/portfolio/events/orders"


def private_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b".")[:32])


def public_pem(key: Ed25519PrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def account(name: str, cash: str = "1000", **more: Any) -> AccountTerms:
    scopes = more.pop("scopes", ("read", "write"))
    key = KeyTerms(id=f"key-{name}", public_key=public_pem(private_key(name)), scopes=scopes)
    tier = more.pop("tier", "prestige")
    return AccountTerms(user_id=name, keys=(key,), cash=Decimal(cash), tier=tier, **more)


def market(ticker: str = TICKER, **more: Any) -> MarketTerms:
    terms: dict[str, Any] = {
        "ticker": ticker,
        "event_ticker": "KXTEST-26NOV21",
        "title": "Will it be tested",
        "created_ns": START_NS,
        "open_ns": START_NS,
        "close_ns": START_NS + HOUR_NS,
        "determined_ns": START_NS + HOUR_NS + 20 * NANOS,
        "yes_value": ONE,
    }
    return MarketTerms(**(terms | more))


def programme(*markets: MarketTerms, **series: Any) -> FixedProgramme:
    event = EventTerms(
        event_ticker="KXTEST-26NOV21", series_ticker="KXTEST", title="Will it be tested"
    )
    terms = SeriesTerms(ticker="KXTEST", title="Tests", category="Science", **series)
    return FixedProgramme((terms,), (Listed(event, markets or (market(), market(OTHER))),))


def exchange(
    *markets: MarketTerms,
    series: dict[str, Any] | None = None,
    accounts: tuple[AccountTerms, ...] = (),
    **settings: Any,
) -> KalshiExchange:
    members = accounts or (account("ann"), account("bob"))
    made = KalshiSettings(accounts=members, start_ns=START_NS, crowd=False, **settings)
    found = KalshiExchange(made, programme(*markets, **(series or {})))
    found.advance(START_NS)
    return found


def signed(name: str, method: str, target: str, ts: int, body: bytes = b"") -> WireRequest:
    stamp = str(ts // MILLIS)
    path = target.partition("?")[0]
    signature = private_key(name).sign(f"{stamp}{method}{path}".encode())
    headers = {
        "kalshi-access-key": f"key-{name}",
        "kalshi-access-timestamp": stamp,
        "kalshi-access-signature": b64encode(signature).decode(),
    }
    return WireRequest(method, target, headers, body)


class Socket:
    """An open socket as the exchange sees it, that keeps what it was sent."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.pings: list[bytes] = []
        self.closed_with = 0

    def send(self, text: bytes) -> None:
        assert text.endswith(b"\n")
        self.frames.append(msgspec.json.decode(text))

    def ping(self, payload: bytes) -> None:
        self.pings.append(payload)

    def close(self, code: int) -> None:
        self.closed_with = code

    def take(self) -> list[dict[str, Any]]:
        frames, self.frames = self.frames, []
        return frames

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [frame["msg"] for frame in self.frames if frame["type"] == kind]


class Client:
    """One member at his keyboard; his clock is the one of all clients of the exchange."""

    def __init__(self, venue: KalshiExchange, name: str = "ann") -> None:
        self.venue = venue
        self.name = name

    def ask(self, method: str, path: str, body: object = None) -> WireAnswer:
        now_ns = self.venue.floor.now_ns
        text = b"" if body is None else msgspec.json.encode(body)
        request = signed(self.name, method, PREFIX + path, now_ns, text)
        return self.venue.request(request, now_ns)

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return msgspec.json.decode(answer.body)

    def create(self, side: str, count: str, price: str, /, **more: object) -> WireAnswer:
        body = {
            "ticker": TICKER,
            "side": side,
            "count": count,
            "price": price,
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross",
        }
        return self.ask("POST", ORDERS, body | more)

    def made(self, side: str, count: str, price: str, /, **more: object) -> Any:
        answer = self.create(side, count, price, **more)
        assert answer.status == 201, answer
        return msgspec.json.decode(answer.body)

    def order(self, order_id: str) -> Any:
        return self.get(f"/portfolio/orders/{order_id}")["order"]

    def cash(self) -> str:
        return str(self.get("/portfolio/balance")["balance_dollars"])

    def held(self, ticker: str = TICKER) -> str:
        rows = self.get(f"/portfolio/positions?ticker={ticker}")["market_positions"]
        return rows[0]["position_fp"] if rows else "0.00"

    def socket(self) -> Socket:
        connection = Socket()
        now_ns = self.venue.floor.now_ns
        request = signed(self.name, "GET", "/trade-api/ws/v2", now_ns)
        assert self.venue.opened(connection, request, now_ns) is None
        return connection

    def say(self, connection: Socket, **command: object) -> None:
        self.venue.frame(connection, msgspec.json.encode(command), self.venue.floor.now_ns)

    def subscribe(self, connection: Socket, *channels: str, **params: object) -> None:
        self.say(connection, id=1, cmd="subscribe", params={"channels": channels} | params)


def code_of(answer: WireAnswer) -> tuple[int, str]:
    body = msgspec.json.decode(answer.body)
    error = body.get("error", body)
    return answer.status, error if isinstance(error, str) else error["code"]


def levels(messages: list[dict[str, Any]], side: str) -> dict[str, float]:
    """Fold a snapshot and its deltas, as any client would."""
    book: dict[str, float] = {}
    for frame in messages:
        body = frame["msg"]
        if frame["type"] == "orderbook_snapshot":
            rows = body.get(f"{side}_dollars_fp", [])
            book = {px: float(qty) for px, qty in rows}
        elif frame["type"] == "orderbook_delta" and body["side"] == side:
            px = body["price_dollars"]
            book[px] = round(book.get(px, 0.0) + float(body["delta_fp"]), 2)
    return {px: qty for px, qty in book.items() if qty}
