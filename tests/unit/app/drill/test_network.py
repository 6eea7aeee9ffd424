"""The simulated venues on the network in memory: faults of every kind, and one seed one tape."""

import asyncio
from random import Random

import pytest

from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.app.drill.network import Carriage, Network
from tradewind.app.drill.transport import MemoryTransport
from tradewind.app.simulated import KINDS, Simulation
from tradewind.edge.net.transport import Heard, HttpRequest
from tradewind.edge.simulators.wire_faults import Fault, Faults, Kind
from tradewind.model.errors import VenueError
from tradewind.model.money import NANOS

START_NS = 1_700_000_000 * NANOS
SECONDS = 30
OFTEN = 0.02
WORDS = {
    "bybit": (
        "/v5/public/linear",
        b'{"op":"subscribe","args":["orderbook.50.BTCUSDT","publicTrade.BTCUSDT"]}',
        "/v5/market/tickers?category=linear",
    ),
    "kalshi": (
        "/trade-api/ws/v2",
        b'{"id":1,"cmd":"subscribe","params":{"channels":["trade"]}}',
        "/trade-api/v2/markets?limit=3",
    ),
}


async def listen_and_read(venue: str, transport: MemoryTransport, loop: VirtualLoop) -> None:
    path, subscribe, target = WORDS[venue]
    while loop.time() < SECONDS:
        closed = asyncio.Event()
        heard = Heard(lambda text, ts: None, lambda ts: None, lambda reason, c=closed: c.set())  # type: ignore[misc]
        try:
            await transport.ask(HttpRequest("GET", f"http://venue{target}", {}), timeout_s=1)
            socket = await transport.connect(f"ws://venue{path}", {}, heard, timeout_s=1)
            socket.send(subscribe)
            while not closed.is_set() and loop.time() < SECONDS:
                socket.ping()
                await asyncio.sleep(1)
            socket.close()
        except VenueError:
            await asyncio.sleep(1)


def tape(venue: str, seed: int) -> list[Carriage]:
    """Listen to a venue through all sorts of faults; return the bytes that passed."""
    loop, told = VirtualLoop(), list[Carriage]()
    clock = VirtualClock(loop, START_NS)
    network = Network(loop, clock, told.append)
    faults = Faults(Random(seed))
    for kind in Kind:
        if kind is Kind.MAINTENANCE:
            faults.plan(
                Fault(kind=kind, start_ns=START_NS + 10 * NANOS, end_ns=START_NS + 12 * NANOS)
            )
        elif kind is not Kind.SKEW:
            faults.plan(Fault(kind=kind, chance=OFTEN, length_ns=NANOS, field="seq", to="number"))
    kind_of_venue = KINDS[venue]
    accounts = (kind_of_venue.account(seed, "me"),) if venue == "bybit" else ()
    exchange = kind_of_venue.make(Simulation(venue=venue, seed=seed), accounts, START_NS)
    network.put(("venue",), exchange, faults)
    transport = MemoryTransport(network, "desk")

    async def main() -> None:
        await listen_and_read(venue, transport, loop)
        await transport.close()
        await asyncio.sleep(5)

    loop.run(main())
    assert network.place("venue").road.links == []  # type: ignore[union-attr]
    return told


@pytest.mark.parametrize("venue", sorted(WORDS))
def test_a_venue_survives_every_fault_and_one_seed_is_one_tape(venue: str, seed: int) -> None:
    first = tape(venue, seed)
    assert len(first) > 20
    assert first == tape(venue, seed)
