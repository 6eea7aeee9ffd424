"""What the venue says against what we believe: ours adopted, strangers reported, nothing invented.

A difference only locks. It is posted, to the unmanaged sub-book, after two readings at least the
read lag apart agree on it while nothing of ours moved in between.
"""

from decimal import Decimal

from tradewind.core.engine import guards, kill
from tradewind.core.engine.account import free, lock, read, take_fill
from tradewind.core.engine.desk import Desk, Instance, Reading
from tradewind.core.engine.intents import alert, cancel
from tradewind.core.engine.progress import progress, wake_parked
from tradewind.core.engine.react import tell
from tradewind.core.execution.transitions import Happening
from tradewind.core.risk.losses import NOTHING
from tradewind.core.risk.states import AccountState
from tradewind.model.effects import DayOpened, Level, OrderResolved, PositionCorrected
from tradewind.model.events import AccountReport, ReportedOrder, Transferred
from tradewind.model.ids import AccountId, BucketId, FillKey, InstrumentId
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Order, OrderStatus

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
    post_opening(desk, report)
    if report.account not in desk.day:
        open_day(desk, state)
    for fill in report.fills:
        take_fill(desk, fill, report.ts_recv)
    seen = fold_orders(desk, report)
    fold_missing(desk, state, report, seen)
    open_differences = _positions(desk, state, reading, report)
    for currency, total in report.balances.items():
        desk.balances[(report.account, currency)] = (total, total, report.ts_recv)
    if desk.pending:
        kill.on_report(desk, report)
    if desk.parked:
        wake_parked(desk)
    _conclude(desk, state, open_differences=open_differences)


def post_opening(desk: Desk, report: AccountReport) -> None:
    """On the first reading ever, take the venue's cash as the opening transfer."""
    account = report.account
    if account in desk.opened:
        return
    desk.opened.add(account)
    for currency, total in sorted(report.balances.items()):
        key = FillKey(f"opening:{currency}")
        desk.ledger.transfer(
            Transferred(account, report.ts_event, report.ts_recv, key, total, currency)
        )


def open_day(desk: Desk, state: AccountState) -> None:
    """Begin a trading day of an account: its loss limits count from here."""
    account = state.account
    offset = desk.config.day_offset_ns.get(account.venue, 0)
    day = (desk.world.now_ns + offset) // DAY_NS
    capital = account.capital_base
    if capital is None:
        capital = equity(desk, account.id)
    effect = DayOpened(account.id, day, capital, account.currency, desk.world.now_ns)
    desk.effects.append(effect)
    fold_day(desk, effect)
    set_day_timer(desk, state)


def set_day_timer(desk: Desk, state: AccountState) -> None:
    """Wake the desk when an account's trading day ends."""
    offset = desk.config.day_offset_ns.get(state.account.venue, 0)
    day = desk.day[state.account.id]
    desk.set_timer("day", state.account.id, (day + 1) * DAY_NS - offset)


def fold_day(desk: Desk, effect: DayOpened) -> None:
    """Take over the capital of a day, and lift the halts that a new day lifts."""
    desk.day[effect.account] = effect.day
    desk.gate.figures.capital[effect.account] = effect.capital
    total = ZERO
    for account, capital in desk.gate.figures.capital.items():
        worth = desk.rates.convert(capital, desk.accounts[account].account.currency)
        total += worth if worth is not None else ZERO
    for name, scope in desk.losses.items():
        if name == "desk":
            scope.open_day(total)
        elif name == effect.account or name in _instances_of(desk, effect.account):
            scope.open_day(effect.capital)
    for feed in desk.feeds.values():
        if feed.exposed:
            feed.set_band(*NOTHING)


def _instances_of(desk: Desk, account: AccountId) -> set[str]:
    return {
        f"instance {instance.spec.id}"
        for instance in desk.instances.values()
        if instance.spec.accounts and instance.spec.accounts[0] == account
    }


def equity(desk: Desk, account: AccountId) -> Decimal:
    """Return an account's cash plus what its positions are worth, in its currency."""
    total = desk.ledger.cash(account, desk.accounts[account].account.currency)
    for held in desk.ledger.positions():
        if held.account == account and held.qty:
            mark = desk.world.markets[held.instrument].mark()
            if mark is not None:
                total += desk.ledger.worth(held, mark)
    return total


# --- orders -----------------------------------------------------------------------------------


def fold_orders(desk: Desk, report: AccountReport) -> set[str]:
    """Fold every order that the venue lists; return the ids of ours among them."""
    seen: set[str] = set()
    strangers: dict[str, ReportedOrder] = {}
    changed: list[Order] = []
    for row in report.orders:
        order = desk.orders.find(row.client_order_id) if row.client_order_id else None
        if order is None:
            if row.status not in TERMINAL:
                strangers[row.venue_order_id] = row
            continue
        seen.add(order.client_order_id)
        if order.status not in TERMINAL and _fold_order(desk, order, row, report):
            changed.append(order)
    known = desk.strangers.get(report.account, {})
    for venue_order_id, row in strangers.items():
        if venue_order_id not in known:
            alert(
                desk,
                Level.WARNING,
                "stranger",
                f"Order {venue_order_id} ({row.side.value} {row.qty} {row.instrument}) rests on "
                f"{report.account} and is not ours; it counts in the limits and only a kill "
                f"cancels it.",
            )
    desk.strangers[report.account] = dict(strangers)
    # Only now, when the whole reading is folded: what strategies do next is not in it.
    for order in changed:
        _tell(desk, order)
    return seen


def _fold_order(desk: Desk, order: Order, row: ReportedOrder, report: AccountReport) -> bool:
    """Fold one row of ours; returns whether the order's status changed."""
    before = order.status
    order.venue_order_id = row.venue_order_id
    order.absent_reads = 0
    if row.filled_qty > order.filled_qty:
        desk.orders.claim(order, row.filled_qty)
        due_ns = report.ts_recv + desk.config.claim_patience_ns
        desk.claims.setdefault(order.client_order_id, report.ts_recv)
        desk.set_timer("claim", order.client_order_id, due_ns)
    ending = ENDINGS.get(row.status)
    if ending is not None:
        if ending is Happening.FILLED_ALL and order.filled_qty < row.filled_qty:
            return False  # its fills are still to come; the claim watches over that
        desk.orders.apply(order, ending, report.ts_recv)
    elif before is PENDING_CANCEL:
        _cancel_again(desk, order, report)
    elif before is PENDING_REPLACE:
        if report.ts_event - order.asked_ns > _lag(desk, order):
            desk.orders.amended(order, row.qty, row.px, report.ts_recv)
    elif before is UNKNOWN or before is PENDING_NEW:
        if row.qty != order.qty or row.px != order.px:
            order.qty, order.px = row.qty, row.px
        desk.orders.apply(order, Happening.FOUND, report.ts_recv)
    return order.status is not before


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
    desk.orders.apply(order, Happening.ABSENT, desk.world.now_ns)
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
    theirs: dict[tuple[InstrumentId, BucketId], Decimal] = {
        (row.instrument, row.bucket): row.qty for row in report.positions
    }
    ours = {
        (holding.instrument.id, holding.bucket): holding.qty
        for holding in desk.ledger.holdings()
        if holding.account == account
    }
    found: dict[tuple[InstrumentId, BucketId], tuple[Decimal, Decimal, int]] = {}
    for key in sorted({*theirs, *ours}):
        mine = ours.get(key, ZERO)
        difference = theirs.get(key, ZERO) - mine
        if not difference:
            continue
        instrument, bucket = key
        lock(desk, account, instrument, DIFFERENCE)
        before = reading.differences.get(key)
        same = before is not None and before[:2] == (difference, mine)
        if before is None or not same or _moving(desk, account, instrument):
            found[key] = (difference, mine, report.ts_event)
        elif report.ts_event - before[2] < state.account.read_lag_ns:
            found[key] = before
        else:
            correct(desk, account, instrument, bucket, difference)
    for key in set(reading.differences) - set(found):
        free(desk, account, key[0], DIFFERENCE)
    for instrument in [name for name, cause in state.locks.items() if cause == DIFFERENCE]:
        if not any(key[0] == instrument for key in found):
            free(desk, account, instrument, DIFFERENCE)
    reading.differences = found
    return bool(found)


def _moving(desk: Desk, account: AccountId, instrument: InstrumentId) -> bool:
    doubtful = (UNKNOWN, PENDING_NEW, PENDING_CANCEL, PENDING_REPLACE)
    for order in desk.orders.live.values():
        mine = order.instrument == instrument and order.spec.account == account
        if mine and (order.status in doubtful or order.claimed_qty > order.filled_qty):
            return True
    return any(
        fill.account == account and fill.instrument == instrument
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
    alert(
        desk,
        Level.CRITICAL,
        "position_mismatch",
        f"{account} holds {qty:+} {instrument} that no fill explains; it is in the unmanaged "
        f"sub-book until an execution does.",
    )


def _conclude(desk: Desk, state: AccountState, *, open_differences: bool) -> None:
    account = state.account.id
    unknown = [
        order
        for order in desk.orders.live.values()
        if order.spec.account == account and order.status is UNKNOWN
    ]
    if open_differences or unknown:
        read(desk, account, state.account.read_lag_ns)
    free(desk, account, None, "an order that the desk does not remember")
    if not state.reconciled:
        state.reconciled = True
        state.refresh()
        for instance in list(desk.instances.values()):
            if account in instance.spec.accounts:
                _reconciled(desk, instance)
    state.refresh()


def _reconciled(desk: Desk, instance: Instance) -> None:
    for key, guard in list(desk.guards.items()):
        if key[0] == instance.spec.id:
            guards.run(desk, guard)
    tell(desk, instance, "on_timer", "reconciled")


DAY_NS = 86_400_000_000_000
