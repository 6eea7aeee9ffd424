"""Cards about refusals: what the venue does not take ends with its reason, and rests nowhere."""

from decimal import Decimal

from tradewind.app.conformance.bench import Bench
from tradewind.app.conformance.card import expect
from tradewind.model import events as ev
from tradewind.model.order import TERMINAL, Side

BUY, SELL = Side.BUY, Side.SELL


async def off_tick(bench: Bench) -> None:
    """An order off the grid of prices is refused with the venue's reason."""
    rules = bench.rules[bench.ground.instrument]
    px = bench.ground.far_bid + rules.tick_at(bench.ground.far_bid) / 2
    await _refused(bench, px, bench.ground.qty)


async def too_small(bench: Bench) -> None:
    """An order below the smallest quantity is refused with the venue's reason."""
    rules = bench.rules[bench.ground.instrument]
    await _refused(bench, bench.ground.far_bid, min(rules.min_qty, rules.qty_step) / 10)


async def too_large(bench: Bench) -> None:
    """An order above the largest quantity is refused with the venue's reason."""
    rules = bench.rules[bench.ground.instrument]
    await _refused(bench, bench.ground.far_bid, rules.max_qty * 10)


async def too_dear(bench: Bench) -> None:
    """An order that the account cannot pay for is refused with the venue's reason."""
    await _refused(bench, bench.ground.bid, bench.ground.too_dear)


async def closed_market(bench: Bench) -> None:
    """An order on a market that does not trade is refused with the venue's reason."""
    bench.world.close_market(bench.ground.instrument)
    await bench.calm()
    await _refused(bench, bench.ground.far_bid, bench.ground.qty)


async def closed_resting(bench: Bench) -> None:
    """When a market closes, orders that the venue ends are told to have ended, and no others."""
    placed = [await bench.resting(side) for side in (BUY, SELL)]
    bench.world.close_market(bench.ground.instrument)
    await bench.calm(15.0)
    report = await bench.read([each.id for each in placed])
    for one in placed:
        rests = bench.truly(one).open
        told = bool(bench.endings(one))
        expect(told is not rests, f"{one.id} {'rests' if rests else 'ended'}, told was otherwise")
        said = {each.status for each in report.orders if each.client_order_id == one.id}
        expect(bool(said & TERMINAL) is not rests, f"{one.id} is listed as {said}")


async def spent_id(bench: Bench) -> None:
    """A second order under a client id neither is placed, nor is told as the first one's end."""
    placed = await bench.resting()
    bench.venue.submit([placed.prepared], bench.not_after())
    await bench.calm(8.0)
    under = [each for each in bench.open_orders() if each.client_id == placed.prepared.wire_id]
    expect(len(under) == 1, f"{len(under)} orders are open under one client id")
    for kind in (ev.OrderRejected, ev.NotSent, ev.OrderCancelled, ev.OrderExpired):
        expect(
            not bench.heard.of(kind, placed.id),
            f"the duplicate was told as {kind.__name__} of the order that rests",
        )
    report = await bench.read([placed.id])
    expect(
        any(each.client_order_id == placed.id for each in report.orders),
        "the order that rests is not found by its client id any more",
    )


async def refused_is_no_fault(bench: Bench) -> None:
    """After a refusal the next order goes as if nothing had been."""
    rules = bench.rules[bench.ground.instrument]
    px = bench.ground.far_bid + rules.tick_at(bench.ground.far_bid) / 2
    await _refused(bench, px, bench.ground.qty)
    await bench.resting()
    down = [each for each in bench.heard.of(ev.SessionChanged) if not each.live]
    expect(not down, "a refused order brought the session down")


async def _refused(bench: Bench, px: Decimal, qty: Decimal) -> None:
    placed = bench.place(BUY, px, qty)
    rejected = await bench.hear(ev.OrderRejected, placed.id)
    await bench.calm()
    expect(rejected.reason, "an order was rejected without a reason")
    expect(not bench.heard.fills(placed.id), "a rejected order was told to have filled")
    expect(not bench.open_orders(), "a rejected order rests")
    expect(bench.endings(placed) == 1, f"{placed.id} ended {bench.endings(placed)} times")
