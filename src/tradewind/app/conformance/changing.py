"""Cards about cancels and amendments: only the venue's own word ends or changes an order."""

from tradewind.app.conformance.bench import Bench, Placed
from tradewind.app.conformance.card import Claim, expect
from tradewind.app.conformance.world import Trouble
from tradewind.model import events as ev
from tradewind.model.ids import VenueOrderId
from tradewind.model.money import ZERO
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL


async def cancels(bench: Bench) -> None:
    """A cancelled order ends once, with its final quantity, and is open nowhere."""
    placed = await bench.resting()
    bench.cancel(placed)
    ended = await bench.hear(ev.OrderCancelled, placed.id)
    await bench.calm()
    expect(not bench.truly(placed).open, "an order was told as cancelled and rests")
    expect(ended.filled_qty in (None, ZERO), f"nothing filled, told was {ended.filled_qty}")
    expect(bench.endings(placed) == 1, f"{placed.id} ended {bench.endings(placed)} times")


async def cancels_part(bench: Bench) -> None:
    """A cancelled order that filled in part ends with just what its fills add up to."""
    ground = bench.ground
    placed = await _half_filled(bench)
    bench.cancel(placed)
    ended = await bench.hear(ev.OrderCancelled, placed.id)
    await bench.calm()
    expect(ended.filled_qty in (None, ground.qty), f"the final quantity was {ended.filled_qty}")
    bench.check_fills()


async def cancels_both_sides(bench: Bench) -> None:
    """Of two orders that rest, the one that was meant is cancelled."""
    kept, gone = await bench.resting(BUY), await bench.resting(SELL)
    bench.cancel(gone)
    await bench.hear(ev.OrderCancelled, gone.id)
    await bench.calm()
    expect(bench.truly(kept).open, "the wrong order was cancelled")
    expect(not bench.endings(kept), "the wrong order was told to have ended")


async def cancel_unknown(bench: Bench) -> None:
    """A cancel of what the venue does not know is refused as not found, and is never an end."""
    placed = _never_placed(bench)
    bench.cancel(placed)
    await _no_such_order(bench, placed)


async def cancel_unknown_named(bench: Bench) -> None:
    """A cancel of a venue's id that never was is refused as not found, and is never an end."""
    placed = _never_placed(bench)
    real = await bench.resting()
    like = bench.truly(real).order_id
    told = ev.OrderAccepted(bench.ground.account, 0, 0, placed.id, VenueOrderId(_other_name(like)))
    bench.heard.take(told)
    bench.cancel(placed)
    await _no_such_order(bench, placed)
    expect(bench.truly(real).open, "the cancel of another order cancelled this one")


async def cancel_filled(bench: Bench) -> None:
    """A cancel of a filled order is refused, and never told as a cancelled order."""
    placed = await bench.taken(BUY)
    await bench.calm()
    bench.cancel(placed)
    await bench.hear(ev.CancelRejected, placed.id)
    await bench.calm()
    expect(not bench.heard.of(ev.OrderCancelled, placed.id), "a filled order was told as cancelled")
    bench.check_fills()


async def cancel_races(bench: Bench) -> None:
    """A fill that overtakes a cancel is told once, and the end agrees with it."""
    ground = bench.ground
    placed = await bench.resting(BUY, ground.bid, ground.qty * 2)
    await bench.world.public(ground.instrument, SELL, ground.depth, ground.bid, rests=False)
    bench.world.strike(Trouble.CANCEL_SLOW)
    bench.cancel(placed)
    await bench.world.public(ground.instrument, SELL, ground.qty, ground.bid, rests=False)
    ended = await bench.hear(ev.OrderCancelled, placed.id)
    bench.world.heal()
    await bench.filled(placed, ground.qty)
    await bench.calm()
    expect(
        ended.filled_qty in (None, ground.qty),
        f"{ground.qty} filled before the cancel, the end says {ended.filled_qty}",
    )
    bench.check_fills()


async def cancel_loses_race(bench: Bench) -> None:
    """Where the whole order fills before its cancel arrives, it has filled and nothing else."""
    ground = bench.ground
    placed = await bench.resting(BUY, ground.bid)
    bench.world.strike(Trouble.CANCEL_SLOW)
    bench.cancel(placed)
    await bench.world.public(
        ground.instrument, SELL, ground.depth + ground.qty, ground.bid, rests=False
    )
    await bench.filled(placed, ground.qty)
    await bench.hear(ev.CancelRejected, placed.id)
    bench.world.heal()
    await bench.calm()
    expect(not bench.endings(placed), "a filled order was told to have ended otherwise")
    bench.check_fills()


async def cancels_twice(bench: Bench) -> None:
    """Two cancels of one order end it once."""
    placed = await bench.resting()
    bench.cancel(placed)
    bench.cancel(placed)
    await bench.hear(ev.OrderCancelled, placed.id)
    await bench.calm(2.0)
    expect(bench.endings(placed) == 1, f"{placed.id} ended {bench.endings(placed)} times")


async def amends_down(bench: Bench) -> None:
    """An order is made smaller: the new total is told, and is the exchange's."""
    placed = await bench.resting(BUY, None, bench.ground.qty * 3)
    await _amend(bench, placed, times=2)


async def amends_up(bench: Bench) -> None:
    """An order is made larger: the new total is told, and is the exchange's."""
    placed = await bench.resting(BUY, None, bench.ground.qty)
    await _amend(bench, placed, times=2)


async def amends_price(bench: Bench) -> None:
    """An order is moved to another price, under the same ids."""
    ground = bench.ground
    placed = await bench.resting()
    before = bench.truly(placed).order_id
    px = ground.far_bid + bench.rules[ground.instrument].tick_at(ground.far_bid)
    bench.amend(placed, ground.qty, px)
    amended = await bench.hear(ev.OrderAmended, placed.id)
    expect(amended.px == px, f"moved to {px}, told was {amended.px}")
    expect(bench.truly(placed).order_id == before, "an amended order has another id")
    report = await bench.read()
    found = [each.px for each in report.orders if each.client_order_id == placed.id]
    expect(found == [px], f"moved to {px}, a reading says {found}")


async def amends_part(bench: Bench) -> None:
    """The quantity of an amendment is the total wanted, fills included."""
    ground = bench.ground
    placed = await _half_filled(bench)
    total = ground.qty + ground.qty / 2
    rules = bench.rules[ground.instrument]
    total = rules.floor_qty(total)
    bench.amend(placed, total, ground.bid)
    amended = await bench.hear(ev.OrderAmended, placed.id)
    true = bench.truly(placed)
    expect(amended.qty == total, f"amended to {total}, told was {amended.qty}")
    expect(true.qty == total, f"amended to {total}, the exchange has {true.qty}")
    expect(true.filled_qty == ground.qty, "the amendment lost what had filled")


async def amend_refused(bench: Bench) -> None:
    """An amendment that the venue refuses is told so, and the order rests as it was."""
    ground = bench.ground
    placed = await bench.resting()
    rules = bench.rules[ground.instrument]
    bench.amend(placed, ground.qty, ground.far_bid + rules.tick_at(ground.far_bid) / 2)
    refused = await bench.hear(ev.AmendRejected, placed.id)
    expect(refused.reason, "an amendment was refused without a reason")
    await bench.calm()
    true = bench.truly(placed)
    expect(true.open and true.qty == ground.qty, "a refused amendment changed the order")
    expect(not bench.heard.of(ev.OrderAmended, placed.id), "a refused amendment was told as made")
    expect(not bench.endings(placed), "a refused amendment was told as an end")


async def amend_unknown(bench: Bench) -> None:
    """An amendment of what the venue does not know is refused, and is never an end."""
    placed = _never_placed(bench)
    if Claim.CANCEL_BY_OUR_ID not in bench.claims.claimed:
        like = bench.truly(await bench.resting()).order_id
        known = VenueOrderId(_other_name(like))
        bench.heard.take(ev.OrderAccepted(bench.ground.account, 0, 0, placed.id, known))
    bench.amend(placed, bench.ground.qty, bench.ground.far_bid)
    await bench.until(
        lambda: (
            bench.heard.of(ev.AmendRejected, placed.id) or bench.heard.of(ev.NotSent, placed.id)
        ),
        f"what became of the amendment of {placed.id}",
    )
    await bench.calm()
    expect(not _ended(bench, placed), "an unknown order was told to have ended")


async def _amend(bench: Bench, placed: Placed, times: int) -> None:
    total = bench.ground.qty * times
    bench.amend(placed, total, bench.ground.far_bid)
    amended = await bench.hear(ev.OrderAmended, placed.id)
    true = bench.truly(placed)
    expect(amended.qty == total, f"amended to {total}, told was {amended.qty}")
    expect(true.qty == total, f"amended to {total}, the exchange has {true.qty}")
    expect(true.open and not bench.endings(placed), "an amended order has ended")


async def _half_filled(bench: Bench) -> Placed:
    ground = bench.ground
    placed = await bench.resting(BUY, ground.bid, ground.qty * 2)
    await bench.world.public(
        ground.instrument, SELL, ground.depth + ground.qty, ground.bid, rests=False
    )
    await bench.filled(placed, ground.qty)
    await bench.calm()
    return placed


def _never_placed(bench: Bench) -> Placed:
    order = bench.order(BUY, bench.ground.far_bid)
    return Placed(order, bench.venue.prepare(order))


async def _no_such_order(bench: Bench, placed: Placed) -> None:
    await bench.until(
        lambda: (
            bench.heard.of(ev.CancelRejected, placed.id) or bench.heard.of(ev.NotSent, placed.id)
        ),
        f"what became of the cancel of {placed.id}",
    )
    await bench.calm()
    for refused in bench.heard.of(ev.CancelRejected, placed.id):
        expect(refused.not_found, "the cancel of an unknown order was not told as not found")
    for unsent in bench.heard.of(ev.NotSent, placed.id):
        expect(unsent.request is ev.Request.CANCEL, f"told as a {unsent.request} not sent")
    expect(not _ended(bench, placed), "the cancel of an unknown order was told as an end")


def _ended(bench: Bench, placed: Placed) -> bool:
    ends = (ev.OrderCancelled, ev.OrderExpired, ev.OrderRejected)
    return any(bench.heard.of(kind, placed.id) for kind in ends)


def _other_name(name: str) -> str:
    """Return a name of the same shape that was never given: its digits turned around."""
    turned = name.translate(str.maketrans("0123456789", "9876543210"))
    return turned if turned != name else name[:-1] + ("b" if name[-1] == "a" else "a")
