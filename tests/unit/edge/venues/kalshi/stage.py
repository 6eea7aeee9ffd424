"""The adapter and a simulated exchange on real sockets of this machine, on one clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport_aiohttp import AioTransport
from tradewind.edge.simulators.hosting import Host
from tradewind.edge.simulators.kalshi.exchange import KalshiExchange
from tradewind.edge.simulators.kalshi.listing import (
    EventTerms,
    FixedProgramme,
    Listed,
    MarketTerms,
    SeriesTerms,
)
from tradewind.edge.simulators.kalshi.settings import AccountTerms, KalshiSettings, KeyTerms
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.edge.venues.kalshi.venue import KalshiVenue
from tradewind.model.config import Account
from tradewind.model.effects import CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.events import AccountReport, Event
from tradewind.model.ids import AccountId, Currency, InstanceId, InstrumentId, OrderId, VenueId
from tradewind.model.money import NANOS, ONE
from tradewind.model.order import PlaceOrder, Side
from tradewind.ports import Keys
from tradewind.runtime.clock import SystemClock

A, B = "KXTEST-26NOV21-A", "KXTEST-26NOV21-B"
YES, NO = InstrumentId(f"KALSHI:{A}:YES"), InstrumentId(f"KALSHI:{A}:NO")
HOUR_NS = 3600 * NANOS
E = TypeVar("E")


class LeapingClock:
    """The system's clock, which a test may set ahead for exchange and adapter alike."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self.ahead_ns = 0

    def now_ns(self) -> int:
        return self._system.now_ns() + self.ahead_ns

    def monotonic_ns(self) -> int:
        return self._system.monotonic_ns() + self.ahead_ns


def key_of(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b".")[:32])


def keys(name: str) -> Keys:
    pem = key_of(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Keys({"key_id": f"key-{name}", "private_key": pem.decode()})


def member(name: str, cash: str = "1000", tier: str = "prestige") -> AccountTerms:
    public = key_of(name).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    key = KeyTerms(id=f"key-{name}", public_key=pem)
    return AccountTerms(user_id=name, keys=(key,), cash=Decimal(cash), tier=tier)


def programme(now_ns: int, **market: Any) -> FixedProgramme:
    event = EventTerms(
        event_ticker="KXTEST-26NOV21", series_ticker="KXTEST", title="Will it be tested"
    )
    terms: dict[str, Any] = {
        "event_ticker": event.event_ticker,
        "title": "Will it be tested",
        "created_ns": now_ns,
        "open_ns": now_ns,
        "close_ns": now_ns + HOUR_NS,
        "determined_ns": now_ns + HOUR_NS + 20 * NANOS,
        "yes_value": ONE,
    }
    markets = tuple(MarketTerms(ticker=ticker, **(terms | market)) for ticker in (A, B))
    series = SeriesTerms(ticker="KXTEST", title="Tests", category="Science")
    return FixedProgramme((series,), (Listed(event, markets),))


class Stage:
    """One exchange, and the adapters that were opened on it with what they said."""

    def __init__(
        self, host: Host, exchange: KalshiExchange, clock: LeapingClock, faults: Faults
    ) -> None:
        self.host, self.exchange, self.clock, self.faults = host, exchange, clock, faults
        self.orders = 0

    def leap(self, seconds: float) -> None:
        self.clock.ahead_ns += round(seconds * NANOS)
        self.host.leap(0)

    @asynccontextmanager
    async def trader(self, name: str, **seat: Any) -> AsyncIterator["Trader"]:
        transport = AioTransport(self.clock)
        trader = Trader(self, name, transport, **seat)
        try:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(trader.venue.run())
                try:
                    yield trader
                finally:
                    running.cancel()
        finally:
            await transport.close()


class Trader:
    """An adapter and everything that it told."""

    def __init__(self, stage: Stage, name: str, transport: AioTransport, **seat: Any) -> None:
        self.stage, self.name = stage, name
        self.account = AccountId(name)
        self.heard: list[Event] = []
        self.news = asyncio.Event()
        account = Account(id=self.account, venue=VenueId("KALSHI"), currency=Currency("USD"))
        given: dict[str, Any] = {
            "account": account,
            "hosts": {"rest": stage.host.url, "ws": stage.host.url.replace("http", "ws")},
            "symbols": ("KXTEST",),
            "keys": keys(name),
        }
        clock = seat.pop("clock", stage.clock)
        outside = Outside(transport=transport, clock=clock, dice=Random(1), sink=self._hear)
        self.venue = KalshiVenue(Seat(**(given | seat)), outside)

    def _hear(self, event: Event) -> None:
        self.heard.append(event)
        self.news.set()

    def told(self, kind: type[E], since: int = 0) -> list[E]:
        return [event for event in self.heard[since:] if isinstance(event, kind)]

    async def until(
        self, kind: type[E], fits: Callable[[E], bool] = lambda _: True, since: int = 0
    ) -> E:
        """Wait for an event, already told or to come."""
        async with asyncio.timeout(8):
            while True:
                for event in self.told(kind, since):
                    if fits(event):
                        return event
                self.news.clear()
                await self.news.wait()

    async def enough(self, kind: type[E], count: int) -> None:
        """Wait until so many were told."""
        async with asyncio.timeout(8):
            while len(self.told(kind)) < count:
                self.news.clear()
                await self.news.wait()

    def order(self, side: Side, qty: str, px: str, **more: Any) -> SubmitOrder:
        self.stage.orders += 1
        name = OrderId(f"TW{self.stage.orders:018d}".replace("0", "A").replace("1", "B"))
        now_ns = self.stage.clock.now_ns()
        instrument = more.pop("instrument", YES)
        spec = PlaceOrder(self.account, instrument, side, Decimal(qty), Decimal(px), **more)
        return SubmitOrder(name, InstanceId("test"), spec, now_ns, 1)

    @property
    def not_after_ns(self) -> int:
        return self.stage.clock.monotonic_ns() + 2 * NANOS

    def submit(self, order: SubmitOrder) -> OrderId:
        self.venue.submit([self.venue.prepare(order)], self.not_after_ns)
        return order.client_order_id

    def buy(self, qty: str, px: str, **more: Any) -> OrderId:
        return self.submit(self.order(Side.BUY, qty, px, **more))

    def sell(self, qty: str, px: str, **more: Any) -> OrderId:
        return self.submit(self.order(Side.SELL, qty, px, **more))

    def cancel(self, name: OrderId, instrument: InstrumentId = YES) -> None:
        now_ns = self.stage.clock.now_ns()
        request = CancelOrder(name, self.account, instrument, None, now_ns)
        self.venue.cancel([request], self.not_after_ns)

    async def read(self, *ask: OrderId, cursor: str = "") -> AccountReport:
        now_ns = self.stage.clock.now_ns()
        return await self.venue.read(ReadAccount(self.account, ask, now_ns, now_ns, cursor))


@asynccontextmanager
async def staged(**settings: Any) -> AsyncIterator[Stage]:
    """Open an exchange with the members ann and bob, and two markets of one event."""
    clock = LeapingClock()
    now_ns = clock.now_ns() - NANOS
    members = settings.pop("accounts", (member("ann"), member("bob")))
    market = settings.pop("market", {})
    made = KalshiSettings(accounts=members, start_ns=now_ns, crowd=False, **settings)
    exchange = KalshiExchange(made, programme(now_ns, **market))
    faults = Faults(Random(1))
    async with Host(exchange, clock, faults) as host:
        yield Stage(host, exchange, clock, faults)
