"""The life of orders as the read tables show it.

Knows what each piece of news does to an order's row. The desk's own order table decides; this
fold only follows what it was told, and a rebuild gives the same rows.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from tradewind.edge.store.read_cache import Rows
from tradewind.edge.store.read_rows import FillRow, OrderRow
from tradewind.model.effects import AmendOrder, CancelOrder, OrderResolved, SubmitOrder
from tradewind.model.events import (
    AccountReport,
    AmendRejected,
    CancelRejected,
    NoAnswer,
    NotSent,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderClaimed,
    OrderEvent,
    OrderExpired,
    OrderPrepared,
    OrderRejected,
    OrderSent,
    OrderTriggered,
    ReportedOrder,
    Request,
)
from tradewind.model.fill import Fill
from tradewind.model.order import TERMINAL, OrderStatus

PENDING_NEW = OrderStatus.PENDING_NEW
NEW = OrderStatus.NEW
PARTIALLY_FILLED = OrderStatus.PARTIALLY_FILLED
PENDING_CANCEL = OrderStatus.PENDING_CANCEL
PENDING_REPLACE = OrderStatus.PENDING_REPLACE
UNKNOWN = OrderStatus.UNKNOWN
RESUME = None
"""Back to where the order stood before the pending request: NEW, PARTIALLY_FILLED, or PENDING_NEW
while the venue has said nothing of the order yet."""

ACCEPTED = {PENDING_NEW: NEW, UNKNOWN: RESUME}
FOUND = {PENDING_NEW: NEW, UNKNOWN: RESUME}
FILLED_PART = {PENDING_NEW: PARTIALLY_FILLED, NEW: PARTIALLY_FILLED, UNKNOWN: PARTIALLY_FILLED}
CANCEL_ASKED = dict.fromkeys((PENDING_NEW, NEW, PARTIALLY_FILLED, PENDING_REPLACE), PENDING_CANCEL)
CANCEL_REFUSED = {PENDING_CANCEL: RESUME}
AMEND_ASKED = {NEW: PENDING_REPLACE, PARTIALLY_FILLED: PENDING_REPLACE}
AMENDED = {PENDING_REPLACE: RESUME, UNKNOWN: RESUME}
AMEND_REFUSED = {PENDING_REPLACE: RESUME}
NO_ANSWER = {PENDING_NEW: UNKNOWN, PENDING_REPLACE: UNKNOWN}
NOT_SENT = {PENDING_CANCEL: RESUME}
NEVER_LEFT = {PENDING_NEW: OrderStatus.NOT_SENT, PENDING_CANCEL: OrderStatus.NOT_SENT}
RESTARTED = {PENDING_NEW: UNKNOWN, PENDING_CANCEL: UNKNOWN, PENDING_REPLACE: UNKNOWN}
CANCELLED, EXPIRED, REJECTED = (
    {status: end for status in OrderStatus if status not in TERMINAL}
    for end in (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED)
)
"""What each piece of news makes of a status; a status that is not named stays."""

Moves = Mapping[OrderStatus, OrderStatus | None]

WORDLESS: dict[type, Moves] = {AmendRejected: AMEND_REFUSED, NoAnswer: NO_ANSWER}
"""Events that say nothing but that they happened."""

ENDINGS = {
    OrderStatus.CANCELLED: CANCELLED,
    OrderStatus.EXPIRED: EXPIRED,
    OrderStatus.REJECTED: REJECTED,
}


class Orders:
    """The fold of the table `orders`."""

    def __init__(self, rows: Rows[OrderRow]) -> None:
        self._rows = rows
        self.epoch = 0

    def find(self, client_order_id: str | None) -> OrderRow | None:
        """Return an order's row, None for a stranger's."""
        return self._rows.get(client_order_id) if client_order_id is not None else None

    def prefetch(self, client_order_ids: Iterable[str]) -> None:
        """Read the rows that a batch is about to need."""
        self._rows.prefetch((each,) for each in client_order_ids)

    def restarted(self, epoch: int, ts: int, seq: int) -> None:
        """A desk took over: what was under way may or may not have happened."""
        self.epoch = epoch
        status = self._rows.table.c.status
        for row in self._rows.where(status.in_([each.value for each in RESTARTED])):
            self._move(row, RESTARTED, ts, seq)

    def submit(self, effect: SubmitOrder, seq: int) -> None:
        """An order was approved and leaves."""
        spec = effect.spec
        self._rows.put(
            OrderRow(
                client_order_id=effect.client_order_id,
                bot_id=effect.instance,
                account_id=spec.account,
                symbol=spec.instrument,
                bucket=spec.bucket,
                side=spec.side.value,
                order_type=spec.order_type.value,
                tif=spec.tif.value,
                qty=spec.qty,
                px=spec.px,
                trigger_px=spec.trigger_px,
                post_only=spec.post_only,
                reduce_only=spec.reduce_only,
                reason=spec.reason,
                group_id=spec.group,
                status=PENDING_NEW.value,
                epoch=self.epoch,
                cause_seq=effect.seq,
                created_ns=effect.ts,
                changed_ns=effect.ts,
                seq=seq,
            )
        )

    def ask(self, effect: AmendOrder | CancelOrder, seq: int) -> None:
        """A change or a cancel of an order leaves."""
        row = self.find(effect.client_order_id)
        if row is not None:
            moves = AMEND_ASKED if isinstance(effect, AmendOrder) else CANCEL_ASKED
            self._move(row, moves, effect.ts, seq)

    def resolve(self, effect: OrderResolved, seq: int) -> None:
        """An order's absence is proved or attested."""
        row = self.find(effect.client_order_id)
        if row is not None:
            row.end_reason = effect.how
            known = row.acknowledged_ns or row.order_id or row.filled_qty
            self._move(row, CANCELLED if known else REJECTED, effect.ts, seq)

    def hear(self, event: OrderEvent, seq: int) -> None:
        """The venue, or the way to it, said something about an order."""
        row = self.find(event.client_order_id)
        if row is not None:
            self._move(row, _take(row, event), event.ts_recv, seq)

    def fill(self, row: OrderRow, fill: Fill, ts: int, seq: int) -> None:
        """Count a keyed fill."""
        self._count(row, fill.qty, fill.px, fill.fee)
        row.first_fill_ns = row.first_fill_ns or fill.ts_event
        row.last_fill_ns = max(row.last_fill_ns or 0, fill.ts_event)
        self._move(row, FILLED_PART, ts, seq)

    def unfill(self, row: OrderRow, fill: FillRow, ts: int, seq: int) -> None:
        """Take a failed fill back out; the status does not step back."""
        self._count(row, -fill.exec_qty, fill.exec_price, -fill.commission)
        self._move(row, {}, ts, seq)

    def report(self, report: AccountReport, seq: int) -> None:
        """Fold what a reading says about orders of ours that have not ended."""
        for reported in report.orders:
            row = self.find(reported.client_order_id)
            if row is not None and row.status not in TERMINAL:
                self._move(row, _read(row, reported), report.ts_recv, seq)

    def _count(self, row: OrderRow, qty: Decimal, px: Decimal, fee: Decimal) -> None:
        row.filled_qty += qty
        row.filled_cost += qty * px
        row.commission += fee
        row.avg_price = row.filled_cost / row.filled_qty if row.filled_qty else None

    def _move(self, row: OrderRow, moves: Moves, ts: int, seq: int) -> None:
        before = OrderStatus(row.status)
        after = moves.get(before, before)
        if row.filled_qty >= row.qty and before is not OrderStatus.NOT_SENT:
            after = OrderStatus.FILLED
        elif after is RESUME:
            known = row.acknowledged_ns or row.order_id
            after = PARTIALLY_FILLED if row.filled_qty else NEW if known else PENDING_NEW
        if after in TERMINAL and before not in TERMINAL:
            row.closed_ns = ts
        row.status = after.value
        row.changed_ns, row.seq = ts, seq
        self._rows.put(row)


def _take(row: OrderRow, event: OrderEvent) -> Moves:
    """Note what the event says and return what it does to the status."""
    match event:
        case OrderPrepared():
            row.wire_id, row.digest = event.wire_id, event.digest
        case OrderSent():
            row.sent_latency_ns = event.latency_ns
        case OrderAccepted():
            row.order_id, row.acknowledged_ns = event.venue_order_id, event.ts_recv
            return ACCEPTED
        case OrderTriggered():
            row.triggered_ns = event.ts_event
        case OrderClaimed():
            row.claimed_qty = max(row.claimed_qty, event.cumulative_qty)
        case OrderAmended():
            row.qty, row.px = event.qty, event.px
            row.amendments += 1
            return AMENDED
        case CancelRejected():
            return {} if event.not_found else CANCEL_REFUSED
        case NotSent():
            return _not_sent(row, event)
        case OrderRejected() | OrderCancelled() | OrderExpired():
            return _end(row, event)
    return WORDLESS.get(type(event), {})


def _not_sent(row: OrderRow, event: NotSent) -> Moves:
    if event.request is Request.SUBMIT:
        row.end_reason = event.reason
        return NEVER_LEFT
    return AMEND_REFUSED if event.request is Request.AMEND else NOT_SENT


def _end(row: OrderRow, event: OrderRejected | OrderCancelled | OrderExpired) -> Moves:
    if isinstance(event, OrderRejected):
        row.end_reason, row.end_code = event.reason, event.code
        return REJECTED
    if event.filled_qty is not None:
        row.claimed_qty = max(row.claimed_qty, event.filled_qty)
    if isinstance(event, OrderExpired):
        return EXPIRED
    row.end_reason = event.reason
    return CANCELLED


def _read(row: OrderRow, reported: ReportedOrder) -> Moves:
    row.order_id = reported.venue_order_id
    row.claimed_qty = max(row.claimed_qty, reported.filled_qty)
    if reported.status in ENDINGS:
        return ENDINGS[reported.status]
    if reported.status is OrderStatus.FILLED:
        return {}  # its fills are still to come
    before = row.status
    if before in (PENDING_NEW, PENDING_REPLACE, UNKNOWN):
        row.qty, row.px = reported.qty, reported.px
    return AMENDED if before == PENDING_REPLACE else FOUND
