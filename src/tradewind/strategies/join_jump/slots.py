"""One leg's order, brought step by step to where it should be; never two live ones on a leg.

Knows the orders of a leg and the requests under way. Must not know why a price is wanted.
"""

from decimal import Decimal

import msgspec

from tradewind.core.strategy.context import Context
from tradewind.model.ids import InstrumentId, OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import Order, OrderStatus, Side, TimeInForce

BUY = Side.BUY
IOC = TimeInForce.IOC
GTC = TimeInForce.GTC
PARKED = OrderStatus.PARKED
CHANGEABLE = frozenset({OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED})
ANSWER_PENDING = frozenset(
    {OrderStatus.PENDING_NEW, OrderStatus.PENDING_CANCEL, OrderStatus.PENDING_REPLACE}
)


class Want(msgspec.Struct, frozen=True):
    """The order that a leg should have: `qty` contracts still to trade, at `px`.

    `now` passes over the least time between changes, because the live price breaks a guard.
    """

    px: Decimal
    qty: Decimal
    reason: str
    side: Side = BUY
    immediate: bool = False
    now: bool = False


class Pace(msgspec.Struct, frozen=True):
    """When a leg's order may be moved again: times in nanoseconds."""

    now_ns: int
    quoted_ns: int
    min_requote_ns: int

    @property
    def due(self) -> bool:
        """Tell whether the order has rested long enough."""
        return self.now_ns - self.quoted_ns >= self.min_requote_ns


class Outcome(msgspec.Struct, frozen=True):
    """What a round did: asked for an order or a change, and whether an answer is awaited.

    `amended` is the order that was asked to change.
    """

    asked: bool = False
    waiting: bool = False
    amended: OrderId | None = None


NOTHING = Outcome()
WAITING = Outcome(waiting=True)
PLACED = Outcome(asked=True)


def steer(
    ctx: Context, leg: InstrumentId, want: Want | None, pace: Pace, group: str, *, requote: bool
) -> Outcome:
    """Move a leg one step towards `want`; None wants no order.

    `requote` says that the leg had an order before, so that a new one is a re-quote.
    """
    live = ctx.orders(leg)
    if want is None:
        return clear(ctx, live)
    if not live:
        return _place(ctx, leg, want, group, requote=requote)
    order = live[0]
    if len(live) > 1 or order.status not in CHANGEABLE:
        return _hurry(ctx, live, want)
    if want.immediate or order.side is not want.side or order.spec.tif is IOC:
        return clear(ctx, live)
    return _move(ctx, order, want, pace)


def clear(ctx: Context, live: list[Order]) -> Outcome:
    """Cancel what can be cancelled; immediate orders end by themselves."""
    for order in live:
        if (order.status in CHANGEABLE and order.spec.tif is not IOC) or order.status is PARKED:
            ctx.cancel(order.client_order_id, "requote")
    return WAITING if live else NOTHING


def unanswered(live: list[Order]) -> Order | None:
    """Return the order of a leg that awaits an answer, or whose fate is Unknown; else None."""
    for order in live:
        if order.status in ANSWER_PENDING or order.status is OrderStatus.UNKNOWN:
            return order
    return None


def sendable(rules: Instrument, qty: Decimal, px: Decimal) -> bool:
    """Tell whether the venue takes an order of this size at this price."""
    return qty >= rules.min_qty and qty > ZERO and qty * px >= rules.min_notional


def _place(ctx: Context, leg: InstrumentId, want: Want, group: str, *, requote: bool) -> Outcome:
    ctx.place(
        leg,
        want.side,
        want.qty,
        want.px,
        tif=IOC if want.immediate else GTC,
        post_only=not want.immediate,
        reason="requote" if requote and want.reason == "join" else want.reason,
        group=group,
    )
    return PLACED


def _hurry(ctx: Context, live: list[Order], want: Want) -> Outcome:
    """Leave what awaits an answer; take back what waits at the gate with an old price."""
    for order in live:
        if order.status is PARKED and (order.px != want.px or order.side is not want.side):
            ctx.cancel(order.client_order_id, "requote")
    return WAITING


def _move(ctx: Context, order: Order, want: Want, pace: Pace) -> Outcome:
    same_px = order.px == want.px
    # A rest off the step, which the venue left us, is no reason to change the order.
    shrinks = want.qty < ctx.instrument(order.instrument).floor_qty(order.leaves_qty)
    if same_px and not shrinks:
        return NOTHING
    if not (shrinks or want.now or pace.due):
        return NOTHING
    if ctx.instrument(order.instrument).native_amend:
        total = order.filled_qty + want.qty
        reason = "requote" if want.reason == "join" else want.reason
        ctx.amend(order.client_order_id, qty=total, px=want.px, reason=reason)
        return Outcome(asked=True, waiting=True, amended=order.client_order_id)
    ctx.cancel(order.client_order_id, "requote")
    return Outcome(asked=True, waiting=True)
