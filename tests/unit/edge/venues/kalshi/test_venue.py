"""The adapter against the simulated exchange, over real sockets of this machine."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.edge.venues.kalshi.stage import (
    NO,
    YES,
    A,
    LeapingClock,
    Stage,
    Trader,
    member,
    staged,
)
from tradewind.core.market.market import Market
from tradewind.edge.simulators.wire_faults import Fault, Kind, Scope, Way
from tradewind.edge.venues.kalshi.venue import ENVIRONMENTS
from tradewind.model.effects import AmendOrder, CancelAll
from tradewind.model.errors import AuthFailed, BadReply, ConfigError, VenueError
from tradewind.model.events import (
    AmendRejected,
    BookDelta,
    BookSnapshot,
    CancelRejected,
    FeedChanged,
    FillReceived,
    InstrumentDefined,
    NoAnswer,
    NotSent,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderRejected,
    OrderSent,
    Request,
    RequestsCounted,
    SessionChanged,
    SettlementPhase,
    SettlementReported,
    Trade,
    TradingChanged,
)
from tradewind.model.ids import InstrumentId, OrderId
from tradewind.model.market import Trading, Trust
from tradewind.model.money import NANOS
from tradewind.model.order import OrderStatus, OrderType, Side, TimeInForce
from tradewind.ports import Wanted

pytestmark = pytest.mark.sockets

D = Decimal
ALL = frozenset({"book", "trade", "quote"})


async def test_discovery_finds_both_outcomes_of_a_series_an_event_and_a_market() -> None:
    async with staged() as stage:
        for symbol, count in (("KXTEST", 4), ("KXTEST-26NOV21", 4), (A, 2)):
            async with stage.trader("ann", symbols=(symbol,), keys=None) as public:
                found = await public.venue.discover()
                assert len(found) == count
                assert {YES, NO} <= {each.id for each in found}
        async with stage.trader("ann", symbols=("KXNOBODY",)) as lost:
            with pytest.raises(VenueError, match="KXNOBODY"):
                await lost.venue.discover()


async def test_an_order_lives_from_its_sending_to_its_fill_on_both_outcomes() -> None:
    async with staged() as stage, stage.trader("ann") as ann, stage.trader("bob") as bob:
        await ann.venue.discover()
        ann.venue.watch([Wanted(YES, ALL)])
        await ann.until(BookSnapshot, lambda event: event.instrument == NO)
        await ann.until(SessionChanged)
        await bob.until(SessionChanged)
        mine = ann.buy("10", "0.40")
        sent = await ann.until(OrderSent)
        assert sent.client_order_id == mine
        assert 0 < sent.latency_ns < NANOS
        await ann.until(OrderAccepted)
        shown = await ann.until(BookDelta, lambda event: event.instrument == NO)
        assert shown.asks == ((D("0.60"), D(10)),)
        bob.buy("4", "0.60", instrument=NO)
        made, taken = await ann.until(FillReceived), await bob.until(FillReceived)
        assert (made.fill.instrument, made.fill.side, made.fill.px) == (YES, Side.BUY, D("0.40"))
        assert (taken.fill.instrument, taken.fill.side, taken.fill.px) == (NO, Side.BUY, D("0.60"))
        assert made.fill.client_order_id == mine
        assert taken.fill.fee == D("0.0672")
        printed = await ann.until(Trade, lambda event: event.instrument == NO)
        assert (printed.px, printed.side) == (D("0.60"), Side.BUY)
        ann.cancel(mine)
        gone = await ann.until(OrderCancelled)
        assert gone.filled_qty == D(4)


async def test_a_reading_tells_what_the_stream_told() -> None:
    async with staged() as stage, stage.trader("ann") as ann, stage.trader("bob") as bob:
        await ann.until(SessionChanged)
        await bob.until(SessionChanged)
        resting = ann.buy("10", "0.40")
        await ann.until(OrderAccepted)
        ended = bob.buy("4", "0.60", instrument=NO)
        streamed = await bob.until(FillReceived)
        report = await bob.read(ended, OrderId("TWNEVERSENT"))
        assert report.fills == (streamed.fill,)
        assert report.asked == (ended, OrderId("TWNEVERSENT"))
        assert [(row.client_order_id, row.status) for row in report.orders] == [
            (ended, OrderStatus.FILLED)
        ]
        assert [(row.instrument, row.qty) for row in report.positions] == [(NO, D(4))]
        assert report.balances == {"USD": D("1000") - D("2.4") - D("0.0672")}
        mine = await ann.read()
        assert [(row.client_order_id, row.filled_qty) for row in mine.orders] == [(resting, D(4))]
        again = await bob.read(cursor=mine.cursor)
        assert again.fills == (streamed.fill,)


async def test_a_new_process_reads_what_an_old_one_ordered() -> None:
    async with staged() as stage, stage.trader("bob") as bob:
        async with stage.trader("ann") as before:
            await before.until(SessionChanged)
            first = before.sell("5", "0.30", instrument=NO)
            await before.until(OrderAccepted)
        await bob.until(SessionChanged)
        bob.sell("2", "0.70")
        await bob.until(FillReceived)
        async with stage.trader("ann") as after:
            report = await after.read(first, cursor=str(stage.clock.now_ns() // NANOS - 5))
            assert [(fill.instrument, fill.side, fill.px) for fill in report.fills] == [
                (NO, Side.SELL, D("0.30"))
            ]
            assert report.fills[0].client_order_id == first
            assert [(row.instrument, row.side) for row in report.orders] == [(NO, Side.SELL)]
            defined = {event.instrument.id for event in after.told(InstrumentDefined)}
            assert {YES, NO} <= defined


async def test_a_reading_waits_until_the_venue_shows_what_had_happened_when_it_was_asked() -> None:
    async with (
        staged(read_lag_ns=400_000_000) as stage,
        stage.trader("ann") as ann,
        stage.trader("bob") as bob,
    ):
        await ann.until(SessionChanged)
        await bob.until(SessionChanged)
        ann.buy("10", "0.40")
        await ann.until(OrderAccepted)
        name = bob.sell("4", "0.40")
        streamed = await bob.until(FillReceived)
        report = await bob.read(name)
        assert report.fills == (streamed.fill,)
        assert [row.status for row in report.orders] == [OrderStatus.FILLED]
        assert [row.qty for row in report.positions] == [D(4)]


async def test_a_machine_whose_clock_is_a_minute_off_finds_out_and_logs_in() -> None:
    late = LeapingClock()
    late.ahead_ns = -60 * NANOS
    async with staged() as stage, stage.trader("ann", clock=late) as ann:
        session = await ann.until(SessionChanged, lambda event: event.live)
        assert session.account == "ann"
        ann.buy("1", "0.40")
        await ann.until(OrderAccepted)


async def test_an_amendment_is_answered_with_its_terms() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        name = ann.sell("10", "0.60", instrument=NO)
        await ann.until(OrderAccepted)
        amend(stage, ann, name, "8", "0.58")
        told = await ann.until(OrderAmended)
        assert (told.qty, told.px) == (D(8), D("0.58"))
        amend(stage, ann, name, "8", "0.585")
        refused = await ann.until(AmendRejected)
        assert refused.code == "invalid_price"
        report = await ann.read(name)
        assert [(row.qty, row.px) for row in report.orders] == [(D(8), D("0.58"))]


def amend(stage: Stage, trader: Trader, name: OrderId, qty: str, px: str) -> None:
    now_ns = stage.clock.now_ns()
    change = AmendOrder(name, trader.account, NO, None, D(qty), D(px), now_ns)
    trader.venue.amend(change, trader.not_after_ns)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"tif": TimeInForce.IOC}, OrderCancelled),
        ({"tif": TimeInForce.FOK}, OrderRejected),
        ({"post_only": True, "px": "0.61"}, OrderRejected),
        ({"px": "0.405"}, OrderRejected),
        ({"reduce_only": True}, OrderRejected),
    ],
)
async def test_what_the_venue_does_not_let_rest_ends_at_once(
    more: dict[str, Any], kind: type[OrderEvent]
) -> None:
    async with staged() as stage, stage.trader("ann") as ann, stage.trader("bob") as bob:
        await ann.until(SessionChanged)
        await bob.until(SessionChanged)
        bob.sell("1", "0.61")
        await bob.until(OrderAccepted)
        name = ann.buy("10", str(more.pop("px", "0.40")), **more)
        ended = await ann.until(kind)
        assert ended.client_order_id == name


async def test_a_crossing_post_only_order_may_be_taken_and_cancelled_as_well() -> None:
    async with (
        staged(post_only_cross_cancels=True) as stage,
        stage.trader("ann") as ann,
        stage.trader("bob") as bob,
    ):
        await ann.until(SessionChanged)
        await bob.until(SessionChanged)
        bob.sell("1", "0.61")
        await bob.until(OrderAccepted)
        ann.buy("10", "0.62", post_only=True)
        gone = await ann.until(OrderCancelled)
        assert gone.filled_qty == 0


async def test_a_time_to_live_ends_at_the_venue() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        ann.buy("10", "0.40", tif=TimeInForce.GTD, ttl_ns=30 * NANOS)
        await ann.until(OrderAccepted)
        stage.leap(32)
        expired = await ann.until(OrderExpired)
        assert expired.filled_qty == 0


async def test_a_cancel_that_overtakes_its_order_waits_for_the_number() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        name = ann.buy("10", "0.40")
        ann.cancel(name)
        gone = await ann.until(OrderCancelled)
        assert gone.client_order_id == name
        ann.cancel(name)
        refused = await ann.until(CancelRejected)
        assert refused.not_found


async def test_a_cancel_of_an_order_that_nobody_knows_is_not_sent() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        ann.cancel(OrderId("TWNEVERSENT"))
        told = await ann.until(NotSent)
        assert told.request is Request.CANCEL


async def test_cancel_all_ends_every_order_and_holds_new_ones_for_a_minute() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        names = {ann.buy("1", f"0.{cents}") for cents in range(10, 19)}
        for name in names:
            await ann.until(OrderAccepted, of(name))
        all_of_it = CancelAll(ann.account, keep_protective=False, ts=0)
        ann.venue.cancel_all(all_of_it, ann.not_after_ns)
        late = ann.buy("1", "0.40")
        held = await ann.until(NotSent)
        assert held.client_order_id == late
        for name in names:
            await ann.until(OrderCancelled, of(name))
        assert (await ann.read()).orders == ()
        stage.leap(61)
        again = ann.buy("1", "0.40")
        await ann.until(OrderAccepted, of(again))


async def test_past_its_deadline_nothing_is_written() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        order = ann.order(Side.BUY, "1", "0.40")
        ann.venue.submit([ann.venue.prepare(order)], stage.clock.monotonic_ns() - 1)
        told = await ann.until(NotSent)
        assert (told.client_order_id, told.request) == (order.client_order_id, Request.SUBMIT)
        assert not stage.exchange.truth("key-ann").orders
        assert not ann.told(OrderSent)


async def test_a_spent_id_is_ours_only_if_it_is_the_order_that_we_meant() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        order = ann.order(Side.BUY, "1", "0.40")
        name = ann.submit(order)
        await ann.until(OrderAccepted)
        async with stage.trader("ann") as other:
            await other.until(SessionChanged)
            other.submit(order)
            found = await other.until(OrderAccepted)
            assert found.client_order_id == name
        async with stage.trader("ann") as third:
            await third.until(SessionChanged)
            changed = ann.order(Side.BUY, "2", "0.40")
            spec, wrong = changed.spec, type(changed)
            third.submit(wrong(name, changed.instance, spec, changed.ts, 1))
            collided = await third.until(OrderRejected)
            assert collided.code == "order_already_exists"
            assert any(type(event).__name__ == "Locked" for event in third.heard)


async def test_a_wrong_key_and_no_key_are_told_apart_from_an_account() -> None:
    async with staged(accounts=(member("ann"),)) as stage:
        async with stage.trader("bob") as stranger:
            lost = await stranger.until(SessionChanged)
            assert not lost.live
            with pytest.raises(AuthFailed):
                await stranger.read()
        async with stage.trader("ann", keys=None) as public:
            with pytest.raises(AuthFailed):
                await public.read()


async def test_a_dropped_connection_comes_back_and_its_books_with_it() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.venue.discover()
        ann.venue.watch([Wanted(NO, frozenset({"book"}))])
        await ann.until(BookSnapshot)
        await ann.until(SessionChanged)
        since = len(ann.heard)
        for connection in list(stage.exchange.feeds.sessions):
            connection.close(1011)
        await ann.until(FeedChanged, lambda event: not event.live, since)
        await ann.until(SessionChanged, lambda event: not event.live, since)
        await ann.until(BookSnapshot, lambda event: event.instrument == NO, since)
        await ann.until(SessionChanged, lambda event: event.live, since)


async def test_a_pause_a_close_and_a_settlement_are_told_for_both_outcomes() -> None:
    async with staged() as stage, stage.trader("ann") as ann, stage.trader("bob") as bob:
        await ann.venue.discover()
        ann.venue.watch([Wanted(YES, ALL)])
        await ann.until(BookSnapshot)
        await ann.until(SessionChanged)
        await bob.until(SessionChanged)
        ann.buy("10", "0.40")
        await ann.until(OrderAccepted)
        bob.sell("10", "0.40")
        await ann.until(FillReceived)
        begun = str(stage.clock.now_ns() // NANOS)
        now_ns = stage.clock.now_ns()
        stage.faults.plan(Fault(kind=Kind.HALT, scope=Scope(symbol=A), start_ns=now_ns))
        stage.host.road.arrive(now_ns)
        for name in (YES, NO):
            await ann.until(TradingChanged, trading(name, Trading.PAUSED))
        stage.host.road.end(Kind.HALT, Scope(symbol=A), stage.clock.now_ns())
        since = len(ann.heard)
        await ann.until(TradingChanged, trading(NO, Trading.OPEN))
        stage.leap(3601)
        await ann.until(TradingChanged, trading(NO, Trading.CLOSED), since)
        stage.leap(30)
        news = await ann.until(SettlementReported, lambda event: event.instrument == NO)
        assert (news.phase, news.payout) == (SettlementPhase.DETERMINED, 0)
        stage.leap(7200)
        await ann.until(TradingChanged, trading(NO, Trading.SETTLED), since)
        paid = [await ann.until(SettlementReported, payment(name)) for name in (YES, NO)]
        assert [(each.payout, each.number) for each in paid] == [(1, 1), (0, 1)]
        ended = [
            event.instrument.statistics.get("resolution")
            for event in ann.told(InstrumentDefined)
            if event.instrument.id == YES
        ]
        assert ended[-1] == "1.0000"
        since = len(ann.heard)
        await ann.read(cursor=begun)
        assert len(ann.told(SettlementReported, since)) == 2


def trading(name: InstrumentId, wanted: Trading) -> Callable[[TradingChanged], bool]:
    return lambda event: (event.instrument, event.trading) == (name, wanted)


def payment(name: InstrumentId) -> Callable[[SettlementReported], bool]:
    return lambda event: (event.instrument, event.phase) == (name, SettlementPhase.PAID)


def of(name: OrderId) -> Callable[[OrderEvent], bool]:
    return lambda event: event.client_order_id == name


async def test_candles_are_read_for_both_outcomes() -> None:
    async with staged() as stage, stage.trader("ann") as ann, stage.trader("bob") as bob:
        await ann.until(SessionChanged)
        await bob.until(SessionChanged)
        ann.buy("10", "0.40")
        await ann.until(OrderAccepted)
        bob.sell("10", "0.40")
        await ann.until(FillReceived)
        begun_ns = stage.clock.now_ns()
        stage.leap(120)
        now_ns = stage.clock.now_ns()
        start_ns = begun_ns // (60 * NANOS) * 60 * NANOS
        yes = await ann.venue.candles(YES, "1m", start_ns, now_ns)
        no = await ann.venue.candles(NO, "1m", start_ns, now_ns)
        assert yes[0].ts_event == start_ns
        assert (yes[0].close_quanta, no[0].close_quanta) == (4000, 6000)
        assert yes[0].volume == 10
        assert all(each.ts_event + 60 * NANOS <= now_ns for each in yes)
        with pytest.raises(ConfigError):
            await ann.venue.candles(YES, "7m", start_ns, now_ns)


async def test_the_budget_of_the_account_is_learnt_and_told() -> None:
    async with (
        staged(accounts=(member("ann", tier="basic"),)) as stage,
        stage.trader("ann") as ann,
    ):
        await ann.until(SessionChanged)
        await asyncio.sleep(0.1)
        for _ in range(12):
            ann.buy("1", "0.40")
        refused = await ann.until(NotSent)
        assert "budget" in refused.reason
        await ann.enough(OrderSent, 10)
        stage.leap(6)
        counted = await ann.until(RequestsCounted)
        assert counted.answered > 10
        assert not ann.told(NoAnswer)


ORDERS = "/trade-api/v2/portfolio/events/orders"


@pytest.mark.parametrize("kind", [Kind.STATUS_AFTER, Kind.DROP_AFTER, Kind.TRUNCATE, Kind.GARBAGE])
async def test_an_order_that_was_taken_without_a_readable_answer_is_unknown_and_then_found(
    kind: Kind,
) -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        way = Way.THERE if kind in (Kind.STATUS_AFTER, Kind.DROP_AFTER) else Way.BACK
        stage.faults.plan(
            Fault(kind=kind, times=1, scope=Scope(path=ORDERS, method="POST", way=way))
        )
        name = ann.buy("10", "0.40")
        doubt = await ann.until(NoAnswer)
        assert (doubt.client_order_id, doubt.request) == (name, Request.SUBMIT)
        assert not ann.told(OrderRejected)
        report = await ann.read(name)
        assert [(row.client_order_id, row.status) for row in report.orders] == [
            (name, OrderStatus.NEW)
        ]
        assert [order.attempts for order in stage.exchange.truth("key-ann").orders] == [1]
        ann.cancel(name)
        await ann.until(OrderCancelled)


@pytest.mark.parametrize("path", ["/portfolio/fills", "/portfolio/positions", "/portfolio/balance"])
async def test_a_reading_of_which_one_part_fails_is_no_reading(path: str) -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        scope = Scope(path=f"/trade-api/v2{path}", way=Way.BACK)
        stage.faults.plan(Fault(kind=Kind.GARBAGE, scope=scope))
        with pytest.raises(BadReply):
            await ann.read()
        stage.faults.clear()
        assert (await ann.read()).balances == {"USD": D(1000)}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=Kind.TRUNCATE, times=1, scope=Scope(text="orderbook_delta")),
        Fault(kind=Kind.GARBAGE, times=1, scope=Scope(text="orderbook_delta")),
        Fault(
            kind=Kind.RENAME, times=1, field="delta_fp", to="delta", scope=Scope(text="delta_fp")
        ),
        Fault(kind=Kind.OMIT, times=1, field="delta_fp", scope=Scope(text="delta_fp")),
        Fault(kind=Kind.GAP, times=1, scope=Scope(text="orderbook_delta")),
        Fault(kind=Kind.DUPLICATE, times=1, scope=Scope(text="orderbook_delta")),
        Fault(kind=Kind.REORDER, times=1, scope=Scope(text="orderbook_delta")),
    ],
    ids=lambda fault: fault.kind.value,
)
async def test_a_mangled_feed_is_distrusted_or_right_and_right_in_the_end(fault: Fault) -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        instruments = await ann.venue.discover()
        markets = {each.id: Market(each) for each in instruments}
        ann.venue.watch([Wanted(YES, frozenset({"book"}))])
        await ann.until(BookSnapshot)
        await ann.until(SessionChanged)
        stage.faults.plan(fault)
        for cents in (40, 41, 42):
            name = ann.buy("1", f"0.{cents}")
            await ann.until(OrderAccepted, of(name))
        wanted = tuple((D(cents) / 100, D(1)) for cents in (42, 41, 40))
        folded = 0
        async with asyncio.timeout(5):
            while True:
                for event in ann.heard[folded:]:
                    if isinstance(event, BookSnapshot | BookDelta):
                        markets[event.instrument].apply_book(event)
                    elif isinstance(event, FeedChanged):
                        markets[event.instrument].apply_feed(event)
                folded = len(ann.heard)
                book = markets[YES].book
                trusted = book is not None and book.trust is Trust.TRUSTED and markets[YES].live
                if book is not None and trusted and book.levels(Side.BUY, 9) == wanted:
                    break
                await asyncio.sleep(0.02)
        assert stage.faults.counts[fault.kind] == 1


async def test_a_full_bucket_at_the_venue_is_a_definite_refusal() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        order = ann.order(Side.BUY, "1", "0.40")
        prepared = ann.venue.prepare(order)
        stage.faults.plan(
            Fault(kind=Kind.STATUS, times=1, status=429, scope=Scope(path=ORDERS, method="POST"))
        )
        ann.venue.submit([prepared], ann.not_after_ns)
        refused = await ann.until(OrderRejected)
        assert refused.code == "429"
        assert stage.exchange.truth("key-ann").orders == ()


async def test_stops_are_refused_before_anything_is_written() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        stop = ann.order(Side.SELL, "1", "0.40", order_type=OrderType.STOP, trigger_px=D("0.41"))
        with pytest.raises(ConfigError):
            ann.venue.prepare(stop)


def test_both_environments_name_both_hosts() -> None:
    assert set(ENVIRONMENTS) == {"production", "demo"}
    assert all(set(hosts) == {"rest", "ws"} for hosts in ENVIRONMENTS.values())
    assert ".demo." in ENVIRONMENTS["demo"]["rest"]
    assert ".demo." not in ENVIRONMENTS["production"]["ws"]
