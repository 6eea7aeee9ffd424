"""The adapter and the simulated exchange over real sockets: two readings of the same protocol."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any

import msgspec
import pytest

from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport_aiohttp import AioTransport
from tradewind.edge.simulators.bybit.exchange import BybitExchange
from tradewind.edge.simulators.bybit.settings import AccountSettings, BybitSettings
from tradewind.edge.simulators.hosting import Host
from tradewind.edge.simulators.wire_faults import Fault, Faults, Kind, Scope
from tradewind.edge.venues.bybit.venue import BybitVenue
from tradewind.model import events as ev
from tradewind.model.config import Account
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import ConfigError
from tradewind.model.ids import (
    AccountId,
    BucketId,
    Currency,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueId,
)
from tradewind.model.order import OrderStatus, OrderType, PlaceOrder, Side, TimeInForce
from tradewind.ports import Keys, Wanted
from tradewind.runtime.clock import SystemClock

pytestmark = pytest.mark.sockets

BY = AccountId("by")
NAME = InstrumentId("BYBIT:BTCUSDT")
SPOT_NAME = InstrumentId("BYBIT:BTCUSDT:SPOT")
FOR_EVER = 1 << 62
FEEDS = frozenset({"book", "quote", "trade", "funding", "candle:1m"})
KEY = AccountSettings(key="SIMKEY0000000000AA", secret="SIMSECRET")


class Meeting:
    """An adapter that runs against a hosted exchange, and all it told."""

    def __init__(self, host: Host, exchange: BybitExchange, venue: BybitVenue, told: Any) -> None:
        self.host, self.exchange, self.venue, self.told = host, exchange, venue, told
        self.count = 0

    def of(self, *kinds: type, order: OrderId | None = None) -> list[Any]:
        found: list[Any] = [event for event in self.told if isinstance(event, kinds)]
        return [e for e in found if order is None or e.client_order_id == order]

    async def until(self, holds: Callable[[], Any], timeout_s: float = 10.0) -> Any:
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := holds()):  # noqa: ASYNC110 - anything may make it hold
                    await asyncio.sleep(0.005)
                return found
        except TimeoutError:
            account = [e for e in self.told if isinstance(e, ev.AccountEvent | ev.Locked)]
            raise AssertionError(f"it never held; told: {account}") from None

    def order(self, **spec: Any) -> SubmitOrder:
        """Return a new order with an id of its own; far below the market unless told otherwise."""
        self.count += 1
        order_id = OrderId(f"TWAAAAAAAAAAAAAAAAA{chr(64 + self.count)}")
        terms: dict[str, Any] = {
            "account": BY, "instrument": NAME, "side": Side.BUY, "qty": Decimal("0.010"),
            "px": self.touch()[0] - 500,
        } | spec  # fmt: skip
        return SubmitOrder(order_id, InstanceId("i"), PlaceOrder(**terms), self.now_ns(), 1)

    def now_ns(self) -> int:
        return self.host.now_ns()

    def touch(self) -> tuple[Decimal, Decimal]:
        quote = [event for event in self.of(ev.Quote) if event.instrument == NAME][-1]
        return quote.bid, quote.ask

    def orders_can_leave(self) -> bool:
        return self.venue._trade is None or self.venue._trade.ready

    async def place(self, **spec: Any) -> OrderId:
        """Send an order and wait until the venue has it."""
        made = self.order(**spec)
        self.venue.submit([self.venue.prepare(made)], FOR_EVER)
        await self.until(lambda: self.of(ev.OrderAccepted, order=made.client_order_id))
        return made.client_order_id

    async def read(self, *asked: OrderId, cursor: str = "") -> ev.AccountReport:
        return await self.venue.read(ReadAccount(BY, asked, 0, self.now_ns(), cursor))


@asynccontextmanager
async def meeting(
    seed: int,
    account: AccountSettings = KEY,
    symbols: tuple[str, ...] = ("BTCUSDT", "BTCUSDT:SPOT"),
    without: str = "",
    hedge: bool = False,
) -> AsyncIterator[Meeting]:
    clock = SystemClock()
    exchange = BybitExchange(BybitSettings(accounts=(account,), start_ns=clock.now_ns(), seed=seed))
    told: list[Any] = []
    async with Host(exchange, clock, Faults(Random(seed))) as host:
        base = f"ws://127.0.0.1:{host.port}/v5"
        hosts = {
            "rest": host.url,
            "public": f"{base}/public",
            "private": f"{base}/private",
            "trade": f"{base}/trade",
        }
        hosts.pop(without, None)
        transport = AioTransport(clock)
        seat = Seat(
            account=Account(
                id=BY, venue=VenueId("BYBIT"), currency=Currency("USDT"), hedge_mode=hedge
            ),
            hosts=hosts,
            symbols=symbols,
            keys=Keys(values={"key": account.key, "secret": account.secret}),
        )
        outside = Outside(transport=transport, clock=clock, dice=Random(seed), sink=told.append)
        venue = BybitVenue(seat, outside)
        met = Meeting(host, exchange, venue, told)
        try:
            await venue.discover()
            venue.watch([Wanted(NAME, FEEDS), Wanted(SPOT_NAME, frozenset({"book"}))])
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(venue.run())
                await met.until(lambda: any(e.live for e in met.of(ev.SessionChanged)))
                await met.until(
                    lambda: (
                        {e.instrument for e in met.of(ev.FeedChanged) if e.live}
                        == {NAME, SPOT_NAME}
                    )
                )
                await met.until(met.orders_can_leave)
                yield met
                task.cancel()
        finally:
            await transport.close()


async def test_every_feed_speaks(seed: int) -> None:
    async with meeting(seed) as met:
        for kind in (ev.BookSnapshot, ev.BookDelta, ev.Quote, ev.Trade, ev.Candle, ev.FundingRate):
            await met.until(partial(met.of, kind))
        assert {event.instrument for event in met.of(ev.TradingChanged)} == {NAME, SPOT_NAME}
        assert all(event.live for event in met.of(ev.FeedChanged))


async def test_an_order_rests_is_amended_and_cancelled(seed: int) -> None:
    async with meeting(seed) as met:
        placed = await met.place(post_only=True)
        wanted = (Decimal("0.020"), met.touch()[0] - 600)
        met.venue.amend(AmendOrder(placed, BY, NAME, None, *wanted, met.now_ns()), FOR_EVER)
        (amended,) = await met.until(lambda: met.of(ev.OrderAmended, order=placed))
        assert (amended.qty, amended.px) == wanted
        met.venue.cancel([CancelOrder(placed, BY, NAME, None, met.now_ns())], FOR_EVER)
        (gone,) = await met.until(lambda: met.of(ev.OrderCancelled, order=placed))
        assert gone.filled_qty == 0
        assert len(met.of(ev.OrderAccepted, order=placed)) == 1
        met.venue.cancel([CancelOrder(placed, BY, NAME, None, met.now_ns())], FOR_EVER)
        (refused,) = await met.until(lambda: met.of(ev.CancelRejected))
        assert refused.not_found


@pytest.mark.parametrize("without", ["", "trade"])
async def test_a_taking_order_fills_and_the_reading_agrees_with_the_truth(
    seed: int, without: str
) -> None:
    async with meeting(seed, without=without) as met:
        cursor = (await met.read()).cursor
        placed = await met.place(
            order_type=OrderType.MARKET, tif=TimeInForce.IOC, px=met.touch()[1] + 50
        )
        await met.until(lambda: met.of(ev.OrderClaimed, order=placed))
        await met.until(
            lambda: sum(e.fill.qty for e in met.of(ev.FillReceived)) == Decimal("0.010")
        )
        assert met.of(ev.OrderSent)
        await asyncio.sleep(0.5)  # history lags
        report = await met.read(placed, cursor=cursor)
        streamed = {event.fill.key: event.fill for event in met.of(ev.FillReceived)}
        assert {fill.key: fill for fill in report.fills} == streamed
        assert {fill.client_order_id for fill in report.fills} == {placed}
        (row,) = [row for row in report.orders if row.client_order_id == placed]
        assert (row.status, row.filled_qty) == (OrderStatus.FILLED, Decimal("0.010"))
        truth = met.exchange.truth(KEY.key)
        (position,) = report.positions
        assert position.qty == truth.positions["BTCUSDT"] == Decimal("0.010")
        assert report.balances[Currency("USDT")] == truth.cash["USDT"]
        assert {f"linear:{fill.key}" for fill in truth.fills} == set(streamed)


async def test_a_stop_sleeps_and_is_kept_by_a_cancel_all_that_keeps_protection(seed: int) -> None:
    async with meeting(seed) as met:
        await met.place(order_type=OrderType.MARKET, tif=TimeInForce.IOC, px=met.touch()[1] + 50)
        await met.until(lambda: met.of(ev.FillReceived))
        stop = {
            "order_type": OrderType.STOP, "px": None, "side": Side.SELL,
            "trigger_px": met.touch()[0] - 2000,
        }  # fmt: skip
        kept = await met.place(**stop, reduce_only=True)
        swept = await met.place(**stop)
        resting = [await met.place() for _ in range(3)]
        spot = await met.place(instrument=SPOT_NAME, qty=Decimal("0.01"))
        met.venue.cancel_all(CancelAll(BY, True, met.now_ns()), FOR_EVER)
        gone = {*resting, swept, spot}
        await met.until(lambda: {e.client_order_id for e in met.of(ev.OrderCancelled)} == gone)
        report = await met.read()
        assert [row.client_order_id for row in report.orders] == [kept]
        met.venue.cancel_all(CancelAll(BY, False, met.now_ns()), FOR_EVER)
        await met.until(lambda: met.of(ev.OrderCancelled, order=kept))
        assert not (await met.read()).orders
        assert not met.of(ev.Locked)


async def test_refusals_are_told_by_their_codes(seed: int) -> None:
    async with meeting(seed) as met:
        rich = met.order(qty=Decimal(400))
        met.venue.submit([met.venue.prepare(rich)], FOR_EVER)
        await met.until(lambda: met.of(ev.OrderRejected, order=rich.client_order_id))
        taking = met.order(px=met.touch()[1] + 50, post_only=True)
        met.venue.submit([met.venue.prepare(taking)], FOR_EVER)
        (refused,) = await met.until(lambda: met.of(ev.OrderRejected, order=taking.client_order_id))
        assert "PostOnly" in refused.reason


async def test_a_repeated_id_is_compared_with_what_the_venue_has(seed: int) -> None:
    async with meeting(seed) as met:
        placed = await met.place()
        again = met.order(qty=Decimal("0.030"))
        stolen = msgspec.structs.replace(again, client_order_id=placed)
        met.venue.submit([met.venue.prepare(stolen)], FOR_EVER)
        await met.until(lambda: met.of(ev.Locked))


async def test_a_cut_connection_comes_back_and_a_reading_finds_what_it_missed(seed: int) -> None:
    async with meeting(seed) as met:
        placed = await met.place()
        met.host.road.pause(paused=True, now_ns=met.now_ns())
        await met.until(lambda: not met.of(ev.SessionChanged)[-1].live)
        await met.until(lambda: not met.of(ev.FeedChanged)[-1].live)
        met.host.road.pause(paused=False, now_ns=met.now_ns())
        await met.until(lambda: met.of(ev.SessionChanged)[-1].live, 20)
        await met.until(lambda: met.of(ev.FeedChanged)[-1].live, 20)
        report = await met.read(placed)
        assert [row.client_order_id for row in report.orders] == [placed]
        await met.until(met.orders_can_leave, 20)
        met.venue.cancel([CancelOrder(placed, BY, NAME, None, met.now_ns())], FOR_EVER)
        await met.until(lambda: met.of(ev.OrderCancelled, order=placed))


async def test_whatever_the_exchange_does_wrong_the_books_end_equal(seed: int) -> None:
    dice = Random(seed)
    async with meeting(seed) as met:
        for kind in (Kind.QUIET, Kind.RACE, Kind.PARTIAL):
            met.host.road.faults.plan(Fault(kind=kind, chance=0.5))
        executions = Scope(path="/v5/private", text='"topic":"execution')
        met.host.road.faults.plan(Fault(kind=Kind.DUPLICATE, scope=executions, chance=0.5))
        for kind, times in ((Kind.BLIND, 2), (Kind.RESTARTING, 1), (Kind.TOO_MANY, 1)):
            met.host.road.faults.plan(Fault(kind=kind, times=times))
        cursor = (await met.read()).cursor
        sent: list[OrderId] = []
        for _ in range(14):
            await met.until(met.orders_can_leave)
            bid, ask = met.touch()
            side = dice.choice([Side.BUY, Side.SELL])
            away = dice.choice([-20, 0, 40])
            px = ask - away if side is Side.BUY else bid + away
            made = met.order(side=side, px=px, qty=dice.randint(1, 40) * Decimal("0.001"))
            met.venue.submit([met.venue.prepare(made)], FOR_EVER)
            sent.append(made.client_order_id)
            await asyncio.sleep(dice.choice([0, 0.02]))
        decided = (ev.OrderAccepted, ev.OrderRejected, ev.NoAnswer, ev.NotSent)
        await met.until(lambda: {e.client_order_id for e in met.of(*decided)} >= set(sent))
        met.venue.cancel_all(CancelAll(BY, False, met.now_ns()), FOR_EVER)
        await asyncio.sleep(0.5)
        report = await met.read(*sent, cursor=cursor)
        truth = met.exchange.truth(KEY.key)
        assert not [row for row in report.orders if row.status is OrderStatus.NEW]
        told = {event.fill.key: event.fill for event in met.of(ev.FillReceived)}
        assert told == {fill.key: fill for fill in report.fills}
        assert set(told) == {f"linear:{fill.key}" for fill in truth.fills}
        known = {order.client_id: order for order in truth.orders}
        assert all(order.attempts == 1 for order in known.values()), "nothing is sent twice"
        filled = {row.client_order_id: row.filled_qty for row in report.orders}
        assert filled == {OrderId(each): order.filled_qty for each, order in known.items()}
        refused = {e.client_order_id for e in met.of(ev.OrderRejected, ev.NotSent)}
        assert not refused & {OrderId(each) for each in known}
        held = truth.positions.get("BTCUSDT", Decimal(0))
        assert sum(row.qty for row in report.positions) == held


async def test_hedge_mode_keeps_long_and_short_apart(seed: int) -> None:
    account = msgspec.structs.replace(KEY, hedge=True)
    async with meeting(seed, account, ("BTCUSDT", "BTCUSDT:SPOT"), hedge=True) as met:
        market = {"order_type": OrderType.MARKET, "tif": TimeInForce.IOC}
        bid, ask = met.touch()
        await met.place(**market, px=ask + 50, bucket=BucketId("long"))
        await met.place(**market, px=bid - 50, bucket=BucketId("short"), side=Side.SELL)
        await met.until(
            lambda: {e.fill.bucket for e in met.of(ev.FillReceived)} == {"long", "short"}
        )
        report = await met.read()
        held = {row.bucket: row.qty for row in report.positions}
        assert held == {"long": Decimal("0.010"), "short": Decimal("-0.010")}


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"may_withdraw": True}, "may withdraw"), ({"hedge": True}, "hedge mode")],
)
async def test_an_account_that_must_not_trade_is_refused(
    seed: int, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        async with meeting(seed, msgspec.structs.replace(KEY, **changed)):
            pass
