"""The network in memory: the promises of edge/net, every fault, and the same bytes by one seed."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from tests.unit.edge.simulators.echo import EchoExchange
from tests.unit.edge.simulators.fault_cases import CASES, Ear, World
from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.app.drill.network import Carriage, Network
from tradewind.app.drill.transport import MemoryTransport
from tradewind.edge.net.transport import HttpRequest
from tradewind.edge.simulators.wire_faults import Fault, Faults, Kind
from tradewind.model.errors import OutcomeUnknown, Unreachable
from tradewind.model.money import MILLIS, NANOS

START_NS = 1_700_000_000 * NANOS
HOST = "venue.test"
Case = Callable[[World], Awaitable[None]]


class Stage:
    """A loop, a network with one exchange that beats ten times a second, and one client."""

    def __init__(self, seed: int = 1) -> None:
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop, START_NS)
        self.tape: list[Carriage] = []
        self.network = Network(self.loop, self.clock, self.tape.append)
        self.exchange = EchoExchange(START_NS, 100 * MILLIS)
        road = self.network.put((HOST,), self.exchange, Faults(Random(seed)))
        transport = MemoryTransport(self.network, "desk")
        self.world = World(transport, HOST, self.exchange, road, self.clock)

    def run(self, case: Case) -> None:
        async def main() -> None:
            await case(self.world)
            await self.world.transport.close()

        self.loop.run(main())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_faults_in_memory(case: Case) -> None:
    Stage().run(case)


def test_bytes_arrive_as_they_were_sent_and_names_of_headers_in_lower_case() -> None:
    stage = Stage()

    async def case(world: World) -> None:
        url = f"http://{HOST}/a%2Fb?x=%20y&b"
        answer = await world.transport.ask(HttpRequest("GET", url, {"X-Key": "k"}), timeout_s=1)
        assert (answer.status, answer.headers["x-echo"]) == (200, "GET")

    stage.run(case)
    asked = stage.exchange.requests[0]
    assert (asked.target, asked.headers["x-key"]) == ("/a%2Fb?x=%20y&b", "k")


def test_pings_go_both_ways() -> None:
    async def case(world: World) -> None:
        socket, ear = await world.listen()
        socket.ping()
        await asyncio.sleep(0.05)
        assert ear.pongs == 1
        socket.send(b"ping me")
        await asyncio.sleep(0.05)
        assert ear.pongs == 2

    Stage().run(case)


def test_what_provably_never_left_is_unreachable() -> None:
    stage = Stage()

    async def case(world: World) -> None:
        request = HttpRequest("POST", f"http://{HOST}/order", {})
        await asyncio.sleep(1)
        late_ns = stage.clock.monotonic_ns() - 1
        with pytest.raises(Unreachable):
            await world.transport.ask(request, timeout_s=1, not_after_ns=late_ns)
        with pytest.raises(Unreachable):
            await world.transport.ask(HttpRequest("GET", "http://nobody.test/", {}), timeout_s=1)
        stage.network.unplug(HOST)
        with pytest.raises(Unreachable):
            await world.post()
        stage.network.plug(HOST)
        await world.transport.close()
        with pytest.raises(Unreachable):
            await world.post()

    stage.run(case)
    assert stage.exchange.requests == []


def test_a_venue_that_goes_down_takes_what_is_under_way_with_it() -> None:
    stage = Stage()

    async def case(world: World) -> None:
        _, ear = await world.listen()
        stage.loop.call_later(0.001, stage.network.unplug, HOST)
        with pytest.raises(OutcomeUnknown):
            await world.post()
        assert ear.closes == ["the connection was cut"]

    stage.run(case)
    assert (stage.exchange.orders, stage.exchange.closes) == ([], 1)


def test_a_killed_client_hears_nothing_more_and_what_it_sent_arrives() -> None:
    stage = Stage()

    async def case(world: World) -> None:
        socket, ear = await world.listen()
        socket.send(b"last words")
        known = len(ear.texts)
        assert isinstance(world.transport, MemoryTransport)
        world.transport.crash()
        await asyncio.sleep(1)
        assert (len(ear.texts), ear.closes) == (known, [])

    stage.run(case)
    assert (stage.exchange.frames, stage.exchange.closes) == ([b"last words"], 1)


def test_a_close_of_ours_is_told_once_and_of_theirs_with_its_code() -> None:
    async def case(world: World) -> None:
        socket, ear = await world.listen()
        socket.close()
        socket.close()
        await asyncio.sleep(0.1)
        assert ear.closes == ["we closed it"]
        socket, ear = await world.listen()
        socket.send(b"close")
        await asyncio.sleep(0.1)
        assert ear.closes == ["the other side closed it: 4001"]

    stage = Stage()
    stage.run(case)
    assert stage.exchange.closes == 2


def test_a_cancelled_request_leaves_nothing_behind() -> None:
    async def case(world: World) -> None:
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(world.post())
            await asyncio.sleep(0.001)
            asking.cancel()
        await asyncio.sleep(1)

    stage = Stage()
    stage.run(case)
    assert len(stage.exchange.orders) == 1


def everything(seed: int) -> list[Carriage]:
    """Trade for a minute through all sorts of faults; return what was sent and heard."""
    stage = Stage(seed)
    for kind in (Kind.DELAY, Kind.HANG_AFTER, Kind.DROP, Kind.GAP, Kind.DUPLICATE, Kind.REORDER):
        stage.world.road.faults.plan(Fault(kind=kind, chance=0.05, length_ns=NANOS))

    async def socket(world: World, until_s: float) -> None:
        while stage.loop.time() < until_s:
            ear = Ear()
            try:
                line = await world.transport.connect(
                    f"ws://{HOST}/public", {}, ear.heard(), timeout_s=1
                )
                while not ear.closes and stage.loop.time() < until_s:
                    line.send(b"burst")
                    await asyncio.sleep(0.3)
                line.close()
            except Unreachable:
                await asyncio.sleep(0.5)

    async def orders(world: World, until_s: float) -> None:
        while stage.loop.time() < until_s:
            try:
                await world.post()
            except (Unreachable, OutcomeUnknown):
                await asyncio.sleep(0.1)

    async def case(world: World) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(socket(world, 60))
            tasks.create_task(orders(world, 60))

    stage.run(case)
    return stage.tape


def test_one_seed_gives_the_same_bytes_in_the_same_order(seed: int) -> None:
    first = everything(seed)
    assert first == everything(seed)
    assert len(first) > 1000
    assert first != everything(seed + 1)
