"""Cards about the private stream: whatever it does, nothing is missed and nothing told twice."""

from tradewind.app.conformance.bench import Bench, check_fill
from tradewind.app.conformance.card import expect
from tradewind.app.conformance.world import Trouble
from tradewind.model import events as ev
from tradewind.model.fill import Fill
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL


async def verified(bench: Bench) -> None:
    """The session is told as live once the stream has been verified."""
    told = await bench.hear(ev.SessionChanged)
    await bench.until(
        lambda: any(each.live for each in bench.heard.of(ev.SessionChanged)), "a live session"
    )
    expect(told.account == bench.ground.account, f"told of the session of {told.account}")


async def cut(bench: Bench) -> None:
    """A lost private stream is told at once with a reason, and told again when it is verified."""
    mark = bench.mark()
    bench.world.strike(Trouble.PRIVATE_CUT)
    lost = await _session(bench, live=False, after=mark, within_s=2.0)
    expect(lost.reason, "the session went away without a reason")
    bench.world.heal()
    await _session(bench, live=True, after=mark, within_s=60.0)


async def filled_while_down(bench: Bench) -> None:
    """What filled while the stream was down is found by a reading, under the venue's key."""
    ground = bench.ground
    placed = await bench.resting(BUY, ground.bid)
    cursor = (await bench.read()).cursor
    mark = bench.mark()
    bench.world.strike(Trouble.PRIVATE_CUT)
    await _session(bench, live=False, after=mark)
    await bench.world.public(
        ground.instrument, SELL, ground.depth + ground.qty, ground.bid, rests=False
    )
    bench.world.heal()
    await _session(bench, live=True, after=mark, within_s=60.0)
    report = await bench.read([placed.id], cursor)
    _everything_known(bench, report)


async def ended_while_down(bench: Bench) -> None:
    """What was cancelled while the stream was down is found by a reading."""
    placed = await bench.resting()
    mark = bench.mark()
    bench.world.strike(Trouble.PRIVATE_CUT)
    await _session(bench, live=False, after=mark)
    bench.cancel(placed)
    await bench.until(lambda: not bench.truly(placed).open, "the exchange to cancel the order")
    bench.world.heal()
    await _session(bench, live=True, after=mark, within_s=60.0)
    await bench.calm(2.0)
    report = await bench.read([placed.id])
    listed = {each.status for each in report.orders if each.client_order_id == placed.id}
    expect(listed == {"cancelled"}, f"a reading says {listed} of a cancelled order")


async def silent(bench: Bench) -> None:
    """A private stream that is open and silent is noticed, and replaced."""
    mark = bench.mark()
    bench.world.strike(Trouble.PRIVATE_SILENT)
    await _session(bench, live=False, after=mark, within_s=bench.claims.silence_s + 3)
    bench.world.heal()
    await _session(bench, live=True, after=mark, within_s=60.0)


async def twice(bench: Bench) -> None:
    """News that comes twice does no harm: no fill but the exchange's, and one end."""
    bench.world.strike(Trouble.PRIVATE_TWICE)
    await _trade_and_cancel(bench)


async def shuffled(bench: Bench) -> None:
    """News in another order does no harm: no fill is lost, and one end is told."""
    bench.world.strike(Trouble.PRIVATE_SHUFFLED)
    await _trade_and_cancel(bench)


async def late(bench: Bench) -> None:
    """News that comes late does no harm: no fill is lost, and one end is told."""
    bench.world.strike(Trouble.PRIVATE_LATE)
    await _trade_and_cancel(bench)


async def garbled(bench: Bench) -> None:
    """News that cannot be read is not guessed: the session is in doubt until it is verified."""
    await _distrusts(bench, Trouble.PRIVATE_GARBLED)


async def renamed(bench: Bench) -> None:
    """News in which a field has another name is not guessed: the session is in doubt."""
    await _distrusts(bench, Trouble.PRIVATE_RENAMED)


async def funding(bench: Bench) -> None:
    """A funding payment is told once with the venue's key, and is no fill."""
    await bench.taken(BUY)
    before = len(bench.heard.fills())
    due_s = bench.world.pay_funding(bench.ground.instrument)
    paid = await bench.hear(ev.FundingPaid, None, due_s + 30.0)
    await bench.calm(2.0)
    expect(paid.key and paid.amount, f"funding without a key or an amount: {paid}")
    expect(paid.instrument == bench.ground.instrument, f"funding of {paid.instrument}")
    keys = {each.key for each in bench.heard.of(ev.FundingPaid)}
    expect(len(keys) == 1, f"one payment was told under {len(keys)} keys")
    expect(len(bench.heard.fills()) == before, "a funding payment was told as a fill")


async def settlement(bench: Bench) -> None:
    """A settlement is told as paid once, keyed by market and number, with what a unit is worth."""
    ground = bench.ground
    await bench.taken(BUY)
    bench.world.close_market(ground.instrument)
    await bench.calm()
    payout = bench.world.settle_market(ground.instrument)
    await bench.until(
        lambda: any(
            each.instrument == ground.instrument and each.phase is ev.SettlementPhase.PAID
            for each in bench.heard.of(ev.SettlementReported)
        ),
        "the settlement to be told as paid",
        90.0,
    )
    paid = [
        each
        for each in bench.heard.of(ev.SettlementReported)
        if each.phase is ev.SettlementPhase.PAID
    ]
    keys = [(each.instrument, each.number) for each in paid]
    expect(len(set(keys)) == len(keys), f"a settlement was told twice: {keys}")
    worth = {each.payout for each in paid if each.instrument == ground.instrument}
    expect(worth == {payout}, f"a unit is worth {payout}, told was {worth}")


async def _trade_and_cancel(bench: Bench) -> None:
    ground = bench.ground
    taken = bench.place(BUY, ground.ask)
    await bench.filled(taken, ground.qty)
    part = await bench.resting(SELL, ground.ask, ground.qty * 2)
    await bench.world.public(ground.instrument, BUY, ground.depth, ground.ask, rests=False)
    await bench.filled(part, ground.qty)
    bench.cancel(part)
    await bench.hear(ev.OrderCancelled, part.id)
    await bench.calm(2.0)
    bench.world.heal()
    expect(bench.endings(part) == 1, f"an end was told {bench.endings(part)} times")
    expect(not bench.endings(taken), "a filled order was told to have ended otherwise")
    fills = bench.heard.fills()
    by_key: dict[str, Fill] = {}
    for each in fills:
        same = by_key.setdefault(each.key, each)
        expect(same == each, f"one key, two fills: {same} and {each}")
    true = bench.world.fills()
    expect(len(by_key) == len(true), f"told {len(by_key)} fills of {len(true)}")
    for one in true:
        check_fill(next((f for f in fills if one.key in f.key), None), one)


async def _distrusts(bench: Bench, trouble: Trouble) -> None:
    mark = bench.mark()
    bench.world.strike(trouble)
    placed = bench.place(BUY, bench.ground.ask)
    await _session(bench, live=False, after=mark)
    bench.world.heal()
    await _session(bench, live=True, after=mark, within_s=60.0)
    await bench.calm(2.0)
    report = await bench.read([placed.id])
    _everything_known(bench, report)


async def _session(
    bench: Bench, *, live: bool, after: int, within_s: float = 20.0
) -> ev.SessionChanged:
    """Wait until the session was told to be live, or not; what is told last counts for live."""

    def told() -> list[ev.SessionChanged]:
        news = bench.heard.of(ev.SessionChanged, None, after)
        return [each for each in (news[-1:] if live else news) if each.live is live]

    await bench.until(told, f"the session to be {'live' if live else 'lost'}", within_s)
    return told()[0]


def _everything_known(bench: Bench, report: ev.AccountReport) -> None:
    known = {each.key: each for each in (*bench.heard.fills(), *report.fills)}
    true = bench.world.fills()
    expect(len(known) == len(true), f"{len(known)} fills are known, the exchange has {len(true)}")
    for one in true:
        check_fill(next((f for key, f in known.items() if one.key in key), None), one)
