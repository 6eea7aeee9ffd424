"""Cards about the sweep: cancel-all ends everything, whoever placed it."""

from tradewind.app.conformance.bench import Bench
from tradewind.app.conformance.card import expect
from tradewind.app.conformance.world import Trouble
from tradewind.model import events as ev
from tradewind.model.order import OrderType, Side

BUY, SELL = Side.BUY, Side.SELL


async def ours(bench: Bench) -> None:
    """Cancel-all ends every order of ours, and each end is told or read."""
    placed = [await bench.resting(side) for side in (BUY, SELL, BUY)]
    bench.cancel_all()
    await _empties(bench)
    await bench.calm(2.0)
    report = await bench.read([each.id for each in placed])
    for one in placed:
        said = {each.status for each in report.orders if each.client_order_id == one.id}
        expect(said == {"cancelled"}, f"{one.id} is swept, a reading says {said}")


async def strangers(bench: Bench) -> None:
    """Cancel-all ends the orders of other hands too."""
    ground = bench.ground
    await bench.resting()
    await bench.world.stranger(ground.instrument, SELL, ground.qty, ground.far_ask)
    await bench.world.stranger(ground.other, BUY, ground.qty, ground.other_bid)
    bench.cancel_all()
    await _empties(bench)


async def pages(bench: Bench) -> None:
    """Cancel-all ends more orders than the venue lists at once."""
    await bench.crowd(bench.claims.page + 5)
    bench.cancel_all()
    await _empties(bench)


async def stops(bench: Bench) -> None:
    """Cancel-all ends stops that sleep."""
    placed = bench.place(BUY, None, order_type=OrderType.STOP, trigger_px=bench.ground.trigger_px)
    await bench.hear(ev.OrderAccepted, placed.id)
    bench.cancel_all()
    await _empties(bench)


async def keeps_protective(bench: Bench) -> None:
    """Cancel-all that keeps protection leaves reduce-only stops, and nothing else."""
    await bench.taken(SELL)
    guard = bench.place(
        BUY,
        None,
        order_type=OrderType.STOP,
        trigger_px=bench.ground.trigger_px,
        reduce_only=True,
    )
    await bench.hear(ev.OrderAccepted, guard.id)
    gone = await bench.resting()
    bench.cancel_all(keep_protective=True)
    await bench.until(lambda: not bench.truly(gone).open, "the sweep")
    await bench.calm(3.0)
    expect(bench.truly(guard).open, "the sweep ended the stop that it was to keep")


async def nothing(bench: Bench) -> None:
    """Cancel-all with nothing to cancel does no harm."""
    bench.cancel_all()
    await bench.calm(3.0)
    down = [each for each in bench.heard.of(ev.SessionChanged) if not each.live]
    expect(not down, "a sweep of nothing brought the session down")
    report = await bench.read()
    expect(not report.orders, "a swept account lists open orders")


async def unconnected(bench: Bench) -> None:
    """Cancel-all without a connection tells nothing as cancelled, and can be asked again."""
    placed = await bench.resting()
    bench.world.strike(Trouble.UNREACHABLE)
    await bench.calm(2.0)
    bench.cancel_all()
    await bench.calm(3.0)
    expect(not bench.endings(placed), "an order that rests was told to have ended")
    bench.world.heal()
    await bench.calm(15.0)
    bench.cancel_all()
    await _empties(bench)


async def _empties(bench: Bench) -> None:
    await bench.until(lambda: not bench.open_orders(), "the sweep to end every order", 30.0)
    report = await bench.read()
    listed = [each for each in report.orders if each.status in ("new", "partially_filled")]
    expect(not listed, f"everything is swept, a reading lists {len(listed)} open orders")
