"""Market events folded: the hot path. Most events change a few attributes and end there.

Each fold returns who listens to the event; `step` lets them react.
"""

from collections.abc import Sequence

from tradewind.core.engine import days, guards
from tradewind.core.engine.desk import Call, Desk, Feed, Instance
from tradewind.core.engine.intents import alert, cancel
from tradewind.core.engine.lifecycle import subscribe
from tradewind.core.engine.react import call, react, wants
from tradewind.core.market.market import Market
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import Level
from tradewind.model.errors import DataError
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    CurrencyRate,
    FeedChanged,
    FundingRate,
    InstrumentDefined,
    Quote,
    ReferencePrice,
    Trade,
    TradingChanged,
)
from tradewind.model.ids import InstrumentId
from tradewind.model.market import INTERVALS_NS, CandleStatus
from tradewind.model.money import NANOS

PROVISIONAL = CandleStatus.PROVISIONAL
NOBODY: Sequence[Call] = ()
RUNNING, PAUSED, STOPPING = Lifecycle.RUNNING, Lifecycle.PAUSED, Lifecycle.STOPPING


def on_quote(desk: Desk, quote: Quote) -> Sequence[Call]:
    """Fold a quote."""
    feed = desk.feeds[quote.instrument]
    market = feed.market
    market.quote = market.top = quote
    market.verified_ns = quote.ts_recv
    if feed.watched and (quote.bid <= feed.low or quote.ask >= feed.high):
        guards.on_price(desk, feed, quote.bid, quote.ask, quoted=True)
    if feed.builders:
        _build(desk, feed, quote)
    return feed.quotes


def on_trade(desk: Desk, trade: Trade) -> Sequence[Call]:
    """Fold a public print."""
    feed = desk.feeds[trade.instrument]
    market = feed.market
    market.last_px = px = trade.px
    feed.last_trade = trade
    market.verified_ns = trade.ts_recv
    if feed.watched and (px <= feed.low or px >= feed.high):
        guards.on_price(desk, feed, px, px)
    if feed.builders:
        _build(desk, feed, trade)
    return feed.trades


def on_candle(desk: Desk, candle: Candle) -> Sequence[Call]:
    """Fold a candle; listeners hear closed and corrected ones."""
    feed = desk.feeds[candle.instrument]
    market = feed.market
    world = desk.world
    if world.now_ns - candle.ts_event > world.late_ns[candle.interval]:
        return _on_late(desk, feed, candle)
    market.candle = candle
    market.verified_ns = candle.ts_recv
    if candle.low_quanta < feed.low_quanta or candle.high_quanta >= feed.high_quanta:
        px = market.prices
        guards.on_price(desk, feed, px[candle.low_quanta], px[candle.high_quanta])
    if candle.status is PROVISIONAL:
        return NOBODY
    if feed.memory:
        remember(desk, feed, candle)
    return feed.candles.get(candle.interval, NOBODY)


def _on_late(desk: Desk, feed: Feed, candle: Candle) -> Sequence[Call]:
    """Fold a candle that ended long ago: history, which moves no guard and begins no order."""
    market = feed.market
    if market.candle is None or candle.ts_event > market.candle.ts_event:
        market.candle = candle
    if candle.status is PROVISIONAL:
        return NOBODY
    if feed.memory:
        remember(desk, feed, candle)
    listeners = feed.candles.get(candle.interval)
    if listeners:
        age_ns = desk.world.now_ns - candle.ts_event - INTERVALS_NS[candle.interval]
        desk.gate.hindsight = f"the candle closed {age_ns // NANOS} s ago"
        desk.gate.restricted = True
        react(desk, listeners, candle)
        desk.gate.hindsight = ""
        desk.refresh_restriction()
    return NOBODY


def remember(desk: Desk, feed: Feed, candle: Candle) -> None:
    """Keep a closed candle for strategies that look back; a corrected one replaces its first."""
    kept = desk.world.candles.setdefault((candle.instrument, candle.interval), [])
    for index in range(len(kept) - 1, max(len(kept) - 50, -1), -1):
        if kept[index].ts_event == candle.ts_event:
            kept[index] = candle
            return
    kept.append(candle)
    if len(kept) > 2 * feed.memory:
        del kept[: -feed.memory]


def on_book(desk: Desk, event: BookSnapshot | BookDelta) -> Sequence[Call]:
    """Fold a book snapshot or delta; a gap makes the book untrusted until the next snapshot."""
    feed = desk.feeds[event.instrument]
    market = feed.market
    market.apply_book(event)
    top = market.top
    two_sided = top.bid_qty and top.ask_qty
    if feed.watched and two_sided and (top.bid <= feed.low or top.ask >= feed.high):
        guards.on_price(desk, feed, top.bid, top.ask, quoted=True)
    return feed.books


def on_trading(desk: Desk, event: TradingChanged) -> None:
    """Fold what the venue permits."""
    desk.feeds[event.instrument].market.apply_trading(event)


def on_feed(desk: Desk, event: FeedChanged) -> None:
    """Fold a lost or verified feed; heartbeats renew the age of the data."""
    feed = desk.feeds[event.instrument]
    market = feed.market
    for builder in feed.builders.values():
        if not event.live:
            builder.lose(market.verified_ns)
        elif not market.live:
            builder.regain(event.ts_recv)
    if market.live and not event.live:
        alert(desk, Level.WARNING, "feed_lost", f"The public feed of {event.instrument} is lost.")
    market.apply_feed(event)


def on_funding(desk: Desk, event: FundingRate) -> None:
    """A funding rate is news; the payment arrives as an account event."""
    market = desk.feeds[event.instrument].market
    market.verified_ns = event.ts_recv


def on_reference(desk: Desk, event: ReferencePrice) -> Sequence[Call]:
    """Fold a reference price."""
    desk.world.references[event.feed] = event
    return [*desk.references.get(event.feed, NOBODY), *desk.references.get("", NOBODY)]


def on_rate(desk: Desk, event: CurrencyRate) -> None:
    """Fold a currency rate; what is worth something else now is looked at anew."""
    try:
        desk.rates.apply(event)
    except DataError as error:
        alert(desk, Level.WARNING, "currency_rate", str(error))
        return
    for scope in desk.losses.values():
        scope.forget()
    days.share_capital(desk)


def on_instrument(desk: Desk, event: InstrumentDefined) -> None:
    """Define an instrument, or take over its changed rules."""
    rules = event.instrument
    feed = desk.feeds.get(rules.id)
    if feed is None:
        market = Market(rules)
        desk.world.markets[rules.id] = market
        feed = desk.feeds[rules.id] = Feed(market)
        feed.memory = desk.config.candle_memory
        desk.venue_scope(rules.venue)
        if not desk.quiet:
            _discovered(desk, rules.id)
        return
    old = feed.market.instrument
    feed.market.redefine(rules)
    desk.exposure.redefine(rules)
    for lane in desk.lanes.values():
        if lane.instrument.id == rules.id:
            lane.redefine(rules)
    if old.ticks != rules.ticks:
        _regrid(desk, feed)


def _discovered(desk: Desk, instrument: InstrumentId) -> None:
    for instance in list(desk.instances.values()):
        if not _listens(instance):
            continue
        if instrument in instance.spec.instruments:
            subscribe(desk, instance, instrument)
        elif wants(desk, instance, desk.instrument(instrument)):
            subscribe(desk, instance, instrument)
            call(desk, instance, "on_instruments", (instrument,))


def _listens(instance: Instance) -> bool:
    standing = instance.standing
    return standing.lifecycle in (RUNNING, PAUSED, STOPPING) and not standing.faulted


def _regrid(desk: Desk, feed: Feed) -> None:
    """A tick changed: cancel (never amend) orders that are off the new grid; re-round guards."""
    rules = feed.market.instrument
    for order in list(desk.orders.live.values()):
        prices = (order.px, order.trigger_px)
        off = any(px is not None and not rules.on_grid(px) for px in prices)
        if order.instrument == rules.id and off:
            guards.release(feed, order)
            cancel(desk, order)
    for guard in list(feed.guards):
        guards.run(desk, guard)


def _build(desk: Desk, feed: Feed, event: Quote | Trade) -> None:
    for builder in feed.builders.values():
        for candle in builder.add(event):
            _built(desk, candle)
        due_ns = builder.due_ns
        key = f"{feed.market.instrument.id} {builder.interval}"
        if due_ns and desk.timer_at.get(("candles", key)) != due_ns:
            desk.set_timer("candles", key, due_ns)


def close_candles(desk: Desk, key: str) -> None:
    """A tick-built candle's end and grace have passed."""
    name, _, interval = key.rpartition(" ")
    feed = desk.feeds[InstrumentId(name)]
    builder = feed.builders.get(interval)
    if builder is not None:
        for candle in builder.advance(desk.world.now_ns):
            _built(desk, candle)


def _built(desk: Desk, candle: Candle) -> None:
    """Fold a candle of our own; one with a hole in it is told to people, not to strategies."""
    if candle.status is PROVISIONAL:
        text = (
            f"The {candle.interval} candle of {candle.instrument} lacks what was missed while the "
            f"feed was lost; strategies do not hear it."
        )
        alert(desk, Level.WARNING, "candle_hole", text)
    react(desk, on_candle(desk, candle), candle)
