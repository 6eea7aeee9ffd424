"""Orders that leave together for the simulated Kalshi: one request, and an answer for each."""

import asyncio

import pytest

from tests.unit.edge.venues.kalshi.stage import Trader, member, staged
from tradewind.edge.simulators.wire_faults import Fault, Kind, Scope, Way
from tradewind.model.effects import CancelOrder, SubmitOrder
from tradewind.model.events import (
    CancelRejected,
    NoAnswer,
    NotSent,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    OrderSent,
    SessionChanged,
)
from tradewind.model.ids import OrderId
from tradewind.model.order import Side

BATCHED = "/trade-api/v2/portfolio/events/orders/batched"


def together(ann: Trader, *orders: SubmitOrder) -> list[OrderId]:
    ann.venue.submit([ann.venue.prepare(each) for each in orders], ann.not_after_ns)
    return [each.client_order_id for each in orders]


def cancels(ann: Trader, *names: OrderId) -> None:
    now_ns = ann.stage.clock.now_ns()
    instrument = ann.order(Side.BUY, "1", "0.40").spec.instrument
    requests = [CancelOrder(name, ann.account, instrument, None, now_ns) for name in names]
    ann.venue.cancel(requests, ann.not_after_ns)


def buys(ann: Trader, count: int) -> list[SubmitOrder]:
    return [ann.order(Side.BUY, "1", "0.40") for _ in range(count)]


async def test_each_order_of_a_batch_has_its_own_fate_and_so_has_each_cancel() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        orders = [*buys(ann, 2), ann.order(Side.BUY, "90000", "0.40")]
        first, second, dear = together(ann, *orders)
        await ann.enough(OrderAccepted, 2)
        refused = await ann.until(OrderRejected)
        assert (refused.client_order_id, refused.code) == (dear, "insufficient_balance")
        assert {each.client_order_id for each in ann.told(OrderAccepted)} == {first, second}
        assert len(ann.told(OrderSent)) == 3
        cancels(ann, first)
        await ann.until(OrderCancelled)
        cancels(ann, first, second)
        late = await ann.until(CancelRejected)
        assert (late.client_order_id, late.not_found) == (first, True)
        await ann.until(OrderCancelled, lambda event: event.client_order_id == second)


@pytest.mark.parametrize("kind", [Kind.STATUS_AFTER, Kind.DROP_AFTER, Kind.TRUNCATE, Kind.GARBAGE])
async def test_a_batch_without_a_readable_answer_leaves_each_order_unknown(kind: Kind) -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        way = Way.THERE if kind in (Kind.STATUS_AFTER, Kind.DROP_AFTER) else Way.BACK
        scope = Scope(path=BATCHED, method="POST", way=way)
        stage.faults.plan(Fault(kind=kind, times=1, scope=scope))
        names = together(ann, *buys(ann, 2))
        await ann.enough(NoAnswer, 2)
        assert {each.client_order_id for each in ann.told(NoAnswer)} == set(names)
        assert not ann.told(OrderRejected)
        report = await ann.read(*names)
        assert {row.client_order_id for row in report.orders} == set(names)
        assert [each.attempts for each in stage.exchange.truth("key-ann").orders] == [1, 1]


async def test_a_batch_that_the_venue_never_saw_is_unsent_or_refused_as_a_whole() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        late = stage.clock.monotonic_ns() - 1
        orders = buys(ann, 2)
        ann.venue.submit([ann.venue.prepare(each) for each in orders], late)
        await ann.enough(NotSent, 2)
        stage.faults.plan(
            Fault(kind=Kind.STATUS, times=1, status=429, scope=Scope(path=BATCHED, way=Way.THERE))
        )
        names = together(ann, *buys(ann, 2))
        await ann.enough(OrderRejected, 2)
        assert {each.client_order_id for each in ann.told(OrderRejected)} == set(names)
        assert not stage.exchange.truth("key-ann").orders


async def test_each_order_of_a_batch_is_paid_for_and_those_without_room_stay() -> None:
    async with (
        staged(accounts=(member("ann", tier="basic"),)) as stage,
        stage.trader("ann") as ann,
    ):
        await ann.until(SessionChanged)
        await asyncio.sleep(0.1)
        names = together(ann, *buys(ann, 12))
        await ann.enough(OrderAccepted, 10)
        assert {each.client_order_id for each in ann.told(OrderAccepted)} == set(names[:10])
        unsent = ann.told(NotSent)
        assert [each.client_order_id for each in unsent] == names[10:]
        assert all("budget" in each.reason for each in unsent)
        assert not ann.told(OrderRejected)


async def test_a_cancel_of_an_order_under_way_holds_no_other_cancel_back() -> None:
    async with staged() as stage, stage.trader("ann") as ann:
        await ann.until(SessionChanged)
        resting = together(ann, *buys(ann, 2))
        await ann.enough(OrderAccepted, 2)
        slow = Scope(path=BATCHED, method="POST", way=Way.BACK)
        stage.faults.plan(Fault(kind=Kind.DELAY, times=1, scope=slow, length_ns=800_000_000))
        coming = together(ann, *buys(ann, 2))
        cancels(ann, *coming, *resting)
        await ann.enough(OrderCancelled, 2)
        gone = {each.client_order_id for each in ann.told(OrderCancelled)}
        assert gone == set(resting), "these had their numbers"
        await ann.enough(OrderCancelled, 4)
