"""Where orders meet: matches become fills, cash and positions, and everybody is told.

Knows the books, the members and the order of news. Must not know requests, routes or sockets.
"""

from collections.abc import Iterable
from decimal import Decimal
from random import Random
from uuid import UUID

from tradewind.core.matching.exchange import Exchange
from tradewind.core.matching.exchange_orders import (
    BookOrder,
    Change,
    ExchangeAnswer,
    Match,
    NewOrder,
    OrderChange,
    Part,
)
from tradewind.core.matching.fees import FeeInput
from tradewind.edge.simulators.crossing import half, meeting, outpacing
from tradewind.edge.simulators.fate import Fate
from tradewind.edge.simulators.kalshi.accounts import Account, RestingFee
from tradewind.edge.simulators.kalshi.agenda import Agenda
from tradewind.edge.simulators.kalshi.feeds import Cause, Feeds
from tradewind.edge.simulators.kalshi.lagged import Lag
from tradewind.edge.simulators.kalshi.markets import Book, Market, Trade
from tradewind.edge.simulators.kalshi.orders import CANCELED, EXECUTED, Fill, Order
from tradewind.edge.simulators.kalshi.settings import KalshiSettings
from tradewind.edge.simulators.wire_faults import Kind
from tradewind.model.ids import MarketId
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import Liquidity, Side

REASONS = {"self_trade": "SelfTradeCancel", "reduce_only": "ReduceOnlyCancel"}
WHOLE_SHARE = 0.5
"""So many of the fills that cross with a cancel take the whole order."""
ENDS = (Change.CANCELLED, Change.EXPIRED)


class Floor:
    """All markets and members of one exchange; the time is `now_ns`, moved by who calls."""

    def __init__(self, settings: KalshiSettings, feeds: Feeds, fate: Fate) -> None:
        self.settings = settings
        self.feeds = feeds
        self.exchange = Exchange()
        self.dice = Random(f"{settings.seed}/{settings.start_ns}/kalshi")
        self.now_ns = settings.start_ns
        self.markets: dict[str, Market] = feeds.markets
        self.books: dict[MarketId, Market] = {}
        self.accounts = {
            terms.user_id: Account(terms, settings.start_ns) for terms in settings.accounts
        }
        self.members: dict[str, Account] = {}
        self.trading_paused = False
        self.exchange_paused = False
        self.fate = fate
        self.lag = Lag(settings.read_lag_ns, settings.read_lag_chance)
        self.agenda = Agenda()
        self._touched: dict[str, tuple[Account, Order]] = {}
        self._triggered: list[tuple[Account, str]] = []

    def new_id(self) -> str:
        """Return a fresh UUID, the same ones for the same seed and requests."""
        return str(UUID(int=self.dice.getrandbits(128), version=4))

    # --- orders ------------------------------------------------------------------------------

    def list_market(self, market: Market) -> None:
        """Open the books for a market."""
        self.markets[market.ticker] = market
        self.books[market.instrument.canonical_market] = market
        self.exchange.define(market.instrument)

    def enter(self, new: NewOrder, order: Order | None = None) -> list[ExchangeAnswer]:
        """Hand an order to the book; a member's `order` is kept unless the book refuses it."""
        less = order is not None and self._less(new, order)
        answers = self.exchange.submit(new, self.now_ns)
        first = answers[0]
        if isinstance(first, OrderChange) and first.change is Change.REJECTED:
            return answers
        cause = None
        if order is not None:
            account = self.accounts[new.account]
            self.keep(account, order)
            cause = Cause(account.user_id, order.now.client_id)
        self._take(self._market_of(new), answers, cause)
        if less and order is not None and order.now.open and not order.now.filled_qty:
            self._meet(new.order_id, self._half(new, order.now.remaining_qty))
        return answers

    def _less(self, new: NewOrder, order: Order) -> bool:
        """Tell whether a new order is to get a part only; whoever is faster has taken the rest."""
        if not self.strikes(Kind.PARTIAL, self.accounts[new.account], order.now.ticker):
            return False
        self._outpace(new)
        return True

    def keep(self, account: Account, order: Order) -> None:
        """Remember an order of a member for ever."""
        state = order.now
        account.orders[state.id] = order
        account.open_orders.setdefault(state.ticker, {})[state.id] = order
        if state.client_id:
            account.client_ids[state.client_id] = order
        self.members[state.id] = account
        self._touched[state.id] = (account, order)

    def keep_cancelled(self, account: Account, order: Order, reason: str) -> None:
        """Remember an order that was taken and cancelled at once."""
        self.keep(account, order)
        order.change(self.now_ns, status=CANCELED, remaining_qty=ZERO, reason=reason)
        self._close_if_done(account, order)
        self._tell(self.markets[order.now.ticker])

    def race(self, account: Account, order_id: str) -> None:
        """Let a fill cross with the cancel of an order, where that was planned."""
        order = self.exchange.order(order_id)
        if order is None or meeting(self.exchange, order_id, order.leaves, "") is None:
            return
        if self.strikes(Kind.RACE, account, account.orders[order_id].now.ticker):
            whole = self.dice.random() < WHOLE_SHARE
            self._meet(order_id, order.leaves if whole else self._half(order.new, order.leaves))

    def strikes(self, kind: Kind, account: Account, ticker: str = "") -> bool:
        """Tell whether something goes wrong with an account, in a market, just now."""
        return self.fate.strikes(kind, account.key_ids, ticker) is not None

    def _meet(self, order_id: str, qty: Decimal) -> None:
        new = meeting(self.exchange, order_id, qty, self.new_id())
        if new is not None:
            self.enter(new)

    def _outpace(self, new: NewOrder) -> None:
        left = self._half(new, new.qty)
        faster = outpacing(self.exchange, new, left, self.new_id())
        if faster is not None:
            self.enter(faster)

    def _half(self, new: NewOrder, qty: Decimal) -> Decimal:
        return half(qty, self._market_of(new).instrument.qty_step)

    def cancel(self, order_id: str, reason: str = "") -> None:
        """End a live order; `reason` is what its owner is told."""
        book_order = self.exchange.order(order_id)
        if book_order is None:
            return
        account = self.members.get(order_id)
        cause = None
        if account is not None:
            cause = Cause(account.user_id, account.orders[order_id].now.client_id)
        answers = self.exchange.cancel(order_id, self.now_ns)
        self._take(self._market_of(book_order.new), answers, cause, reason)

    def amend(self, order_id: str, qty: Decimal, px: Decimal, reason: str) -> str:
        """Change a live order; returns the book's word for why not, empty when it is done."""
        book_order = self.exchange.order(order_id)
        assert book_order is not None
        answers = self.exchange.amend(order_id, qty, px, self.now_ns)
        first = answers[0]
        assert isinstance(first, OrderChange)
        if first.change is Change.AMEND_REJECTED:
            return first.reason
        account = self.members[order_id]
        cause = Cause(account.user_id, account.orders[order_id].now.client_id)
        self._take(self._market_of(book_order.new), answers, cause, reason)
        return ""

    def publish(self, market: Market, answers: list[ExchangeAnswer]) -> None:
        """Take in what the public did on the book itself."""
        self._take(market, answers, None)

    def book_order(self, order_id: str) -> BookOrder | None:
        """Return a live order as the book has it."""
        return self.exchange.order(order_id)

    # --- what the book says ------------------------------------------------------------------

    def _market_of(self, new: NewOrder) -> Market:
        return self.markets[str(new.instrument).partition(":")[2]]

    def _take(
        self,
        market: Market,
        answers: Iterable[ExchangeAnswer],
        cause: Cause | None,
        reason: str = "",
    ) -> None:
        before = (market.volume, market.book.bid, market.book.ask)
        matches = []
        for answer in answers:
            if isinstance(answer, Match):
                matches.append(answer)
                self._match(market, answer)
            elif answer.order_id in self.members:
                self._changed(answer, reason)
        self._publish_book(market, cause)
        if before != (market.volume, market.book.bid, market.book.ask):
            market.updated_ns = self.now_ns
            market.candles.quote(market.book.bid[0], market.book.ask[0], self.now_ns)
            self.feeds.ticker(market, self.now_ns)
        self._tell(market)

    def _tell(self, market: Market) -> None:
        """Tell owners of what changed, cut what is not covered, and spring the groups."""
        touched, self._touched = self._touched, {}
        for account, order in touched.values():
            self.relock(account, market)
            self.feeds.order(account, order.now)
        for account in {account.user_id: account for account, _ in touched.values()}.values():
            while account.free < ZERO and (latest := _last_opening(account, market.ticker)):
                self.cancel(latest, "MarginCancel")
        while self._triggered:
            account, group_id = self._triggered.pop()
            self.feeds.group(account, account.groups[group_id], "triggered", self.now_ns)
            self.cancel_group(account, group_id)

    def cancel_group(self, account: Account, group_id: str) -> None:
        """Cancel all live orders of a group."""
        for order in account.all_live():
            if order.now.group == group_id:
                self.cancel(order.now.id)

    def relock(self, account: Account, market: Market) -> None:
        """Set aside anew what an account's orders in a market need."""
        account.lock(market.ticker, self.resting_fee(account, market), self.now_ns)

    def resting_fee(self, account: Account, market: Market) -> RestingFee:
        """Return what a maker pays in this market."""
        return self.fee(account, market, Liquidity.MAKER)

    def fee(self, account: Account, market: Market, liquidity: Liquidity) -> RestingFee:
        """Return what a fill of (price, quantity) would cost an account."""
        model = market.fees(account.terms.balance_precision, self.now_ns)
        return lambda px, qty: model.fee(FeeInput(Side.BUY, qty, px, liquidity, ""), {})

    def _match(self, market: Market, match: Match) -> None:
        px, qty = match.yes_px, match.qty
        trade = Trade(
            self.new_id(), market.ticker, qty, px, match.taker.side is Side.BUY, self.now_ns
        )
        for part in (match.taker, match.maker):
            self._move(market, part, qty)
        market.trades.append(trade)
        market.last_px, market.last_qty = px, qty
        market.volume += qty
        market.volume_dollars += qty * px
        market.candles.trade(px, qty, market.open_interest, self.now_ns)
        self.feeds.trade(trade)
        for part in (match.maker, match.taker):
            account = self.accounts.get(part.account)
            if account is not None:
                self._fill(account, market, part, trade, taker=part is match.taker)

    def _move(self, market: Market, part: Part, qty: Decimal) -> None:
        held = market.nets.get(part.account, ZERO)
        after = held + (qty if part.side is Side.BUY else -qty)
        market.nets[part.account] = after
        market.open_interest += (abs(after) - abs(held)) / 2

    def _fill(
        self, account: Account, market: Market, part: Part, trade: Trade, *, taker: bool
    ) -> None:
        order = account.orders[part.order_id]
        state = order.now
        bid, px, qty, ts = state.bid, trade.yes_px, trade.qty, self.now_ns
        liquidity = Liquidity.TAKER if taker else Liquidity.MAKER
        fee = market.fees(account.terms.balance_precision, ts).fee(
            FeeInput(part.side, qty, px, liquidity, state.id), account.fee_memory
        )
        before = account.position(market.ticker)
        after = before.after(bid=bid, qty=qty, px=px, fee=fee, ts=ts)
        account.put_position(after, ts)
        # A pair of both outcomes pays a dollar at once.
        pairs = (abs(before.qty) + qty - abs(after.qty)) / 2
        cost = qty * (px if bid else ONE - px)
        account.pay(pairs - cost - fee, ts)
        state = order.change(
            ts,
            filled_qty=state.filled_qty + qty,
            remaining_qty=part.leaves_qty,
            status=state.status if part.leaves_qty else EXECUTED,
            taker_cost=state.taker_cost + (cost if taker else ZERO),
            maker_cost=state.maker_cost + (ZERO if taker else cost),
            taker_fees=state.taker_fees + (fee if taker else ZERO),
            maker_fees=state.maker_fees + (ZERO if taker else fee),
            reason="Trade",
        )
        self._close_if_done(account, order)
        fill = Fill(
            trade_id=trade.id,
            order_id=state.id,
            client_id=state.client_id,
            ticker=state.ticker,
            bid=bid,
            qty=qty,
            yes_px=px,
            taker=taker,
            fee=fee,
            position=after.qty,
            ts=ts,
        )
        account.fills.append(fill)
        self._touched[state.id] = (account, order)
        self.feeds.fill(account, fill)
        self.feeds.position(account, after)
        if state.group and account.groups[state.group].fill(qty, ts):
            self._triggered.append((account, state.group))

    def _changed(self, answer: OrderChange, reason: str) -> None:
        account = self.members[answer.order_id]
        order = account.orders[answer.order_id]
        why = REASONS.get(answer.reason, reason)
        if answer.change in ENDS:
            order.change(self.now_ns, status=CANCELED, remaining_qty=ZERO, reason=why)
            self._close_if_done(account, order)
        elif answer.change is Change.REDUCED:
            order.change(self.now_ns, remaining_qty=answer.leaves_qty, reason=why)
        elif answer.change is Change.AMENDED:
            assert answer.px is not None
            order.change(self.now_ns, px=answer.px, remaining_qty=answer.leaves_qty, reason=reason)
        self._touched[answer.order_id] = (account, order)

    def _close_if_done(self, account: Account, order: Order) -> None:
        state = order.now
        if state.open:
            return
        account.open_orders.get(state.ticker, {}).pop(state.id, None)
        account.fee_memory.pop(state.id, None)

    def _publish_book(self, market: Market, cause: Cause | None) -> None:
        bids, asks = self.exchange.depth(market.instrument.id)
        book = Book(tuple(bids), tuple(asks))
        before, market.book = market.book, book
        if book != before:
            self.feeds.book(market, before, self.now_ns, cause)


def _last_opening(account: Account, ticker: str) -> str:
    rows = [order.now for order in account.live(ticker) if not order.now.reduce_only]
    return rows[-1].id if rows else ""
