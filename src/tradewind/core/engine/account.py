"""Account events folded: answers to our orders, fills, funding, settlement, sessions."""

from tradewind.core.engine import guards, kill
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.intents import alert
from tradewind.core.engine.progress import progress, wake_parked
from tradewind.core.engine.react import tell
from tradewind.core.execution.transitions import Happening
from tradewind.core.risk.states import AccountState
from tradewind.model.commands import Lifecycle, Scope, ScopeKind
from tradewind.model.effects import CancelOrder, Level, LockChanged, ReadAccount
from tradewind.model.events import (
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
    Request,
    RequestsCounted,
    SessionChanged,
)
from tradewind.model.fill import FillLife
from tradewind.model.ids import AccountId, InstrumentId
from tradewind.model.order import TERMINAL, Order, OrderStatus

RUNNING = Lifecycle.RUNNING
ACCEPTED = Happening.ACCEPTED
CANCELLED = Happening.CANCELLED
UNKNOWN = OrderStatus.UNKNOWN
MATCHED = FillLife.MATCHED
CLAIMED = "a claimed fill has no execution yet"
PROVISIONAL = "a matched fill is not final after its time"
AND = "; "
"""Between the causes of one lock."""
RISEN = "an order that had ended rests at the venue"


def _order(desk: Desk, event: OrderEvent) -> Order | None:
    order = desk.orders.find(event.client_order_id)
    if order is None:
        alert(
            desk,
            Level.WARNING,
            "unknown_order",
            f"{type(event).__name__} names order {event.client_order_id} of {event.account}, "
            f"which this desk does not remember; it will be reconciled.",
        )
        lock(desk, event.account, None, "an order that the desk does not remember")
        read(desk, event.account)
    return order


def _changed(desk: Desk, order: Order, event: OrderEvent, *, applied: bool) -> None:
    """Let everybody who cares look at a changed order."""
    if not applied and isinstance(event, (OrderAccepted, OrderTriggered)):
        rise(desk, order, event.ts_recv)
        return
    if not applied:
        alert(
            desk,
            Level.WARNING,
            "odd_answer",
            f"{type(event).__name__} for order {order.client_order_id} does not fit its status "
            f"{order.status.value}; nothing was changed.",
            order.instance,
        )
        return
    if desk.parked:
        wake_parked(desk)
    if desk.guards:
        guards.on_order(desk, order)
    instance = desk.instances.get(order.instance)
    if instance is not None:
        if "on_order" in instance.calls:
            tell(desk, instance, "on_order", order)
        standing = instance.standing
        free = standing.lifecycle is RUNNING and not standing.single_fire
        if not free and order.status in TERMINAL:
            progress(desk, instance)
    if desk.pending:
        kill.advance(desk)


def rise(desk: Desk, order: Order, now_ns: int) -> None:
    """An order that had ended rests at the venue after all: cancel it, lock, and read."""
    if order.client_order_id in desk.risen:
        return
    desk.risen[order.client_order_id] = now_ns
    account = order.spec.account
    alert(
        desk,
        Level.CRITICAL,
        "risen_order",
        f"Order {order.client_order_id} had ended ({order.status.value}) and is live at the venue; "
        f"it is cancelled and {order.instrument} is locked until a reading finds it gone.",
        order.instance,
    )
    lock(desk, account, order.instrument, RISEN)
    cancel_risen(desk, order, now_ns)
    read(desk, account, desk.accounts[account].account.read_lag_ns)


def cancel_risen(desk: Desk, order: Order, now_ns: int) -> None:
    """Ask the venue to cancel an order that our table has closed."""
    account = order.spec.account
    desk.effects.append(
        CancelOrder(order.client_order_id, account, order.instrument, order.venue_order_id, now_ns)
    )


def on_prepared(desk: Desk, event: OrderPrepared) -> None:
    """Note what the venue will know an order by."""
    order = _order(desk, event)
    if order is not None:
        order.wire_id = event.wire_id


def on_sent(desk: Desk, event: OrderSent) -> None:
    """Note how long an order took from its cause to the wire."""
    order = _order(desk, event)
    if order is not None:
        order.sent_latency_ns = event.latency_ns


def on_accepted(desk: Desk, event: OrderAccepted) -> None:
    """The venue took an order."""
    orders = desk.orders
    order = orders.live.get(event.client_order_id) or _order(desk, event)
    if order is None:
        return
    order.venue_order_id = event.venue_order_id
    order.acknowledged_ns = event.ts_recv
    _changed(desk, order, event, applied=orders.apply(order, ACCEPTED, event.ts_recv))


def on_rejected(desk: Desk, event: OrderRejected) -> None:
    """The venue definitely refused an order; too many in a row open the breaker."""
    order = _order(desk, event)
    if order is None:
        return
    order.reject_reason = event.reason
    was_live = order.status not in TERMINAL
    applied = desk.orders.apply(order, Happening.REJECTED, event.ts_recv)
    state = desk.accounts[event.account]
    if applied and was_live and state.failed(event.ts_recv):
        window_s = state.account.breaker.failed_window_ns // 1_000_000_000
        cause = f"{state.account.breaker.failed_orders} failed orders within {window_s} s"
        guards.halt(desk, Scope(ScopeKind.ACCOUNT, event.account), state, cause, "breaker")
    _changed(desk, order, event, applied=applied)


def on_cancelled(desk: Desk, event: OrderCancelled) -> None:
    """An order is gone; a final total above our fills is a claim that needs its keyed fills."""
    orders = desk.orders
    order = orders.live.get(event.client_order_id) or _order(desk, event)
    if order is None:
        return
    if event.filled_qty and event.filled_qty > order.filled_qty:
        _claim(desk, order, event)
    applied = orders.apply(order, CANCELLED, event.ts_recv)
    _changed(desk, order, event, applied=applied)


def on_expired(desk: Desk, event: OrderExpired) -> None:
    """An order's time ran out at the venue."""
    order = _order(desk, event)
    if order is None:
        return
    if event.filled_qty is not None and event.filled_qty > order.filled_qty:
        _claim(desk, order, event)
    _changed(desk, order, event, applied=desk.orders.apply(order, Happening.EXPIRED, event.ts_recv))


def on_amended(desk: Desk, event: OrderAmended) -> None:
    """The venue changed an order."""
    order = _order(desk, event)
    if order is not None:
        applied = desk.orders.amended(order, event.qty, event.px, event.ts_recv)
        _changed(desk, order, event, applied=applied)


def on_amend_rejected(desk: Desk, event: AmendRejected) -> None:
    """The venue did not change an order: its old terms stand."""
    order = _order(desk, event)
    if order is not None:
        applied = desk.orders.amend_ended(order, Happening.AMEND_REFUSED, event.ts_recv)
        _changed(desk, order, event, applied=applied)


def on_cancel_rejected(desk: Desk, event: CancelRejected) -> None:
    """The venue did not cancel; "not found" proves nothing, so the account is read."""
    order = _order(desk, event)
    if order is None:
        return
    if event.not_found and order.status not in TERMINAL:
        # Finished in a way we were not told, or not yet there: only a reading can tell.
        read(desk, event.account)
        return
    applied = desk.orders.apply(order, Happening.CANCEL_REFUSED, event.ts_recv)
    _changed(desk, order, event, applied=applied)


def woke_after_its_end(order: Order) -> bool:
    """Tell whether an ended order that triggers is alive: one that filled had woken before."""
    return order.status is not OrderStatus.FILLED and not order.filled_qty


def on_triggered(desk: Desk, event: OrderTriggered) -> None:
    """A stop order woke up at the venue."""
    order = _order(desk, event)
    if order is not None and order.status in TERMINAL:
        if woke_after_its_end(order):
            _changed(desk, order, event, applied=False)
        return
    if order is not None:
        lane = desk.orders.lanes[order.client_order_id]
        desk.exposure.triggered(order, lane.instrument, lane.resting)
        desk.exposure.update(order, lane.bucket)
        _changed(desk, order, event, applied=True)


def on_claimed(desk: Desk, event: OrderClaimed) -> None:
    """The venue says that so much has filled; the keyed fills must follow."""
    order = _order(desk, event)
    if order is not None and desk.orders.claim(order, event.cumulative_qty):
        await_fills(desk, order, event.ts_recv)


def _claim(desk: Desk, order: Order, event: OrderCancelled | OrderExpired) -> None:
    assert event.filled_qty is not None
    if desk.orders.claim(order, event.filled_qty):
        await_fills(desk, order, event.ts_recv)


def await_fills(desk: Desk, order: Order, now_ns: int) -> None:
    """Begin to wait for the keyed fills of a claim, once; a repeated claim waits no longer."""
    if order.client_order_id in desk.claims:
        return
    desk.claims[order.client_order_id] = now_ns
    desk.set_timer("claim", order.client_order_id, now_ns + desk.config.claim_patience_ns)


def claim_overdue(desk: Desk, client_order_id: str) -> None:
    """A claim has had no keyed fill for too long: lock the instrument and read the account."""
    order = desk.orders.find(client_order_id)  # type: ignore[arg-type]
    if order is None or order.claimed_qty <= order.filled_qty:
        desk.claims.pop(client_order_id, None)  # type: ignore[call-overload]
        return
    lock(desk, order.spec.account, order.instrument, CLAIMED)
    read(desk, order.spec.account)
    # Until the fill is there: a reading may fail, and the next one may find it.
    desk.set_timer("claim", client_order_id, desk.world.now_ns + desk.config.claim_patience_ns)


def cover_claim(desk: Desk, order: Order) -> None:
    """A claim has its keyed fills; the instrument is free once no other claim waits there."""
    if desk.claims.pop(order.client_order_id, None) is None:
        return
    desk.set_timer("claim", order.client_order_id, 0)
    for client_order_id in desk.claims:
        other = desk.orders.find(client_order_id)
        same = other is not None and other.instrument == order.instrument
        if same and other is not None and other.spec.account == order.spec.account:
            return
    free(desk, order.spec.account, order.instrument, CLAIMED)


def on_no_answer(desk: Desk, event: NoAnswer) -> None:
    """A request may have happened: its worst case stays reserved, and the venue is asked."""
    order = _order(desk, event)
    if order is None:
        return
    applied = desk.orders.apply(order, Happening.NO_ANSWER, event.ts_recv)
    read(desk, event.account)
    _changed(desk, order, event, applied=applied)


def on_not_sent(desk: Desk, event: NotSent) -> None:
    """A request provably never left."""
    order = _order(desk, event)
    if order is None:
        return
    _changed(desk, order, event, applied=not_sent(desk, order, event))


def not_sent(desk: Desk, order: Order, event: NotSent) -> bool:
    """Take one request back: an amendment, a cancel, or the order itself."""
    if event.request is Request.AMEND:
        # Not the table's NOT_SENT: a cancel asked since then is still under way.
        return desk.orders.amend_ended(order, Happening.AMEND_REFUSED, event.ts_recv)
    if event.request is Request.CANCEL:
        return desk.orders.apply(order, Happening.NOT_SENT, event.ts_recv)
    order.reject_reason = event.reason
    return desk.orders.apply(order, Happening.NEVER_LEFT, event.ts_recv)


def on_session(desk: Desk, event: SessionChanged) -> None:
    """The private stream or the login went away, or is back; back means: read everything."""
    state = desk.accounts[event.account]
    if state.session and not event.live:
        alert(
            desk,
            Level.WARNING,
            "session_lost",
            f"The session of {event.account} is lost ({event.reason}); no new risk until it is "
            f"back and reconciled.",
        )
    returned = event.live and not state.session
    state.session = event.live
    if returned:
        state.reconciled = False
        desk.readings[event.account].since_ns = event.ts_event
        read(desk, event.account)
    state.refresh()


def on_counted(desk: Desk, event: RequestsCounted) -> None:
    """Requests were answered or failed; too many failures open the breaker."""
    state = desk.accounts[event.account]
    if event.remaining is not None:
        state.budget.observe(event.remaining, event.ts_recv)
    if state.counted(event.answered, event.failed) and state.rule != "breaker":
        cause = f"the error rate reached {state.account.breaker.error_rate_pct} %"
        guards.halt(desk, Scope(ScopeKind.ACCOUNT, event.account), state, cause, "breaker")


# --- locks and readings -----------------------------------------------------------------------


def lock(desk: Desk, account: AccountId, instrument: InstrumentId | None, cause: str) -> bool:
    """Allow no new risk on an instrument (None: on the whole account) until the cause is gone.

    Returns whether that is news: the same cause may be found again with every reading.
    """
    state = desk.accounts.get(account)
    if state is None:
        return False
    causes = _causes(state, instrument)
    if cause in causes:
        return False
    _set_lock(desk, state, instrument, [*causes, cause])
    return True


def free(desk: Desk, account: AccountId, instrument: InstrumentId | None, cause: str) -> None:
    """Take one cause of a lock away; the instrument is free once none is left."""
    state = desk.accounts[account]
    causes = _causes(state, instrument)
    if cause in causes:
        _set_lock(desk, state, instrument, [each for each in causes if each != cause])


def unlock(desk: Desk, account: AccountId, instrument: InstrumentId) -> None:
    """Take a lock away with all its causes."""
    _set_lock(desk, desk.accounts[account], instrument, [])


def _causes(state: AccountState, instrument: InstrumentId | None) -> list[str]:
    text = state.locks.get(instrument or InstrumentId(""), "")
    return text.split(AND) if text else []


def _set_lock(
    desk: Desk, state: AccountState, instrument: InstrumentId | None, causes: list[str]
) -> None:
    name = instrument or InstrumentId("")
    text = AND.join(causes)
    if text:
        state.locks[name] = text
    else:
        state.locks.pop(name, None)
    state.refresh()
    desk.effects.append(LockChanged(state.account.id, instrument, text, desk.world.now_ns))


def read(desk: Desk, account: AccountId, wait_ns: int = 0) -> None:
    """Ask for one complete reading of an account, unless one is under way."""
    reading = desk.readings.get(account)
    if reading is None or reading.outstanding:
        return
    reading.outstanding = True
    ask = tuple(
        order.client_order_id
        for order in desk.orders.live.values()
        if order.spec.account == account and order.status is not OrderStatus.PARKED
    )
    now_ns = desk.world.now_ns
    desk.effects.append(
        ReadAccount(account, ask, now_ns + wait_ns, now_ns, desk.cursors.get(account, ""))
    )
