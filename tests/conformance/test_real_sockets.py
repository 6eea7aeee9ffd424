"""A handful of cards over real sockets of this machine, in real time."""

import asyncio
from contextlib import AsyncExitStack
from random import Random

import msgspec
import pytest

from tests.conformance.at_bybit import BYBIT
from tests.conformance.at_kalshi import KALSHI
from tests.conformance.memory import HOST, Setup, SimulatedWorld
from tests.conformance.playing import all_of_it, as_is, benched
from tradewind.app.conformance.card import Card, Outcome, Play
from tradewind.app.conformance.registry import CARDS
from tradewind.app.conformance.runner import play
from tradewind.edge.net.seat import Seat
from tradewind.edge.net.transport import Transport
from tradewind.edge.net.transport_aiohttp import AioTransport
from tradewind.edge.simulators.hosting import Host
from tradewind.edge.simulators.wire_faults import Faults
from tradewind.runtime.clock import SystemClock

HANDFUL = ("O01", "O03", "O22", "O26", "O35", "O36", "O44", "O81", "O93", "D09", "D11", "D25")
SETUPS = (BYBIT, KALSHI)


class SocketWorld(SimulatedWorld):
    """A simulated exchange on real sockets."""

    def __init__(self, setup: Setup, host: Host, clock: SystemClock) -> None:
        super().__init__(setup, clock, host.road, as_is, all_of_it)
        self.host = host

    def connect(self, client: str) -> Transport:
        return AioTransport(SystemClock())

    def place(self, seat: Seat) -> Seat:
        here = f"127.0.0.1:{self.host.port}"
        hosts = {name: url.replace(HOST, here) for name, url in seat.hosts.items()}
        return msgspec.structs.replace(seat, hosts=hosts)

    def moved(self) -> None:
        self.host.moved()


async def played(card: Card, setup: Setup) -> Outcome:
    clock = SystemClock()
    exchange = setup.exchange(clock.now_ns())
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(Host(exchange, clock, Faults(Random(5))))
        bench = await stack.enter_async_context(benched(SocketWorld(setup, host, clock)))
        return await play(card, bench)


@pytest.mark.parametrize("setup", [pytest.param(each, id=each.name) for each in SETUPS])
async def test_cards_hold_over_real_sockets_too(setup: Setup) -> None:
    cards = [card for card in CARDS if card.number in HANDFUL]
    # Each has an exchange of its own, so that they may pass their time together.
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(played(card, setup)) for card in cards]
    outcomes = [task.result() for task in tasks]
    failed = [f"{each.number}: {each.sentence}" for each in outcomes if each.result is Play.FAILED]
    assert failed == []
    assert len(outcomes) == len(HANDFUL)
