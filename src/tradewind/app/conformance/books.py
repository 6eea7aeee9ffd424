"""Cards about books: equal to the exchange's at quiet moments, or distrusted, never guessed."""

from decimal import Decimal
from itertools import pairwise

from tradewind.app.conformance.bench import Bench
from tradewind.app.conformance.card import expect
from tradewind.app.conformance.world import Trouble
from tradewind.core.market.book import Book
from tradewind.model import events as ev
from tradewind.model.market import Level
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL


async def heard(bench: Bench) -> None:
    """A watched instrument has a book: a snapshot first, uncrossed, with sizes above zero."""
    bench.watch("book")
    await bench.live()
    name = bench.ground.instrument
    told = [
        each
        for each in bench.heard.events
        if isinstance(each, ev.BookSnapshot | ev.BookDelta) and each.instrument == name
    ]
    expect(isinstance(told[0], ev.BookSnapshot), "a book began with a change")
    book = bench.book
    expect(book.best_bid or book.best_ask, "the book has no level at all")
    if book.best_bid is not None and book.best_ask is not None:
        expect(book.best_bid < book.best_ask, f"crossed: {book.best_bid} and {book.best_ask}")
    snapshot = bench.heard.of(ev.BookSnapshot)[0]
    bids, asks = [px for px, _ in snapshot.bids], [px for px, _ in snapshot.asks]
    expect(bids == sorted(bids, reverse=True), "the best bid does not stand first")
    expect(asks == sorted(asks), "the best ask does not stand first")
    expect(all(qty > 0 for _, qty in (*snapshot.bids, *snapshot.asks)), "a level without size")
    rules = bench.rules[name]
    expect(all(rules.on_grid(px) for px in (*bids, *asks)), "a level off the grid")


async def snapshot_equal(bench: Bench) -> None:
    """The first snapshot is the exchange's book, level by level."""
    bench.watch("book")
    await bench.live()
    await _equal(bench, _standing(bench))


async def changes_equal(bench: Bench) -> None:
    """After orders, trades and cancels of others the book is the exchange's, level by level."""
    bench.watch("book")
    await bench.live()
    expected = await _stir(bench)
    await _equal(bench, expected)
    seen = len(bench.heard.of(ev.BookDelta))
    expect(seen, "a book that changed was told without one change")


async def gap(bench: Bench) -> None:
    """A change that was left out is noticed: distrusted, then right again by a new snapshot."""
    await _recovers(bench, Trouble.PUBLIC_GAP)


async def garbled(bench: Bench) -> None:
    """A frame that is no message is not guessed: distrusted, then right again."""
    await _recovers(bench, Trouble.PUBLIC_GARBLED)


async def truncated(bench: Bench) -> None:
    """A frame that is cut short is not guessed: distrusted, then right again."""
    await _recovers(bench, Trouble.PUBLIC_TRUNCATED)


async def renamed(bench: Bench) -> None:
    """A field with another name is not guessed: distrusted, then right again."""
    await _recovers(bench, Trouble.PUBLIC_RENAMED)


async def omitted(bench: Bench) -> None:
    """A field that is missing is not guessed: distrusted, then right again."""
    await _recovers(bench, Trouble.PUBLIC_OMITTED)


async def twice(bench: Bench) -> None:
    """Frames that come twice leave the book right, or distrusted until it is."""
    bench.watch("book")
    await bench.live()
    bench.world.strike(Trouble.PUBLIC_TWICE)
    expected = await _stir(bench)
    bench.world.heal()
    await bench.calm(2.0)
    await _equal(bench, expected)


async def cut(bench: Bench) -> None:
    """A lost connection is told as a feed that is not live, and the book comes back whole."""
    bench.watch("book")
    await bench.live()
    mark = bench.mark()
    bench.world.strike(Trouble.PUBLIC_CUT)
    await _lost(bench, mark, 3.0)
    expected = await _stir(bench)
    again = bench.mark()
    bench.world.heal()
    await bench.live(after=again)
    await _equal(bench, expected)
    told = [each.live for each in bench.heard.of(ev.FeedChanged, None, again)]
    expect(told and told[-1], "a book that came back was not told as live")


async def restarted(bench: Bench) -> None:
    """A feed that begins anew and counts from the start again leaves the book right."""
    bench.watch("book")
    await bench.live()
    await _stir(bench)
    bench.world.strike(Trouble.PUBLIC_RESTART)
    await bench.calm(5.0)
    name, tick = bench.ground.instrument, bench.rules[bench.ground.instrument].tick
    low = bench.ground.far_bid - tick
    await bench.world.public(name, BUY, bench.ground.qty, low, rests=True)
    await bench.until(lambda: bench.book.trust == "trusted", "the book to be trusted again")
    await bench.until(
        lambda: bench.book.qty_at(BUY, low) == bench.ground.qty, "a change after the restart"
    )
    left = bench.ground.depth - bench.ground.qty
    expect(bench.book.qty_at(BUY, bench.ground.bid) == left, "the restart lost what stood before")


async def silent(bench: Bench) -> None:
    """A connection that is open and silent is noticed in time, and replaced."""
    bench.watch("book")
    await bench.live()
    mark = bench.mark()
    bench.world.strike(Trouble.PUBLIC_SILENT)
    await _lost(bench, mark, bench.claims.silence_s + 3)
    again = bench.mark()
    bench.world.heal()
    await bench.live(after=again)


async def heartbeat(bench: Bench) -> None:
    """While nothing trades, the age of the data is renewed by heartbeats."""
    bench.watch("book")
    await bench.live()
    await bench.calm(3.0)
    mark, began_ns = bench.mark(), bench.clock.now_ns()
    await bench.calm(10.0)
    stamps = [
        each.ts_recv
        for each in bench.heard.events[mark:]
        if isinstance(each, ev.MarketEvent)
        and each.instrument == bench.ground.instrument
        and (not isinstance(each, ev.FeedChanged) or each.live)
    ]
    stamps = [began_ns, *stamps, bench.clock.now_ns()]
    widest_s = max(b - a for a, b in pairwise(stamps)) / 1e9
    expect(widest_s < 3.0, f"nothing was verified for {widest_s:.1f} s of a quiet market")


async def adds(bench: Bench) -> None:
    """A second instrument is watched without harm to the first."""
    ground = bench.ground
    bench.watch("book")
    await bench.live()
    mark = bench.mark()
    bench.watch("book", instruments=(ground.instrument, ground.other))
    await bench.live(ground.other)
    expected = await _stir(bench)
    await _equal(bench, expected)
    lost = [
        each
        for each in bench.heard.of(ev.FeedChanged, None, mark)
        if each.instrument == ground.instrument and not each.live
    ]
    expect(not lost, "the first instrument's feed was lost for the second's sake")


async def removes(bench: Bench) -> None:
    """What is not watched any more is not told any more."""
    ground = bench.ground
    bench.watch("book", instruments=(ground.instrument, ground.other))
    await bench.live()
    await bench.live(ground.other)
    bench.watch("book", instruments=(ground.other,))
    await bench.calm(2.0)
    mark = bench.mark()
    await _stir(bench)
    await bench.calm()
    told = [
        each
        for each in bench.heard.events[mark:]
        if isinstance(each, ev.BookDelta | ev.BookSnapshot | ev.Trade)
        and each.instrument == ground.instrument
    ]
    expect(not told, f"{len(told)} pieces of news of what is not watched any more")


async def apart(bench: Bench) -> None:
    """Two instruments do not mix: each has its own book."""
    ground = bench.ground
    bench.watch("book", instruments=(ground.instrument, ground.other))
    await bench.live()
    await bench.live(ground.other)
    expected = await _stir(bench)
    await _equal(bench, expected)
    other = bench.heard.book(ground.other)
    told = (_levels(other, BUY), _levels(other, SELL))
    true = (
        {ground.other_bid: ground.depth},
        {ground.other_ask: ground.depth},
    )
    expect(told == true, f"the other book is {true}, told was {told}")


async def all_again(bench: Bench) -> None:
    """After a reconnect everything that was watched is watched again."""
    ground = bench.ground
    bench.watch("book", "trade", instruments=(ground.instrument, ground.other))
    await bench.live()
    await bench.live(ground.other)
    mark = bench.mark()
    bench.world.strike(Trouble.PUBLIC_CUT)
    await _lost(bench, mark, 3.0)
    again = bench.mark()
    bench.world.heal()
    await bench.live(after=again)
    await bench.live(ground.other, after=again)
    await bench.calm()
    mark = bench.mark()
    for name, px in ((ground.instrument, ground.ask), (ground.other, ground.other_ask)):
        await bench.world.public(name, BUY, ground.qty, px, rests=False)
    await bench.until(
        lambda: (
            {each.instrument for each in bench.heard.of(ev.Trade, None, mark)}
            >= {ground.instrument, ground.other}
        ),
        "trades of both instruments",
    )


async def own_shown(bench: Bench) -> None:
    """Whether our own orders stand in the book is as the instrument says."""
    ground = bench.ground
    bench.watch("book")
    await bench.live()
    await bench.resting(BUY, ground.bid)
    await bench.calm(2.0)
    ours = ground.qty if bench.rules[ground.instrument].book_shows_own else 0
    qty = bench.book.qty_at(BUY, ground.bid)
    expect(qty == ground.depth + ours, f"the bid shows {qty} with {ground.qty} of ours")


async def mirror_book(bench: Bench) -> None:
    """The mirrored outcome's book is the first one's, turned around."""
    ground = bench.ground
    assert ground.mirror is not None
    bench.watch("book", instruments=(ground.instrument, ground.mirror))
    await bench.live()
    await bench.live(ground.mirror)
    expected_bids, expected_asks = await _stir(bench)
    await _equal(bench, (expected_bids, expected_asks))
    mirror = bench.heard.book(ground.mirror)
    bids = {1 - px: qty for px, qty in expected_asks.items()}
    asks = {1 - px: qty for px, qty in expected_bids.items()}
    told = (_levels(mirror, BUY), _levels(mirror, SELL))
    expect(told == (bids, asks), f"the mirror is {(bids, asks)}, told was {told}")


Sides = tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]


def _standing(bench: Bench) -> Sides:
    """Return the levels that stand before a card."""
    ground = bench.ground
    return {ground.bid: ground.depth}, {ground.ask: ground.depth}


async def _stir(bench: Bench) -> Sides:
    """Let others place, trade and cancel; returns the levels that stand then."""
    ground = bench.ground
    name, tick = ground.instrument, bench.rules[ground.instrument].tick_at(ground.bid)
    low, high = ground.bid - 2 * tick, ground.ask + 2 * tick
    gone = await bench.world.public(name, SELL, ground.qty, high, rests=True)
    for side, px, rests in (
        (BUY, low, True),
        (BUY, ground.ask, False),
        (SELL, ground.bid, False),
        (SELL, high, True),
    ):
        # Venues join what happens within some milliseconds.
        await bench.calm(0.2)
        await bench.world.public(name, side, ground.qty, px, rests=rests)
    await bench.world.public_cancel(name, gone)
    await bench.calm(0.5)
    left = ground.depth - ground.qty
    return {ground.bid: left, low: ground.qty}, {ground.ask: left, high: ground.qty}


def _levels(book: Book, side: Side) -> dict[Decimal, Decimal]:
    levels: tuple[Level, ...] = book.levels(side, 1000)
    return dict(levels)


async def _equal(bench: Bench, expected: Sides) -> None:
    await bench.until(lambda: bench.book.trust == "trusted", "the book to be trusted")

    def told() -> Sides:
        return _levels(bench.book, BUY), _levels(bench.book, SELL)

    for _ in range(10):
        await bench.calm(0.5)
        if told() == expected:
            return
    expect(kept=False, sentence=f"the book is {expected}, told was {told()}")


async def _lost(bench: Bench, mark: int, within_s: float) -> None:
    await bench.until(
        lambda: any(
            not each.live and each.instrument == bench.ground.instrument
            for each in bench.heard.of(ev.FeedChanged, None, mark)
        ),
        "the feed to be told as lost",
        within_s,
    )


async def _recovers(bench: Bench, trouble: Trouble) -> None:
    bench.watch("book")
    await bench.live()
    mark = bench.mark()
    bench.world.strike(trouble)
    expected = await _stir(bench)
    await _lost(bench, mark, 20.0)
    bench.world.heal()
    await bench.until(lambda: bench.heard.of(ev.BookSnapshot, None, mark), "a fresh snapshot", 60.0)
    await _equal(bench, expected)
