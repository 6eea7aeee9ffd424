"""What one instrument looks like now, and whether that may be traded on.

Knows the newest public data of one instrument and when it was last verified. Must not know our
orders and positions, nor how stale is too stale: bounds are handed in.
"""

from decimal import Decimal

import msgspec

from tradewind.core.market.book import Book
from tradewind.model.events import (
    BookDelta,
    BookSnapshot,
    Candle,
    FeedChanged,
    Quote,
    Trade,
    TradingChanged,
)
from tradewind.model.instrument import Instrument
from tradewind.model.market import Trading, Trust
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import Side

BUY = Side.BUY
SELL = Side.SELL
OPEN = Trading.OPEN
TRUSTED = Trust.TRUSTED
EMPTY = Trust.EMPTY
GAP = Trust.GAP
STALE = Trust.STALE
CROSSED = Trust.CROSSED
MIRROR = Trust.MIRROR
HALF = Decimal("0.5")
MIRROR_GRACE_NS = 500_000_000
"""How long YES and NO may disagree: their messages about one change arrive one after the other."""


class Top(msgspec.Struct, gc=False):
    """The best bid and ask of a book; a side without orders has quantity zero."""

    bid: Decimal = ZERO
    ask: Decimal = ZERO
    bid_qty: Decimal = ZERO
    ask_qty: Decimal = ZERO


class Market:
    """The public face of one instrument at present; written by the engine's folds only.

    `top` is what last told the best bid and ask: the quote itself, or the top of the book; `bid`
    and `ask` are read from it and count only while their quantity is above zero. `last_px` is
    None before the first print, `book` None before the first snapshot. `live` is False while the
    feed is lost. `verified_ns` is when the last message, heartbeat or REST read vouched for the
    data; `top_ns` when a book last set the bid and the ask (0: never; the quote's time counts).
    """

    __slots__ = (
        "book",
        "candle",
        "instrument",
        "last_px",
        "live",
        "prices",
        "quote",
        "top",
        "top_ns",
        "trading",
        "verified_ns",
    )

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.prices = instrument.prices
        self.top: Quote | Top = Top()
        self.last_px: Decimal | None = None
        self.quote: Quote | None = None
        self.book: Book | None = None
        self.trading = OPEN
        self.live = True
        self.verified_ns = 0
        self.top_ns = 0
        self.candle: Candle | None = None

    @property
    def bid(self) -> Decimal:
        """Return the best bid."""
        return self.top.bid

    @property
    def ask(self) -> Decimal:
        """Return the best ask."""
        return self.top.ask

    @property
    def bid_qty(self) -> Decimal:
        """Return what is wanted at the best bid."""
        return self.top.bid_qty

    @property
    def ask_qty(self) -> Decimal:
        """Return what is offered at the best ask."""
        return self.top.ask_qty

    # The engine's hot handlers do what apply_quote and apply_candle do without the call.

    def apply_quote(self, quote: Quote) -> None:
        """Take the best bid and ask."""
        self.quote = self.top = quote
        self.verified_ns = quote.ts_recv

    def apply_candle(self, candle: Candle) -> None:
        """Take the newest candle."""
        self.candle = candle
        self.verified_ns = candle.ts_recv

    def apply_trade(self, trade: Trade) -> None:
        """Take the last traded price."""
        self.last_px = trade.px
        self.verified_ns = trade.ts_recv

    def apply_book(self, event: BookSnapshot | BookDelta) -> bool:
        """Fold a book message; return False when the book is not to be trusted after it.

        The bid and the ask follow a trusted book and stay as they were under a gap.
        """
        self.verified_ns = event.ts_recv
        book = self.book
        if type(event) is BookDelta:
            if book is None or not book.apply_delta(event):
                return False
        else:
            assert type(event) is BookSnapshot
            if book is None:
                book = self.book = Book()
            book.apply_snapshot(event)
        bid, ask = book.best_bid or ZERO, book.best_ask or ZERO
        top = self.top
        if bid != top.bid or ask != top.ask or not self.top_ns:
            self.top_ns = event.ts_recv
        self.top = Top(bid, ask, book.best_qty(BUY), book.best_qty(SELL))
        return True

    def apply_feed(self, event: FeedChanged) -> None:
        """Note that the feed is lost, or verified again.

        A lost feed may have lost deltas: the book waits for a snapshot.
        """
        self.live = event.live
        if event.live:
            self.verified_ns = event.ts_recv
        elif self.book is not None:
            self.book.distrust()

    def apply_trading(self, event: TradingChanged) -> None:
        """Note what the venue permits now."""
        self.trading = event.trading

    def redefine(self, instrument: Instrument) -> None:
        """Take a new version of the rules; a changed grid locks what was folded.

        The book then waits for a snapshot, a market without one for its next message; the last
        prices stay as a mark. Rules that leave the grid alone (fees, close time) lock nothing.
        """
        old = self.instrument
        assert instrument.id == old.id
        self.instrument = instrument
        self.prices = instrument.prices
        if (
            instrument.ticks == old.ticks
            and instrument.qty_step == old.qty_step
            and instrument.multiplier == old.multiplier
        ):
            return
        self.verified_ns = 0
        if self.book is not None:
            self.book.clear()

    def mark(self) -> Decimal | None:
        """Return what one unit is worth: the mid, else the last trade, else the last close."""
        top = self.top
        if top.bid_qty and top.ask_qty:
            return (top.bid + top.ask) * HALF
        if self.last_px is not None:
            return self.last_px
        if self.candle is not None:
            return self.prices[self.candle.close_quanta]
        return None

    def age_ns(self, now_ns: int) -> int:
        """Return how long ago something vouched for the data; a quiet healthy feed is young."""
        return now_ns - self.verified_ns

    def fresh(self, now_ns: int, stale_ns: int) -> bool:
        """Tell whether the feed is up and was verified no longer than `stale_ns` ago."""
        return self.live and now_ns - self.verified_ns <= stale_ns

    def trust(
        self,
        now_ns: int,
        stale_ns: int,
        mirror: "Market | None" = None,
        tolerance: Decimal = ZERO,
    ) -> Trust:
        """Judge whether the data may be traded on, and if not, why; the first reason found.

        Of a binary market hand in the other outcome as `mirror`: both bids together must stay
        below 1 + `tolerance`, and where `instrument.mirror` names it, each ask must be one minus
        the other bid. Outcomes are compared once neither top has moved for MIRROR_GRACE_NS.
        """
        book = self.book
        if book is not None:
            if book.trust is not TRUSTED:
                return book.trust
        elif not self.verified_ns or self._silent():
            return EMPTY
        if not self.live or now_ns - self.verified_ns > stale_ns:
            return STALE
        if self.bid >= self.ask and self.bid_qty and self.ask_qty:
            return CROSSED
        if mirror is not None and not self._agrees(now_ns, mirror, tolerance):
            return MIRROR
        return TRUSTED

    def _silent(self) -> bool:
        # A heartbeat may vouch for a channel that has told nothing yet.
        return self.quote is None and self.candle is None and self.last_px is None

    def _agrees(self, now_ns: int, mirror: "Market", tolerance: Decimal) -> bool:
        if now_ns - max(self._top_set_ns(), mirror._top_set_ns()) < MIRROR_GRACE_NS:
            return True
        bids = self.bid_qty and mirror.bid_qty
        if bids and self.bid + mirror.bid >= ONE + tolerance:
            return False
        if self.instrument.mirror != mirror.instrument.id:
            return True
        return _mirrored(self, mirror) and _mirrored(mirror, self)

    def _top_set_ns(self) -> int:
        return self.top_ns or (self.quote.ts_recv if self.quote is not None else 0)


def _mirrored(market: Market, mirror: Market) -> bool:
    if not market.ask_qty or not mirror.bid_qty:
        return bool(market.ask_qty) == bool(mirror.bid_qty)
    return market.ask == ONE - mirror.bid
