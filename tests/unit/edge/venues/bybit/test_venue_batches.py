"""Orders that leave together at a small Bybit: one message, and an answer for each of them."""

import asyncio
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.unit.edge.venues.bybit.small import BTC, HOSTS, Desk, SmallSocket, page, running
from tradewind.edge.net.transport import HttpAnswer
from tradewind.model import events as ev
from tradewind.model.effects import CancelOrder, SubmitOrder
from tradewind.model.errors import OutcomeUnknown, Unreachable
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.order import OrderType, PlaceOrder, Side
from tradewind.ports import Prepared

BY = AccountId("by")
LINEAR, SPOT = InstrumentId("BYBIT:BTCUSDT"), InstrumentId("BYBIT:BTCUSDT:SPOT")
FOR_EVER = 1 << 62
A, B, C = (OrderId(f"TW{letter * 18}") for letter in "ABC")
OK = {"code": 0, "msg": "OK"}
ACCEPTED, REJECTED, UNKNOWN = ev.OrderAccepted, ev.OrderRejected, ev.NoAnswer


def row(name: str, number: str = "") -> dict[str, str]:
    return {"orderLinkId": name, "orderId": number or f"o-{name}"}


def order(name: OrderId, instrument: InstrumentId = LINEAR, **spec: Any) -> SubmitOrder:
    terms = {"px": Decimal(65000), **spec}
    placed = PlaceOrder(BY, instrument, Side.BUY, Decimal("0.010"), **terms)
    return SubmitOrder(name, InstanceId("i"), placed, ts=1, seq=1)


def prepared(desk: Desk, *orders: SubmitOrder) -> list[Prepared]:
    return [desk.venue.prepare(each) for each in orders]


def cancels(*names: OrderId) -> list[CancelOrder]:
    return [CancelOrder(name, BY, LINEAR, None, 1) for name in names]


def written(desk: Desk) -> list[tuple[str, int]]:
    """Return the words of the trade socket's order frames, and of how many orders each is."""
    frames = [frame for frame in desk.server.socket("trade").heard if frame["op"] != "auth"]
    return [(frame["op"], len(frame["args"][0].get("request", [0]))) for frame in frames]


def answers(desk: Desk, rows: Any, codes: Any, code: int = 0) -> None:
    """Let the trade socket answer every request with these lists."""

    def answer(socket: SmallSocket, frame: dict[str, Any]) -> None:
        told = {"reqId": frame["reqId"], "op": frame["op"], "retCode": code, "retMsg": "said"}
        socket.say({**told, "data": {"list": rows}, "retExtInfo": {"list": codes}})

    desk.server.on_order = answer


async def test_what_leaves_together_is_one_frame_of_the_prepared_bytes() -> None:
    desk = Desk()
    answers(desk, [row(A), row(B)], [OK, OK])
    async with running(desk):
        ready = prepared(desk, order(A), order(B))
        desk.venue.submit(ready, FOR_EVER)
        assert [event.client_order_id for event in desk.of(ev.OrderSent)] == [A, B]
        told = await desk.until(lambda: desk.of(ACCEPTED))
        assert [(event.client_order_id, event.venue_order_id) for event in told] == [
            (A, f"o-{A}"),
            (B, f"o-{B}"),
        ]
        (frame,) = [each for each in desk.server.socket("trade").heard if each["op"] != "auth"]
        (body,) = frame["args"]
        assert (frame["op"], body["category"]) == ("order.create-batch", "linear")
        assert [msgspec.json.encode(each) for each in body["request"]] == [
            each.payload.body for each in ready
        ]


@pytest.mark.parametrize(
    ("rows", "codes", "code", "first", "second"),
    [
        ([row(A), row(B)], [OK, {"code": 110007, "msg": "no"}], 0, ACCEPTED, REJECTED),
        ([row(A), row(B)], [OK, {"code": 987654, "msg": "?"}], 0, ACCEPTED, UNKNOWN),
        ([row(B), row(A)], [OK, {"code": 110007, "msg": "no"}], 0, REJECTED, ACCEPTED),
        ([row("", "1"), row("", "2")], [{"code": 110007}, OK], 0, REJECTED, ACCEPTED),
        ([row(B)], [OK], 0, UNKNOWN, ACCEPTED),
        ([row("", "1")], [OK], 0, UNKNOWN, UNKNOWN),
        ([row(A), row("TWSOMEBODYELSESORDER")], [OK, OK], 0, ACCEPTED, UNKNOWN),
        ([row(A), row(B)], [OK], 0, UNKNOWN, UNKNOWN),
        ([row(A)], [OK, OK], 0, UNKNOWN, UNKNOWN),
        ([row(A), None], [OK, OK], 0, UNKNOWN, UNKNOWN),
        (None, None, 0, UNKNOWN, UNKNOWN),
        ([], [], 10006, REJECTED, REJECTED),
        ([], [], 10016, UNKNOWN, UNKNOWN),
    ],
)
async def test_each_order_has_its_own_answer_and_none_is_guessed(
    rows: Any, codes: Any, code: int, first: type, second: type
) -> None:
    desk = Desk()
    answers(desk, rows, codes, code)
    async with running(desk):
        desk.venue.submit(prepared(desk, order(A), order(B)), FOR_EVER)
        kinds = (ACCEPTED, REJECTED, UNKNOWN)
        told = await desk.until(lambda: len(desk.of(*kinds)) >= 2 and desk.of(*kinds))
        assert {event.client_order_id: type(event) for event in told} == {A: first, B: second}
        assert len(told) == 2


async def test_of_cancels_that_leave_together_one_may_come_too_late() -> None:
    desk = Desk()
    answers(desk, [row(A), row(B, "x")], [OK, {"code": 110001, "msg": "not there"}])
    async with running(desk):
        desk.venue.cancel(cancels(A, B), FOR_EVER)
        (told,) = await desk.until(lambda: desk.of(ev.CancelRejected))
        assert (told.client_order_id, told.not_found) == (B, True)
        assert written(desk) == [("order.cancel-batch", 2)]
        assert not desk.of(ev.NoAnswer)


async def test_one_market_and_ten_orders_a_message_and_sleeping_spot_orders_alone() -> None:
    desk = Desk("BTCUSDT", "BTCUSDT:SPOT")
    desk.server.rules = [BTC]
    async with running(desk):
        names = [OrderId(f"TW{letter * 18}") for letter in "ABCDEFGHIJKL"]
        desk.venue.submit(prepared(desk, *(order(name) for name in names)), FOR_EVER)
        stop = {"order_type": OrderType.STOP_LIMIT, "trigger_px": Decimal(66000)}
        mixed = [order(A), order(B, SPOT), order(C, SPOT), order(A, SPOT, **stop)]
        desk.venue.submit(prepared(desk, *mixed, order(B, SPOT, **stop)), FOR_EVER)
        await asyncio.sleep(0.01)
        batch, single = "order.create-batch", "order.create"
        assert written(desk) == [
            (batch, 10),
            (batch, 2),
            (single, 1),
            (batch, 2),
            (single, 1),
            (single, 1),
        ]


async def test_batches_have_a_budget_of_their_own_and_what_is_above_it_stays() -> None:
    desk = Desk(orders_per_s=2)
    answers(desk, [row(A), row(B)], [OK, OK])
    async with running(desk):
        desk.venue.submit(prepared(desk, order(A), order(B), order(C)), FOR_EVER)
        (unsent,) = desk.of(ev.NotSent)
        assert (unsent.client_order_id, "budget" in unsent.reason) == (C, True)
        assert [event.client_order_id for event in desk.of(ev.OrderSent)] == [A, B]
        desk.venue.submit(prepared(desk, order(C)), FOR_EVER)
        assert [event.client_order_id for event in desk.of(ev.OrderSent)] == [A, B, C]


async def test_past_the_deadline_none_leaves_and_a_lost_line_leaves_each_unknown() -> None:
    desk = Desk()
    async with running(desk):
        late = desk.server.clock.monotonic_ns() - 1
        desk.venue.submit(prepared(desk, order(A), order(B)), late)
        assert [event.client_order_id for event in desk.of(ev.NotSent)] == [A, B]
        assert written(desk) == []
        desk.venue.submit(prepared(desk, order(A), order(B)), FOR_EVER)
        desk.server.socket("trade").cut()
        told = await desk.until(lambda: desk.of(ev.NoAnswer))
        assert [event.client_order_id for event in told] == [A, B]


BODY = {
    "retCode": 0,
    "result": page(row(A), row(B)),
    "retExtInfo": {"list": [OK, {"code": 110007}]},
}


@pytest.mark.parametrize(
    ("answer", "first", "second"),
    [
        (HttpAnswer(200, {}, msgspec.json.encode(BODY)), ACCEPTED, REJECTED),
        (10006, REJECTED, REJECTED),
        (OutcomeUnknown("time", venue="BYBIT", endpoint="create"), UNKNOWN, UNKNOWN),
        (Unreachable("down", venue="BYBIT", endpoint="create"), ev.NotSent, ev.NotSent),
        (HttpAnswer(502, {}, b"bad gateway"), UNKNOWN, UNKNOWN),
        (page(row(A), row(B)), UNKNOWN, UNKNOWN),
    ],
)
async def test_by_rest_it_is_the_same(answer: Any, first: type, second: type) -> None:
    desk = Desk(hosts={name: host for name, host in HOSTS.items() if name != "trade"})
    desk.server.tables["/v5/order/create-batch"] = lambda *_: answer
    await desk.venue.discover()
    task = asyncio.ensure_future(desk.venue.run())  # noqa: TID251 - the test is its parent
    await desk.until(lambda: desk.of(ev.SessionChanged))
    desk.venue.submit(prepared(desk, order(A), order(B)), FOR_EVER)
    kinds = (ACCEPTED, REJECTED, UNKNOWN, ev.NotSent)
    told = await desk.until(lambda: len(desk.of(*kinds)) >= 2 and desk.of(*kinds))
    assert [(event.client_order_id, type(event)) for event in told] == [(A, first), (B, second)]
    assert len(desk.of(ev.OrderSent)) == (0 if first is ev.NotSent else 2)
    task.cancel()
    await asyncio.wait([task])


async def test_demo_has_no_batches_on_spot() -> None:
    hosts = {name: host for name, host in HOSTS.items() if name != "trade"}
    desk = Desk("BTCUSDT:SPOT", hosts=hosts)
    await desk.venue.discover()
    task = asyncio.ensure_future(desk.venue.run())  # noqa: TID251 - the test is its parent
    await desk.until(lambda: desk.of(ev.SessionChanged))
    desk.venue.submit(prepared(desk, order(A, SPOT), order(B, SPOT)), FOR_EVER)
    await desk.until(lambda: len(desk.of(ACCEPTED)) == 2)
    assert [path for path, _ in desk.server.posted] == ["/v5/order/create"] * 2
    task.cancel()
    await asyncio.wait([task])
