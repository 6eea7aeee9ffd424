"""A paper account on live data: the venue's market, orders of our own, and nobody else's news."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.harness import D, account, perpetual
from tradewind.core.matching.latency import ConstantLatency
from tradewind.core.matching.state import VenueModel
from tradewind.edge.simulators.inprocess import InProcessVenue
from tradewind.model.effects import ReadAccount, SubmitOrder
from tradewind.model.events import (
    Event,
    FillReceived,
    NotSent,
    OrderAccepted,
    OrderSent,
    Quote,
    SessionChanged,
)
from tradewind.model.ids import InstanceId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.money import MILLIS
from tradewind.model.order import PlaceOrder, Side
from tradewind.ports import Wanted
from tradewind.runtime.clock import SystemClock
from tradewind.runtime.paper_account import PaperAccount

BTC = perpetual()
MINE = account("paper")
MODEL = VenueModel(latency=ConstantLatency(entry_ns=5 * MILLIS, response_ns=5 * MILLIS))


class PublicSide:
    """The public side of a venue, as far as a paper account asks for it."""

    def __init__(self) -> None:
        self.watched: list[Wanted] = []

    async def discover(self) -> list[Instrument]:
        return [BTC]

    def watch(self, wanted: Sequence[Wanted]) -> None:
        self.watched = list(wanted)

    async def run(self) -> None:
        await asyncio.Event().wait()


class Stage:
    def __init__(self, folder: Path) -> None:
        self.clock = SystemClock()
        self.told: list[Event] = []
        self.book = InProcessVenue(folder / "paper.sqlite", [MINE], MODEL)
        self.paper = PaperAccount(self.book, self.clock, self.told.append)
        public: Any = PublicSide()
        self.paper.stand_on(public)

    def quote(self, bid: str, ask: str) -> None:
        now_ns = self.clock.now_ns()
        self.paper.hear(Quote(BTC.id, now_ns, now_ns, D(bid), D(ask), D(9), D(9)))

    def buy(self, px: str) -> SubmitOrder:
        spec = PlaceOrder(MINE.id, BTC.id, Side.BUY, D(1), D(px))
        return SubmitOrder(OrderId("P1"), InstanceId("i"), spec, self.clock.now_ns(), 1)

    def heard(self, kind: type) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    async def until(self, kind: type) -> None:
        async with asyncio.timeout(3):
            while not self.heard(kind):  # noqa: ASYNC110 - a list rings no bell
                await asyncio.sleep(0.002)


@pytest.fixture
async def stage(tmp_path: Path) -> Any:
    made = Stage(tmp_path)
    assert await made.paper.discover() == [BTC]
    yield made
    made.book.close()


async def test_an_order_is_answered_and_filled_by_the_live_market_when_it_is_due(
    stage: Stage,
) -> None:
    stage.quote("100.0", "100.1")
    order = stage.buy("99.9")
    stage.paper.submit([stage.paper.prepare(order)], stage.clock.monotonic_ns() + 1_000_000_000)
    assert stage.heard(OrderSent)
    assert not stage.heard(OrderAccepted), "an answer takes its time"
    await stage.until(OrderAccepted)
    stage.quote("99.7", "99.8")
    await stage.until(FillReceived)
    (fill,) = stage.heard(FillReceived)
    assert (fill.fill.px, fill.fill.qty) == (D("99.9"), D(1))
    question = ReadAccount(MINE.id, (order.client_order_id,), 0, 0)
    report = await stage.paper.read(question)
    assert [row.qty for row in report.positions] == [D(1)]


async def test_an_order_whose_time_has_passed_never_reaches_the_book(stage: Stage) -> None:
    stage.quote("100.0", "100.1")
    stage.paper.submit([stage.paper.prepare(stage.buy("99.9"))], 1)
    assert len(stage.heard(NotSent)) == 1
    assert not stage.book.live_orders


async def test_what_the_real_account_does_is_not_heard(stage: Stage) -> None:
    now_ns = stage.clock.now_ns()
    stage.paper.hear(SessionChanged(MINE.id, now_ns, now_ns, live=False, reason="real"))
    assert not stage.told
