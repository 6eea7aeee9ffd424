"""The suite's ground at the simulated Kalshi: a question with both outcomes, and another one."""

from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.conformance.memory import (
    BACK,
    HOST,
    HTTP,
    MAKERS,
    OURS,
    SOCKET,
    TAKERS,
    THERE,
    Setup,
    fault,
    refused,
    silent,
)
from tradewind.app.config import VenueWord
from tradewind.app.conformance.bench import Ground
from tradewind.app.conformance.claims import CLAIMS
from tradewind.app.conformance.world import Trouble
from tradewind.edge.net.seat import Seat
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.listing import (
    EventTerms,
    FixedProgramme,
    Listed,
    MarketTerms,
    SeriesTerms,
)
from tradewind.edge.simulators.kalshi.settings import AccountTerms, KalshiSettings, KeyTerms
from tradewind.edge.simulators.wire import Truth, WireAnswer, WireExchange, WireRequest
from tradewind.edge.simulators.wire_faults import Fault, Kind, Scope
from tradewind.edge.venues.kalshi.venue import KalshiVenue
from tradewind.model.config import Account, AccountMode
from tradewind.model.ids import AccountId, Currency, InstrumentId, VenueId
from tradewind.model.money import MILLIS, NANOS, ONE
from tradewind.model.order import Side
from tradewind.ports import Keys, Prepared

D = Decimal
ACCOUNT = AccountId("cards")
A, B = "KXCARDS-26DEC31-A", "KXCARDS-26DEC31-B"
YES, NO = InstrumentId(f"KALSHI:{A}:YES"), InstrumentId(f"KALSHI:{A}:NO")
OTHER = InstrumentId(f"KALSHI:{B}:YES")
START_NS = 1_795_176_000 * NANOS
DAY_NS = 86_400 * NANOS
PREFIX = "/trade-api/v2"
CREATES = f"{PREFIX}/portfolio/events/orders"
SOCKETS = "/trade-api/ws/v2"
DELTA, FILL, ORDER = '"orderbook_delta"', '"type":"fill"', '"type":"user_order"'
GROUND = Ground(
    account=ACCOUNT,
    instrument=YES,
    other=OTHER,
    mirror=NO,
    qty=D("10.00"),
    depth=D("50.00"),
    bid=D("0.4000"),
    ask=D("0.4400"),
    far_bid=D("0.1000"),
    far_ask=D("0.9000"),
    other_bid=D("0.6000"),
    other_ask=D("0.6300"),
    too_dear=D("1000000.00"),
)


def _key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(f"canary-{name}".encode().ljust(32, b"!"))


def _pem(name: str) -> str:
    key = _key(name)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _keys(name: str) -> Keys:
    return Keys({"key_id": f"canary-id-{name}", "private_key": _pem(name)})


def _create(kind: Kind, **more: Any) -> tuple[Fault, ...]:
    return (fault(kind, CREATES, carried=HTTP, method="POST", **more),)


def _news(kind: Kind, *texts: str, **more: Any) -> tuple[Fault, ...]:
    return tuple(
        fault(kind, SOCKETS, text=text, way=BACK, carried=SOCKET, **more) for text in texts
    )


def _unreadable(path: str) -> tuple[Fault, ...]:
    return (fault(Kind.STATUS, PREFIX + path, way=THERE, carried=HTTP, method="GET", status=500),)


BUSY = '{"error":"too many requests"}'
TROUBLES = {
    Trouble.CREATE_SWALLOWED: _create(Kind.HANG, way=THERE),
    Trouble.CREATE_UNANSWERED: _create(Kind.HANG_AFTER, way=THERE),
    Trouble.CREATE_FAILED_LATE: _create(Kind.STATUS_AFTER, way=THERE, times=1, status=504),
    Trouble.CREATE_GARBLED: _create(Kind.GARBAGE, way=BACK, times=1),
    Trouble.CREATE_CUT: _create(Kind.DROP_AFTER, way=THERE, times=1),
    Trouble.CREATE_THROTTLED: _create(Kind.STATUS, way=THERE, times=1, status=429, body=BUSY),
    Trouble.CHANGE_UNANSWERED: _create(Kind.HANG_AFTER, way=THERE),
    Trouble.CANCEL_UNANSWERED: (
        fault(Kind.HANG_AFTER, CREATES, carried=HTTP, method="DELETE", way=THERE),
    ),
    Trouble.CANCEL_SLOW: (
        fault(Kind.DELAY, CREATES, carried=HTTP, method="DELETE", way=THERE, length_ns=NANOS // 2),
    ),
    Trouble.ORDERS_UNREADABLE: _unreadable("/portfolio/orders"),
    Trouble.FILLS_UNREADABLE: _unreadable("/portfolio/fills"),
    Trouble.POSITIONS_UNREADABLE: _unreadable("/portfolio/positions"),
    Trouble.BALANCES_UNREADABLE: _unreadable("/portfolio/balance"),
    Trouble.READS_GARBLED: (
        fault(Kind.GARBAGE, f"{PREFIX}/portfolio/orders", way=BACK, carried=HTTP),
    ),
    Trouble.PUBLIC_RESTART: (Fault(kind=Kind.RESTART),),
    Trouble.PRIVATE_CUT: (refused(SOCKETS),),
    Trouble.PRIVATE_SILENT: (silent(SOCKETS),),
    Trouble.PRIVATE_TWICE: _news(Kind.DUPLICATE, FILL, ORDER),
    Trouble.PRIVATE_SHUFFLED: _news(Kind.REORDER, FILL, ORDER),
    Trouble.PRIVATE_LATE: _news(Kind.DELAY, FILL, ORDER, length_ns=NANOS // 2),
    Trouble.PRIVATE_GARBLED: _news(Kind.GARBAGE, ORDER, times=1),
    Trouble.PRIVATE_RENAMED: _news(Kind.RENAME, ORDER, times=1, field="status", to="state"),
    Trouble.PUBLIC_CUT: (refused(SOCKETS),),
    Trouble.PUBLIC_SILENT: (silent(SOCKETS),),
    Trouble.PUBLIC_TWICE: _news(Kind.DUPLICATE, DELTA),
    Trouble.PUBLIC_GAP: _news(Kind.GAP, DELTA, times=1),
    Trouble.PUBLIC_GARBLED: _news(Kind.GARBAGE, DELTA, times=1),
    Trouble.PUBLIC_TRUNCATED: _news(Kind.TRUNCATE, DELTA, times=1),
    Trouble.PUBLIC_RENAMED: _news(
        Kind.RENAME, DELTA, times=1, field="price_dollars", to="px_dollars"
    ),
    Trouble.PUBLIC_OMITTED: _news(Kind.OMIT, DELTA, times=1, field="delta_fp"),
}
CUTS = {Trouble.PRIVATE_CUT: (SOCKETS,), Trouble.PUBLIC_CUT: (SOCKETS,)}


class KalshiHand:
    """Requests by hand, signed with either member's key, and what the simulator can do."""

    def __init__(self, exchange: WireExchange) -> None:
        assert isinstance(exchange, KalshiExchange)
        self.exchange = exchange
        self.now_ns = START_NS
        self.count = 0

    def now(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def truth(self) -> Truth:
        return self.exchange.truth(f"canary-id-{OURS}")

    def symbol(self, instrument: InstrumentId) -> str:
        return instrument.split(":")[1]

    def _ask(self, who: str, method: str, path: str, body: object = None) -> WireRequest:
        text = b"" if body is None else msgspec.json.encode(body)
        stamp = str(self.now_ns // MILLIS)
        signature = _key(who).sign(f"{stamp}{method}{path}".encode())
        headers = {
            "kalshi-access-key": f"canary-id-{who}",
            "kalshi-access-timestamp": stamp,
            "kalshi-access-signature": b64encode(signature).decode(),
            "content-type": "application/json",
        }
        return WireRequest(method, path, headers, text)

    def create(
        self, who: str, instrument: InstrumentId, side: Side, qty: Decimal, px: Decimal, rests: bool
    ) -> tuple[WireRequest, Callable[[WireAnswer], str]]:
        self.count += 1
        named = f"by-hand-{self.now_ns}-{self.count}"
        body = {
            "ticker": self.symbol(instrument),
            "client_order_id": named,
            "side": "bid" if side is Side.BUY else "ask",
            "count": str(qty),
            "price": str(px),
            "time_in_force": "good_till_canceled" if rests else "immediate_or_cancel",
            "self_trade_prevention_type": "taker_at_cross",
        }
        return self._ask(who, "POST", CREATES, body), _named

    def cancel(self, instrument: InstrumentId, name: str) -> WireRequest:
        return self._ask(MAKERS, "DELETE", f"{CREATES}/{name}")

    def payload(self, prepared: Prepared) -> bytes:
        text: bytes = prepared.payload[2]
        return text

    def close(self, instrument: InstrumentId) -> Fault:
        return Fault(kind=Kind.CLOSE, scope=Scope(symbol=self.symbol(instrument)))

    def settle(self, instrument: InstrumentId) -> Decimal:
        self.exchange.lifecycle.determine(self.symbol(instrument), ONE)
        return ONE

    def funding_s(self, instrument: InstrumentId) -> float:
        raise AssertionError(f"{instrument} has no funding")


def _named(answer: WireAnswer) -> str:
    told = msgspec.json.decode(answer.body)
    assert answer.status == 201, told
    name: str = told["order_id"]
    return name


def _member(name: str, cash: str) -> AccountTerms:
    public = _key(name).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = KeyTerms(id=f"canary-id-{name}", public_key=pem)
    return AccountTerms(user_id=name, keys=(key,), cash=D(cash), tier="prestige")


def _exchange(start_ns: int) -> KalshiExchange:
    event = EventTerms(
        event_ticker="KXCARDS-26DEC31", series_ticker="KXCARDS", title="Will the card pass"
    )
    markets = tuple(
        MarketTerms(
            ticker=ticker,
            event_ticker=event.event_ticker,
            title="Will the card pass",
            created_ns=start_ns - 3 * DAY_NS,
            open_ns=start_ns - 3 * DAY_NS,
            close_ns=start_ns + DAY_NS,
            determined_ns=start_ns + DAY_NS + 20 * NANOS,
            yes_value=ONE,
        )
        for ticker in (A, B)
    )
    series = SeriesTerms(ticker="KXCARDS", title="Cards", category="Science")
    settings = KalshiSettings(
        accounts=(_member(OURS, "25000"), *(_member(who, "1000000") for who in (MAKERS, TAKERS))),
        start_ns=start_ns - 3 * DAY_NS,
        crowd=False,
    )
    exchange = KalshiExchange(settings, FixedProgramme((series,), (Listed(event, markets),)))
    _trade(exchange, start_ns)
    exchange.advance(start_ns)
    return exchange


def _trade(exchange: KalshiExchange, until_ns: int) -> None:
    """Let others trade every minute of the last hour: where nobody does there is no candle."""
    hand = KalshiHand(exchange)
    for minute in range(60, 0, -1):
        at_ns = until_ns - minute * 60 * NANOS
        hand.now(at_ns)
        for who, side, rests in ((MAKERS, Side.SELL, True), (TAKERS, Side.BUY, False)):
            px = D("0.42") + D("0.01") * (minute % 3)
            request, name = hand.create(who, YES, side, D("1.00"), px, rests)
            name(exchange.request(request, at_ns))


def _seat(keys: Keys | None) -> Seat:
    account = Account(
        id=ACCOUNT, venue=VenueId("KALSHI"), currency=Currency("USD"), mode=AccountMode.SANDBOX
    )
    hosts = {"rest": f"http://{HOST}", "ws": f"ws://{HOST}"}
    return Seat(account=account, hosts=hosts, symbols=("KXCARDS",), keys=keys)


KALSHI = Setup(
    name="kalshi",
    claims=CLAIMS[VenueWord.KALSHI],
    ground=GROUND,
    start_ns=START_NS,
    troubles=TROUBLES,
    cuts=CUTS,
    secrets=(f"canary-id-{OURS}", _pem(OURS).splitlines()[1]),
    exchange=_exchange,
    adapter=KalshiVenue,
    seat=_seat,
    keys=_keys(OURS),
    unknown_keys=_keys("unknown"),
    hand=KalshiHand,
)
