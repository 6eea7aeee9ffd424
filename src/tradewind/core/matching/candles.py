"""Fills where candles are the only data: the next open, then the range, the worse first.

Knows that inside a candle the order of prices is unknown, so that a stop and a target which both
lie in it resolve as the stop. Must not know quotes, trades or books. Prices are exact: they come
from the candle's integer quanta.
"""

from decimal import Decimal

import msgspec

from tradewind.core.matching.accounts import NEVER
from tradewind.core.matching.fills import MAKER, TAKER, cancel, fill
from tradewind.core.matching.markets import OPENING, RESTING, SLEEPING, SimulatedMarket
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.state import VenueState
from tradewind.core.matching.taking import meets_own, rest
from tradewind.core.matching.triggers import reached, wake
from tradewind.model.events import Candle
from tradewind.model.market import INTERVALS_NS
from tradewind.model.money import ZERO
from tradewind.model.order import Liquidity

IN_HAND = Place.IN_HAND


class Range(msgspec.Struct, frozen=True, gc=False):
    """A candle as prices. `late_ns` is until when an order still makes its open."""

    open: Decimal
    high: Decimal
    low: Decimal
    open_ns: int
    late_ns: int


def place(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    """Let an accepted order wait for the next open, or fill at the close just seen."""
    if order.trigger_px is not None:
        _place_stop(state, market, order)
    else:
        place_awake(state, market, order)


def on_candle(state: VenueState, market: SimulatedMarket, candle: Candle) -> None:
    """Fill by one closed candle: at its open, stops in its range, then limits in its range."""
    span = _range(state, market, candle)
    for order in list(market.opening):
        if order.arrived_ns <= span.late_ns and order.place is OPENING:
            market.drop(order)
            order.place = IN_HAND
            _meet(state, market, order, span.open, span)
    _wake_at_open(state, market, span)
    _fill_limits(state, market, span, at_open=True)
    _wake_in_range(state, market, span)
    _fill_limits(state, market, span, at_open=False)


def place_awake(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    """Let an order that waits for no trigger wait for the next open, or fill at the last close."""
    candle = market.candle
    assert candle is not None
    if order.spec.post_only:
        rest(state, market, order)
    elif state.candles.at_close:
        close = market.prices[candle.close_quanta]
        _meet(state, market, order, close, None)
    else:
        order.place = OPENING
        market.opening.append(order)


def _place_stop(state: VenueState, market: SimulatedMarket, order: VenueOrder) -> None:
    """Let a stop sleep, unless the candle just seen has hit it.

    The first stop for a position that was opened inside that candle is late through no fault of
    its own: it is held against that candle's range, as if it had come with the entry.
    """
    candle, position = market.candle, order.position
    assert candle is not None
    guards_entry = position.opened_in == candle.ts_event and (position.qty < ZERO) == order.buys
    if guards_entry:
        position.opened_in = NEVER
    market.sleep(order)
    span = _range(state, market, candle)
    assert order.trigger_px is not None
    if guards_entry and reached(order, span.high if order.buys else span.low):
        wake(state, market, order, candle.ts_event)
        px = span.open if reached(order, span.open) else order.trigger_px
        _meet(state, market, order, px, span)
    elif reached(order, market.prices[candle.close_quanta]):
        wake(state, market, order, state.at_ns)
        place_awake(state, market, order)


def _wake_at_open(state: VenueState, market: SimulatedMarket, span: Range) -> None:
    for order in list(market.stops):
        if (
            order.place is SLEEPING
            and order.arrived_ns <= span.late_ns
            and reached(order, span.open)
        ):
            wake(state, market, order, span.open_ns)
            order.arrived_ns = span.open_ns
            _meet(state, market, order, span.open, span)


def _wake_in_range(state: VenueState, market: SimulatedMarket, span: Range) -> None:
    for order in list(market.stops):
        if order.place is not SLEEPING or order.arrived_ns > span.late_ns:
            continue
        trigger = order.trigger_px
        assert trigger is not None
        if reached(order, span.high if order.buys else span.low):
            wake(state, market, order, state.at_ns)
            _meet(state, market, order, trigger, span)


def _fill_limits(state: VenueState, market: SimulatedMarket, span: Range, *, at_open: bool) -> None:
    """Fill resting limits that the open (or the range) reaches, best price first."""
    at_ns = span.open_ns if at_open else state.at_ns
    for order in (*market.buys, *market.sells):
        if order.place is not RESTING or order.arrived_ns > span.late_ns:
            continue
        px = order.px
        if order.buys:
            hit = span.open <= px if at_open else span.low <= px
        else:
            hit = span.open >= px if at_open else span.high >= px
        if hit:
            # Post-only is never better off than its own price: it rested when the market came.
            price = span.open if at_open and not order.spec.post_only else px
            _fill(state, market, order, (order.leaves, price, MAKER), span, at_ns)


def _meet(
    state: VenueState,
    market: SimulatedMarket,
    order: VenueOrder,
    px: Decimal,
    span: Range | None,
) -> None:
    """Let an order in hand take a known price plus slippage, within its limit; rest or end it."""
    buys, limit = order.buys, order.px
    if px > limit if buys else px < limit:
        if order.due_now:
            cancel(state, market, order, "unfilled")
        else:
            rest(state, market, order)
        return
    worse = px
    slippage = state.candles.slippage
    if slippage.ticks or slippage.bps:
        worse = slippage.worsen(market.instrument, px, buys=buys)
        worse = min(worse, limit) if buys else max(worse, limit)
    if market.mirror is not None:
        own = market.own_touch(buys=buys)
    else:
        own = market.best_sell if buys else market.best_buy
    if own <= worse if buys else own >= worse:
        if meets_own(state, market, order):
            _meet(state, market, order, px, span)
        return
    at_open = span is not None and px == span.open
    at_ns = span.open_ns if span is not None and at_open else state.at_ns
    _fill(state, market, order, (order.leaves, worse, TAKER), span, at_ns)


def _fill(
    state: VenueState,
    market: SimulatedMarket,
    order: VenueOrder,
    match: tuple[Decimal, Decimal, Liquidity],
    span: Range | None,
    at_ns: int,
) -> None:
    position = order.position
    before = position.qty
    # An order cannot fill before it came, although the open of its candle may lie before that.
    fill(state, market, order, match, max(at_ns, order.created_ns))
    after = position.qty
    if span is not None and after and (not before or (before > ZERO) != (after > ZERO)):
        position.opened_in = span.open_ns


def _range(state: VenueState, market: SimulatedMarket, candle: Candle) -> Range:
    px = market.prices
    rules = state.candles
    open_ns = candle.ts_event
    late_ns = min(INTERVALS_NS[candle.interval] // 10, rules.late_open_ns)
    return Range(
        px[candle.open_quanta],
        px[candle.high_quanta],
        px[candle.low_quanta],
        open_ns,
        open_ns + late_ns,
    )
