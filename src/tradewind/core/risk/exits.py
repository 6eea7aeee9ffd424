"""An exit is proved by the ledger, not by a label."""

from decimal import Decimal

from tradewind.core.ledger.ledger import Ledger
from tradewind.core.risk.lane import Lane
from tradewind.model.ids import OPERATOR
from tradewind.model.money import ZERO
from tradewind.model.order import Order, OrderStatus, PlaceOrder, Side

BUY = Side.BUY


def is_exit(ledger: Ledger, lane: Lane, spec: PlaceOrder, already: Decimal = ZERO) -> bool:
    """Tell whether all own reducing quantity on the bucket, with this order, stays within it.

    The account's confirmed (final) position bounds it, and so does the instance's own sub-book,
    so that one instance cannot close what belongs to another. `already` is the part of this
    order's quantity that is reserved before (an amendment).
    """
    key = (spec.account, spec.instrument, spec.bucket)
    # Only what is final may leave: a matched purchase can still be undone.
    held = ledger.sellable(*key)
    reducing = lane.bucket.buying if spec.side is BUY else lane.bucket.selling
    if spec.trigger_px is not None and spec.reduce_only:
        # A sleeping reduce-only stop reserves nothing, and its target sibling is no second exit.
        reducing = already = ZERO
    if not _within(held, spec, reducing - already):
        return False
    if lane.owner == OPERATOR:
        return True
    own = ledger.position(*key, lane.owner)
    return own is not None and _within(own.qty, spec, ZERO)


def _within(held: Decimal, spec: PlaceOrder, reducing: Decimal) -> bool:
    if spec.side is BUY:
        return held < ZERO and reducing + spec.qty <= -held
    return held > ZERO and reducing + spec.qty <= held


def unknown_exit(lane: Lane, spec: PlaceOrder, unknown: dict[str, Order]) -> Order | None:
    """Return an Unknown order of the same instrument, account and side, or None."""
    for order in unknown.values():
        if (
            order.status is OrderStatus.UNKNOWN
            and order.instrument == spec.instrument
            and order.spec.account == spec.account
            and order.side is spec.side
        ):
            return order
    return None
