"""Public markets of a running desk as faces show them: rules, ladders and candles.

Knows the desk's feeds and only reads them. What our orders stand behind in a queue, it asks of
whoever can know.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from tradewind.control.market_rows import (
    LADDER,
    BookView,
    CandleRow,
    CandlesView,
    MarketView,
    OwnOrder,
)
from tradewind.control.views import FeedView, Wanted
from tradewind.core.engine.desk import Desk, Feed
from tradewind.model.errors import ConfigError
from tradewind.model.events import Candle
from tradewind.model.ids import InstrumentId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS, CandleStatus, Level, Trust
from tradewind.model.order import Side

Ahead = Callable[[InstrumentId, OrderId], Decimal | None]
"""Given an instrument and an order, how much must trade before it does; None: nobody knows."""


def nobody_knows(instrument: InstrumentId, client_order_id: OrderId) -> Decimal | None:
    """Return None: at a real venue the queue is not told."""
    return None


def feed_of(desk: Desk, instrument: str) -> Feed:
    """Return an instrument's feed; ConfigError where there is none of that name."""
    feed = desk.feeds.get(InstrumentId(instrument))
    if feed is None:
        raise ConfigError(
            f"Looked up {instrument or 'a market without a name'}, found no such instrument on "
            f"this desk; look it up in the list of markets."
        )
    return feed


def trust_of(desk: Desk, feed: Feed, now_ns: int) -> str:
    """Return why a market may not be traded on, empty when it may."""
    rules = feed.market.instrument
    mirror = desk.feeds.get(rules.mirror) if rules.mirror is not None else None
    trust = feed.market.trust(
        now_ns, desk.config.stale_book_ns, mirror.market if mirror is not None else None
    )
    return "" if trust is Trust.TRUSTED else trust.value


def watched(desk: Desk) -> set[InstrumentId]:
    """Return the instruments that any instance listens to."""
    return {name for each in desk.instances.values() for name in each.watching}


def matching(desk: Desk, wanted: Wanted) -> list[Instrument]:
    """Return the rules of the instruments that are wanted, in order of their definition."""
    listened = watched(desk) if wanted.watched else None
    return [
        feed.market.instrument
        for name, feed in desk.feeds.items()
        if wanted.instrument in ("", name)
        and (listened is None or name in listened)
        and matches(feed.market.instrument, wanted)
    ]


def matches(rules: Instrument, wanted: Wanted) -> bool:
    """Tell whether an instrument is at the venue and has the words that are wanted."""
    if wanted.venue.upper() not in ("", rules.venue):
        return False
    text = " ".join((rules.id, rules.symbol, rules.event, rules.series, rules.market)).lower()
    return all(word in text for word in wanted.query.lower().split())


def market_view(rules: Instrument, feed: FeedView | None, *, listened: bool) -> MarketView:
    """Return an instrument's rules as faces show them."""
    return MarketView(
        instrument=rules.id,
        venue=rules.venue,
        symbol=rules.symbol,
        kind=rules.kind,
        base=rules.base,
        quote=rules.quote,
        tick=rules.tick,
        ticks=rules.ticks,
        lot=rules.qty_step,
        min_qty=rules.min_qty,
        max_qty=rules.max_qty,
        min_notional=rules.min_notional,
        multiplier=rules.multiplier,
        market=rules.market,
        event=rules.event,
        series=rules.series,
        outcome=rules.outcome,
        mirror=rules.mirror or "",
        strike=rules.strike,
        expires_ns=rules.close_ns,
        fees=fee_words(rules),
        version=rules.version,
        watched=listened,
        feed=feed,
    )


def fee_words(rules: Instrument) -> str:
    """Return the venue's fee schedule in words."""
    if rules.fee_model == "none":
        return "no fees"
    terms = ", ".join(f"{name} {value}" for name, value in sorted(rules.fee_parameters.items()))
    return rules.fee_model.replace("_", " ") + (f": {terms}" if terms else "")


# --- the ladder -----------------------------------------------------------------------------------


def book_view(desk: Desk, feed: Feed, now_ns: int, ahead: Ahead) -> BookView:
    """Return the best levels of a market; where no book is kept, its best bid and ask."""
    market = feed.market
    book = market.book
    if book is not None:
        bids, asks = book.levels(Side.BUY, LADDER), book.levels(Side.SELL, LADDER)
    else:
        bids = _level(market.bid, market.bid_qty)
        asks = _level(market.ask, market.ask_qty)
    return BookView(
        instrument=market.instrument.id,
        bids=bids,
        asks=asks,
        sequence=book.sequence if book is not None else 0,
        ts=market.verified_ns,
        own=tuple(_own(desk, market.instrument.id, ahead)),
        trust=trust_of(desk, feed, now_ns),
    )


def _level(px: Decimal, qty: Decimal) -> tuple[Level, ...]:
    return ((px, qty),) if qty else ()


def _own(desk: Desk, instrument: InstrumentId, ahead: Ahead) -> Iterator[OwnOrder]:
    for order in desk.orders.live.values():
        if order.instrument != instrument or order.px is None or order.asleep:
            continue
        before = ahead(instrument, order.client_order_id)
        yield OwnOrder(
            client_order_id=order.client_order_id,
            instance=order.instance,
            side=order.side,
            px=order.px,
            leaves_qty=order.leaves_qty,
            ahead_qty=before if before is not None and before.is_finite() else None,
        )


# --- candles --------------------------------------------------------------------------------------


def candles_view(desk: Desk, feed: Feed, wanted: Wanted) -> CandlesView:
    """Return the newest candles that the desk has; longer ones are made of shorter ones.

    Raises ConfigError for an interval that nobody knows.
    """
    if wanted.interval not in INTERVALS_NS:
        known = ", ".join(INTERVALS_NS)
        raise ConfigError(
            f"Looked up candles of {wanted.interval!r}, found no such interval; use one of {known}."
        )
    name = feed.market.instrument.id
    source = _source(desk, feed, wanted.interval)
    if source is None:
        return CandlesView(instrument=name, interval=wanted.interval, rows=(), provisional=False)
    kept = desk.world.candles.get((name, source), [])
    forming = _forming(feed, source)
    if forming is not None and kept and forming.ts_event <= kept[-1].ts_event:
        forming = None
    rows = _rows(kept, forming, wanted, source)
    return CandlesView(
        instrument=name,
        interval=wanted.interval,
        rows=tuple(rows),
        provisional=bool(rows) and (forming is not None or source != wanted.interval),
    )


def _source(desk: Desk, feed: Feed, interval: str) -> str | None:
    """Return the longest interval at hand that the wanted one is a multiple of."""
    length = INTERVALS_NS[interval]
    name = feed.market.instrument.id
    found = [
        each
        for each, part in INTERVALS_NS.items()
        if not length % part
        and ((name, each) in desk.world.candles or _forming(feed, each) is not None)
    ]
    return found[-1] if found else None


def _forming(feed: Feed, interval: str) -> Candle | None:
    builder = feed.builders.get(interval)
    if builder is not None:
        return builder.forming
    candle = feed.market.candle
    if candle is None or candle.interval != interval:
        return None
    return candle if candle.status is CandleStatus.PROVISIONAL else None


def _rows(
    kept: list[Candle], forming: Candle | None, wanted: Wanted, source: str
) -> list[CandleRow]:
    times = INTERVALS_NS[wanted.interval] // INTERVALS_NS[source]
    # Candles are in order of time and as good as evenly spaced: no need to look at all of them.
    newest = kept if wanted.before else kept[-(wanted.limit + 1) * times :]
    rows: list[CandleRow] = []
    length = INTERVALS_NS[wanted.interval]
    for candle in (*newest, *((forming,) if forming is not None else ())):
        start = candle.ts_event - candle.ts_event % length if times > 1 else candle.ts_event
        if wanted.before and start >= wanted.before:
            break
        if rows and rows[-1][0] == start:
            rows[-1] = _joined(rows[-1], candle)
        else:
            rows.append((start, candle.open, candle.high, candle.low, candle.close, candle.volume))
    return rows[-wanted.limit :]


def _joined(row: CandleRow, candle: Candle) -> CandleRow:
    start, opened, high, low, _, volume = row
    return (
        start,
        opened,
        max(high, candle.high),
        min(low, candle.low),
        candle.close,
        volume + candle.volume,
    )
