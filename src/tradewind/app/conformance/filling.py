"""Cards about fills: each once, with the venue's key, to the last digit."""

from tradewind.app.conformance.bench import Bench, check_fill
from tradewind.app.conformance.card import expect
from tradewind.model import events as ev
from tradewind.model.money import ZERO
from tradewind.model.order import Liquidity, Side

BUY, SELL = Side.BUY, Side.SELL


async def exact(bench: Bench) -> None:
    """A fill has the venue's key, and price, quantity and fee to the last digit, once."""
    await bench.taken(BUY)
    await bench.taken(SELL)
    await bench.calm()
    bench.check_fills()


async def in_parts(bench: Bench) -> None:
    """Partial fills come one by one, each once, and the order goes on resting in between."""
    ground = bench.ground
    placed = await bench.resting(BUY, ground.bid, ground.qty * 2)
    # What rested there before fills first.
    await bench.world.public(ground.instrument, SELL, ground.depth, ground.bid, rests=False)
    await bench.world.public(ground.instrument, SELL, ground.qty, ground.bid, rests=False)
    await bench.filled(placed, ground.qty)
    await bench.calm()
    expect(bench.truly(placed).open, "a half filled order does not rest")
    expect(not bench.endings(placed), "a half filled order was told to have ended")
    await bench.world.public(ground.instrument, SELL, ground.qty, ground.bid, rests=False)
    await bench.filled(placed, ground.qty * 2)
    await bench.calm()
    bench.check_fills()


async def liquidity(bench: Bench) -> None:
    """A fill says whether it added or took liquidity."""
    ground = bench.ground
    taker = await bench.taken(BUY)
    expect(
        all(each.liquidity is Liquidity.TAKER for each in bench.heard.fills(taker.id)),
        "what took was told as a maker's fill",
    )
    maker = await bench.resting(SELL, ground.ask)
    await bench.world.public(
        ground.instrument, BUY, ground.depth + ground.qty, ground.ask, rests=False
    )
    await bench.filled(maker, ground.qty)
    expect(
        all(each.liquidity is Liquidity.MAKER for each in bench.heard.fills(maker.id)),
        "what rested was told as a taker's fill",
    )


async def attributed(bench: Bench) -> None:
    """Fills of two orders go each to its own, by client id and by the venue's."""
    ground = bench.ground
    placed = [await bench.taken(BUY), await bench.taken(SELL)]
    for one, side in zip(placed, (BUY, SELL), strict=True):
        fills = bench.heard.fills(one.id)
        expect({each.side for each in fills} == {side}, f"fills of {one.id} are on the wrong side")
        expect(
            sum((each.qty for each in fills), ZERO) == ground.qty,
            f"fills of {one.id} do not add up to {ground.qty}",
        )
        true = bench.truly(one)
        expect(
            {each.venue_order_id for each in fills} == {true.order_id},
            f"fills of {one.id} name another order than {true.order_id}",
        )


async def both_roads(bench: Bench) -> None:
    """The stream and a reading tell the same fill as the same value, under the same key."""
    await bench.taken(BUY)
    await bench.taken(SELL)
    report = await bench.read()
    read = {each.key: each for each in report.fills}
    for told in bench.heard.fills():
        expect(told.key in read, f"a reading does not know the fill {told.key}")
        other = read[told.key]
        # Where a reading's rows name no client id, the venue's order id stands for it.
        same = all(
            getattr(told, name) == getattr(other, name)
            for name in told.__struct_fields__
            if name not in ("client_order_id", "ts_event")
        )
        expect(same, f"the stream told {told}, the reading {other}")
        near = abs(told.ts_event - other.ts_event) < 1_000_000_000
        expect(near, f"the fill {told.key} has two times a second apart")
    for one in bench.world.fills():
        check_fill(next((each for each in report.fills if one.key in each.key), None), one)


async def claims(bench: Bench) -> None:
    """What the venue merely says to have filled never exceeds what has, and is no fill."""
    ground = bench.ground
    placed = await bench.taken(BUY)
    await bench.calm()
    filled = bench.truly(placed).filled_qty
    for claim in bench.heard.of(ev.OrderClaimed, placed.id):
        expect(
            ZERO < claim.cumulative_qty <= filled,
            f"a claim of {claim.cumulative_qty} where {filled} filled",
        )
    told = sum((each.qty for each in bench.heard.fills(placed.id)), ZERO)
    expect(told == ground.qty, f"{ground.qty} filled, fills of {told} were told")
    expect(not bench.endings(placed), "a whole fill was told as another end as well")
