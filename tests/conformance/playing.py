"""One card at one venue, in virtual time: everything is built anew and closed again."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.conformance.memory import OURS, Ear, MemoryWorld, Setup, SimulatedWorld
from tradewind.app.conformance.bench import Bench
from tradewind.app.conformance.card import Card, Outcome
from tradewind.app.conformance.runner import play
from tradewind.app.drill.loop import VirtualClock, VirtualLoop
from tradewind.model.events import SessionChanged
from tradewind.model.order import Side
from tradewind.ports import Venue

Wrap = Callable[[Venue], Venue]
Deafen = Callable[[Ear], Ear]


def as_is(venue: Venue) -> Venue:
    """Return the adapter unbroken."""
    return venue


def all_of_it(ear: Ear) -> Ear:
    """Let everything be heard."""
    return ear


@asynccontextmanager
async def benched(world: SimulatedWorld) -> AsyncIterator[Bench]:
    """Set a bench up: the public stands in the books, the session is live."""
    setup, clock = world.setup, world.clock
    ground = setup.ground
    for name, bid, ask in (
        (ground.instrument, ground.bid, ground.ask),
        (ground.other, ground.other_bid, ground.other_ask),
    ):
        await world.public(name, Side.BUY, ground.depth, bid, rests=True)
        await world.public(name, Side.SELL, ground.depth, ask, rests=True)
    bench = Bench(setup.claims, ground, clock, world)
    bench.seat(world.open(OURS, setup.keys, bench.heard.take))
    try:
        async with bench.running():
            for _ in range(20):
                # A broken adapter may never tell of its session: then a card says so.
                await bench.calm(0.1)
                if any(each.live for each in bench.heard.of(SessionChanged)):
                    break
            await bench.calm(0.5)
            yield bench
    finally:
        await world.close()


def played(
    card: Card, setup: Setup, wrap: Wrap | None = None, deafen: Deafen | None = None
) -> Outcome:
    """Play one card at one venue, and return what came of it."""
    loop = VirtualLoop()

    async def main() -> Outcome:
        clock = VirtualClock(loop, setup.start_ns)
        world = MemoryWorld(setup, loop, clock, wrap or as_is, deafen or all_of_it)
        async with benched(world) as bench:
            return await play(card, bench)

    try:
        return loop.run(main())
    finally:
        loop.close()
