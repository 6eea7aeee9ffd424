"""Our own accounts must never trade with each other: the compare in YES space."""

from decimal import Decimal

from tradewind.core.risk.exposure import Resting
from tradewind.model.ids import UNMANAGED, OrderId
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.money import ONE, ZERO
from tradewind.model.order import Order, PlaceOrder, Side

BUY = Side.BUY
NO = Outcome.NO
NONE: list[Order] = []


def conflicts(spec: PlaceOrder, instrument: Instrument, resting: Resting) -> list[Order]:
    """Return our own orders that `spec` (with its limit price) could trade with."""
    no = instrument.outcome is NO
    bids = (spec.side is BUY) is not no
    others = resting.asks if bids else resting.bids
    limit = spec.px
    if not others or limit is None:
        return NONE
    px = ONE - limit if no else limit
    found = NONE
    for other in others.values():
        theirs = other.px
        if theirs is None or other.amend_px is not None or instrument.outcome is not None:
            theirs = _yes_px(other, instrument)
        if theirs is None or (px >= theirs if bids else px <= theirs):
            found = [*found, other]
    return found


def beyond(spec: PlaceOrder, instrument: Instrument, found: list[Order]) -> Decimal:
    """Return the price one tick on the safe side of the own orders in the way.

    It is on the grid; zero (or one, on a binary market) where there is none: an own order without
    a limit, a stop that woke up, meets any price.
    """
    no = instrument.outcome is NO
    bids = (spec.side is BUY) is not no
    prices = [px for px in (_yes_px(order, instrument) for order in found) if px is not None]
    if len(prices) < len(found):
        return ZERO
    worst = min(prices) if bids else max(prices)
    mine = ONE - worst if no else worst
    tick = instrument.tick_at(mine)
    if spec.side is BUY:
        return instrument.floor_px(mine - tick)
    return instrument.ceil_px(mine + tick)


def _yes_px(order: Order, instrument: Instrument) -> Decimal | None:
    """Return an own order's price in YES space, the more dangerous one during an amendment."""
    px = order.px
    if px is None:
        return None
    if order.amend_px is not None:
        buys = order.side is BUY
        px = max(px, order.amend_px) if buys else min(px, order.amend_px)
    # In one canonical market the id of an outcome instrument tells YES from NO.
    if order.instrument == instrument.id:
        no = instrument.outcome is NO
    else:
        no = instrument.outcome is Outcome.YES
    return ONE - px if no else px


def cancellable(orders: list[Order]) -> bool:
    """Tell whether all of them are orders of this desk; only a kill cancels a stranger's."""
    return all(order.instance != UNMANAGED for order in orders)


def ids(orders: list[Order]) -> tuple[OrderId, ...]:
    """Return the client order ids of some orders."""
    return tuple(order.client_order_id for order in orders)
