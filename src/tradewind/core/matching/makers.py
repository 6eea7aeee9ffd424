"""Resting orders of ours against what the public does: quotes, trades and levels.

Knows price-time priority among our orders and asks the queue model about everybody else's.
Must not know arriving orders, stops or candles.
"""

from decimal import Decimal

from tradewind.core.matching.fills import MAKER, fill
from tradewind.core.matching.markets import SimulatedMarket
from tradewind.core.matching.orders import VenueOrder
from tradewind.core.matching.public_book import PublicBook
from tradewind.core.matching.state import VenueState
from tradewind.model.events import BookDelta, BookSnapshot, Quote, Trade
from tradewind.model.market import Level
from tradewind.model.money import ZERO
from tradewind.model.order import Side

BUY = Side.BUY


def on_quote(state: VenueState, market: SimulatedMarket, quote: Quote) -> None:
    """Fill what the touch has reached, at the order's own price; show levels to the queue."""
    if not market.open:
        return
    if market.best_buy >= quote.ask and quote.ask_qty:
        _reached(state, market, quote.ask, quote.ask_qty, buys=True)
    if market.best_sell <= quote.bid and quote.bid_qty:
        _reached(state, market, quote.bid, quote.bid_qty, buys=False)
    if state.watches_levels:
        _show(state, market.buys, quote.bid, quote.bid_qty)
        _show(state, market.sells, quote.ask, quote.ask_qty)


def on_trade(state: VenueState, market: SimulatedMarket, trade: Trade) -> None:
    """Fill whole what the trade went through; at its price, what is left behind the queue.

    A buyer's trade meets sales and a seller's purchases: an aggressor never meets its own side.
    """
    if not market.open:
        return
    px = trade.px
    if trade.side is BUY:
        while market.best_sell < px:
            _fill_first(state, market, market.sells[0])
        if market.best_sell == px:
            _trade_at(state, market, market.sells, trade)
    else:
        while market.best_buy > px:
            _fill_first(state, market, market.buys[0])
        if market.best_buy == px:
            _trade_at(state, market, market.buys, trade)


def on_snapshot(state: VenueState, market: SimulatedMarket, snapshot: BookSnapshot) -> None:
    """Take a whole new book: fill what it has come to, show the queues their levels."""
    book = market.book
    assert book is not None
    book.replace(snapshot)
    _came_to(state, market, book)
    if state.watches_levels:
        for order in (*market.buys, *market.sells):
            state.queue.on_level(order, book.displayed(order.px, buys=order.buys))


def on_delta(state: VenueState, market: SimulatedMarket, delta: BookDelta) -> None:
    """Change levels: fill what the other side has come to, show the queues what changed."""
    book = market.book
    assert book is not None
    book.change(delta)
    if not market.buys and not market.sells:
        return
    _came_to(state, market, book)
    if state.watches_levels:
        _show_changes(state, market.buys, delta.bids)
        _show_changes(state, market.sells, delta.asks)


def _came_to(state: VenueState, market: SimulatedMarket, book: PublicBook) -> None:
    if not market.open:
        return
    ask, bid = book.best_ask, book.best_bid
    while ask is not None and market.best_buy >= ask:
        _fill_first(state, market, market.buys[0])
    while bid is not None and market.best_sell <= bid:
        _fill_first(state, market, market.sells[0])


def _show_changes(state: VenueState, orders: list[VenueOrder], levels: tuple[Level, ...]) -> None:
    if orders:
        for px, qty in levels:
            for order in orders:
                if order.px == px:
                    state.queue.on_level(order, qty)


def _reached(
    state: VenueState, market: SimulatedMarket, px: Decimal, left: Decimal, *, buys: bool
) -> None:
    """Fill what a touch of `left` at `px` has come to, best and oldest first."""
    whole, at_ns = state.fill_whole, state.at_ns
    while market.best_buy >= px if buys else market.best_sell <= px:
        order = market.buys[0] if buys else market.sells[0]
        qty = order.leaves
        if not whole:
            qty = min(qty, left)
            left -= qty
        fill(state, market, order, (qty, order.px, MAKER), at_ns)
        if not left:
            return


def _fill_first(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    fill(state, market, order, (order.leaves, order.px, MAKER), state.at_ns)


def _trade_at(
    state: VenueState,
    market: SimulatedMarket,
    orders: list[VenueOrder],
    trade: Trade,
) -> None:
    """Share a trade at our price: the public ahead of each order first, then us, oldest first."""
    queue, qty, ours = state.queue, trade.qty, ZERO
    for order in [one for one in orders if one.px == trade.px]:
        ahead = order.ahead
        queue.on_trade(order, qty)
        if ahead is None or order.leaves <= ZERO:
            continue
        # A share of a queue need not be whole; what we get of the trade must be.
        room = market.instrument.floor_qty(min(qty - ahead - ours, order.leaves))
        if room > ZERO:
            ours += fill(state, market, order, (room, order.px, MAKER), state.at_ns)


def _show(state: VenueState, orders: list[VenueOrder], touch: Decimal, qty: Decimal) -> None:
    """Let a touch tell what stands at our prices: its quantity there, nothing before it."""
    for order in orders:
        if order.px == touch:
            state.queue.on_level(order, qty)
        elif (order.px > touch) == order.buys or not qty:
            state.queue.on_level(order, ZERO)
        else:
            break
