"""A live session: kept before it is sent, read again when unread, cancelled when unwritable."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.harness import D, account, perpetual
from tradewind import Strategy
from tradewind.core.engine.desk import Desk
from tradewind.edge.store.bus_local import LocalBus
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.snapshots_file import FileSnapshots
from tradewind.model.commands import Deploy
from tradewind.model.config import DeskConfig, InstanceSpec, Limits
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, ReadAccount, SubmitOrder
from tradewind.model.errors import ConfigError, JournalError, Unreachable
from tradewind.model.events import (
    AccountReport,
    BookSnapshot,
    Candle,
    DeskStarted,
    FeedChanged,
    NotSent,
    OrderAccepted,
    OrderSent,
    Request,
)
from tradewind.model.ids import InstanceId, InstrumentId, OrderId, VenueOrderId
from tradewind.model.instrument import Instrument
from tradewind.model.order import OrderStatus
from tradewind.ports import JournalRow, Prepared, Wanted
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.keeper import JournalKeeper
from tradewind.runtime.live import GROUP, LiveSession

BTC = perpetual()
MINE = account("live", limits=Limits(max_daily_loss_pct=D(50)), read_lag_ns=1_000_000)


class Buyer(Strategy):
    """Buys one at the first book, a tick below the touch, and remembers what it heard."""

    def on_start(self, ctx: Any) -> None:
        self.asked = False

    def on_book(self, ctx: Any, book: Any) -> None:
        if not self.asked and ctx.may_open:
            self.asked = True
            ctx.buy(BTC.id, D(1), D("99.9"))


class Stubborn(Buyer):
    """Asks again at once whenever a cancel comes to nothing."""

    def on_order(self, ctx: Any, order: Any) -> None:
        if order.status is OrderStatus.NEW:
            ctx.cancel(order.client_order_id)


class Pair(Buyer):
    """Buys two at the first book; when they are on, buys a third, cancels both, buys a fourth."""

    def on_book(self, ctx: Any, book: Any) -> None:
        if not self.asked and ctx.may_open:
            self.asked = True
            self.on = [ctx.buy(BTC.id, D(1), D(px)) for px in ("99.9", "99.8")]

    def on_order(self, ctx: Any, order: Any) -> None:
        if order.status is OrderStatus.NEW and order.client_order_id == self.on[-1]:
            ctx.buy(BTC.id, D(1), D("99.7"))
            for each in self.on:
                ctx.cancel(each)
            ctx.buy(BTC.id, D(1), D("99.6"))


class ScriptedVenue:
    """A venue that accepts every order and writes down what it is asked, in which order."""

    def __init__(self, session: LiveSession, road: list[str]) -> None:
        self.session = session
        self.road = road
        self.failing_reads = 0
        self.unfit = self.unsent = False
        self.watched: list[Wanted] = []
        self.together: list[int] = []
        """How many orders, or with a minus cancels, left together."""

    async def discover(self) -> list[Instrument]:
        return [BTC]

    async def candles(
        self, instrument: InstrumentId, interval: str, start_ns: int, end_ns: int
    ) -> list[Candle]:
        return []

    def watch(self, wanted: Sequence[Wanted]) -> None:
        self.watched = list(wanted)

    def prepare(self, order: SubmitOrder) -> Prepared:
        if self.unfit:
            raise ConfigError("the venue has no such order")
        return Prepared(order.client_order_id, f"w-{order.client_order_id}", "d16e57", order)

    def submit(self, orders: Sequence[Prepared], not_after_ns: int) -> None:
        self.together.append(len(orders))
        for each in orders:
            self._submit(each, not_after_ns)

    def _submit(self, prepared: Prepared, not_after_ns: int) -> None:
        self.road.append(f"sent {prepared.digest}")
        order: SubmitOrder = prepared.payload
        now_ns = self.session.clock.now_ns()
        assert self.session.clock.monotonic_ns() < not_after_ns
        where = (order.spec.account, now_ns, now_ns, order.client_order_id)
        self.session.hear(OrderSent(*where, now_ns - order.ts))
        number = VenueOrderId(f"V{sum(each.startswith('sent') for each in self.road)}")
        self.session.hear(OrderAccepted(*where, number))

    def amend(self, change: AmendOrder, not_after_ns: int) -> None:
        self.road.append("amend")

    def cancel(self, requests: Sequence[CancelOrder], not_after_ns: int) -> None:
        self.together.append(-len(requests))
        for request in requests:
            self.road.append(f"cancel {request.venue_order_id}")
            if self.unsent:
                now_ns = self.session.clock.now_ns()
                where = (request.account, now_ns, now_ns, request.client_order_id)
                self.session.hear(NotSent(*where, Request.CANCEL, "no connection"))

    def cancel_all(self, request: CancelAll, not_after_ns: int) -> None:
        self.road.append("cancel all")

    async def read(self, question: ReadAccount) -> AccountReport:
        if self.failing_reads:
            self.failing_reads -= 1
            self.road.append("a reading fails")
            raise Unreachable("no route", venue="TEST", endpoint="read")
        self.road.append("read")
        now_ns = self.session.clock.now_ns()
        cash = {MINE.currency: D(10_000)}
        return AccountReport(MINE.id, now_ns, now_ns, (), (), (), cash, question.ask, "c1")

    async def run(self) -> None:
        await asyncio.Event().wait()


class Journal(SqliteJournal):
    """A journal that tells what it commits, and fails when the test says so."""

    road: list[str]
    groups: list[list[str]]
    broken = False

    def append(self, rows: Sequence[JournalRow]) -> None:
        if self.broken:
            raise JournalError("the disk is full")
        super().append(rows)
        self.road += [f"kept {row.kind}" for row in rows]
        self.groups.append([row.kind for row in rows])


class Stage:
    """One live session in a folder, with a venue by script."""

    def __init__(self, folder: Path) -> None:
        self.road: list[str] = []
        self.desk = Desk({"buyer": Buyer})
        self.journal = Journal(folder / "j.sqlite", durability="process", ballast_bytes=4096)
        self.journal.road, self.journal.groups = self.road, []
        self.epoch = self.journal.take_lease("test")
        self.log = FileEventLog(folder / "events")
        keeper = JournalKeeper(
            self.desk, self.epoch, self.journal, self.log, LocalBus(lambda *_: None)
        )
        snapshots = FileSnapshots(folder / "snapshots", "test")
        self.session = LiveSession(self.desk, keeper, SystemClock(), snapshots)
        self.venue = ScriptedVenue(self.session, self.road)

    def begin(self) -> None:
        config = DeskConfig(accounts=(MINE,))
        now_ns = self.session.clock.now_ns()
        self.session.begin(DeskStarted(self.epoch, 5, config, now_ns), {MINE.id: self.venue}, [BTC])
        spec = InstanceSpec(
            id=InstanceId("b"), strategy="buyer", accounts=(MINE.id,), instruments=(BTC.id,)
        )
        self.session.ask(Deploy(spec), "c1", "test", "")

    def book(self) -> None:
        now_ns = self.session.clock.now_ns()
        self.session.hear(
            BookSnapshot(BTC.id, now_ns, now_ns, ((D(100), D(5)),), ((D("100.1"), D(5)),), 1)
        )

    async def until(self, said: str) -> None:
        async with asyncio.timeout(5):
            while said not in self.road:  # noqa: ASYNC110 - a word on a list rings no bell
                await asyncio.sleep(0.002)

    def close(self) -> None:
        self.log.close()
        self.journal.close()


@pytest.fixture
def stage(tmp_path: Path) -> Any:
    made = Stage(tmp_path)
    yield made
    made.close()


async def traded(stage: Stage, *, until: str) -> None:
    """Run the session, show it a book once it has been read, and end it."""
    stage.begin()
    run = asyncio.get_running_loop().create_task(stage.session.run())
    try:
        await stage.until("kept AccountReport")
        stage.book()
        await stage.until(until)
    finally:
        run.cancel()
        await asyncio.wait({run})


async def test_whoever_catches_up_has_its_answer_however_much_waits_before_it(
    stage: Stage,
) -> None:
    stage.begin()
    for _ in range(2 * GROUP):
        stage.book()
    stage.session.inbox.behind = 3 * GROUP
    stage.session.ask(Deploy(_nobody()), "c2", "test", "")
    stage.session.catch_up()
    assert not len(stage.session.inbox)
    assert {"c1", "c2"} <= stage.desk.receipts.keys()


async def test_an_order_is_kept_with_its_wire_id_before_a_byte_leaves(stage: Stage) -> None:
    await traded(stage, until="kept OrderAccepted")
    road = stage.road
    assert (
        road.index("kept SubmitOrder")
        < road.index("kept OrderPrepared")
        < road.index("sent d16e57")
    )
    assert road.index("sent d16e57") < road.index("kept OrderSent")
    (order,) = stage.desk.orders.live.values()
    assert order.status is OrderStatus.NEW
    assert order.wire_id == f"w-{order.client_order_id}"
    assert 0 < order.sent_latency_ns < 1_000_000_000
    assert stage.session.latencies.count == 1


async def test_orders_that_leave_together_are_handed_over_together_and_in_their_order(
    stage: Stage,
) -> None:
    stage.desk.catalogue = {"buyer": Pair}
    await traded(stage, until="cancel V2")
    assert stage.venue.together == [2, 1, -2, 1]
    steps = [word.replace(" d16e57", "") for word in stage.road if word[:4] in ("sent", "canc")]
    assert steps == ["sent", "sent", "sent", "cancel V1", "cancel V2", "sent"]


async def test_a_reading_that_fails_is_asked_again_and_nothing_is_opened_before(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradewind.runtime.live.RETRY_S", (0.01,))
    stage.venue.failing_reads = 3
    stage.begin()
    run = asyncio.get_running_loop().create_task(stage.session.run())
    await asyncio.sleep(0)
    stage.book()
    await stage.until("read")
    assert stage.road.count("a reading fails") == 3
    assert stage.session.failed_reads == {MINE.id: 3}
    assert not any(word.startswith("sent") for word in stage.road)
    run.cancel()
    await asyncio.wait({run})


async def test_an_order_that_the_venue_cannot_express_never_leaves(stage: Stage) -> None:
    stage.venue.unfit = True
    await traded(stage, until="kept NotSent")
    assert "sent d16e57" not in stage.road
    assert not stage.desk.orders.live


async def test_a_strategy_that_asks_again_at_once_does_not_spin_while_nothing_can_leave(
    stage: Stage,
) -> None:
    stage.desk.catalogue = {"buyer": Stubborn}
    stage.venue.unsent = True
    await traded(stage, until="kept NotSent")
    assert 1 <= stage.road.count("cancel V1") <= 3


async def test_the_cursor_of_a_reading_comes_with_the_next_question(stage: Stage) -> None:
    await traded(stage, until="kept OrderAccepted")
    assert stage.desk.cursors == {MINE.id: "c1"}


async def test_without_a_journal_what_opens_is_cancelled_and_the_session_ends(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradewind.runtime.live.SEND_LIMIT_NS", 20_000_000)
    stage.begin()
    run = asyncio.get_running_loop().create_task(stage.session.run())
    await stage.until("kept AccountReport")
    stage.book()
    await stage.until("kept OrderAccepted")
    stage.journal.broken = True
    now_ns = stage.session.clock.now_ns()
    stage.session.ask(Deploy(_nobody()), "c2", "test", "")
    stage.session.hear(FeedChanged(BTC.id, now_ns, now_ns, True))
    await asyncio.wait({run}, timeout=5)
    assert stage.road[-1] == "cancel V1"
    with pytest.raises(ExceptionGroup) as ended:
        run.result()
    assert ended.group_contains(JournalError, match="disk is full")


async def test_the_adapter_listens_to_what_the_strategies_hear(stage: Stage) -> None:
    await traded(stage, until="kept OrderAccepted")
    stage.session.watch_markets({MINE.id: frozenset({BTC.id})})
    assert stage.venue.watched == [Wanted(BTC.id, frozenset({"book", "funding"}))]


def _nobody() -> InstanceSpec:
    return InstanceSpec(id=InstanceId("n"), strategy="nobody", accounts=(), instruments=())


async def test_a_book_is_folded_in_the_stack_that_read_it(stage: Stage) -> None:
    stage.begin()
    async with asyncio.TaskGroup() as group:
        run = group.create_task(stage.session.run())
        await stage.until("kept AccountReport")
        await asyncio.sleep(0)
        stage.book()
        stage.session.settle()
        # Nothing was awaited: the order has been kept and has left.
        assert "sent d16e57" in stage.road
        assert stage.road.index("kept OrderPrepared") < stage.road.index("sent d16e57")
        # What the venue answers meanwhile waits for its turn.
        assert "kept OrderSent" not in stage.road
        stage.session.settle()
        assert "kept OrderSent" not in stage.road
        await stage.until("kept OrderAccepted")
        run.cancel()


async def test_what_cannot_be_kept_in_the_readers_stack_ends_the_session_all_the_same(
    stage: Stage,
) -> None:
    stage.begin()
    run = asyncio.get_running_loop().create_task(stage.session.run())
    await stage.until("kept AccountReport")
    stage.journal.broken = True
    stage.book()
    stage.session.settle()
    assert "sent d16e57" not in stage.road
    async with asyncio.timeout(5):
        with pytest.raises(ExceptionGroup) as ended:
            await run
    assert ended.group_contains(JournalError, match="the disk is full")
    assert "sent d16e57" not in stage.road


async def test_nothing_is_folded_in_a_readers_stack_before_the_session_runs(stage: Stage) -> None:
    stage.begin()
    stage.book()
    stage.session.settle()
    assert not stage.road


async def test_that_an_order_has_left_is_kept_with_its_answer_or_a_moment_later(
    stage: Stage,
) -> None:
    stage.begin()
    run = asyncio.get_running_loop().create_task(stage.session.run())
    await stage.until("kept AccountReport")
    await asyncio.sleep(0.05)
    now_ns = stage.session.clock.now_ns()
    where = (MINE.id, now_ns, now_ns, OrderId("A"))
    stage.session.hear(OrderSent(*where, 5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert "kept OrderSent" not in stage.road
    stage.session.hear(OrderAccepted(*where, VenueOrderId("V1")))
    await stage.until("kept OrderAccepted")
    (group,) = [kinds for kinds in stage.journal.groups if "OrderSent" in kinds]
    assert group.index("OrderSent") < group.index("OrderAccepted")
    stage.road.clear()
    stage.session.hear(OrderSent(*where, 5))
    await stage.until("kept OrderSent")
    run.cancel()
    await asyncio.wait({run})
