"""An arriving order against what is displayed: walk, stop at our own orders, rest or end.

Knows time in force, self-trade prevention and displayed quantities. Must not know how orders
arrive, nor candles' ranges.
"""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.core.matching.fills import TAKER, cancel, fill
from tradewind.core.matching.markets import INFINITY, NO_BUYER, NO_SELLER, SimulatedMarket
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.self_trade import SelfTrade
from tradewind.core.matching.state import VenueState
from tradewind.model.market import Level
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import TimeInForce

CLOSED = Place.CLOSED
FOK = TimeInForce.FOK
CANCEL_MAKER = SelfTrade.CANCEL_MAKER
CANCEL_BOTH = SelfTrade.CANCEL_BOTH


def enter(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    """Let an order meet the market: take what it may, then rest or end."""
    px, buys = order.px, order.buys
    quote = market.quote
    if quote is None or market.elsewhere:
        meets = crosses(market, px, buys=buys)
    elif buys:
        meets = market.best_sell <= px or (quote.ask <= px and bool(quote.ask_qty))
    else:
        meets = market.best_buy >= px or (quote.bid >= px and bool(quote.bid_qty))
    if meets:
        take(state, market, order)
    elif order.due_now:
        cancel(state, market, order, "unfilled")
    elif state.watches_levels:
        rest(state, market, order)
    else:
        market.rest(order)


def crosses(market: SimulatedMarket, px: Decimal, *, buys: bool) -> bool:
    """Tell whether a limit would trade at once with the public or with an order of ours."""
    touch = market.touch(buys=buys)
    own = market.own_touch(buys=buys)
    if buys:
        return own <= px or (touch is not None and touch <= px)
    return own >= px or (touch is not None and touch >= px)


def take(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    """Fill an order at the displayed prices that are better than our own; deal with the rest."""
    buys = order.buys
    limit = order.px
    own = market.own_touch(buys=buys)
    if order.spec.tif is FOK and _takeable(state, market, order, own) < order.leaves:
        cancel(state, market, order, "unfilled")
        return
    for px, qty in _offers(state, market, buys=buys):
        if (px > limit or px >= own) if buys else (px < limit or px <= own):
            break
        leaves = order.leaves
        fill(state, market, order, (min(qty, leaves), px, TAKER), state.at_ns)
        if order.place is CLOSED:
            return
    if (own <= limit and own < NO_SELLER) if buys else (own >= limit and own > NO_BUYER):
        if meets_own(state, market, order):
            enter(state, market, order)
    elif order.due_now:
        cancel(state, market, order, "unfilled")
    else:
        rest(state, market, order)


def rest(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    """Put an order into the book, behind what is displayed as the queue model has it."""
    if state.watches_levels:
        # None until the level is seen; what is shown later joins nothing behind us.
        order.ahead = None
        displayed = market.displayed(order.px, buys=order.buys)
        if displayed is not None:
            state.queue.on_level(order, displayed)
    market.rest(order)


def meets_own(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> bool:
    """Prevent a trade between two orders of ours by the venue's rule; True if `order` goes on."""
    rule = state.self_trade
    if rule is CANCEL_MAKER or rule is CANCEL_BOTH:
        _cancel_met(state, market, order)
    if rule is CANCEL_MAKER:
        return True
    cancel(state, market, order, "self_trade")
    return False


def _cancel_met(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    """Cancel the resting orders of ours that would be traded with next, on both outcomes."""
    buys = order.buys
    own = market.own_touch(buys=buys)
    for other in list(market.sells if buys else market.buys):
        if other.px == own:
            cancel(state, market, other, "self_trade")
    mirror = market.mirror
    if mirror is not None:
        for other in list(mirror.buys if buys else mirror.sells):
            if other.px == ONE - own:
                cancel(state, mirror, other, "self_trade")


def _offers(state: VenueState, market: SimulatedMarket, *, buys: bool) -> Iterable[Level]:
    book = market.book
    if book is not None:
        return book.offers(to_buyer=buys)
    touch = market.touch(buys=buys)
    if touch is None:
        return ()
    quote = market.quote
    if state.fill_whole or quote is None:
        return ((touch, INFINITY),)
    return ((touch, quote.ask_qty if buys else quote.bid_qty),)


def _takeable(
    state: VenueState, market: SimulatedMarket, order: VenueOrder, own: Decimal
) -> Decimal:
    """Return what an order could fill at once, without touching ours."""
    buys, limit = order.buys, order.px
    total = ZERO
    for px, qty in _offers(state, market, buys=buys):
        if (px > limit or px >= own) if buys else (px < limit or px <= own):
            break
        total += qty
        if total >= order.leaves:
            break
    return total
