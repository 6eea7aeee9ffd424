"""What the venue says against what we believe: ours adopted, strangers reported, nothing invented.

A difference only locks. It is posted, to the unmanaged sub-book, after two readings at least the
read lag apart agree on it while nothing of ours moved in between.
"""

from collections.abc import Iterable
from decimal import Decimal

from tradewind.core.engine import days, guards, kill
from tradewind.core.engine.account import (
    PROVISIONAL,
    RISEN,
    await_fills,
    cancel_risen,
    free,
    lock,
    read,
    rise,
)
from tradewind.core.engine.desk import Desk, Instance, Reading
from tradewind.core.engine.intents import alert, cancel
from tradewind.core.engine.postings import PROVISIONAL_PATIENCE_NS, on_transfer, take_fill
from tradewind.core.engine.progress import progress, wake_parked
from tradewind.core.engine.react import tell
from tradewind.core.execution.orders import absence
from tradewind.core.execution.transitions import Happening
from tradewind.core.risk.exposure import Bucket, Resting
from tradewind.core.risk.states import AccountState
from tradewind.model.effects import Level, OrderResolved, PositionCorrected
from tradewind.model.events import AccountReport, ReportedOrder, Transferred
from tradewind.model.ids import (
    NET,
    UNMANAGED,
    AccountId,
    BucketId,
    FillKey,
    InstrumentId,
    OrderId,
)
from tradewind.model.instrument import Outcome
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Order, OrderStatus, PlaceOrder

DIFFERENCE = "the venue's position differs from ours"
UNKNOWN = OrderStatus.UNKNOWN
PENDING_NEW = OrderStatus.PENDING_NEW
PENDING_CANCEL = OrderStatus.PENDING_CANCEL
PENDING_REPLACE = OrderStatus.PENDING_REPLACE
REPEAT_CANCEL_NS = 2_000_000_000

ENDINGS = {
    OrderStatus.CANCELLED: Happening.CANCELLED,
    OrderStatus.EXPIRED: Happening.EXPIRED,
    OrderStatus.REJECTED: Happening.REJECTED,
    OrderStatus.FILLED: Happening.FILLED_ALL,
}


def on_report(desk: Desk, report: AccountReport) -> None:
    """Fold one complete reading of an account."""
    state = desk.accounts.get(report.account)
    reading = desk.readings.get(report.account)
    if state is None or reading is None:
        return
    reading.outstanding = False
    reading.reads += 1
    if report.cursor:
        desk.cursors[report.account] = report.cursor
    post_opening(desk, report)
    if report.account not in desk.day:
        days.open_day(desk, state)
    desk.half_read = True
    for fill in report.fills:
        take_fill(desk, fill, report.ts_recv)
    seen = fold_orders(desk, report)
    fold_missing(desk, state, report, seen)
    desk.half_read = False
    open_differences = _positions(desk, state, reading, report)
    for currency, total in report.balances.items():
        desk.balances[(report.account, currency)] = (total, total, report.ts_recv)
    if desk.pending:
        kill.on_report(desk, report)
    if desk.parked:
        wake_parked(desk)
    fresh = report.ts_event >= reading.since_ns
    _conclude(desk, state, open_differences=open_differences, fresh=fresh)


def post_opening(desk: Desk, report: AccountReport) -> None:
    """On the first reading ever, take the venue's cash as the opening transfer."""
    account = report.account
    if account in desk.opened:
        return
    desk.opened.add(account)
    for currency, total in sorted(report.balances.items()):
        key = FillKey(f"opening:{currency}")
        on_transfer(
            desk, Transferred(account, report.ts_event, report.ts_recv, key, total, currency)
        )


# --- orders -----------------------------------------------------------------------------------


def fold_orders(desk: Desk, report: AccountReport) -> set[str]:
    """Fold every order that the venue lists; return the ids of ours among them."""
    seen: set[str] = set()
    strangers: dict[str, ReportedOrder] = {}
    risen: set[str] = set()
    changed: list[Order] = []
    for row in report.orders:
        order = desk.orders.find(row.client_order_id) if row.client_order_id else None
        if order is None:
            if row.status not in TERMINAL:
                strangers[row.venue_order_id] = row
            continue
        seen.add(order.client_order_id)
        if order.status in TERMINAL:
            if row.status not in TERMINAL:
                risen.add(order.client_order_id)
                _fold_risen(desk, order, row, report)
        elif _fold_order(desk, order, row, report):
            changed.append(order)
    _fold_strangers(desk, report, strangers)
    _bury(desk, report, risen)
    # Only now, when the whole reading is folded: what strategies do next is not in it.
    for order in changed:
        _tell(desk, order)
    return seen


def _fold_order(desk: Desk, order: Order, row: ReportedOrder, report: AccountReport) -> bool:
    """Fold one row of ours; returns whether the order's status changed."""
    before = order.status
    order.venue_order_id = row.venue_order_id
    order.absent_reads = 0
    if row.filled_qty > order.filled_qty and desk.orders.claim(order, row.filled_qty):
        await_fills(desk, order, report.ts_recv)
    ending = ENDINGS.get(row.status)
    if ending is not None:
        if ending is Happening.FILLED_ALL and order.filled_qty < row.filled_qty:
            return False  # its fills are still to come; the claim watches over that
        desk.orders.apply(order, ending, report.ts_recv)
    elif before is PENDING_CANCEL:
        _cancel_again(desk, order, report)
    elif before is UNKNOWN or before is PENDING_NEW or _says_otherwise(desk, order, row, report):
        desk.orders.found(order, row.qty, row.px, report.ts_recv)
    return order.status is not before


def _says_otherwise(desk: Desk, order: Order, row: ReportedOrder, report: AccountReport) -> bool:
    """Tell whether a row has other terms than we believe, or ends a doubt about them.

    A reading may be older than the last word on the order by as much as the lag. What was asked
    in answer to it, because of a fill that it brought, it cannot know, however clocks differ.
    """
    if order.asked_ns >= report.ts_recv:
        return False
    told_ns = max(order.asked_ns, order.acknowledged_ns)
    if report.ts_event - told_ns <= _lag(desk, order):
        return False
    pending = order.status is PENDING_REPLACE or order.amend_qty is not None
    return pending or (row.qty, row.px) != (order.qty, order.px)


def _fold_risen(desk: Desk, order: Order, row: ReportedOrder, report: AccountReport) -> None:
    """An order that had ended is listed as open: cancel it, unless the reading is just old."""
    order.venue_order_id = row.venue_order_id
    if order.client_order_id in desk.risen:
        if not desk.quiet:
            cancel_risen(desk, order, report.ts_recv)
    elif report.ts_event - order.closed_ns > _lag(desk, order):
        rise(desk, order, report.ts_recv)


def _bury(desk: Desk, report: AccountReport, listed: set[str]) -> None:
    """Risen orders that a later reading does not list are gone, and what they locked is free."""
    lag_ns = desk.accounts[report.account].account.read_lag_ns
    kept: set[InstrumentId] = set()
    gone: set[InstrumentId] = set()
    for client_order_id, since_ns in list(desk.risen.items()):
        order = desk.orders.find(client_order_id)
        if order is not None and order.spec.account != report.account:
            continue
        if client_order_id in listed or report.ts_event - since_ns < lag_ns:
            kept.update([order.instrument] if order is not None else [])
            continue
        del desk.risen[client_order_id]
        gone.update([order.instrument] if order is not None else [])
    for instrument in sorted(gone - kept):
        free(desk, report.account, instrument, RISEN)


def _fold_strangers(desk: Desk, report: AccountReport, rows: dict[str, ReportedOrder]) -> None:
    """Count the open orders that are not ours in the limits and in the self-match guard."""
    known: dict[str, Order | None] = desk.strangers.setdefault(report.account, {})
    for venue_order_id, row in rows.items():
        if venue_order_id not in known:
            known[venue_order_id] = _enter_stranger(desk, report, row)
            continue
        order = known[venue_order_id]
        if order is not None:
            order.qty, order.px, order.filled_qty = row.qty, row.px, row.filled_qty
            desk.exposure.update(order, _bucket(desk, order))
    for venue_order_id in sorted(set(known) - set(rows)):
        order = known.pop(venue_order_id)
        if order is not None:
            order.status = OrderStatus.CANCELLED
            desk.exposure.remove(order, _bucket(desk, order), _rests(desk, order))


def _enter_stranger(desk: Desk, report: AccountReport, row: ReportedOrder) -> Order | None:
    alert(
        desk,
        Level.WARNING,
        "stranger",
        f"Order {row.venue_order_id} ({row.side.value} {row.qty} {row.instrument}) rests on "
        f"{report.account} and is not ours; it counts in the limits and only a kill "
        f"cancels it.",
    )
    feed = desk.feeds.get(row.instrument)
    if feed is None:
        return None
    spec = PlaceOrder(report.account, row.instrument, row.side, row.qty, row.px, reason="stranger")
    order = Order(
        OrderId(f"stranger {row.venue_order_id}"),
        UNMANAGED,
        spec,
        row.instrument,
        row.side,
        row.qty,
        row.px,
        row.created_ns,
        status=OrderStatus.NEW,
        filled_qty=row.filled_qty,
        venue_order_id=row.venue_order_id,
    )
    desk.exposure.add(order, _bucket(desk, order), _rests(desk, order))
    return order


def _rests(desk: Desk, order: Order) -> Resting:
    """Return where a stranger may meet our orders; one without a price sleeps elsewhere."""
    rules = desk.instrument(order.instrument)
    return desk.exposure.resting(rules) if order.px is not None else Resting()


def _bucket(desk: Desk, order: Order) -> Bucket:
    return desk.exposure.bucket(order.spec.account, desk.instrument(order.instrument), NET)


def _cancel_again(desk: Desk, order: Order, report: AccountReport) -> None:
    if report.ts_event - order.asked_ns > REPEAT_CANCEL_NS and not desk.quiet:
        cancel(desk, order)


def fold_missing(desk: Desk, state: AccountState, report: AccountReport, seen: set[str]) -> None:
    """Count what was asked for and not found towards its proof of absence."""
    for client_order_id in report.asked:
        order = desk.orders.live.get(client_order_id)
        if order is None or client_order_id in seen or order.status is OrderStatus.PARKED:
            continue
        account = state.account
        if report.ts_event < order.created_ns + account.proof_window_ns:
            continue
        if order.status is not UNKNOWN:
            happening = Happening.NO_ANSWER if order.status is PENDING_NEW else Happening.ABSENT
            desk.orders.apply(order, happening, report.ts_recv)
            order.absent_reads, order.absent_since_ns = 1, report.ts_event
            _tell(desk, order)
            continue
        if not order.absent_reads:
            order.absent_reads, order.absent_since_ns = 1, report.ts_event
        elif report.ts_event - order.absent_since_ns >= account.read_lag_ns:
            resolve(desk, order, "absent: the window is over and two readings did not find it")


def resolve(desk: Desk, order: Order, how: str) -> None:
    """End an Unknown order whose absence is proved or attested."""
    order.reject_reason = how
    desk.orders.apply(order, absence(order), desk.world.now_ns)
    desk.effects.append(OrderResolved(order.client_order_id, how, desk.world.now_ns))
    _tell(desk, order)


def _tell(desk: Desk, order: Order) -> None:
    instance = desk.instances.get(order.instance)
    guards.on_order(desk, order)
    if instance is not None:
        tell(desk, instance, "on_order", order)
        if order.status in TERMINAL:
            progress(desk, instance)


def _lag(desk: Desk, order: Order) -> int:
    return desk.accounts[order.spec.account].account.read_lag_ns


# --- positions --------------------------------------------------------------------------------


def _positions(desk: Desk, state: AccountState, reading: Reading, report: AccountReport) -> bool:
    """Compare positions; lock what differs, post what two readings agree on. True: look again."""
    account = report.account
    theirs = _counted(desk, ((row.instrument, row.bucket, row.qty) for row in report.positions))
    ours = _counted(
        desk,
        (
            (holding.instrument.id, holding.bucket, holding.qty)
            for holding in desk.ledger.holdings()
            if holding.account == account
        ),
    )
    found: dict[tuple[InstrumentId, BucketId], tuple[Decimal, Decimal, int]] = {}
    for key in sorted({*theirs, *ours}):
        mine = ours.get(key, ZERO)
        difference = theirs.get(key, ZERO) - mine
        if not difference:
            continue
        names = _outcomes(desk, key[0])
        for name in names:
            lock(desk, account, name, DIFFERENCE)
        before = reading.differences.get(key)
        same = before is not None and before[:2] == (difference, mine)
        if before is None or not same or _moving(desk, account, names):
            found[key] = (difference, mine, report.ts_event)
        elif report.ts_event - before[2] < state.account.read_lag_ns:
            found[key] = before
        elif difference < ZERO and len(names) > 1:
            # Less of YES is more of NO: what is posted is what somebody holds.
            correct(desk, account, names[1], key[1], -difference)
        else:
            correct(desk, account, key[0], key[1], difference)
    locked = {name for key in found for name in _outcomes(desk, key[0])}
    for name in [name for name, cause in state.locks.items() if DIFFERENCE in cause]:
        if name not in locked:
            free(desk, account, name, DIFFERENCE)
    reading.differences = found
    return bool(found)


def _counted(
    desk: Desk, rows: Iterable[tuple[InstrumentId, BucketId, Decimal]]
) -> dict[tuple[InstrumentId, BucketId], Decimal]:
    """Add up what the venue can know; where outcomes net that is YES less NO, under YES.

    Which instance holds which outcome is our own affair, and so is how an adapter names the rest.
    """
    total: dict[tuple[InstrumentId, BucketId], Decimal] = {}
    for name, bucket, qty in rows:
        yes = _outcomes(desk, name)[0]
        key = (yes, bucket)
        total[key] = total.get(key, ZERO) + (qty if yes == name else -qty)
    return total


def _outcomes(desk: Desk, name: InstrumentId) -> tuple[InstrumentId, ...]:
    """Return (YES, NO) of a market where the two net, else the instrument alone."""
    feed = desk.feeds.get(name)
    rules = feed.market.instrument if feed is not None else None
    if rules is None or not rules.netting or rules.mirror not in desk.feeds:
        return (name,)
    return (rules.mirror, name) if rules.outcome is Outcome.NO else (name, rules.mirror)


def _moving(desk: Desk, account: AccountId, instruments: tuple[InstrumentId, ...]) -> bool:
    doubtful = (UNKNOWN, PENDING_NEW, PENDING_CANCEL, PENDING_REPLACE)
    for order in desk.orders.live.values():
        mine = order.instrument in instruments and order.spec.account == account
        if mine and (order.status in doubtful or order.claimed_qty > order.filled_qty):
            return True
    return any(
        fill.account == account and fill.instrument in instruments
        for fill in desk.provisional.values()
    )


def correct(
    desk: Desk, account: AccountId, instrument: InstrumentId, bucket: BucketId, qty: Decimal
) -> None:
    """Post a difference that two readings agree on to the unmanaged sub-book."""
    market = desk.world.markets.get(instrument)
    if market is None:
        return
    key = FillKey(f"correction:{desk.epoch}:{desk.world.seq}:{instrument}:{bucket}")
    effect = PositionCorrected(
        key, account, instrument, bucket, qty, market.mark(), DIFFERENCE, desk.world.now_ns
    )
    desk.effects.append(effect)
    entry = desk.ledger.correct(effect, market.instrument)
    if entry is not None:
        guards.posted(desk, entry)
        guards.look(desk)
    alert(
        desk,
        Level.CRITICAL,
        "position_mismatch",
        f"{account} holds {qty:+} {instrument} that no fill explains; it is in the unmanaged "
        f"sub-book until an execution does.",
    )


def _conclude(desk: Desk, state: AccountState, *, open_differences: bool, fresh: bool) -> None:
    account = state.account.id
    unknown = [
        order
        for order in desk.orders.live.values()
        if order.spec.account == account and order.status is UNKNOWN
    ]
    if open_differences or unknown:
        read(desk, account, state.account.read_lag_ns)
    free(desk, account, None, "an order that the desk does not remember")
    _provisional_read(desk, account)
    if not state.reconciled and not fresh:
        # Begun before the session was back: what happened in between is in no stream.
        read(desk, account, state.account.read_lag_ns)
    elif not state.reconciled:
        state.reconciled = True
        state.refresh()
        for instance in list(desk.instances.values()):
            if account in instance.spec.accounts:
                _reconciled(desk, instance)
    state.refresh()


def _provisional_read(desk: Desk, account: AccountId) -> None:
    """The holdings were read: what is provisional for long is locked only where they differ."""
    for name, fill in desk.provisional.items():
        causes = desk.accounts[account].locks.get(fill.instrument, "")
        if fill.account == account and PROVISIONAL in causes and DIFFERENCE not in causes:
            free(desk, account, fill.instrument, PROVISIONAL)
            desk.set_timer("final", name, desk.world.now_ns + PROVISIONAL_PATIENCE_NS)


def _reconciled(desk: Desk, instance: Instance) -> None:
    for key, guard in list(desk.guards.items()):
        if key[0] == instance.spec.id:
            guards.run(desk, guard)
    tell(desk, instance, "on_timer", "reconciled")
