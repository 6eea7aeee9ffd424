"""A limit order book with several accounts, by price and then by time.

Knows orders, matches and net quantities. Must not know money, fees, latency or any venue's
words: the simulators that speak a venue's protocol put those around it. Pure: time comes in with
each call, and the same calls give the same answers.

The two outcomes of a binary market are one book, kept in YES space: a NO bid at q is a YES ask
at 1 - q.
"""

from decimal import Decimal

from tradewind.core.matching.exchange_orders import (
    BookOrder,
    Change,
    ExchangeAnswer,
    Match,
    NewOrder,
    OrderChange,
    Part,
)
from tradewind.core.matching.ladder import Ladder
from tradewind.core.matching.mirror import in_yes_space
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.model.ids import InstrumentId, MarketId
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.market import Level
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import Side, TimeInForce

BUY = Side.BUY
NO = Outcome.NO
IOC = TimeInForce.IOC
FOK = TimeInForce.FOK
GTD = TimeInForce.GTD
CANCEL_TAKER = SelfTrade.CANCEL_TAKER
CANCEL_MAKER = SelfTrade.CANCEL_MAKER
CANCEL_BOTH = SelfTrade.CANCEL_BOTH
REJECT = SelfTrade.REJECT
ALLOW = SelfTrade.ALLOW
INFINITY = Decimal("Infinity")


class MarketBook:
    """Both sides of one market, and each account's net quantity in YES space."""

    __slots__ = ("asks", "bids", "id", "net", "reducing")

    def __init__(self, market: MarketId) -> None:
        self.id = market
        self.bids = Ladder(bids=True)
        self.asks = Ladder(bids=False)
        self.net: dict[str, Decimal] = {}
        self.reducing: dict[str, list[BookOrder]] = {}

    def side(self, *, bid: bool) -> Ladder:
        """Return the side that an order rests on."""
        return self.bids if bid else self.asks

    def room(self, order: BookOrder) -> Decimal:
        """Return how much the order may trade; a reduce-only one no more than it can reduce."""
        return _room(order, self.net)


class Exchange:
    """Matches orders of many accounts in many markets.

    Every call returns what happened, in order. Prices in quote currency, quantities in units,
    times in nanoseconds.
    """

    __slots__ = ("_books", "_instruments", "_matches", "_orders")

    def __init__(self) -> None:
        self._instruments: dict[InstrumentId, Instrument] = {}
        self._books: dict[MarketId, MarketBook] = {}
        self._orders: dict[str, BookOrder] = {}
        self._matches = 0

    def define(self, instrument: Instrument) -> None:
        """Open the instrument for trading, or take over its changed rules."""
        self._instruments[instrument.id] = instrument
        market = instrument.canonical_market
        if market not in self._books:
            self._books[market] = MarketBook(market)

    # --- requests -----------------------------------------------------------------------------

    def submit(self, new: NewOrder, ts: int) -> list[ExchangeAnswer]:
        """Match a new order and let its rest stand in the book, as time in force has it.

        Answers REJECTED for an unknown instrument, an id that is live, a price off the grid, a
        post-only order that would take, a reduce-only order with nothing to reduce, and a
        self-trade under REJECT; otherwise ACCEPTED, then what follows. Ids of orders that have
        ended may come again: a venue that spends them for ever has to remember them itself.
        """
        answers: list[ExchangeAnswer] = []
        rules = self._instruments.get(new.instrument)
        if rules is None:
            return [_rejected(new, "unknown_instrument", ts)]
        book = self._books[rules.canonical_market]
        order = _book_order(new, rules.outcome, ts)
        why = self._refusal(book, order, rules)
        if why:
            return [_rejected(new, why, ts)]
        answers.append(_change(order, Change.ACCEPTED, "", ts))
        self._cut_to_position(book, order, answers, ts)
        if new.tif is FOK and self._reach(book, order)[0] < order.leaves:
            answers.append(_change(order, Change.CANCELLED, "unfilled", ts, ends=True))
            return answers
        self._enter(book, order, answers, ts)
        return answers

    def cancel(self, order_id: str, ts: int) -> list[ExchangeAnswer]:
        """End a live order; CANCEL_REJECTED with `not_found` for any other id."""
        order = self._orders.get(order_id)
        if order is None:
            return [OrderChange(order_id, "", Change.CANCEL_REJECTED, "not_found", ts=ts)]
        answers: list[ExchangeAnswer] = []
        self._end(self._book_of(order), order, Change.CANCELLED, "", answers, ts)
        return answers

    def amend(
        self, order_id: str, qty: Decimal, px: Decimal | None, ts: int
    ) -> list[ExchangeAnswer]:
        """Change total quantity (fills included) and price of a live order; None keeps the price.

        A smaller quantity keeps its place in the queue; more of it, or another price, enters the
        market anew. Answers AMEND_REJECTED and leaves the order alone where that is not possible.
        """
        order = self._orders.get(order_id)
        if order is None:
            return [OrderChange(order_id, "", Change.AMEND_REJECTED, "not_found", ts=ts)]
        book = self._book_of(order)
        yes_px = order.yes_px if px is None else order.own_px(px)
        why = self._amend_refusal(book, order, qty, yes_px)
        if why:
            return [_change(order, Change.AMEND_REJECTED, why, ts)]
        answers: list[ExchangeAnswer] = []
        keeps_place = yes_px == order.yes_px and qty <= order.qty
        if not keeps_place:
            book.side(bid=order.bid).remove(order)
        order.leaves = qty - order.filled_qty
        order.qty = qty
        order.yes_px = yes_px
        answers.append(_change(order, Change.AMENDED, "", ts))
        if not keeps_place:
            self._forget(book, order)
            if self._cut_to_position(book, order, answers, ts):
                self._enter(book, order, answers, ts)
        return answers

    def expire(self, ts: int) -> list[ExchangeAnswer]:
        """End every GTD order whose time has come, oldest first."""
        answers: list[ExchangeAnswer] = []
        for order in list(self._orders.values()):
            if order.new.tif is GTD and order.new.expire_ns <= ts:
                self._end(self._book_of(order), order, Change.EXPIRED, "", answers, ts)
        return answers

    # --- reads --------------------------------------------------------------------------------

    def order(self, order_id: str) -> BookOrder | None:
        """Return a live order, not to be changed; None when there is none of that id."""
        return self._orders.get(order_id)

    def depth(self, instrument: InstrumentId) -> tuple[list[Level], list[Level]]:
        """Return (bids, asks) of the instrument, best first, in its own price space."""
        rules = self._instruments[instrument]
        book = self._books[rules.canonical_market]
        bids, asks = list(book.bids.levels()), list(book.asks.levels())
        if rules.outcome is not NO:
            return bids, asks
        return [(ONE - px, qty) for px, qty in asks], [(ONE - px, qty) for px, qty in bids]

    def queue_ahead(self, order_id: str) -> Decimal:
        """Return what stands before a live order at its price. Raises KeyError for other ids."""
        order = self._orders[order_id]
        return self._book_of(order).side(bid=order.bid).ahead(order)

    def net_qty(self, account: str, instrument: InstrumentId) -> Decimal:
        """Return what an account has bought less what it has sold here, in the instrument's terms.

        For an outcome this counts both: a NO bought is a YES sold.
        """
        rules = self._instruments[instrument]
        net = self._books[rules.canonical_market].net.get(account, ZERO)
        return -net if rules.outcome is NO else net

    # --- matching -----------------------------------------------------------------------------

    def _enter(
        self, book: MarketBook, order: BookOrder, answers: list[ExchangeAnswer], ts: int
    ) -> None:
        goes_on = self._match(book, order, answers, ts)
        if not order.leaves or not goes_on:
            return
        new = order.new
        if new.px is None or new.tif is IOC or new.tif is FOK:
            answers.append(_change(order, Change.CANCELLED, "unfilled", ts, ends=True))
            return
        self._orders[new.order_id] = order
        book.side(bid=order.bid).add(order)
        if new.reduce_only:
            book.reducing.setdefault(new.account, []).append(order)

    def _match(
        self, book: MarketBook, taker: BookOrder, answers: list[ExchangeAnswer], ts: int
    ) -> bool:
        """Trade until the limit or the quantity ends; False when the taker was ended on the way."""
        makers = book.side(bid=not taker.bid)
        while taker.leaves:
            maker = makers.first()
            if maker is None or not _crosses(taker, maker.yes_px):
                break
            if maker.owner == taker.owner and taker.new.self_trade is not ALLOW:
                if not self._prevent(book, taker, maker, answers, ts):
                    return False
                continue
            qty = min(book.room(taker), book.room(maker))
            # Reduce-only orders are cut as soon as their position shrinks.
            assert qty > ZERO
            self._trade(book, taker, maker, qty, answers, ts)
        return True

    def _trade(
        self,
        book: MarketBook,
        taker: BookOrder,
        maker: BookOrder,
        qty: Decimal,
        answers: list[ExchangeAnswer],
        ts: int,
    ) -> None:
        self._matches += 1
        for order in (taker, maker):
            order.leaves -= qty
            account = order.new.account
            book.net[account] = book.net.get(account, ZERO) + (qty if order.bid else -qty)
        px = maker.yes_px
        answers.append(
            Match(self._matches, book.id, qty, px, _part(taker, px), _part(maker, px), ts)
        )
        if not maker.leaves:
            book.side(bid=maker.bid).remove(maker)
            self._forget(book, maker)
        for account in {maker.new.account: None, taker.new.account: None}:
            for order in list(book.reducing.get(account, ())):
                self._cut_to_position(book, order, answers, ts)

    def _prevent(
        self,
        book: MarketBook,
        taker: BookOrder,
        maker: BookOrder,
        answers: list[ExchangeAnswer],
        ts: int,
    ) -> bool:
        """Keep an owner from trading with himself; True when the taker goes on."""
        rule = taker.new.self_trade
        if rule is CANCEL_MAKER or rule is CANCEL_BOTH:
            self._end(book, maker, Change.CANCELLED, "self_trade", answers, ts)
        if rule is CANCEL_MAKER:
            return True
        answers.append(_change(taker, Change.CANCELLED, "self_trade", ts, ends=True))
        return False

    def _reach(self, book: MarketBook, taker: BookOrder) -> tuple[Decimal, bool]:
        """Return what an order could take at once, and whether it would meet its own owner."""
        total = ZERO
        net = dict(book.net)
        rule = taker.new.self_trade
        for maker in book.side(bid=not taker.bid).orders():
            if total >= taker.leaves or not _crosses(taker, maker.yes_px):
                break
            if maker.owner == taker.owner and rule is not ALLOW:
                if rule is CANCEL_MAKER:
                    continue
                return total, True
            # A position that several orders of one account would reduce goes only once.
            room = _room(maker, net)
            account = maker.new.account
            net[account] = net.get(account, ZERO) + (room if maker.bid else -room)
            total += room
        return total, False

    # --- the life of an order -----------------------------------------------------------------

    def _refusal(self, book: MarketBook, order: BookOrder, rules: Instrument) -> str:
        new = order.new
        if new.order_id in self._orders:
            return "duplicate_order_id"
        if new.qty <= ZERO or new.qty % rules.qty_step:
            return "bad_quantity"
        if new.px is not None and not _on_grid(rules, new.px):
            return "off_tick"
        if new.reduce_only and not book.room(order):
            return "reduce_only"
        best = book.side(bid=not order.bid).best_px
        if best is None or not _crosses(order, best):
            return ""
        if new.post_only:
            return "post_only_would_take"
        if new.self_trade is REJECT and self._reach(book, order)[1]:
            return "self_trade"
        return ""

    def _amend_refusal(
        self, book: MarketBook, order: BookOrder, qty: Decimal, yes_px: Decimal
    ) -> str:
        rules = self._instruments[order.new.instrument]
        if qty <= order.filled_qty:
            return "quantity_already_filled"
        if qty % rules.qty_step:
            return "bad_quantity"
        if not _on_grid(rules, order.own_px(yes_px)):
            return "off_tick"
        best = book.side(bid=not order.bid).best_px
        crosses = best is not None and (yes_px >= best if order.bid else yes_px <= best)
        return "post_only_would_take" if order.new.post_only and crosses else ""

    def _cut_to_position(
        self, book: MarketBook, order: BookOrder, answers: list[ExchangeAnswer], ts: int
    ) -> bool:
        """Leave a reduce-only order no more than its position; False when that ended it."""
        room = book.room(order)
        if room == order.leaves:
            return True
        if not room:
            self._end(book, order, Change.CANCELLED, "reduce_only", answers, ts)
            return False
        order.qty -= order.leaves - room
        order.leaves = room
        answers.append(_change(order, Change.REDUCED, "reduce_only", ts))
        return True

    def _end(
        self,
        book: MarketBook,
        order: BookOrder,
        change: Change,
        reason: str,
        answers: list[ExchangeAnswer],
        ts: int,
    ) -> None:
        if self._orders.get(order.new.order_id) is order:
            book.side(bid=order.bid).remove(order)
            self._forget(book, order)
        answers.append(_change(order, change, reason, ts, ends=True))

    def _forget(self, book: MarketBook, order: BookOrder) -> None:
        self._orders.pop(order.new.order_id, None)
        if order.new.reduce_only:
            mine = book.reducing.get(order.new.account, [])
            book.reducing[order.new.account] = [other for other in mine if other is not order]

    def _book_of(self, order: BookOrder) -> MarketBook:
        return self._books[self._instruments[order.new.instrument].canonical_market]


def _book_order(new: NewOrder, outcome: Outcome | None, ts: int) -> BookOrder:
    side, yes_px = in_yes_space(new.side, new.px if new.px is not None else ZERO, outcome)
    bid = side is BUY
    if new.px is None:
        yes_px = INFINITY if bid else -INFINITY
    owner = new.owner or new.account
    return BookOrder(new, outcome, owner, bid, yes_px, new.qty, new.qty, ts)


def _room(order: BookOrder, net: dict[str, Decimal]) -> Decimal:
    if not order.new.reduce_only:
        return order.leaves
    held = net.get(order.new.account, ZERO)
    return max(min(order.leaves, -held if order.bid else held), ZERO)


def _crosses(taker: BookOrder, yes_px: Decimal) -> bool:
    return taker.yes_px >= yes_px if taker.bid else taker.yes_px <= yes_px


def _on_grid(rules: Instrument, px: Decimal) -> bool:
    return px > ZERO and (rules.outcome is None or px < ONE) and rules.on_grid(px)


def _part(order: BookOrder, yes_px: Decimal) -> Part:
    new = order.new
    return Part(
        new.order_id,
        new.account,
        new.instrument,
        new.side,
        order.own_px(yes_px),
        order.filled_qty,
        order.leaves,
    )


def _rejected(new: NewOrder, reason: str, ts: int) -> OrderChange:
    return OrderChange(new.order_id, new.account, Change.REJECTED, reason, new.qty, new.px, ts=ts)


def _change(
    order: BookOrder, change: Change, reason: str, ts: int, *, ends: bool = False
) -> OrderChange:
    return OrderChange(
        order.new.order_id,
        order.new.account,
        change,
        reason,
        order.qty,
        order.px,
        order.filled_qty,
        ZERO if ends else order.leaves,
        ts,
    )
