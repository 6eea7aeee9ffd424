"""What both legs look like now: others' prices, our own resting price, and whether to trust it.

Knows how to read a context. Must not decide anything.
"""

from decimal import Decimal

import msgspec

from tradewind.core.market.market import Market
from tradewind.core.strategy.context import Context
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.market import Trading, Trust
from tradewind.model.money import NANOS, ONE, ZERO
from tradewind.model.order import Side

BUY = Side.BUY
SELL = Side.SELL
HALF = Decimal("0.5")
TRUSTED = Trust.TRUSTED
STALE = Trust.STALE


class LegView(msgspec.Struct):
    """One leg at one moment; prices in quote currency, None where there is none.

    `others` is the best bid of others and `best` the best of all, ours included. `ask` is the
    lowest price at which others sell, their bids on the mirrored outcome included. `own_px` is
    the highest price at which a live order of ours may still buy; `wall` is where our order on
    the mirrored outcome sells.
    """

    rules: Instrument
    others: Decimal | None = None
    best: Decimal | None = None
    ask: Decimal | None = None
    own_px: Decimal | None = None
    wall: Decimal | None = None

    @property
    def mid(self) -> Decimal | None:
        """Return the middle between others' bid and ask."""
        if self.others is None or self.ask is None:
            return None
        return (self.others + self.ask) * HALF


class PairView(msgspec.Struct):
    """Both legs at one moment.

    `doubt_ns` is since when a book is not trusted, 0 while both are. `trading` tells whether
    both venues let us trade now, `closed` and `settled` whether
    either market has ended or paid. `close_ns` is the
    earlier close of the two, None when neither states one.
    """

    legs: tuple[LegView, LegView]
    mirrored: bool
    doubt_ns: int
    trading: bool
    closed: bool
    settled: bool
    close_ns: int | None

    @property
    def spread(self) -> Decimal | None:
        """Return 1 less both best bids of others, None while one is missing."""
        a, b = self.legs[0].others, self.legs[1].others
        return None if a is None or b is None else ONE - a - b


def mirrors(a: Instrument, b: Instrument) -> bool:
    """Tell whether a bid on one leg is an ask on the other: both outcomes of one market."""
    same = a.venue == b.venue and a.canonical_market == b.canonical_market
    return same or a.mirror == b.id or b.mirror == a.id


class Ghost(msgspec.Struct, frozen=True):
    """An order of ours that is gone, while the book may not have heard of it yet."""

    px: Decimal
    qty: Decimal
    gone_ns: int


Ghosts = tuple[Ghost | None, Ghost | None]


def look(ctx: Context, legs: tuple[InstrumentId, InstrumentId], ghosts: Ghosts) -> PairView:
    """Read both legs; `ghosts` are taken out of the books like our live orders."""
    markets = (ctx.market(legs[0]), ctx.market(legs[1]))
    rules = (markets[0].instrument, markets[1].instrument)
    mirrored = mirrors(*rules)
    views = (_leg(ctx, markets[0], ghosts[0]), _leg(ctx, markets[1], ghosts[1]))
    if mirrored:
        _reflect(*views)
        _reflect(views[1], views[0])
    doubts = [
        doubt
        for market, other in (markets, markets[::-1])
        if (doubt := _doubt_since(ctx, market, other if mirrored else None))
    ]
    closes = [each.close_ns for each in rules if each.close_ns is not None]
    return PairView(
        views,
        mirrored,
        min(doubts, default=0),
        all(market.trading is Trading.OPEN for market in markets),
        any(market.trading is Trading.CLOSED for market in markets),
        any(market.trading is Trading.SETTLED for market in markets),
        min(closes, default=None),
    )


def size_ahead(ctx: Context, leg: InstrumentId, px: Decimal) -> Decimal:
    """Return others' displayed size on our side at `px` and better."""
    market = ctx.market(leg)
    if market.book is None:
        return market.bid_qty if market.bid_qty and market.bid >= px else ZERO
    own = ctx.own_levels(leg, BUY)
    total = ZERO
    for level, qty in market.book.levels(BUY, market.book.depth(BUY)):
        if level < px:
            break
        total += max(qty - own.get(level, ZERO), ZERO)
    return total


def closing_in_s(view: PairView, now_ns: int) -> int | None:
    """Return the whole seconds to the close, None when it is not known."""
    return None if view.close_ns is None else (view.close_ns - now_ns) // NANOS


def _leg(ctx: Context, market: Market, ghost: Ghost | None) -> LegView:
    rules = market.instrument
    prices = [
        px
        for order in ctx.orders(rules.id)
        if order.side is BUY
        for px in (order.px, order.amend_px)
        if px is not None
    ]
    return LegView(
        rules,
        others=_others_bid(ctx, market, ghost) if market.bid_qty else None,
        best=market.bid if market.bid_qty else None,
        ask=(ctx.others_best(rules.id, SELL) or None) if market.ask_qty else None,
        own_px=max(prices, default=None),
    )


def _others_bid(ctx: Context, market: Market, ghost: Ghost | None) -> Decimal | None:
    rules = market.instrument
    if ghost is None or market.book is None or not rules.book_shows_own:
        return ctx.others_best(rules.id, BUY) or None
    if market.top_ns > ghost.gone_ns:
        return ctx.others_best(rules.id, BUY)
    own = ctx.own_levels(rules.id, BUY)
    own[ghost.px] = own.get(ghost.px, ZERO) + ghost.qty
    return market.book.others_best(BUY, own)


def _reflect(leg: LegView, other: LegView) -> None:
    if other.others is not None:
        seen = ONE - other.others
        leg.ask = seen if leg.ask is None else min(leg.ask, seen)
    if other.own_px is not None:
        leg.wall = ONE - other.own_px


def _doubt_since(ctx: Context, market: Market, mirror: Market | None) -> int:
    """Return since when the market cannot be traded on, 0 when it can."""
    now_ns = ctx.now_ns
    if not ctx.fresh(market.instrument.id):
        return market.verified_ns or now_ns
    trust = market.trust(now_ns, now_ns, mirror)
    return 0 if trust is TRUSTED else now_ns
