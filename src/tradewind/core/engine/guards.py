"""Guards at work: exits that the engine keeps for instances, and loss limits on every mark."""

from decimal import Decimal

from tradewind.core.engine import intents
from tradewind.core.engine.desk import Desk, Feed
from tradewind.core.execution.protection import DropLeg, Guard, MoveLeg, PlaceLeg, plan
from tradewind.core.ledger.entries import Entry
from tradewind.core.risk.losses import ANYTHING, NOTHING, Breach, LossScope, band
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.model.commands import Scope, ScopeKind, TradingState
from tradewind.model.effects import Level, ProtectionChanged, TradingStateChanged
from tradewind.model.ids import InstanceId
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Protect, Protection
from tradewind.model.money import ZERO
from tradewind.model.order import TERMINAL, Order

HALTED = TradingState.HALTED


def protect(desk: Desk, owner: InstanceId, ask: Protect) -> None:
    """Set, change or remove the guard of one position."""
    key = (owner, ask.account, ask.instrument, ask.bucket)
    guard = desk.guards.get(key)
    if ask.protection is None:
        if guard is not None:
            _remove(desk, guard)
        return
    if guard is None:
        guard = desk.guards[key] = Guard(owner, ask, ask.protection)
        desk.feeds[ask.instrument].guards.append(guard)
    else:
        guard.change(ask, ask.protection)
    run(desk, guard)
    record(desk, guard)
    rebuild_band(desk, desk.feeds[ask.instrument])


def run(desk: Desk, guard: Guard) -> None:
    """Bring the guard's orders to what they should be; drop the guard once the position is flat."""
    held = desk.ledger.position(guard.account, guard.instrument, guard.bucket, guard.instance)
    qty = held.qty if held is not None else ZERO
    if qty:
        guard.seen = True
    instrument = desk.instrument(guard.instrument)
    for step in plan(guard, qty, instrument, desk.orders.live, desk.world.now_ns):
        if type(step) is PlaceLeg:
            _place(desk, guard, step, instrument)
        elif type(step) is MoveLeg:
            refusal = intents.amend(desk, step.order, step.qty, step.px, step.trigger_px)
            if refusal is not None and refusal.rule == "rate":
                _retry(desk, guard)
        elif type(step) is DropLeg:
            intents.cancel(desk, step.order)
    if guard.seen and not qty:
        _remove(desk, guard)


def _place(desk: Desk, guard: Guard, step: PlaceLeg, instrument: Instrument) -> None:
    instance = desk.instances.get(guard.instance)
    if instance is None:
        return
    lane = intents.lane_of(desk, instance, step.spec)
    client_order_id = desk.world.next_order_id()
    order = intents.place(desk, lane, client_order_id, step.spec)
    if order is not None:
        guard.legs[step.leg] = client_order_id
        return
    if guard.retry_ns + _ALERT_GAP_NS <= desk.world.now_ns or not guard.retry_ns:
        intents.alert(
            desk,
            Level.CRITICAL,
            "unprotected",
            f"The {step.leg} of {guard.instrument} was denied by rule {intents.last_rule(desk)}; "
            f"the position of {guard.instance} is not fully guarded.",
            guard.instance,
        )
    _retry(desk, guard)


def _retry(desk: Desk, guard: Guard) -> None:
    guard.retry_ns = desk.world.now_ns
    desk.set_timer("guard", "|".join(guard.key), desk.world.now_ns + _RETRY_NS)


def _remove(desk: Desk, guard: Guard) -> None:
    for client_order_id in guard.legs.values():
        order = desk.orders.live.get(client_order_id)
        if order is not None and order.status not in TERMINAL:
            intents.cancel(desk, order)
    if desk.guards.pop(guard.key, None) is None:
        return
    feed = desk.feeds[guard.instrument]
    feed.guards = [other for other in feed.guards if other is not guard]
    guard.protection = _NO_PROTECTION
    record(desk, guard)
    rebuild_band(desk, feed)


def record(desk: Desk, guard: Guard) -> None:
    """Put the guard as it stands into the journal."""
    standing = guard.protection is not _NO_PROTECTION
    desk.effects.append(
        ProtectionChanged(
            guard.instance,
            guard.account,
            guard.instrument,
            guard.bucket,
            guard.protection if standing else None,
            guard.qty,
            guard.triggered,
            guard.stop,
            tuple(guard.legs.values()),
            guard.group,
            desk.world.now_ns,
            guard.trailing,
            guard.why,
        )
    )


def on_order(desk: Desk, order: Order) -> None:
    """Look again at the guard that an order belongs to or whose position it changed."""
    if not desk.guards or desk.quiet:
        return
    key = (order.instance, order.spec.account, order.instrument, order.spec.bucket)
    guard = desk.guards.get(key)
    if guard is not None:
        run(desk, guard)


def on_price(desk: Desk, feed: Feed, low: Decimal, high: Decimal) -> None:
    """A price left the band: see whether a guard acts or a limit is passed, then band anew."""
    for guard in list(feed.guards):
        held = desk.ledger.position(guard.account, guard.instrument, guard.bucket, guard.instance)
        if held is None or not held.qty:
            continue
        before = (guard.stop, guard.triggered)
        moved = guard.on_price(held.qty, low, high, held.avg_px or ZERO)
        if moved:
            if before != (guard.stop, guard.triggered):
                record(desk, guard)
            run(desk, guard)
    rebuild_band(desk, feed)


# --- loss limits ------------------------------------------------------------------------------


def rebuild_band(desk: Desk, feed: Feed) -> None:
    """Recompute the band of one instrument from its guards and every scope that it is in."""
    low, high = ANYTHING
    for key, scopes in feed.exposed.items():
        for scope in scopes:
            found = band(scope, key, desk.world.markets, desk.rates)
            if isinstance(found, Breach):
                trip(desk, found)
            else:
                low, high = max(low, found[0]), min(high, found[1])
    if feed.guards:
        low, high = _guard_band(desk, feed, low, high)
    feed.set_band(low, high)


def _guard_band(desk: Desk, feed: Feed, low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    for guard in feed.guards:
        held = desk.ledger.position(guard.account, guard.instrument, guard.bucket, guard.instance)
        if held is None or not held.qty:
            continue
        native = feed.market.instrument.native_stops
        rules = guard.protection
        moving = guard.trailing or guard.triggered
        if moving:
            return NOTHING
        long = held.qty > ZERO
        levels_up = [rules.trailing_activation, rules.breakeven_at]
        for level in levels_up:
            if level is not None and long:
                high = min(high, level)
            elif level is not None:
                low = max(low, level)
        if guard.stop is not None and not native:
            low, high = (max(low, guard.stop), high) if long else (low, min(high, guard.stop))
    return low, high


def posted(desk: Desk, entry: Entry) -> None:
    """A position changed: enter it in its loss scopes, and band it anew at the next mark."""
    instrument = entry.instrument
    feed = desk.feeds.get(instrument) if instrument is not None else None
    if feed is None or instrument is None:
        return
    key = (entry.account, instrument, entry.bucket, entry.owner)
    if key not in feed.exposed:
        held = desk.ledger.position(entry.account, instrument, entry.bucket, entry.owner)
        if held is None:
            return
        scopes = _loss_scopes(desk, entry)
        feed.exposed[key] = scopes
        for scope in scopes:
            scope.positions[key] = held
    feed.set_band(*NOTHING)


def _loss_scopes(desk: Desk, entry: Entry) -> tuple[LossScope, ...]:
    venue = desk.accounts[entry.account].account.venue
    names = ("desk", f"venue {venue}", entry.account, f"instance {entry.owner}")
    return tuple(desk.losses[name] for name in names if name in desk.losses)


def trip(desk: Desk, breach: Breach) -> None:
    """A loss limit was passed: halt its scope until the next trading day or a rearm."""
    cause = (
        f"the day's result {breach.result:.2f} {breach.scope.currency} "
        f"is beyond -{breach.limit:.2f}"
    )
    for kind, scope in _named(desk, breach.scope.name):
        halt(desk, kind, scope, cause, "daily_loss")


def _named(desk: Desk, name: str) -> list[tuple[Scope, ScopeState]]:
    if name == "desk":
        return [(Scope(ScopeKind.DESK), desk.desk_scope)]
    if name.startswith("venue "):
        venue = name.removeprefix("venue ")
        return [(Scope(ScopeKind.VENUE, venue), desk.venue_scopes[venue])]  # type: ignore[index]
    if name.startswith("instance "):
        owner = name.removeprefix("instance ")
        return [(Scope(ScopeKind.INSTANCE, owner), desk.instances[owner].scope)]  # type: ignore[index]
    return [(Scope(ScopeKind.ACCOUNT, name), desk.accounts[name])]  # type: ignore[index]


def halt(desk: Desk, scope: Scope, state: ScopeState, cause: str, rule: str) -> None:
    """Halt a scope: refuse new risk and cancel its opening orders; exits go on."""
    if state.state is HALTED and state.rule.startswith("kill"):
        return
    state.state, state.cause, state.rule = HALTED, cause, rule
    state.since_ns = desk.world.now_ns
    desk.refresh_restriction()
    desk.effects.append(TradingStateChanged(scope, HALTED, cause, desk.world.now_ns, rule))
    intents.alert(desk, Level.CRITICAL, rule, f"{state.name} is halted: {cause}.")
    for order in list(desk.orders.live.values()):
        if _in_scope(desk, order, scope) and not order.spec.reduce_only:
            intents.cancel(desk, order)


def scope_of(desk: Desk, state: ScopeState) -> Scope:
    """Return the name of a scope's state."""
    if state is desk.desk_scope:
        return Scope(ScopeKind.DESK)
    if isinstance(state, AccountState):
        return Scope(ScopeKind.ACCOUNT, state.account.id)
    if state.name.startswith("instance "):
        return Scope(ScopeKind.INSTANCE, state.name.removeprefix("instance "))
    return Scope(ScopeKind.VENUE, state.name.removeprefix("venue "))


def _in_scope(desk: Desk, order: Order, scope: Scope) -> bool:
    if scope.kind is ScopeKind.DESK:
        return True
    if scope.kind is ScopeKind.ACCOUNT:
        return order.spec.account == scope.name
    if scope.kind is ScopeKind.INSTANCE:
        return order.instance == scope.name
    return desk.feeds[order.instrument].market.instrument.venue == scope.name


_RETRY_NS = 1_000_000_000
_ALERT_GAP_NS = 30_000_000_000
_NO_PROTECTION = Protection()
