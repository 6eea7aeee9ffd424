"""Cards about readings of the account: whole or not at all, and nothing lost between two."""

from decimal import Decimal

from tradewind.app.conformance.bench import Bench, check_fill
from tradewind.app.conformance.card import expect
from tradewind.app.conformance.world import Trouble
from tradewind.model import events as ev
from tradewind.model.errors import VenueError
from tradewind.model.fill import Fill
from tradewind.model.ids import FillKey
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Side

BUY, SELL = Side.BUY, Side.SELL


async def reads(bench: Bench) -> None:
    """An account can be read: it is ours, has a cursor and a time, and sums are exact."""
    report = await bench.read()
    expect(report.account == bench.ground.account, f"read the account {report.account}")
    expect(report.final_read, "a whole reading does not say that it is whole")
    expect(report.cursor, "a reading gives no cursor for the next one")
    apart_s = abs(report.ts_event - bench.clock.now_ns()) / 1e9
    expect(apart_s < 30, f"a reading is dated {apart_s:.0f} s away from now")
    sums = list(report.balances.values()) + [each.qty for each in report.positions]
    expect(all(type(each) is Decimal for each in sums), "a sum of a reading is no Decimal")


async def all_pages(bench: Bench) -> None:
    """A reading lists every open order, however many pages they take."""
    count = bench.claims.page + 5
    names = await bench.crowd(count)
    report = await bench.read()
    listed = [each.venue_order_id for each in report.orders]
    expect(len(listed) == len(set(listed)), "a reading lists an order twice")
    expect(names <= set(listed), f"of {count} open orders a reading lists {len(listed)}")


async def asked(bench: Bench) -> None:
    """Orders asked for by client id are found, open or closed; one that never was is absent."""
    ground = bench.ground
    rests = await bench.resting()
    gone = await bench.resting(SELL)
    bench.cancel(gone)
    await bench.hear(ev.OrderCancelled, gone.id)
    filled = await bench.taken(BUY)
    await bench.calm(3.0)
    never = bench.new_id()
    ids = (rests.id, gone.id, filled.id, never)
    report = await bench.read(ids)
    expect(set(report.asked) == set(ids), f"asked for {ids}, looked up {report.asked}")
    found = {each.client_order_id: each for each in report.orders}
    expect(never not in found, "a reading lists an order that never was")
    for one, qty in ((rests, ZERO), (gone, ZERO), (filled, ground.qty)):
        expect(one.id in found, f"a reading does not find {one.id}")
        row = found[one.id]
        expect(row.filled_qty == qty, f"{qty} of {one.id} filled, a reading says {row.filled_qty}")
        expect(
            (row.side, row.qty, row.instrument)
            == (one.order.spec.side, one.order.spec.qty, ground.instrument),
            f"a reading gives {one.id} other terms: {row}",
        )
        expect((row.status in TERMINAL) == (one is not rests), f"{one.id} is listed {row.status}")


async def open_terms(bench: Bench) -> None:
    """An open order is listed with its price, quantity, side and what of it has filled."""
    ground = bench.ground
    placed = await bench.resting(BUY, ground.bid, ground.qty * 2)
    await bench.world.public(
        ground.instrument, SELL, ground.depth + ground.qty, ground.bid, rests=False
    )
    await bench.filled(placed, ground.qty)
    await bench.calm()
    report = await bench.read()
    rows = [each for each in report.orders if each.client_order_id == placed.id]
    expect(len(rows) == 1, f"a reading lists the order {len(rows)} times")
    row = rows[0]
    told = (row.px, row.qty, row.filled_qty, row.side, row.status)
    true = (ground.bid, ground.qty * 2, ground.qty, BUY, "partially_filled")
    expect(told == true, f"the order is {true}, a reading says {told}")
    apart_s = abs(row.created_ns - placed.order.ts) / 1e9
    expect(apart_s < 2, f"the order is said to be made {apart_s:g} s away from when it was")


async def since_cursor(bench: Bench) -> None:
    """Readings one after another lose no execution between them, whatever comes when."""
    cursor, known = "", dict[FillKey, Fill]()
    for side in (BUY, SELL, BUY, SELL):
        await bench.taken(side)
        report = await bench.read((), cursor)
        await bench.taken(side)
        cursor = report.cursor
        known |= {each.key: each for each in report.fills}
    report = await bench.read((), cursor)
    known |= {each.key: each for each in report.fills}
    true = bench.world.fills()
    expect(len(known) == len(true), f"read {len(known)} executions of {len(true)}")
    for one in true:
        check_fill(next((f for key, f in known.items() if one.key in key), None), one)


async def positions_signed(bench: Bench) -> None:
    """A position is signed: positive when bought, negative when sold, absent or zero when flat."""
    ground = bench.ground
    await _expect_position(bench, ZERO)
    await bench.taken(BUY)
    await _expect_position(bench, ground.qty)
    await bench.taken(SELL, ground.qty * 2)
    await _expect_position(bench, -ground.qty)
    await bench.taken(BUY)
    await _expect_position(bench, ZERO)


async def balances(bench: Bench) -> None:
    """Balances are the exchange's, by currency, to the last digit."""
    await bench.taken(BUY)
    await bench.taken(SELL)
    await bench.calm()
    report = await bench.read()
    for currency, true in bench.world.cash().items():
        ours = report.balances.get(currency)
        expect(ours == true, f"the exchange has {true} {currency}, a reading says {ours}")


async def strangers(bench: Bench) -> None:
    """Orders of other hands are listed, and not taken for ours."""
    ground = bench.ground
    name = await bench.world.stranger(ground.instrument, SELL, ground.qty, ground.far_ask)
    report = await bench.read()
    rows = [each for each in report.orders if each.venue_order_id == name]
    expect(len(rows) == 1, "a reading does not list another hand's order")
    expect(rows[0].client_order_id is None, f"it is taken for ours: {rows[0].client_order_id}")


async def stranger_fills(bench: Bench) -> None:
    """Executions of other hands on our account are read, under no client id of ours."""
    ground = bench.ground
    name = await bench.world.stranger(ground.instrument, SELL, ground.qty, ground.ask)
    await bench.world.public(
        ground.instrument, BUY, ground.depth + ground.qty, ground.ask, rests=False
    )
    await bench.calm()
    report = await bench.read()
    rows = [each for each in report.fills if each.venue_order_id == name]
    expect(sum((each.qty for each in rows), ZERO) == ground.qty, "a reading misses its execution")
    expect({each.client_order_id for each in rows} == {None}, "it is taken for ours")


async def orders_fail(bench: Bench) -> None:
    """A reading whose orders cannot be read is no reading."""
    await _fails(bench, Trouble.ORDERS_UNREADABLE)


async def fills_fail(bench: Bench) -> None:
    """A reading whose executions cannot be read is no reading."""
    await _fails(bench, Trouble.FILLS_UNREADABLE)


async def positions_fail(bench: Bench) -> None:
    """A reading whose positions cannot be read is no reading."""
    await _fails(bench, Trouble.POSITIONS_UNREADABLE)


async def balances_fail(bench: Bench) -> None:
    """A reading whose balances cannot be read is no reading."""
    await _fails(bench, Trouble.BALANCES_UNREADABLE)


async def garbled(bench: Bench) -> None:
    """A reading whose answers are not what they should be is no reading: nothing is guessed."""
    await _fails(bench, Trouble.READS_GARBLED)


async def _fails(bench: Bench, trouble: Trouble) -> None:
    await bench.resting()
    bench.world.strike(trouble)
    try:
        report = await bench.read()
    except VenueError as error:
        expect(len(str(error)) > 20, "a reading failed without a sentence")
        expect(error.endpoint, "a reading failed and does not say where")
    else:
        expect(kept=False, sentence=f"read {report} where it could not be read")
    bench.world.heal()
    await bench.calm(2.0)
    report = await bench.read()
    expect(len(report.orders) == 1, "a reading after a failed one is not whole")


async def _expect_position(bench: Bench, qty: Decimal) -> None:
    await bench.calm()
    report = await bench.read()
    held = {each.instrument: each.qty for each in report.positions}
    found = held.get(bench.ground.instrument, ZERO)
    if bench.ground.mirror is not None:
        # One outcome sold is the other one held.
        found -= held.get(bench.ground.mirror, ZERO)
    true = bench.world.position(bench.ground.instrument)
    expect(true == qty, f"the exchange holds {true}, it should be {qty}")
    expect(found == qty, f"the position is {qty}, a reading says {found}")
