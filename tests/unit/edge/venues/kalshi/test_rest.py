"""Calls that the adapter has and no order of the desk uses yet."""

from decimal import Decimal
from random import Random

import pytest

from tests.unit.edge.venues.kalshi.stage import A, Stage, keys, staged
from tradewind.edge.net.seat import Outside, Seat
from tradewind.edge.net.transport_aiohttp import AioTransport
from tradewind.edge.venues.kalshi import wire
from tradewind.edge.venues.kalshi.rest import Rest
from tradewind.model.config import Account
from tradewind.model.errors import VenueError
from tradewind.model.ids import AccountId, Currency, VenueId
from tradewind.model.money import NANOS


def calls(stage: Stage, transport: AioTransport) -> Rest:
    account = Account(id=AccountId("ann"), venue=VenueId("KALSHI"), currency=Currency("USD"))
    hosts = {"rest": stage.host.url, "ws": stage.host.url.replace("http", "ws")}
    seat = Seat(account=account, hosts=hosts, symbols=("KXTEST",), keys=keys("ann"))
    told: list[object] = []
    outside = Outside(transport=transport, clock=stage.clock, dice=Random(1), sink=told.append)
    return Rest(seat, outside, sign_ahead=False)


async def test_an_order_group_cancels_its_orders_when_it_is_triggered() -> None:
    async with staged() as stage:
        transport = AioTransport(stage.clock)
        try:
            rest, soon_ns = calls(stage, transport), stage.clock.monotonic_ns() + 9 * NANOS
            group = await rest.create_group(100, soon_ns)

            async def place(name: str) -> wire.Reply:
                terms = wire.CreateOrder(
                    ticker=A,
                    client_order_id=name,
                    side="bid",
                    count=Decimal("1.00"),
                    price=Decimal("0.4000"),
                    time_in_force="good_till_canceled",
                    self_trade_prevention_type="taker_at_cross",
                    order_group_id=group,
                )
                return (await rest.create([wire.encode(terms)], [name], soon_ns, None))[0]

            first = await place("first")
            assert isinstance(first, wire.OrderReply)
            await rest.tell_group(group, "trigger", soon_ns)
            assert (await rest.order(first.order_id)).status == "canceled"
            with pytest.raises(VenueError):
                await place("second")
            await rest.tell_group(group, "reset", soon_ns)
            assert isinstance(await place("third"), wire.OrderReply)
        finally:
            await transport.close()
