"""Account events folded: answers to our orders, fills, funding, settlement, sessions."""

import msgspec

from tradewind.core.engine import guards, intents, kill
from tradewind.core.engine.desk import Desk, Instance
from tradewind.core.engine.intents import alert
from tradewind.core.engine.progress import progress, wake_parked
from tradewind.core.engine.react import tell
from tradewind.core.execution.transitions import Happening
from tradewind.core.ledger.entries import Entry
from tradewind.core.risk.states import AccountState
from tradewind.model.commands import Scope, ScopeKind
from tradewind.model.effects import Level, LockChanged, ReadAccount
from tradewind.model.errors import TradewindError
from tradewind.model.events import (
    AmendRejected,
    BalanceReported,
    CancelRejected,
    FeeAdjusted,
    FillFailed,
    FillFinalised,
    FillReceived,
    FundingPaid,
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
    OrderTriggered,
    Request,
    RequestsCounted,
    SessionChanged,
    SettlementPhase,
    SettlementReported,
    Transferred,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import UNMANAGED, AccountId, InstrumentId
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Order, OrderStatus

UNKNOWN = OrderStatus.UNKNOWN
MATCHED = FillLife.MATCHED
PROVISIONAL_PATIENCE_NS = 120_000_000_000


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
    instance = desk.instances.get(order.instance)
    if desk.parked:
        wake_parked(desk)
    if desk.guards:
        guards.on_order(desk, order)
    if instance is not None:
        if "on_order" in instance.calls:
            tell(desk, instance, "on_order", order)
        if order.status in TERMINAL:
            progress(desk, instance)
    if desk.pending:
        kill.advance(desk)


def on_prepared(desk: Desk, event: OrderPrepared) -> None:
    """Note what the venue will know an order by."""
    order = _order(desk, event)
    if order is not None:
        order.wire_id = event.wire_id


def on_accepted(desk: Desk, event: OrderAccepted) -> None:
    """The venue took an order."""
    order = desk.orders.find(event.client_order_id) or _order(desk, event)
    if order is None:
        return
    order.venue_order_id = event.venue_order_id
    order.acknowledged_ns = event.ts_recv
    applied = desk.orders.apply(order, Happening.ACCEPTED, event.ts_recv)
    if desk.parked or desk.guards or desk.pending or not applied:
        _changed(desk, order, event, applied=applied)
        return
    instance = desk.instances.get(order.instance)
    if instance is not None and "on_order" in instance.calls:
        tell(desk, instance, "on_order", order)


def on_rejected(desk: Desk, event: OrderRejected) -> None:
    """The venue definitely refused an order; too many in a row open the breaker."""
    order = _order(desk, event)
    if order is None:
        return
    order.reject_reason = event.reason
    applied = desk.orders.apply(order, Happening.REJECTED, event.ts_recv)
    state = desk.accounts[event.account]
    if applied and state.failed(event.ts_recv):
        window_s = state.account.breaker.failed_window_ns // 1_000_000_000
        cause = f"{state.account.breaker.failed_orders} failed orders within {window_s} s"
        guards.halt(desk, Scope(ScopeKind.ACCOUNT, event.account), state, cause, "breaker")
    _changed(desk, order, event, applied=applied)


def on_cancelled(desk: Desk, event: OrderCancelled) -> None:
    """An order is gone; a final total above our fills is a claim that needs its keyed fills."""
    order = desk.orders.find(event.client_order_id) or _order(desk, event)
    if order is None:
        return
    if event.filled_qty is not None and event.filled_qty > order.filled_qty:
        _claim(desk, order, event)
    applied = desk.orders.apply(order, Happening.CANCELLED, event.ts_recv)
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
        desk.orders.amended(order, event.qty, event.px, event.ts_recv)
        _changed(desk, order, event, applied=True)


def on_amend_rejected(desk: Desk, event: AmendRejected) -> None:
    """The venue did not change an order: its old terms stand."""
    order = _order(desk, event)
    if order is not None:
        desk.orders.amend_ended(order, Happening.AMEND_REFUSED, event.ts_recv)
        _changed(desk, order, event, applied=True)


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


def on_triggered(desk: Desk, event: OrderTriggered) -> None:
    """A stop order woke up at the venue."""
    order = _order(desk, event)
    if order is not None and order.status not in TERMINAL:
        lane = desk.orders.lanes[order.client_order_id]
        desk.exposure.triggered(order, lane.instrument, lane.resting)
        desk.exposure.update(order, lane.bucket, lane.resting, was_live=True)
        _changed(desk, order, event, applied=True)


def on_claimed(desk: Desk, event: OrderClaimed) -> None:
    """The venue says that so much has filled; the keyed fills must follow."""
    order = _order(desk, event)
    if order is not None and desk.orders.claim(order, event.cumulative_qty):
        desk.claims.setdefault(order.client_order_id, event.ts_recv)
        desk.set_timer(
            "claim", order.client_order_id, event.ts_recv + desk.config.claim_patience_ns
        )


def _claim(desk: Desk, order: Order, event: OrderCancelled | OrderExpired) -> None:
    assert event.filled_qty is not None
    if desk.orders.claim(order, event.filled_qty):
        desk.claims.setdefault(order.client_order_id, event.ts_recv)
        due_ns = event.ts_recv + desk.config.claim_patience_ns
        desk.set_timer("claim", order.client_order_id, due_ns)


def claim_overdue(desk: Desk, client_order_id: str) -> None:
    """A claim has had no keyed fill for too long: lock the instrument and read the account."""
    order = desk.orders.find(client_order_id)  # type: ignore[arg-type]
    if order is None or order.claimed_qty <= order.filled_qty:
        desk.claims.pop(client_order_id, None)  # type: ignore[call-overload]
        return
    lock(desk, order.spec.account, order.instrument, "a claimed fill has no execution yet")
    read(desk, order.spec.account)


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
    if event.request is Request.AMEND:
        desk.orders.amend_ended(order, Happening.NOT_SENT, event.ts_recv)
        _changed(desk, order, event, applied=True)
        return
    order.reject_reason = event.reason
    applied = desk.orders.apply(order, Happening.NOT_SENT, event.ts_recv)
    _changed(desk, order, event, applied=applied)


# --- fills and money --------------------------------------------------------------------------


def on_fill(desk: Desk, event: FillReceived) -> None:
    """One execution, whichever road it came: posted once, then everybody hears of it."""
    take_fill(desk, event.fill, event.ts_recv)


def take_fill(desk: Desk, fill: Fill, ts_recv: int) -> bool:
    """Post a fill unless its key is known; returns whether it was new."""
    order = None
    if fill.client_order_id is not None:
        order = desk.orders.find(fill.client_order_id)
    feed = desk.feeds.get(fill.instrument)
    if feed is None:
        lock(desk, fill.account, None, f"a fill of the unknown instrument {fill.instrument}")
        return False
    owner = order.instance if order is not None else UNMANAGED
    try:
        entry = desk.ledger.post_fill(fill, owner, feed.market.instrument)
    except TradewindError as error:
        alert(desk, Level.CRITICAL, "fill_key", str(error))
        lock(desk, fill.account, fill.instrument, "a fill key changed its meaning")
        return False
    if entry is None:
        _told_again(desk, fill)
        return False
    if fill.life is MATCHED:
        desk.provisional[fill.key] = fill
        desk.set_timer("final", fill.key, ts_recv + PROVISIONAL_PATIENCE_NS)
    _posted(desk, entry)
    if order is None:
        _stranger(desk, fill)
        return True
    fits = desk.orders.fill(order, fill, ts_recv)
    if not fits:
        alert(
            desk,
            Level.CRITICAL,
            "overfill",
            f"Order {order.client_order_id} was filled beyond what it asked for or after it had "
            f"ended ({order.status.value}); the fill is posted, the account is being read.",
            order.instance,
        )
        read(desk, fill.account)
    _after_fill(desk, order, fill, entry)
    return True


def _posted(desk: Desk, entry: Entry) -> None:
    """Let loss limits and guards see a posting and what it entailed."""
    guards.posted(desk, entry)
    for other in desk.ledger.besides:
        guards.posted(desk, other)


def _told_again(desk: Desk, fill: Fill) -> None:
    """A known fill came again; the second telling may have made it final or undone it."""
    for other in desk.ledger.besides:
        guards.posted(desk, other)
    if fill.life is not MATCHED and desk.provisional.pop(fill.key, None) is not None:
        desk.set_timer("final", fill.key, 0)


def _after_fill(desk: Desk, order: Order, fill: Fill, entry: Entry) -> None:
    if desk.claims and order.claimed_qty <= order.filled_qty:
        desk.claims.pop(order.client_order_id, None)
        free(desk, fill.account, fill.instrument, "a claimed fill has no execution yet")
    state = desk.accounts[fill.account]
    if entry.realised:
        _count_losses(desk, state, entry)
    if desk.feeds[fill.instrument].market.instrument.netting:
        _net_pair(desk, fill, entry)
    if desk.parked:
        wake_parked(desk)
    if desk.guards:
        guards.on_order(desk, order)
    instance = desk.instances.get(order.instance)
    if instance is not None:
        if "on_fill" in instance.calls:
            tell(desk, instance, "on_fill", fill)
        if "on_order" in instance.calls:
            tell(desk, instance, "on_order", order)
        progress(desk, instance)
    if desk.pending:
        kill.advance(desk)


def _count_losses(desk: Desk, state: AccountState, entry: Entry) -> None:
    state.losses_in_row = state.losses_in_row + 1 if entry.realised < ZERO else 0
    most = state.limits.max_losses_in_row
    if most is not None and state.losses_in_row >= most:
        cause = f"{state.losses_in_row} losses in a row"
        scope = Scope(ScopeKind.ACCOUNT, entry.account)
        guards.halt(desk, scope, state, cause, "losses_in_row")


def _net_pair(desk: Desk, fill: Fill, entry: Entry) -> None:
    """Where YES and NO net, a complete pair pays one at once."""
    rules = desk.feeds[fill.instrument].market.instrument
    mirror = desk.feeds.get(rules.mirror) if rules.mirror is not None else None
    if mirror is None:
        return
    made = desk.ledger.net_pairs(
        fill.account, rules, mirror.market.instrument, entry.owner, fill.ts_event
    )
    for posted in made:
        guards.posted(desk, posted)


def _stranger(desk: Desk, fill: Fill) -> None:
    alert(
        desk,
        Level.WARNING,
        "stranger",
        f"A fill of {fill.qty} {fill.instrument} on {fill.account} belongs to no order of this "
        f"desk; it is in the unmanaged sub-book.",
    )


def on_finalised(desk: Desk, event: FillFinalised) -> None:
    """A matched fill became final."""
    desk.ledger.finalise(event.account, event.key)
    if desk.provisional.pop(event.key, None) is not None:
        desk.set_timer("final", event.key, 0)


def on_failed(desk: Desk, event: FillFailed) -> None:
    """A matched fill was undone: reversed by an entry, and the strategy hears of it."""
    known = desk.provisional.pop(event.key, None)
    entry = desk.ledger.fail(event.account, event.key, event.reason, event.ts_event)
    if entry is None or known is None:
        return
    _posted(desk, entry)
    order = desk.orders.find(known.client_order_id) if known.client_order_id else None
    if order is not None:
        desk.orders.unfill(order, known)
        guards.on_order(desk, order)
    alert(
        desk,
        Level.CRITICAL,
        "fill_failed",
        f"The fill {event.key} on {event.account} was undone ({event.reason}); it is reversed.",
        entry.owner,
    )
    instance = desk.instances.get(entry.owner)
    if instance is not None:
        tell(desk, instance, "on_fill", msgspec.structs.replace(known, life=FillLife.FAILED))


def not_final(desk: Desk, key: str) -> None:
    """A matched fill stayed provisional for too long: lock until the holdings are read."""
    known = desk.provisional.get(key)
    if known is not None:
        lock(desk, known.account, known.instrument, "a matched fill is not final after its time")
        read(desk, known.account)


def on_fee(desk: Desk, event: FeeAdjusted) -> None:
    """A late or corrected fee."""
    entry = desk.ledger.fee_adjust(event, desk.instrument(event.instrument))
    if entry is not None:
        guards.posted(desk, entry)


def on_funding_paid(desk: Desk, event: FundingPaid) -> None:
    """Funding on a position; shared out to the sub-books that hold it."""
    for entry in desk.ledger.funding(event, desk.instrument(event.instrument)):
        guards.posted(desk, entry)


def on_settlement(desk: Desk, event: SettlementReported) -> None:
    """A market pays: every sub-book's position ends at the payout."""
    rules = desk.instrument(event.instrument)
    entries = desk.ledger.settle(
        rules, event.account, event.phase, event.payout, event.number, event.ts_event
    )
    for entry in entries:
        guards.posted(desk, entry)
    if event.phase is SettlementPhase.DETERMINED:
        return
    owners = {entry.owner: entry for entry in entries}
    for owner in owners:
        instance = desk.instances.get(owner)
        if instance is not None:
            _settled(desk, instance, event)


def _settled(desk: Desk, instance: Instance, event: SettlementReported) -> None:
    intents.alert(
        desk,
        Level.INFO,
        "settled",
        f"{event.instrument} paid {event.payout} on {event.account}.",
        instance.spec.id,
    )
    progress(desk, instance)


def on_transfer(desk: Desk, event: Transferred) -> None:
    """Money came in or went out; capital for loss limits moves with it."""
    entry = desk.ledger.transfer(event)
    if entry is None:
        return
    for scope in (desk.losses.get(event.account), desk.losses.get("desk")):
        if scope is not None and scope.currency == event.currency:
            scope.capital += event.amount


def on_balance(desk: Desk, event: BalanceReported) -> None:
    """The venue's own figure; shown beside ours, never posted."""
    desk.balances[(event.account, event.currency)] = (event.total, event.available, event.ts_recv)


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


def lock(desk: Desk, account: AccountId, instrument: InstrumentId | None, cause: str) -> None:
    """Allow no new risk on an instrument (None: on the whole account) until the cause is gone."""
    state = desk.accounts.get(account)
    if state is None:
        return
    name = instrument or InstrumentId("")
    if state.locks.get(name) == cause:
        return
    state.locks[name] = cause
    state.refresh()
    desk.effects.append(LockChanged(account, instrument, cause, desk.world.now_ns))


def free(desk: Desk, account: AccountId, instrument: InstrumentId | None, cause: str) -> None:
    """Take a lock away if it stands for this cause."""
    state = desk.accounts[account]
    name = instrument or InstrumentId("")
    if state.locks.get(name) == cause:
        del state.locks[name]
        state.refresh()
        desk.effects.append(LockChanged(account, instrument, "", desk.world.now_ns))


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
    reading.asked = ask
    desk.effects.append(ReadAccount(account, ask, now_ns + wait_ns, now_ns))
