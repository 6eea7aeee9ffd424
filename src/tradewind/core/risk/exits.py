"""An exit is proved by the ledger, not by a label."""

from collections.abc import Iterator
from decimal import Decimal

from tradewind.core.ledger.ledger import Ledger
from tradewind.core.risk.exposure import Sums
from tradewind.core.risk.lane import Lane
from tradewind.model.ids import OPERATOR, UNMANAGED, OrderId
from tradewind.model.money import ZERO
from tradewind.model.order import Order, OrderStatus, PlaceOrder, Side

BUY = Side.BUY
UNKNOWN = OrderStatus.UNKNOWN


def is_exit(
    ledger: Ledger,
    lane: Lane,
    spec: PlaceOrder,
    already: Decimal = ZERO,
    unknown: dict[OrderId, Order] | None = None,
) -> bool:
    """Tell whether all own reducing quantity on the bucket, with this order, stays within it.

    The account's confirmed (final) position bounds it, and so does the instance's own sub-book
    with its own reducing orders, so that one instance cannot close what belongs to another.
    `already` is the part of this order's quantity that is reserved before (an amendment).
    What may have happened (`unknown`) counts, except where the venue itself makes sure that a
    reduce-only order only reduces.
    """
    key = (spec.account, spec.instrument, spec.bucket)
    # Only what is final may leave: a matched purchase can still be undone.
    held = ledger.sellable(*key)
    if not held or (held > ZERO) is (spec.side is BUY):
        return False
    strangers = _reducing(lane.bucket.of(UNMANAGED), spec)
    every = _reducing(lane.bucket, spec) - strangers
    own = _reducing(lane.bucket.of(lane.owner), spec)
    if spec.trigger_px is not None and spec.reduce_only:
        # A sleeping reduce-only stop reserves nothing, and its target sibling is no second exit.
        every = own = already = ZERO
    elif unknown and enforced(lane, spec):
        for order in doubtful(lane, spec, unknown):
            every -= order.reserved
            own -= order.reserved if order.instance == lane.owner else ZERO
    if every - already + spec.qty > abs(held):
        return False
    if lane.owner == OPERATOR:
        return True
    mine = ledger.sellable(*key, lane.owner)
    same_way = (mine > ZERO) is (held > ZERO)
    return same_way and own - already + spec.qty <= abs(mine)


def _reducing(sums: Sums, spec: PlaceOrder) -> Decimal:
    return sums.buying if spec.side is BUY else sums.selling


def reduces(ledger: Ledger, spec: PlaceOrder) -> bool:
    """Tell whether an order works against what the account holds, by whatever name."""
    held = ledger.net_qty(spec.account, spec.instrument, spec.bucket)
    return held < ZERO if spec.side is BUY else held > ZERO


def enforced(lane: Lane, spec: PlaceOrder) -> bool:
    """Tell whether the venue itself keeps an order from doing more than reduce."""
    return spec.reduce_only and lane.account.account.reduce_only_flag


def doubtful(lane: Lane, spec: PlaceOrder, unknown: dict[OrderId, Order]) -> Iterator[Order]:
    """Yield the Unknown orders on the same bucket and side."""
    for order in unknown.values():
        if (
            order.status is UNKNOWN
            and order.instrument == spec.instrument
            and order.spec.account == spec.account
            and order.spec.bucket == spec.bucket
            and order.side is spec.side
        ):
            yield order
