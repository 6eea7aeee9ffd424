"""The order table: every order that may still matter, and the only code that changes one."""

from collections.abc import Iterator
from decimal import Decimal

from tradewind.core.execution.transitions import RESUME, TABLE, Happening
from tradewind.core.risk.exposure import Exposure
from tradewind.core.risk.lane import Lane
from tradewind.core.risk.verdict import Approved
from tradewind.model.effects import SubmitOrder
from tradewind.model.fill import Fill
from tradewind.model.ids import InstanceId, OrderId
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Order, OrderStatus, PlaceOrder

NEW = OrderStatus.NEW
REJECTED = OrderStatus.REJECTED
PARTIALLY_FILLED = OrderStatus.PARTIALLY_FILLED
PENDING_CANCEL = OrderStatus.PENDING_CANCEL
PENDING_REPLACE = OrderStatus.PENDING_REPLACE
UNKNOWN = OrderStatus.UNKNOWN
PARKED = OrderStatus.PARKED
ACCEPTED = Happening.ACCEPTED
CANCEL_ASKED = Happening.CANCEL_ASKED
REMEMBERED = 4096
"""How many finished orders, at least, stay at hand for late fills; others are in the journal."""


class OrderTable:
    """Live orders by id and by instance, and the last finished ones in two generations.

    `live` and `by_instance` are shared with the world, so that contexts read them. `epoch` is the
    lease under which new orders are made.
    """

    __slots__ = ("by_instance", "epoch", "exposure", "finished", "lanes", "live", "older")

    def __init__(
        self,
        exposure: Exposure,
        live: dict[OrderId, Order],
        by_instance: dict[InstanceId, dict[OrderId, Order]],
    ) -> None:
        self.exposure = exposure
        self.epoch = 0
        self.live = live
        self.by_instance = by_instance
        self.lanes: dict[OrderId, Lane] = {}
        self.finished: dict[OrderId, Order] = {}
        self.older: dict[OrderId, Order] = {}

    def open(
        self,
        client_order_id: OrderId,
        approved: Approved | SubmitOrder,
        lane: Lane,
        now_ns: int,
        seq: int,
    ) -> Order:
        """Enter an approved order as PENDING_NEW."""
        spec = approved.spec
        owner = lane.owner
        order = Order(
            client_order_id,
            owner,
            spec,
            spec.instrument,
            spec.side,
            spec.qty,
            spec.px,
            now_ns,
            seq,
            self.epoch,
        )
        if spec.ttl_ns:
            order.expire_ns = now_ns + spec.ttl_ns
        order.trigger_px = spec.trigger_px
        self._enter(order, lane)
        self.exposure.add(order, lane.bucket, lane.resting)
        return order

    def restore(self, sent: SubmitOrder, lane: Lane) -> None:
        """Enter an order again that the journal says was sent; the gate approved it then."""
        self.open(sent.client_order_id, sent, lane, sent.ts, sent.seq)

    def park(
        self, client_order_id: OrderId, spec: PlaceOrder, lane: Lane, now_ns: int, seq: int
    ) -> Order:
        """Enter an intent that waits at the gate; it reserves nothing yet."""
        order = Order(
            client_order_id,
            lane.owner,
            spec,
            spec.instrument,
            spec.side,
            spec.qty,
            spec.px,
            now_ns,
            seq,
            self.epoch,
            PARKED,
        )
        self._enter(order, lane)
        return order

    def send_parked(
        self, order: Order, approved: Approved, lane: Lane, now_ns: int, seq: int
    ) -> SubmitOrder:
        """Turn a parked order into a sent one."""
        spec = approved.spec
        order.spec = spec
        order.qty = spec.qty
        order.px = spec.px
        order.trigger_px = spec.trigger_px
        # Its life at the venue begins now: so does the time in which it may still land there.
        order.created_ns = now_ns
        order.cause_seq = seq
        order.status = OrderStatus.PENDING_NEW
        if spec.ttl_ns:
            order.expire_ns = now_ns + spec.ttl_ns
        self.exposure.add(order, lane.bucket, lane.resting)
        return SubmitOrder(order.client_order_id, order.instance, spec, now_ns, seq)

    def _enter(self, order: Order, lane: Lane) -> None:
        client_order_id = order.client_order_id
        self.live[client_order_id] = order
        mine = self.by_instance.get(order.instance)
        if mine is None:
            mine = self.by_instance[order.instance] = {}
        mine[client_order_id] = order
        self.lanes[client_order_id] = lane

    def find(self, client_order_id: OrderId) -> Order | None:
        """Return a live or recently finished order, None when neither."""
        order = self.live.get(client_order_id)
        if order is None:
            order = self.finished.get(client_order_id) or self.older.get(client_order_id)
        return order

    def ended(self) -> Iterator[Order]:
        """Yield the finished orders that are still at hand, those that ended first first."""
        yield from self.older.values()
        yield from self.finished.values()

    def apply(self, order: Order, happening: Happening, now_ns: int) -> bool:
        """Move an order by the table; returns False, changing nothing, where no row allows it."""
        status = order.status
        row = TABLE[status]
        if happening not in row:
            return False
        target = row[happening]
        if target is RESUME:
            target = resumed(order)
        if target is not status:
            order.status = target
            if target in TERMINAL:
                self._close(order, status, now_ns)
                return True
        # Neither changes what may trade.
        told = happening is ACCEPTED or happening is CANCEL_ASKED
        if status is not PARKED and (not told or self.exposure.unknown):
            self._recount(order)
        return True

    def fill(self, order: Order, fill: Fill, now_ns: int) -> bool:
        """Count one keyed fill; returns False when it made the order pass its quantity."""
        contradicts = order.status is REJECTED
        order.filled_qty += fill.qty
        order.filled_cost += fill.qty * fill.px
        order.fees += fill.fee
        complete = order.filled_qty >= order.qty
        happening = Happening.FILLED_ALL if complete else Happening.FILLED_PART
        known = self.apply(order, happening, now_ns)
        return known and not contradicts and order.filled_qty <= order.qty

    def unfill(self, order: Order, fill: Fill) -> None:
        """Take a failed fill back out; the order's status does not step back.

        A claim that the fill had covered went with it.
        """
        order.filled_qty -= fill.qty
        order.filled_cost -= fill.qty * fill.px
        order.fees -= fill.fee
        order.claimed_qty = max(order.claimed_qty - fill.qty, ZERO)
        self._recount(order)

    def claim(self, order: Order, cumulative_qty: Decimal) -> bool:
        """Note the venue's claim; returns whether part of it has no keyed fill yet."""
        if cumulative_qty > order.claimed_qty:
            order.claimed_qty = cumulative_qty
            self._recount(order)
        return order.claimed_qty > order.filled_qty

    def ask_amend(
        self,
        order: Order,
        qty: Decimal,
        px: Decimal | None,
        now_ns: int,
        trigger_px: Decimal | None = None,
    ) -> None:
        """Note an amendment under way: the larger quantity stays reserved until it is answered."""
        order.amend_qty = qty
        order.amend_px = px
        order.amend_trigger_px = trigger_px
        order.asked_ns = now_ns
        self.apply(order, Happening.AMEND_ASKED, now_ns)

    def amended(self, order: Order, qty: Decimal, px: Decimal | None, now_ns: int) -> bool:
        """The venue changed the order; returns False, changing nothing, where it is over."""
        if order.status in TERMINAL or Happening.AMENDED not in TABLE[order.status]:
            return self.apply(order, Happening.AMENDED, now_ns)
        order.qty = qty
        order.px = px
        if order.amend_trigger_px is not None:
            order.trigger_px = order.amend_trigger_px
        order.acknowledged_ns = now_ns
        order.amend_qty = order.amend_px = order.amend_trigger_px = None
        self.apply(order, Happening.AMENDED, now_ns)
        if order.status not in TERMINAL and order.filled_qty >= order.qty:
            self.apply(order, Happening.FILLED_ALL, now_ns)
        return True

    def found(self, order: Order, qty: Decimal, px: Decimal | None, now_ns: int) -> None:
        """A reading showed the order with these terms: no request of ours is in doubt any more.

        Where a stop rests a reading does not say; whoever moved it asks again.
        """
        order.qty = qty
        order.px = px
        order.amend_qty = order.amend_px = order.amend_trigger_px = None
        self.apply(order, Happening.FOUND, now_ns)
        if order.status not in TERMINAL and order.filled_qty >= order.qty:
            self.apply(order, Happening.FILLED_ALL, now_ns)

    def amend_ended(self, order: Order, happening: Happening, now_ns: int) -> bool:
        """An amendment was refused or never left: the old terms stand."""
        if order.status is not UNKNOWN:
            order.amend_qty = order.amend_px = order.amend_trigger_px = None
        return self.apply(order, happening, now_ns)

    def _close(self, order: Order, before: OrderStatus, now_ns: int) -> None:
        order.closed_ns = now_ns
        client_order_id = order.client_order_id
        if self.live.pop(client_order_id, None) is None:
            self._uncover(order)
            return
        del self.by_instance[order.instance][client_order_id]
        lane = self.lanes[client_order_id]
        if before is not PARKED:
            self.exposure.remove(order, lane.bucket, lane.resting)
        if not order.reserved:
            del self.lanes[client_order_id]
        self.finished[client_order_id] = order
        if len(self.finished) >= REMEMBERED:
            self._forget()

    def _forget(self) -> None:
        if len(self.lanes) > len(self.live):
            for client_order_id in self.older:
                self.lanes.pop(client_order_id, None)
        self.older = self.finished
        self.finished = {}

    def _recount(self, order: Order) -> None:
        if order.status in TERMINAL:
            self._uncover(order)
            return
        lane = self.lanes.get(order.client_order_id)
        if lane is not None and order.status is not PARKED:
            self.exposure.update(order, lane.bucket)

    def _uncover(self, order: Order) -> None:
        lane = self.lanes.get(order.client_order_id)
        if lane is not None:
            self.exposure.uncover(order, lane.bucket)
            if not order.reserved:
                del self.lanes[order.client_order_id]


def resumed(order: Order) -> OrderStatus:
    """Return where an order stands without the request that was under way."""
    if order.filled_qty:
        return PARTIALLY_FILLED
    known = order.acknowledged_ns or order.venue_order_id is not None
    return NEW if known else OrderStatus.PENDING_NEW


def absence(order: Order) -> Happening:
    """Return what proved absence means: an order that was there ended, another never was."""
    known = order.acknowledged_ns or order.venue_order_id is not None or order.filled_qty
    return Happening.CANCELLED if known else Happening.ABSENT
