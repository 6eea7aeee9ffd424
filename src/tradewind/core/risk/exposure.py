"""Our open orders as sums: reservations per position bucket, and who rests where in a market.

Working, unacknowledged, Unknown and cancel-pending orders all count until they are proved gone.
"""

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
from tradewind.model.order import TERMINAL, Order, OrderStatus, Side

BUY = Side.BUY
UNKNOWN = OrderStatus.UNKNOWN


class Sums:
    """Quantity that may still trade, by side, and how many orders that is."""

    __slots__ = ("buying", "orders", "selling")

    def __init__(self) -> None:
        self.buying = ZERO
        self.selling = ZERO
        self.orders = 0


class Bucket(Sums):
    """What may still trade on one position bucket, and the part of each owner."""

    __slots__ = ("account", "bucket", "instrument", "owners")

    def __init__(self, account: AccountId, instrument: Instrument, bucket: BucketId = NET) -> None:
        super().__init__()
        self.account = account
        self.instrument = instrument
        self.bucket = bucket
        self.owners: dict[InstanceId, Sums] = {}

    def of(self, owner: InstanceId) -> Sums:
        """Return one owner's part; empty sums where it never had an order."""
        return self.owners.get(owner) or Sums()


class Resting:
    """Our live orders in one canonical market, in YES space: who bids and who asks."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids: dict[OrderId, Order] = {}
        self.asks: dict[OrderId, Order] = {}


class Exposure:
    """Every reservation of the desk. The order table tells it of each change."""

    __slots__ = ("buckets", "markets", "open_orders", "unknown")

    def __init__(self) -> None:
        self.buckets: dict[tuple[AccountId, InstrumentId, BucketId], Bucket] = {}
        self.markets: dict[tuple[VenueId, MarketId], Resting] = {}
        self.open_orders: dict[AccountId, int] = {}
        self.unknown: dict[OrderId, Order] = {}

    def bucket(self, account: AccountId, instrument: Instrument, bucket: BucketId) -> Bucket:
        """Return the sums of one position bucket, made on first use."""
        key = (account, instrument.id, bucket)
        found = self.buckets.get(key)
        if found is None:
            found = self.buckets[key] = Bucket(account, instrument, bucket)
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

    def add(self, order: Order, bucket: Bucket, resting: Resting) -> None:
        """Count a new order with its whole quantity.

        A reduce-only stop reserves nothing while it sleeps: it can only shrink a position, and
        its target sibling already counts.
        """
        own = bucket.owners.get(order.instance)
        if own is None:
            own = bucket.owners[order.instance] = Sums()
        bucket.orders += 1
        own.orders += 1
        spec = order.spec
        account = spec.account
        self.open_orders[account] = self.open_orders.get(account, 0) + 1
        if spec.trigger_px is not None:
            order.asleep = True
            if spec.reduce_only:
                return
        else:
            self._side(order, bucket.instrument, resting)[order.client_order_id] = order
        qty = order.reserved = order.qty - order.filled_qty
        if order.side is BUY:
            bucket.buying += qty
            own.buying += qty
        else:
            bucket.selling += qty
            own.selling += qty

    def update(  # noqa: C901 - one pass over the sums, on every change of every order
        self, order: Order, bucket: Bucket, resting: Resting, *, was_live: bool
    ) -> None:
        """Count what an order may still trade after any change; forget it once it is over."""
        live = order.status not in TERMINAL
        if order.asleep and order.spec.reduce_only:
            reserved = ZERO
        elif live:
            total = order.qty
            if order.amend_qty is not None and order.amend_qty > total:
                total = order.amend_qty
            if order.claimed_qty > total:
                total = order.claimed_qty
            reserved = total - order.filled_qty
        else:
            # A claim that no keyed fill covers yet stays reserved after the end.
            reserved = order.claimed_qty - order.filled_qty
        if reserved < ZERO:
            reserved = ZERO
        if reserved != order.reserved:
            change = reserved - order.reserved
            own = bucket.owners[order.instance]
            if order.side is BUY:
                bucket.buying += change
                own.buying += change
            else:
                bucket.selling += change
                own.selling += change
            order.reserved = reserved
        if was_live and not live:
            bucket.orders -= 1
            bucket.owners[order.instance].orders -= 1
            self.open_orders[order.spec.account] -= 1
            self._side(order, bucket.instrument, resting).pop(order.client_order_id, None)
            self.unknown.pop(order.client_order_id, None)
        elif order.status is UNKNOWN:
            self.unknown[order.client_order_id] = order
        elif self.unknown:
            self.unknown.pop(order.client_order_id, None)

    def triggered(self, order: Order, instrument: Instrument, resting: Resting) -> None:
        """A stop order woke up: from now on it can meet our other orders."""
        order.asleep = False
        self._side(order, instrument, resting)[order.client_order_id] = order

    def _side(self, order: Order, instrument: Instrument, resting: Resting) -> dict[OrderId, Order]:
        bids = (order.side is BUY) is not (instrument.outcome is Outcome.NO)
        return resting.bids if bids else resting.asks
