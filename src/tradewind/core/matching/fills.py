"""How an order fills, ends and is told so.

Knows what a fill changes: the order, the position, cash and fee, and orders that may only reduce
what is gone now. Must not know why an order fills.
"""

from decimal import Decimal

from tradewind.core.matching.accounts import VenuePosition
from tradewind.core.matching.fees import FeeInput, forget
from tradewind.core.matching.markets import SimulatedMarket
from tradewind.core.matching.orders import Place, VenueOrder
from tradewind.core.matching.state import VenueState
from tradewind.model.events import FillReceived, OrderCancelled
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import FillKey
from tradewind.model.money import ZERO
from tradewind.model.order import Liquidity, OrderStatus, Side

BUY = Side.BUY
SELL = Side.SELL
MAKER = Liquidity.MAKER
TAKER = Liquidity.TAKER
CLOSED = Place.CLOSED
IN_HAND = Place.IN_HAND
FILLED = OrderStatus.FILLED
PARTIALLY_FILLED = OrderStatus.PARTIALLY_FILLED
CANCELLED = OrderStatus.CANCELLED
FINAL = FillLife.FINAL
FEW = tuple(f".{number}" for number in range(16))


def fill(
    state: VenueState,
    market: SimulatedMarket,
    order: VenueOrder,
    match: tuple[Decimal, Decimal, Liquidity],
    at_ns: int,
) -> Decimal:
    """Fill an order by `match` = (quantity, price, liquidity) and tell the desk.

    `at_ns` is the venue's time of the fill. Returns the quantity that filled: a bounded order
    takes no more than its position holds, and ends when that is nothing.
    """
    qty, px, liquidity = match
    position = order.position
    buys = order.buys
    if order.bounded:
        held = order.holding.reducible(position)
        room = -held if buys else held
        if room < qty:
            if room <= ZERO:
                cancel(state, market, order, "reduce_only")
                return ZERO
            qty = room
            match = (qty, px, liquidity)
    before = order.leaves
    order.leaves = leaves = before - qty
    released = order.reserved
    if leaves and released:
        released = released * qty / before
        order.reserved -= released
    else:
        order.reserved = ZERO
    order.holding.fill(position, qty, px, released, buys=buys)
    _tell(state, market, order, match, at_ns)
    if not leaves:
        close(state, market, order, FILLED)
    else:
        order.status = PARTIALLY_FILLED
    if position.bounded:
        trim(state, market, position)
        spent = not order.holding.reducible(position)
        if order.bounded and order.place is IN_HAND and spent:
            cancel(state, market, order, "reduce_only")
    if market.mirror is not None:
        # Where outcomes net, the fill may have used up the other one.
        partner = market.mirror.holdings.get(order.holding.account.id)
        if partner is not None and partner.net.bounded:
            trim(state, market.mirror, partner.net)
    return qty


def _tell(
    state: VenueState,
    market: SimulatedMarket,
    order: VenueOrder,
    match: tuple[Decimal, Decimal, Liquidity],
    at_ns: int,
) -> None:
    qty, px, liquidity = match
    holding = order.holding
    account = holding.account
    key = order.client_order_id
    side = BUY if order.buys else SELL
    bucket = order.position.bucket
    wallet = holding.wallet
    currency = wallet.currency
    ask = FeeInput(side, qty, px, liquidity, key, holding.unit, bucket)
    fee = market.fees.fee(ask, state.fee_memory)
    if market.base and (withheld := market.fees.withheld_qty(ask)):
        # Posted once: in the asset itself, as if so much had been sold to pay the fee.
        fee, currency = withheld, market.base
        order.position.add(-withheld, -holding.value(withheld, px))
    elif fee:
        wallet.cash -= fee
    number = order.fills
    order.fills = number + 1
    report = Fill(
        FillKey(key + (FEW[number] if number < len(FEW) else f".{number}")),
        account.id,
        market.instrument.id,
        side,
        qty,
        px,
        fee,
        currency,
        liquidity,
        at_ns,
        key,
        order.venue_order_id,
        FINAL,
        bucket,
    )
    account.fills.append(report)
    account.fill_count += 1
    due_ns = state.now_ns if state.instant else state.answer_ns(key)
    state.deliver(FillReceived(account.id, at_ns, due_ns, report), due_ns)


def close(
    state: VenueState, market: SimulatedMarket, order: VenueOrder, status: OrderStatus
) -> None:
    """End an order and give back what it reserved; tells nobody."""
    market.drop(order)
    order.place = CLOSED
    order.status = status
    reserved = order.reserved
    if reserved:
        order.holding.release(order.position, reserved, buys=order.buys)
        order.reserved = ZERO
    if order.bounded:
        order.position.bounded -= 1
    state.busy -= 1
    if state.fee_memory:
        forget(state.fee_memory, order.client_order_id)


def cancel(state: VenueState, market: SimulatedMarket, order: VenueOrder, reason: str = "") -> None:
    """End what is left of an order and tell the desk its final filled quantity."""
    close(state, market, order, CANCELLED)
    key = order.client_order_id
    account = order.spec.account
    filled = order.qty - order.leaves if order.fills else ZERO
    if not state.instant:
        due_ns = state.answer_ns(key)
        told = OrderCancelled(account, state.at_ns, due_ns, key, reason, filled)
        state.deliver(told, due_ns)
        return
    now_ns = state.next_due_ns = state.now_ns
    state.ready.append(OrderCancelled(account, now_ns, now_ns, key, reason, filled))


def trim(state: VenueState, market: SimulatedMarket, position: VenuePosition) -> None:
    """Cancel the orders that may only reduce a position which is gone or has changed sides."""
    for order in live_orders(market):
        if order.position is not position or not order.bounded:
            continue
        held = order.holding.reducible(position)
        if held >= ZERO if order.buys else held <= ZERO:
            cancel(state, market, order, "reduce_only")


def live_orders(market: SimulatedMarket) -> list[VenueOrder]:
    """Return all live orders of a market, resting ones first."""
    return [*market.buys, *market.sells, *market.stops, *market.opening]
