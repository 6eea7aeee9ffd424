"""What moves quantity or money folded: fills, fees, funding, settlement, transfers.

Each is posted once, through the ledger's door. What contradicts an earlier posting changes
nothing: the instrument is locked and the account is read.
"""

import msgspec

from tradewind.core.engine import days, guards, intents, kill
from tradewind.core.engine.account import PROVISIONAL, cover_claim, free, lock, read
from tradewind.core.engine.desk import Desk, Feed, Instance
from tradewind.core.engine.intents import alert
from tradewind.core.engine.progress import progress, wake_parked
from tradewind.core.engine.react import tell
from tradewind.core.ledger.entries import Entry
from tradewind.core.risk.states import ScopeState
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import Level
from tradewind.model.errors import TradewindError
from tradewind.model.events import (
    AccountEvent,
    BalanceReported,
    FeeAdjusted,
    FillFailed,
    FillFinalised,
    FillReceived,
    FundingPaid,
    SettlementPhase,
    SettlementReported,
    Transferred,
)
from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import UNMANAGED, AccountId, FillKey, InstrumentId
from tradewind.model.order import Order

MATCHED = FillLife.MATCHED
RUNNING = Lifecycle.RUNNING
PROVISIONAL_PATIENCE_NS = 120_000_000_000
CONTRADICTION = "a posting changed its meaning"


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
        if lock(desk, fill.account, fill.instrument, "a fill key changed its meaning"):
            alert(desk, Level.CRITICAL, "fill_key", str(error))
        return False
    if entry is None:
        _told_again(desk, fill)
        return False
    if fill.life is MATCHED:
        name = fill_name(fill.account, fill.key)
        desk.provisional[name] = fill
        desk.set_timer("final", name, ts_recv + PROVISIONAL_PATIENCE_NS)
    guards.posted(desk, entry)
    if desk.ledger.besides:
        _posted_besides(desk)
    if order is None:
        guards.look(desk)
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
    guards.look(desk)
    _after_fill(desk, order, fill, entry)
    return True


def _posted_besides(desk: Desk) -> None:
    """Let loss limits and guards see what a posting entailed."""
    for other in desk.ledger.besides:
        guards.posted(desk, other)


def _told_again(desk: Desk, fill: Fill) -> None:
    """A known fill came again; the second telling may have made it final or undone it."""
    besides = desk.ledger.besides
    for other in besides:
        guards.posted(desk, other)
    guards.look(desk)
    if fill.life is MATCHED:
        return
    known = _final(desk, fill_name(fill.account, fill.key))
    if known is not None and fill.life is FillLife.FAILED and besides:
        _undone(desk, known, besides[0], "told again as failed")


def fill_name(account: AccountId, key: FillKey) -> str:
    """Return what a fill is known by on this desk: venues do not know of each other's keys."""
    return f"{account} {key}"


def _final(desk: Desk, name: str) -> Fill | None:
    """A fill is provisional no more; returns it if it was, and frees what waited for it."""
    known = desk.provisional.pop(name, None)
    if known is None:
        return None
    desk.set_timer("final", name, 0)
    others = [
        other
        for other in desk.provisional.values()
        if other.account == known.account and other.instrument == known.instrument
    ]
    if not others:
        free(desk, known.account, known.instrument, PROVISIONAL)
    return known


def _after_fill(desk: Desk, order: Order, fill: Fill, entry: Entry) -> None:
    if desk.claims and order.claimed_qty <= order.filled_qty:
        cover_claim(desk, order)
    if entry.realised:
        _count_losses(desk, entry)
    if desk.feeds[fill.instrument].market.instrument.netting:
        _net_pair(desk, fill, entry)
    if desk.parked:
        wake_parked(desk)
    if desk.guards:
        guards.on_order(desk, order)
    instance = desk.instances.get(order.instance)
    if instance is not None:
        _hear_fill(desk, instance, order, fill)
    if desk.pending:
        kill.advance(desk)


def _hear_fill(desk: Desk, instance: Instance, order: Order, fill: Fill) -> None:
    if "on_fill" in instance.calls:
        tell(desk, instance, "on_fill", fill)
    if "on_order" in instance.calls:
        tell(desk, instance, "on_order", order)
    standing = instance.standing
    if standing.lifecycle is not RUNNING or standing.single_fire:
        progress(desk, instance)


def _count_losses(desk: Desk, entry: Entry) -> None:
    """Count a round trip that ended: several fills of one exit are one result."""
    if entry.instrument is None:
        return
    state = desk.accounts[entry.account]
    held = desk.ledger.position(entry.account, entry.instrument, entry.bucket, entry.owner)
    result = state.round_trip(held, entry.realised) if held is not None else None
    if not result:
        return
    instance = desk.instances.get(entry.owner)
    scopes: list[ScopeState] = [] if instance is None else [instance.scope]
    scopes += [state, desk.venue_scope(state.account.venue), desk.desk_scope]
    for scope in scopes:
        if scope.lost(result) and not desk.quiet:
            cause = f"{scope.losses_in_row} losses in a row"
            guards.halt(desk, guards.scope_of(desk, scope), scope, cause, "losses_in_row")


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
        if posted.realised:
            _count_losses(desk, posted)
    if made:
        guards.look(desk)
        guards.on_position(desk, (entry.owner, fill.account, mirror.market.instrument.id))


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
    name = fill_name(event.account, event.key)
    known = desk.provisional.get(name)
    try:
        desk.ledger.finalise(event.account, event.key)
    except TradewindError as error:
        _contradicted(desk, event, known.instrument if known is not None else None, error)
        return
    _final(desk, name)


def on_failed(desk: Desk, event: FillFailed) -> None:
    """A matched fill was undone: reversed by an entry, and the strategy hears of it."""
    name = fill_name(event.account, event.key)
    known = desk.provisional.get(name)
    try:
        entry = desk.ledger.fail(event.account, event.key, event.reason, event.ts_event)
    except TradewindError as error:
        _contradicted(desk, event, known.instrument if known is not None else None, error)
        return
    _final(desk, name)
    if entry is None or known is None:
        return
    guards.posted(desk, entry)
    _posted_besides(desk)
    _undone(desk, known, entry, event.reason)


def _contradicted(
    desk: Desk, event: AccountEvent, instrument: InstrumentId | None, error: TradewindError
) -> None:
    """What the venue says now contradicts what was posted: nothing was changed, lock and read."""
    alert(desk, Level.CRITICAL, "contradiction", str(error))
    lock(desk, event.account, instrument, CONTRADICTION)
    read(desk, event.account)


def _undone(desk: Desk, known: Fill, entry: Entry, reason: str) -> None:
    """A fill was reversed: its order, its guard and its strategy hear of it."""
    guards.look(desk)
    order = desk.orders.find(known.client_order_id) if known.client_order_id else None
    if order is not None:
        desk.orders.unfill(order, known)
        guards.on_order(desk, order)
    alert(
        desk,
        Level.CRITICAL,
        "fill_failed",
        f"The fill {known.key} on {known.account} was undone ({reason}); it is reversed.",
        entry.owner,
    )
    instance = desk.instances.get(entry.owner)
    if instance is not None:
        tell(desk, instance, "on_fill", msgspec.structs.replace(known, life=FillLife.FAILED))


def not_final(desk: Desk, name: str) -> None:
    """A matched fill stayed provisional for too long: lock until the holdings are read."""
    known = desk.provisional.get(name)
    if known is not None:
        lock(desk, known.account, known.instrument, PROVISIONAL)
        read(desk, known.account)


def on_fee(desk: Desk, event: FeeAdjusted) -> None:
    """A late or corrected fee."""
    feed = _feed(desk, event, event.instrument)
    if feed is None:
        return
    try:
        entry = desk.ledger.fee_adjust(event, feed.market.instrument)
    except TradewindError as error:
        _contradicted(desk, event, event.instrument, error)
        return
    if entry is not None:
        guards.posted(desk, entry)
        guards.look(desk)


def _feed(desk: Desk, event: AccountEvent, instrument: InstrumentId) -> Feed | None:
    feed = desk.feeds.get(instrument)
    if feed is None:
        what = type(event).__name__
        alert(
            desk,
            Level.CRITICAL,
            "unknown_instrument",
            f"{what} on {event.account} names {instrument}, which this desk does not know; "
            f"define it, then reconcile.",
        )
        lock(desk, event.account, None, f"{what} of the unknown instrument {instrument}")
    return feed


def on_funding_paid(desk: Desk, event: FundingPaid) -> None:
    """Funding on a position; shared out to the sub-books that hold it."""
    feed = _feed(desk, event, event.instrument)
    if feed is None:
        return
    try:
        entries = desk.ledger.funding(event, feed.market.instrument)
    except TradewindError as error:
        _contradicted(desk, event, event.instrument, error)
        return
    for entry in entries:
        guards.posted(desk, entry)
    guards.look(desk)


def on_settlement(desk: Desk, event: SettlementReported) -> None:
    """A market pays: every sub-book's position ends at the payout."""
    feed = _feed(desk, event, event.instrument)
    if feed is None:
        return
    rules = feed.market.instrument
    try:
        entries = desk.ledger.settle(
            rules, event.account, event.phase, event.payout, event.number, event.ts_event
        )
    except TradewindError as error:
        _contradicted(desk, event, event.instrument, error)
        return
    for entry in entries:
        guards.posted(desk, entry)
        if entry.realised:
            _count_losses(desk, entry)
    guards.look(desk)
    if event.phase is SettlementPhase.DETERMINED:
        return
    owners = {entry.owner: entry for entry in entries}
    for owner in owners:
        guards.on_position(desk, (owner, event.account, event.instrument))
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
    try:
        entry = desk.ledger.transfer(event)
    except TradewindError as error:
        _contradicted(desk, event, None, error)
        return
    if entry is not None:
        days.move_capital(desk, event)


def on_balance(desk: Desk, event: BalanceReported) -> None:
    """The venue's own figure; shown beside ours, never posted."""
    desk.balances[(event.account, event.currency)] = (event.total, event.available, event.ts_recv)
