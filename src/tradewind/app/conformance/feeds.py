"""Cards about the other feeds: trades, quotes, candles, funding and what the venue permits."""

from tradewind.app.conformance.bench import Bench
from tradewind.app.conformance.card import expect
from tradewind.model import events as ev
from tradewind.model.market import INTERVALS_NS, CandleStatus, Trading
from tradewind.model.order import Side

BUY, SELL = Side.BUY, Side.SELL


async def trades(bench: Bench) -> None:
    """A public trade is told once, with its price, quantity, and the side that took."""
    ground = bench.ground
    bench.watch("book", "trade")
    await bench.live()
    await bench.calm()
    mark = bench.mark()
    await bench.world.public(ground.instrument, BUY, ground.qty, ground.ask, rests=False)
    await bench.world.public(ground.instrument, SELL, ground.qty, ground.bid, rests=False)
    await bench.until(lambda: len(_trades(bench, mark)) >= 2, "two trades")
    await bench.calm()
    told = [(each.side, each.px, each.qty) for each in _trades(bench, mark)]
    true = [(BUY, ground.ask, ground.qty), (SELL, ground.bid, ground.qty)]
    expect(told == true, f"the trades were {true}, told was {told}")
    ids = {each.trade_id for each in _trades(bench, mark)}
    expect(len(ids) == 2 and all(ids), f"two trades have the ids {ids}")


def _trades(bench: Bench, mark: int) -> list[ev.Trade]:
    return bench.heard.market(ev.Trade, bench.ground.instrument, mark)


async def quotes(bench: Bench) -> None:
    """The best bid and ask are told as they stand, and follow the market."""
    ground = bench.ground
    tick = bench.rules[ground.instrument].tick_at(ground.bid)
    bench.watch("book", "quote")
    await bench.live()
    name = ground.instrument
    await bench.until(lambda: bench.heard.market(ev.Quote, name), "a quote")
    first = bench.heard.market(ev.Quote, name)[0]
    told = (first.bid, first.bid_qty, first.ask, first.ask_qty)
    true = (ground.bid, ground.depth, ground.ask, ground.depth)
    expect(told == true, f"the quote is {true}, told was {told}")
    await bench.world.public(ground.instrument, BUY, ground.qty, ground.bid + tick, rests=True)
    await bench.until(
        lambda: bench.heard.market(ev.Quote, name)[-1].bid == ground.bid + tick, "the better bid"
    )


async def candles(bench: Bench) -> None:
    """A candle closes once, after its end, and the next one follows it."""
    ground = bench.ground
    length_ns = INTERVALS_NS[ground.interval]
    rows = await _three_candles(bench)
    closed = [each for each in rows if each.status is CandleStatus.CLOSED]
    expect(closed, "no candle was told to be closed")
    opens = [each.ts_event for each in closed]
    expect(opens == sorted(set(opens)), "a candle closed twice, or out of order")
    ended: set[int] = set()
    for each in rows:
        expect(each.ts_event not in ended, "a closed candle moved")
        expect(each.interval == ground.interval, f"a candle of {each.interval}")
        if each.status is CandleStatus.CLOSED:
            ended.add(each.ts_event)
            expect(each.ts_recv >= each.ts_event + length_ns, "a candle closed before its end")


async def candles_move(bench: Bench) -> None:
    """A candle is told while it is open, as provisional, and says what has traded."""
    rows = await _three_candles(bench)
    moving = [each for each in rows if each.status is CandleStatus.PROVISIONAL]
    expect(moving, "no provisional candle was told")
    expect(any(each.volume > 0 for each in moving), "no provisional candle has a volume")


async def _three_candles(bench: Bench) -> list[ev.Candle]:
    ground = bench.ground
    bench.watch("book", f"candle:{ground.interval}")
    await bench.live()
    for _ in range(3):
        await bench.world.public(ground.instrument, BUY, ground.qty, ground.ask, rests=False)
        await bench.world.public(ground.instrument, SELL, ground.qty, ground.ask, rests=True)
        await bench.calm(INTERVALS_NS[ground.interval] / 1e9)
    await bench.calm(5.0)
    return bench.heard.of(ev.Candle)


async def funding(bench: Bench) -> None:
    """The funding rate and the mark of a perpetual are told."""
    bench.watch("book", "funding")
    await bench.live()
    told = await bench.hear(ev.FundingRate)
    expect(told.instrument == bench.ground.instrument, f"the rate of {told.instrument}")
    expect(told.mark > 0, f"the mark is {told.mark}")
    expect(told.ts_event > told.ts_recv - 86_400_000_000_000, "the rate is of another day")


async def status(bench: Bench) -> None:
    """A market that ends trading is told so."""
    ground = bench.ground
    bench.watch("book")
    await bench.live()
    mark = bench.mark()
    bench.world.close_market(ground.instrument)
    await bench.until(
        lambda: any(
            each.instrument == ground.instrument and each.trading is not Trading.OPEN
            for each in bench.heard.of(ev.TradingChanged, None, mark)
        ),
        "the end of trading",
        90.0,
    )


async def permitted(bench: Bench) -> None:
    """What the venue permits comes with every feed."""
    bench.watch("book")
    await bench.live()
    told = await bench.hear(ev.TradingChanged)
    expect(told.instrument == bench.ground.instrument, f"told of {told.instrument}")
    expect(told.trading is Trading.OPEN, f"a market that trades was told as {told.trading}")


async def verified(bench: Bench) -> None:
    """A feed is told as live when its book has been verified, and not before."""
    bench.watch("book")
    await bench.live()
    await bench.until(
        lambda: any(each.live for each in bench.heard.of(ev.FeedChanged)), "a live feed"
    )
    first = bench.heard.market(ev.BookSnapshot, bench.ground.instrument)[0]
    for each in bench.heard.market(ev.FeedChanged, bench.ground.instrument):
        early = each.live and each.ts_recv < first.ts_recv
        expect(not early, "a feed was told as live before its first snapshot")


async def stamps(bench: Bench) -> None:
    """News is stamped with our time in the order of its arrival, and with the venue's own."""
    bench.watch("book", "trade")
    await bench.live()
    await bench.calm(3.0)
    news = [
        each
        for each in bench.heard.events
        if isinstance(each, ev.MarketEvent) and not isinstance(each, ev.FundingRate)
    ]
    stamps_ns = [each.ts_recv for each in news]
    expect(stamps_ns == sorted(stamps_ns), "news was told in another order than it came")
    for each in news:
        apart_s = abs(each.ts_recv - each.ts_event) / 1e9
        book = isinstance(each, ev.BookDelta)
        expect(not book or apart_s < 30, f"a change is dated {apart_s:.0f} s away from now")


async def keyless(bench: Bench) -> None:
    """The public side needs no keys: what there is, and its book."""
    onlooker = bench.world.onlooker(bench.heard.take)
    found = await onlooker.discover()
    ids = {each.id for each in found}
    expect(bench.ground.instrument in ids, "an onlooker does not find the instrument")
