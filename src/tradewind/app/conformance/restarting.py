"""Cards about a desk that starts anew: another adapter of the same account finds what there is."""

import msgspec

from tradewind.app.conformance.bench import Bench, Heard, running
from tradewind.app.conformance.card import expect
from tradewind.model import events as ev
from tradewind.model.effects import ReadAccount
from tradewind.model.errors import ConfigError, VenueError
from tradewind.model.order import Side

BUY = Side.BUY


async def finds(bench: Bench) -> None:
    """A fresh adapter reads the same orders, fills and positions, under the same names."""
    rests, taken = await bench.resting(), await bench.taken(BUY)
    await bench.calm(3.0)
    old = await bench.read([rests.id, taken.id])
    heard, failed = Heard(), list[VenueError | ConfigError]()
    second = bench.world.second_desk(heard.take)
    async with running(second, failed):
        await second.discover()
        await bench.calm()
        now_ns = bench.clock.now_ns()
        ask = (rests.id, taken.id)
        # A cursor of a desk that ended: what it read last.
        new = await second.read(ReadAccount(bench.ground.account, ask, now_ns, now_ns, old.cursor))
    expect(not failed, f"a second adapter stopped: {failed}")
    for name in ("orders", "positions"):
        ours, theirs = getattr(old, name), getattr(new, name)
        expect(set(ours) == set(theirs), f"the {name} were {ours}, a fresh adapter reads {theirs}")
    expect(new.balances == old.balances, "a fresh adapter reads other balances")
    told = {each.key: each for each in (*bench.heard.fills(), *old.fills)}
    for fill in new.fills:
        known = told.get(fill.key)
        assert known is not None, f"a fresh adapter reads the unknown fill {fill.key}"
        same = (known.client_order_id, known.qty, known.px, known.fee, known.instrument)
        read = (fill.client_order_id, fill.qty, fill.px, fill.fee, fill.instrument)
        expect(same == read, f"the fill {fill.key} was {same}, a fresh adapter reads {read}")


async def cancels(bench: Bench) -> None:
    """A fresh adapter cancels an order that an earlier one placed."""
    placed = await bench.resting()
    heard, failed = Heard(), list[VenueError | ConfigError]()
    second = bench.world.second_desk(heard.take)
    async with running(second, failed):
        await second.discover()
        await bench.until(
            lambda: any(each.live for each in heard.of(ev.SessionChanged)), "a second session"
        )
        await bench.calm()
        bench.cancel(placed, venue=second)
        await bench.until(
            lambda: heard.of(ev.OrderCancelled, placed.id), "the end of an earlier desk's order"
        )
    expect(not bench.truly(placed).open, "an order was told as cancelled and rests")


async def collides(bench: Bench) -> None:
    """A client id that another order has is a collision: locked or refused, never accepted."""
    placed = await bench.resting()
    heard, failed = Heard(), list[VenueError | ConfigError]()
    second = bench.world.second_desk(heard.take)
    async with running(second, failed):
        await second.discover()
        await bench.until(
            lambda: any(each.live for each in heard.of(ev.SessionChanged)), "a second session"
        )
        await bench.calm()
        other = bench.order(BUY, bench.ground.far_bid, bench.ground.qty * 2)
        stolen = msgspec.structs.replace(other, client_order_id=placed.id)
        second.submit([second.prepare(stolen)], bench.not_after())
        await bench.until(
            lambda: any(heard.of(kind, placed.id) for kind in (ev.OrderRejected, ev.NoAnswer)),
            "what became of the order under a spent id",
        )
        await bench.calm(3.0)
    expect(not heard.of(ev.OrderAccepted, placed.id), "another's order was taken for this one")
    expect(heard.of(ev.Locked), "two orders under one id did not lock the account")
    true = bench.truly(placed)
    expect(true.open and true.qty == bench.ground.qty, "the collision changed the first order")
