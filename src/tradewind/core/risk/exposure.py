"""Our open orders as sums: reservations per position bucket, and who rests where in a market.

Working, unacknowledged, Unknown and cancel-pending orders all count until they are proved gone.
"""

from decimal import Decimal

from tradewind.model.ids import (
    NET,
    AccountId,
    BucketId,
    InstanceId,
    InstrumentId,
    MarketId,
    OrderId,
    VenueId,
)
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.money import ZERO
from tradewind.model.order import Order, OrderStatus, Side

BUY = Side.BUY
NO = Outcome.NO
UNKNOWN = OrderStatus.UNKNOWN


class Sums:
    """Quantity that may still trade, by side, and how many orders that is."""

    __slots__ = ("buying", "orders", "selling")

    def __init__(self) -> None:
        self.buying = ZERO
        self.selling = ZERO
        self.orders = 0


class Count:
    """How many orders of one account may still trade."""

    __slots__ = ("orders",)

    def __init__(self) -> None:
        self.orders = 0


class Bucket(Sums):
    """What may still trade on one position bucket, and the part of each owner.

    `whole` counts the orders of the account.
    """

    __slots__ = ("account", "bucket", "instrument", "owners", "whole")

    def __init__(
        self,
        account: AccountId,
        instrument: Instrument,
        bucket: BucketId = NET,
        whole: Count | None = None,
    ) -> None:
        super().__init__()
        self.account = account
        self.instrument = instrument
        self.bucket = bucket
        self.whole = whole or Count()
        self.owners: dict[InstanceId, Sums] = {}

    def of(self, owner: InstanceId) -> Sums:
        """Return one owner's part, empty where it never had an order."""
        own = self.owners.get(owner)
        if own is None:
            own = self.owners[owner] = Sums()
        return own


class Resting:
    """Our live orders in one canonical market, in YES space: who bids and who asks."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids: dict[OrderId, Order] = {}
        self.asks: dict[OrderId, Order] = {}


class Exposure:
    """Every reservation of the desk. The order table tells it of each change."""

    __slots__ = ("buckets", "counts", "markets", "unknown")

    def __init__(self) -> None:
        self.buckets: dict[tuple[AccountId, InstrumentId, BucketId], Bucket] = {}
        self.markets: dict[tuple[VenueId, MarketId], Resting] = {}
        self.counts: dict[AccountId, Count] = {}
        self.unknown: dict[OrderId, Order] = {}

    def bucket(self, account: AccountId, instrument: Instrument, bucket: BucketId) -> Bucket:
        """Return the sums of one position bucket, made on first use."""
        key = (account, instrument.id, bucket)
        found = self.buckets.get(key)
        if found is None:
            whole = self.counts.setdefault(account, Count())
            found = self.buckets[key] = Bucket(account, instrument, bucket, whole)
        return found

    def resting(self, instrument: Instrument) -> Resting:
        """Return our orders of an instrument's canonical market."""
        key = (instrument.venue, instrument.canonical_market)
        found = self.markets.get(key)
        if found is None:
            found = self.markets[key] = Resting()
        return found

    def redefine(self, instrument: Instrument) -> None:
        """Take over changed trading rules."""
        for (_, name, _), bucket in self.buckets.items():
            if name == instrument.id:
                bucket.instrument = instrument

    def open_orders(self, account: AccountId) -> int:
        """Return how many orders of an account may still trade."""
        whole = self.counts.get(account)
        return 0 if whole is None else whole.orders

    def add(self, order: Order, bucket: Bucket, resting: Resting) -> None:
        """Count a new order with its whole quantity.

        A reduce-only stop reserves nothing while it sleeps: it can only shrink a position, and
        its target sibling already counts.
        """
        own = bucket.owners.get(order.instance)
        if own is None:
            own = bucket.owners[order.instance] = Sums()
        bucket.orders += 1
        bucket.whole.orders += 1
        own.orders += 1
        buys = order.side is BUY
        if order.trigger_px is not None:
            order.asleep = True
            if order.spec.reduce_only:
                return
        elif buys is not (bucket.instrument.outcome is NO):
            resting.bids[order.client_order_id] = order
        else:
            resting.asks[order.client_order_id] = order
        qty = order.qty
        if order.filled_qty:
            qty -= order.filled_qty
        order.reserved = qty
        if buys:
            bucket.buying += qty
            own.buying += qty
        else:
            bucket.selling += qty
            own.selling += qty

    def update(self, order: Order, bucket: Bucket) -> None:
        """Count what a live order may still trade after its terms or fills changed."""
        total = order.qty
        if order.amend_qty is not None and order.amend_qty > total:
            total = order.amend_qty
        if order.claimed_qty > total:
            total = order.claimed_qty
        if order.asleep and order.spec.reduce_only:
            total = ZERO
        self._reserve(order, bucket, total - order.filled_qty)
        if order.status is UNKNOWN:
            self.unknown[order.client_order_id] = order
        elif self.unknown:
            self.unknown.pop(order.client_order_id, None)

    def remove(self, order: Order, bucket: Bucket, resting: Resting) -> None:
        """Count an order no more that is over; what is only claimed stays reserved."""
        own = bucket.owners[order.instance]
        own.orders -= 1
        bucket.orders -= 1
        bucket.whole.orders -= 1
        buys = order.side is BUY
        # A stop that never woke stands on neither side.
        if buys is not (bucket.instrument.outcome is NO):
            resting.bids.pop(order.client_order_id, None)
        else:
            resting.asks.pop(order.client_order_id, None)
        if self.unknown:
            self.unknown.pop(order.client_order_id, None)
        if order.claimed_qty:
            self.uncover(order, bucket)
            return
        reserved = order.reserved
        order.reserved = ZERO
        if buys:
            bucket.buying -= reserved
            own.buying -= reserved
        else:
            bucket.selling -= reserved
            own.selling -= reserved

    def uncover(self, order: Order, bucket: Bucket) -> None:
        """Free what is reserved for an order that is over, but for claims without keyed fills."""
        claimed = order.claimed_qty - order.filled_qty if order.claimed_qty else ZERO
        self._reserve(order, bucket, claimed)

    def _reserve(self, order: Order, bucket: Bucket, qty: Decimal) -> None:
        if qty < ZERO:
            qty = ZERO
        change = qty - order.reserved
        if not change:
            return
        own = bucket.owners[order.instance]
        if order.side is BUY:
            bucket.buying += change
            own.buying += change
        else:
            bucket.selling += change
            own.selling += change
        order.reserved = qty

    def triggered(self, order: Order, instrument: Instrument, resting: Resting) -> None:
        """A stop order woke up: from now on it can meet our other orders."""
        order.asleep = False
        self._side(order, instrument, resting)[order.client_order_id] = order

    def _side(self, order: Order, instrument: Instrument, resting: Resting) -> dict[OrderId, Order]:
        bids = (order.side is BUY) is not (instrument.outcome is NO)
        return resting.bids if bids else resting.asks
