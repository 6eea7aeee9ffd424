"""Cards about what there is to trade, its rules, and its history."""

from decimal import Decimal
from itertools import pairwise

from tradewind.app.conformance.bench import Bench
from tradewind.app.conformance.card import expect
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.market import INTERVALS_NS, CandleStatus
from tradewind.model.money import ONE, ZERO


async def rules(bench: Bench) -> None:
    """Every instrument that was asked for is found once, with ticks, steps and limits."""
    found = await bench.venue.discover()
    ids = [each.id for each in found]
    expect(len(ids) == len(set(ids)), "an instrument was found twice")
    for name in (bench.ground.instrument, bench.ground.other):
        expect(name in ids, f"{name} was asked for and not found")
    for each in found:
        _sound(each)


async def alike(bench: Bench) -> None:
    """Two discoveries in calm times find the same."""
    one = {each.id: each for each in await bench.venue.discover()}
    two = {each.id: each for each in await bench.venue.discover()}
    expect(one.keys() == two.keys(), "two discoveries found other instruments")
    for name, rules in one.items():
        expect(rules.ticks == two[name].ticks, f"the ticks of {name} changed between two looks")
        expect(rules.version == two[name].version, f"the version of {name} changed without cause")


async def mirrored(bench: Bench) -> None:
    """Both outcomes of a question are found, each the other's mirror, in one market."""
    found = {each.id: each for each in await bench.venue.discover()}
    pairs = 0
    for each in found.values():
        if each.mirror is None:
            continue
        other = found.get(each.mirror)
        assert other is not None, f"the mirror of {each.id} was not found"
        expect(other.mirror == each.id, f"{each.id} and {other.id} are not each other's mirror")
        expect(each.market and each.market == other.market, f"{each.id} has another market")
        both = {each.outcome, other.outcome}
        expect(both == {Outcome.YES, Outcome.NO}, f"the outcomes are {both}")
        expect(each.ticks == _turned(other), f"the ticks of {each.id} are not mirrored")
        pairs += 1
    expect(pairs, "no instrument has a mirror")


async def history(bench: Bench) -> None:
    """History is oldest first, without holes, within what was asked, and closed throughout."""
    ground = bench.ground
    length_ns = INTERVALS_NS[ground.interval]
    end_ns = bench.clock.now_ns() // length_ns * length_ns
    start_ns = end_ns - 30 * length_ns
    rows = await bench.venue.candles(ground.instrument, ground.interval, start_ns, end_ns)
    expect(rows, "no candle of the last half hour was found")
    opens = [each.ts_event for each in rows]
    expect(opens == sorted(set(opens)), "candles are not in order")
    expect(
        all(start_ns <= each < end_ns and each % length_ns == 0 for each in opens),
        "a candle lies outside of what was asked, or off its interval",
    )
    holes = [b for a, b in pairwise(opens) if b - a != length_ns]
    expect(not holes, f"{len(holes)} holes in the history")
    for each in rows:
        expect(each.status is CandleStatus.CLOSED, "history has a candle that is not closed")
        expect(each.low_quanta <= each.open_quanta <= each.high_quanta, f"impossible: {each}")
        expect(each.low_quanta <= each.close_quanta <= each.high_quanta, f"impossible: {each}")
        expect(each.ts_recv >= each.ts_event + length_ns, "a candle was known before its end")


async def history_ends(bench: Bench) -> None:
    """The candle under way is no history."""
    ground = bench.ground
    length_ns = INTERVALS_NS[ground.interval]
    now_ns = bench.clock.now_ns()
    rows = await bench.venue.candles(
        ground.instrument, ground.interval, now_ns - 10 * length_ns, now_ns + length_ns
    )
    late = [each for each in rows if each.ts_event + length_ns > bench.clock.now_ns()]
    expect(not late, f"{len(late)} candles of history are not over yet")


async def history_pages(bench: Bench) -> None:
    """A long history comes whole, however many pages it takes."""
    ground = bench.ground
    length_ns = INTERVALS_NS[ground.interval]
    end_ns = bench.clock.now_ns() // length_ns * length_ns
    short = await bench.venue.candles(
        ground.instrument, ground.interval, end_ns - 40 * length_ns, end_ns
    )
    whole = await bench.venue.candles(
        ground.instrument, ground.interval, end_ns - 2500 * length_ns, end_ns
    )
    opens = [each.ts_event for each in whole]
    expect(opens == sorted(set(opens)), "the pages of a history overlap or are out of order")
    tail = [each.ts_event for each in short]
    expect(opens[-len(tail) :] == tail, "a long history ends otherwise than a short one")
    steps = {b - a for a, b in pairwise(opens)}
    expect(steps <= {length_ns}, f"a long history has holes: {sorted(steps)}")


def _sound(each: Instrument) -> None:
    expect(each.ticks, f"{each.id} has no tick")
    for band in each.ticks:
        expect(band.tick > ZERO and band.low < band.high, f"{each.id} has the band {band}")
    for low, high in pairwise(each.ticks):
        expect(low.high == high.low, f"the bands of {each.id} have a hole at {low.high}")
    expect(each.qty_step > ZERO, f"{each.id} has no step")
    expect(each.min_qty <= each.max_qty, f"{each.id} has no possible quantity")
    quantum = Decimal(1).scaleb(-each.px_exponent)
    expect(each.tick % quantum == ZERO, f"the tick of {each.id} is finer than its quantum")
    step = Decimal(1).scaleb(-each.qty_exponent)
    expect(each.qty_step % step == ZERO, f"the step of {each.id} is finer than its quantum")
    expect(each.id.startswith(f"{each.venue}:"), f"{each.id} does not name its venue")
    expect(each.quote, f"{each.id} has no quote currency")


def _turned(rules: Instrument) -> tuple[object, ...]:
    """Return the bands of the mirror: each from one less its end to one less its beginning."""
    kind = type(rules.ticks[0])
    return tuple(
        kind(low=max(ONE - band.high, ZERO), high=ONE - band.low, tick=band.tick)
        for band in reversed(rules.ticks)
    )
