"""The suite's ground at the simulated Bybit: linear perpetuals in one-way mode."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

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
from tradewind.app.conformance.card import Claim
from tradewind.app.conformance.claims import CLAIMS
from tradewind.app.conformance.world import Trouble
from tradewind.edge.net.seat import Seat
from tradewind.edge.simulators.bybit.exchange import BybitExchange
from tradewind.edge.simulators.bybit.settings import SHIPPED, AccountSettings, BybitSettings
from tradewind.edge.simulators.wire import Truth, WireAnswer, WireExchange, WireRequest
from tradewind.edge.simulators.wire_faults import Fault, Kind, Scope
from tradewind.edge.venues.bybit.auth import Signer
from tradewind.edge.venues.bybit.venue import BybitVenue
from tradewind.model.config import Account, AccountMode
from tradewind.model.ids import AccountId, Currency, InstrumentId, VenueId
from tradewind.model.money import MILLIS, NANOS
from tradewind.model.order import Side
from tradewind.ports import Keys, Prepared

D = Decimal
KEY, SECRET = "CANARYKEY00000000A", "canarysecret0000000000000000000000bb"
POWERFUL = "MAYWITHDRAW0000000"
OTHERS = {MAKERS: "MAKERS000000000000", TAKERS: "TAKERS000000000000"}
ACCOUNT = AccountId("cards")
SPOT = InstrumentId("BYBIT:BTCUSDT:SPOT")
BTC, ETH = InstrumentId("BYBIT:BTCUSDT"), InstrumentId("BYBIT:ETHUSDT")
START_NS = 1_790_000_000 * NANOS
FUNDING_MINUTES = 10
PUBLIC_PATH, PRIVATE, TRADE = "/v5/public", "/v5/private", "/v5/trade"
CREATED, AMENDED, CANCELS = "order.create", "order.amend", "order.cancel"
DELTA, ORDERS = '"delta"', '"topic":"order'
GROUND = Ground(
    account=ACCOUNT,
    instrument=BTC,
    other=ETH,
    qty=D("0.010"),
    depth=D("0.050"),
    bid=D("64990.0"),
    ask=D("65010.0"),
    far_bid=D("64500.0"),
    far_ask=D("65500.0"),
    other_bid=D("3199.00"),
    other_ask=D("3201.00"),
    trigger_px=D("65050.0"),
    too_dear=D("50"),
)


def _there(kind: Kind, text: str, **more: Any) -> tuple[Fault, ...]:
    return (fault(kind, TRADE, text=text, way=THERE, carried=SOCKET, **more),)


def _news(kind: Kind, path: str, text: str = "", **more: Any) -> tuple[Fault, ...]:
    return (fault(kind, path, text=text, way=BACK, carried=SOCKET, **more),)


def _unreadable(path: str) -> tuple[Fault, ...]:
    return (fault(Kind.STATUS, path, way=THERE, carried=HTTP, status=500),)


TROUBLES = {
    Trouble.CREATE_SWALLOWED: _there(Kind.HANG, CREATED),
    Trouble.CREATE_UNANSWERED: _there(Kind.HANG_AFTER, CREATED),
    Trouble.CREATE_GARBLED: _news(Kind.GARBAGE, TRADE, CREATED, times=1),
    Trouble.CREATE_FAILED_LATE: (Fault(kind=Kind.BLIND, times=1),),
    Trouble.CREATE_THROTTLED: (Fault(kind=Kind.TOO_MANY, times=1),),
    Trouble.CREATE_CUT: _there(Kind.DROP_AFTER, CREATED, times=1),
    Trouble.CHANGE_UNANSWERED: _there(Kind.HANG_AFTER, AMENDED),
    Trouble.CANCEL_UNANSWERED: _there(Kind.HANG_AFTER, CANCELS),
    Trouble.CANCEL_SLOW: _there(Kind.DELAY, CANCELS, length_ns=NANOS // 2),
    Trouble.ORDERS_UNREADABLE: _unreadable("/v5/order/realtime"),
    Trouble.FILLS_UNREADABLE: _unreadable("/v5/execution/list"),
    Trouble.POSITIONS_UNREADABLE: _unreadable("/v5/position/list"),
    Trouble.BALANCES_UNREADABLE: _unreadable("/v5/account/wallet-balance"),
    Trouble.READS_GARBLED: (fault(Kind.GARBAGE, "/v5/order", way=BACK, carried=HTTP),),
    Trouble.PRIVATE_CUT: (refused(PRIVATE),),
    Trouble.PRIVATE_SILENT: (silent(PRIVATE),),
    Trouble.PRIVATE_TWICE: _news(Kind.DUPLICATE, PRIVATE),
    Trouble.PRIVATE_SHUFFLED: _news(Kind.REORDER, PRIVATE),
    Trouble.PRIVATE_LATE: _news(Kind.DELAY, PRIVATE, length_ns=NANOS // 2),
    Trouble.PRIVATE_GARBLED: _news(Kind.GARBAGE, PRIVATE, ORDERS, times=1),
    Trouble.PRIVATE_RENAMED: _news(
        Kind.RENAME, PRIVATE, ORDERS, times=1, field="orderStatus", to="state"
    ),
    Trouble.PUBLIC_CUT: (refused(PUBLIC_PATH),),
    Trouble.PUBLIC_SILENT: (silent(PUBLIC_PATH),),
    Trouble.PUBLIC_RESTART: (Fault(kind=Kind.RESTART),),
    Trouble.PUBLIC_TWICE: _news(Kind.DUPLICATE, PUBLIC_PATH),
    Trouble.PUBLIC_GAP: _news(Kind.GAP, PUBLIC_PATH, DELTA, times=1),
    Trouble.PUBLIC_GARBLED: _news(Kind.GARBAGE, PUBLIC_PATH, DELTA, times=1),
    Trouble.PUBLIC_TRUNCATED: _news(Kind.TRUNCATE, PUBLIC_PATH, DELTA, times=1),
    Trouble.PUBLIC_RENAMED: _news(Kind.RENAME, PUBLIC_PATH, DELTA, times=1, field="b", to="bids"),
    Trouble.PUBLIC_OMITTED: _news(Kind.OMIT, PUBLIC_PATH, DELTA, times=1, field="u"),
}
CUTS = {Trouble.PRIVATE_CUT: (PRIVATE,), Trouble.PUBLIC_CUT: (PUBLIC_PATH,)}


class BybitHand:
    """Requests by hand, signed with either account's key, and what the simulator can do."""

    def __init__(self, exchange: WireExchange) -> None:
        assert isinstance(exchange, BybitExchange)
        self.exchange = exchange
        self.now_ns = START_NS
        self.count = 0
        self.signers = {
            who: Signer(Keys({"key": key, "secret": key * 2})) for who, key in OTHERS.items()
        }
        self.signers[OURS] = Signer(Keys({"key": KEY, "secret": SECRET}))

    def now(self, now_ns: int) -> None:
        self.now_ns = now_ns

    def truth(self) -> Truth:
        return self.exchange.truth(KEY)

    def symbol(self, instrument: InstrumentId) -> str:
        name = instrument.removeprefix("BYBIT:")
        return f"spot/{name.removesuffix(':SPOT')}" if instrument == SPOT else name

    def _named(self, instrument: InstrumentId) -> dict[str, str]:
        symbol = self.symbol(instrument).removeprefix("spot/")
        return {"category": "spot" if instrument == SPOT else "linear", "symbol": symbol}

    def _post(self, who: str, path: str, body: Mapping[str, object]) -> WireRequest:
        text = msgspec.json.encode(body)
        headers = self.signers[who].headers(text, self.now_ns // MILLIS)
        lower = {name.lower(): value for name, value in headers.items()}
        lower |= {"content-type": "application/json", "host": HOST}
        return WireRequest("POST", path, lower, text)

    def create(
        self, who: str, instrument: InstrumentId, side: Side, qty: Decimal, px: Decimal, rests: bool
    ) -> tuple[WireRequest, Callable[[WireAnswer], str]]:
        self.count += 1
        body = {
            **self._named(instrument),
            "side": side.value.capitalize(),
            "orderType": "Limit",
            "qty": str(qty),
            "price": str(px),
            "timeInForce": "GTC" if rests else "IOC",
            "orderLinkId": f"by-hand-{self.count}",
        }
        return self._post(who, "/v5/order/create", body), _named

    def cancel(self, instrument: InstrumentId, name: str) -> WireRequest:
        body = {**self._named(instrument), "orderId": name}
        return self._post(MAKERS, "/v5/order/cancel", body)

    def payload(self, prepared: Prepared) -> bytes:
        body: bytes = prepared.payload.body
        return body

    def close(self, instrument: InstrumentId) -> Fault:
        return Fault(kind=Kind.HALT, scope=Scope(symbol=self.symbol(instrument)))

    def settle(self, instrument: InstrumentId) -> Decimal:
        raise AssertionError(f"{instrument} does not settle")

    def funding_s(self, instrument: InstrumentId) -> float:
        every_ns = FUNDING_MINUTES * 60 * NANOS
        return (every_ns - self.now_ns % every_ns) / NANOS


def _named(answer: WireAnswer) -> str:
    told = msgspec.json.decode(answer.body)
    assert told["retCode"] == 0, told
    name: str = told["result"]["orderId"]
    return name


def _exchange(start_ns: int, *, hedge: bool = False) -> BybitExchange:
    symbols = tuple(
        msgspec.structs.replace(each, sigma=0.0, funding_minutes=FUNDING_MINUTES)
        for each in SHIPPED
    )
    accounts = (
        AccountSettings(
            key=KEY,
            secret=SECRET,
            order_limit=1_000,
            hedge=hedge,
            cash={"USDT": D(100_000), "BTC": D(2)},
        ),
        AccountSettings(key=POWERFUL, secret=POWERFUL * 2, may_withdraw=True),
        *(
            AccountSettings(
                key=key,
                secret=key * 2,
                order_limit=1_000,
                cash={"USDT": D(10_000_000), "BTC": D(100)},
            )
            for key in OTHERS.values()
        ),
    )
    settings = BybitSettings(accounts=accounts, start_ns=start_ns, symbols=symbols, crowd=False)
    return BybitExchange(settings)


def _seat(keys: Keys | None, *, hedge: bool = False, first: str = "BTCUSDT") -> Seat:
    account = Account(
        id=ACCOUNT,
        venue=VenueId("BYBIT"),
        currency=Currency("USDT"),
        mode=AccountMode.SANDBOX,
        hedge_mode=hedge,
    )
    hosts = {
        "rest": f"http://{HOST}",
        "public": f"ws://{HOST}/v5/public",
        "private": f"ws://{HOST}/v5/private",
        "trade": f"ws://{HOST}/v5/trade",
    }
    return Seat(account=account, hosts=hosts, symbols=(first, "ETHUSDT"), keys=keys)


BYBIT = Setup(
    name="bybit",
    claims=CLAIMS[VenueWord.BYBIT],
    ground=GROUND,
    start_ns=START_NS,
    troubles=TROUBLES,
    cuts=CUTS,
    secrets=(KEY, SECRET),
    exchange=_exchange,
    adapter=BybitVenue,
    seat=_seat,
    keys=Keys({"key": KEY, "secret": SECRET}),
    unknown_keys=Keys({"key": "CANARYKEY00000000Z", "secret": SECRET}),
    powerful_keys=Keys({"key": POWERFUL, "secret": POWERFUL * 2}),
    hand=BybitHand,
)
BYBIT_HEDGE = msgspec.structs.replace(
    BYBIT,
    name="bybit-hedge",
    claims=msgspec.structs.replace(CLAIMS[VenueWord.BYBIT], claimed=frozenset(Claim)),
    exchange=partial(_exchange, hedge=True),
    seat=partial(_seat, hedge=True),
)
"""The same with long and short kept apart, for the cards about that alone."""
BYBIT_SPOT = msgspec.structs.replace(
    BYBIT,
    name="bybit-spot",
    claims=msgspec.structs.replace(
        BYBIT.claims,
        claimed=BYBIT.claims.claimed
        - {Claim.REDUCE_ONLY, Claim.SHORTS, Claim.FUNDING, Claim.FUNDING_PAID},
    ),
    ground=msgspec.structs.replace(
        GROUND, instrument=SPOT, qty=D("0.010000"), depth=D("0.050000"), too_dear=D(20)
    ),
    seat=partial(_seat, first="BTCUSDT:SPOT"),
)
"""The same on spot: one owns what one buys, and pays fees in it."""
