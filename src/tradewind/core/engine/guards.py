"""Guards at work: exits that the engine keeps for instances, and loss limits on every mark."""

from decimal import Decimal

from tradewind.core.engine import intents
from tradewind.core.engine.desk import Desk, Feed
from tradewind.core.execution.protection import DropLeg, Guard, MoveLeg, PlaceLeg, Step, plan
from tradewind.core.ledger.entries import Entry
from tradewind.core.risk.losses import ANYTHING, NOTHING, Breach, LossScope, band
from tradewind.core.risk.states import AccountState, ScopeState
from tradewind.model.commands import Scope, ScopeKind, TradingState
from tradewind.model.effects import Level, ProtectionChanged, TradingStateChanged
from tradewind.model.ids import AccountId, InstanceId, InstrumentId
from tradewind.model.intents import Protect, Protection
from tradewind.model.money import ZERO, decimal
from tradewind.model.order import TERMINAL, Order
from tradewind.model.position import Position

HALTED = TradingState.HALTED


def protect(desk: Desk, owner: InstanceId, ask: Protect) -> None:
    """Set, change or remove the guard of one position; ConfigError for prices that are none."""
    key = (owner, ask.account, ask.instrument, ask.bucket)
    _check(desk, ask)
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
    record(desk, guard)
    run(desk, guard)
    rebuild_band(desk, desk.feeds[ask.instrument])


def drop(desk: Desk, gone: list[Guard]) -> None:
    """Take guards away with their orders: somebody asked for that in so many words."""
    for guard in gone:
        _remove(desk, guard)


def release(feed: Feed, order: Order) -> None:
    """An order is about to be cancelled for its guard's sake: another follows at once."""
    for guard in feed.guards:
        for leg, client_order_id in guard.legs.items():
            if client_order_id == order.client_order_id:
                guard.dropping.add(leg)


def _check(desk: Desk, ask: Protect) -> None:
    desk.instrument(ask.instrument)
    named = [] if ask.qty is None else [("quantity", ask.qty)]
    if ask.protection is not None:
        rules = ask.protection
        named += [(name, getattr(rules, name)) for name in rules.__struct_fields__]
    for name, value in named:
        if value is not None:
            decimal(value, f"the {name} of a guard on {ask.instrument}")


def run(desk: Desk, guard: Guard) -> None:
    """Bring the guard's orders to what they should be; drop the guard once the position is over."""
    if desk.quiet:
        return
    held = desk.ledger.position(guard.account, guard.instrument, guard.bucket, guard.instance)
    qty = held.qty if held is not None else ZERO
    now_ns = desk.world.now_ns
    before = (dict(guard.legs), guard.qty, guard.triggered)
    refused = guard.hear(desk.orders.find, now_ns)
    if _is_over(guard, qty):
        _remove(desk, guard)
        return
    if refused:
        _say_refused(desk, guard, refused, "refused by the venue", patient=True)
    for step in plan(guard, qty, desk.instrument(guard.instrument), desk.orders.live, now_ns):
        _carry_out(desk, guard, step)
    if before != (guard.legs, guard.qty, guard.triggered):
        record(desk, guard)
    if guard.engine:
        rebuild_band(desk, desk.feeds[guard.instrument])
    later = [at_ns for at_ns in guard.retry_ns.values() if at_ns > now_ns]
    if later:
        desk.set_timer("guard", "|".join(guard.key), min(later))


def _is_over(guard: Guard, qty: Decimal) -> bool:
    """Tell whether what was guarded is gone: flat, on the other side, or all of a part left."""
    if qty:
        long = qty > ZERO
        turned = guard.long is not None and guard.long is not long
        guard.seen, guard.long = True, long
        return turned or guard.qty == ZERO
    return guard.seen


def _carry_out(desk: Desk, guard: Guard, step: Step) -> None:
    if type(step) is PlaceLeg:
        _place(desk, guard, step)
    elif type(step) is MoveLeg:
        refusal = intents.amend(desk, step.order, step.qty, step.px, step.trigger_px)
        if refusal is None:
            guard.moving[step.leg] = (step.qty, step.px, step.trigger_px)
        elif refusal.rule != "order_busy":
            guard.refuse(step.leg, desk.world.now_ns)
            patient = refusal.rule == "rate"
            why = f"denied by rule {refusal.rule}"
            _say_refused(desk, guard, step.leg, why, patient=patient)
    elif type(step) is DropLeg:
        guard.dropping.add(step.leg)
        intents.cancel(desk, step.order)


def _place(desk: Desk, guard: Guard, step: PlaceLeg) -> None:
    instance = desk.instances.get(guard.instance)
    if instance is None:
        return
    lane = intents.lane_of(desk, instance, step.spec)
    client_order_id = desk.world.next_order_id()
    if intents.place(desk, lane, client_order_id, step.spec) is not None:
        guard.legs[step.leg] = client_order_id
        guard.filled[step.leg] = ZERO
        return
    rule = intents.last_refusal(desk).rule
    now_ns = desk.world.now_ns
    denied = intents.denied_order(guard.instance, client_order_id, step.spec, rule, now_ns)
    desk.denials.append((instance, denied))
    guard.refuse(step.leg, now_ns)
    _say_refused(desk, guard, step.leg, f"denied by rule {rule}", patient=False)


def _say_refused(desk: Desk, guard: Guard, leg: str, why: str, *, patient: bool) -> None:
    """Say that the position is bare, once in a while; patiently: not before it was thrice."""
    now_ns = desk.world.now_ns
    if patient and guard.refusals[leg] < _PATIENCE:
        return
    if guard.alerted_ns and now_ns - guard.alerted_ns < _ALERT_GAP_NS:
        return
    guard.alerted_ns = now_ns
    intents.alert(
        desk,
        Level.CRITICAL,
        "unprotected",
        f"The {leg} of {guard.instrument} was {why}; the position of {guard.instance} is not "
        f"fully guarded; it is tried again each second.",
        guard.instance,
    )


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


def on_position(desk: Desk, where: tuple[InstanceId, AccountId, InstrumentId]) -> None:
    """Look again at the guards of an instance's positions that changed without an order."""
    for key, guard in list(desk.guards.items()):
        if key[:3] == where:
            run(desk, guard)


def on_price(desk: Desk, feed: Feed, low: Decimal, high: Decimal, *, quoted: bool = False) -> None:
    """A price left the band: see whether a guard acts or a limit is passed, then band anew.

    Of a quote (low = bid, high = ask) a guard looks at the side where it would get out.
    """
    for guard in list(feed.guards):
        held = desk.ledger.position(guard.account, guard.instrument, guard.bucket, guard.instance)
        if held is None or not held.qty:
            continue
        before = (guard.stop, guard.triggered)
        entry = held.avg_px or ZERO
        if quoted:
            exit_px = low if held.qty > ZERO else high
            moved = guard.on_price(held.qty, exit_px, exit_px, entry)
        else:
            moved = guard.on_price(held.qty, low, high, entry)
        if moved:
            if before != (guard.stop, guard.triggered):
                record(desk, guard)
            run(desk, guard)
    rebuild_band(desk, feed)


# --- loss limits ------------------------------------------------------------------------------


def rebuild_band(desk: Desk, feed: Feed) -> None:
    """Recompute the band of one instrument from its guards and every scope that it is in."""
    low, high = ANYTHING
    void = False
    mark = feed.market.mark()
    for key, scopes in feed.exposed.items():
        for scope in scopes:
            if scope.limit is None or scope.tripped:
                continue
            found = band(scope, key, mark, desk.world.markets, desk.rates)
            if isinstance(found, Breach):
                trip(desk, found)
            else:
                lowest, highest = found
                if lowest > low:
                    low = lowest
                if highest < high:
                    high = highest
            if scope.shrunk:
                void = True
                _void_bands(desk, scope)
    if feed.guards:
        low, high = _guard_band(desk, feed, low, high)
    if void:
        low, high = NOTHING
    feed.set_band(low, high)


def void_bands(desk: Desk) -> None:
    """Look at every position anew with its next price: limits or rates have changed."""
    for feed in desk.feeds.values():
        if feed.exposed:
            feed.set_band(*NOTHING)


def _void_bands(desk: Desk, scope: LossScope) -> None:
    """Look at every position of a scope anew with its next price."""
    scope.shrunk = False
    for _, instrument, _, _ in scope.positions:
        desk.feeds[InstrumentId(instrument)].set_band(*NOTHING)


def _guard_band(desk: Desk, feed: Feed, low: Decimal, high: Decimal) -> tuple[Decimal, Decimal]:
    for guard in feed.guards:
        held = desk.ledger.position(guard.account, guard.instrument, guard.bucket, guard.instance)
        if held is None or not held.qty:
            continue
        held_here = guard.engine or not feed.market.instrument.native_stops
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
        if guard.stop is not None and held_here:
            low, high = (max(low, guard.stop), high) if long else (low, min(high, guard.stop))
    return low, high


def posted(desk: Desk, entry: Entry) -> None:
    """A position changed: enter it in its loss scopes; `look` bands it anew."""
    instrument = entry.instrument
    feed = desk.feeds.get(instrument) if instrument is not None else None
    if feed is None or instrument is None:
        return
    if (entry.account, instrument, entry.bucket, entry.owner) not in feed.exposed:
        held = desk.ledger.position(entry.account, instrument, entry.bucket, entry.owner)
        if held is None:
            return
        expose(desk, held)
    if feed not in desk.posted:
        desk.posted.append(feed)


def look(desk: Desk) -> None:
    """Look at the loss limits of what was posted, without waiting for a price.

    While the journal is folded they wait for one: nobody decides then.
    """
    while desk.posted:
        feed = desk.posted.pop()
        if desk.quiet:
            feed.set_band(*NOTHING)
        else:
            rebuild_band(desk, feed)


def expose(desk: Desk, held: Position) -> None:
    """Enter a position in the loss scopes that are there for it, and in the limits."""
    state = desk.accounts.get(held.account)
    feed = desk.feeds.get(held.instrument)
    if state is None or feed is None:
        return
    key = (held.account, held.instrument, held.bucket, held.owner)
    names = ("desk", f"venue {state.account.venue}", held.account, f"instance {held.owner}")
    scopes = tuple(desk.losses[name] for name in names if name in desk.losses)
    feed.exposed[key] = scopes
    for scope in scopes:
        scope.positions[key] = held
    desk.exposure.bucket(held.account, feed.market.instrument, held.bucket)
    feed.set_band(*NOTHING)


def expose_all(desk: Desk) -> None:
    """Enter every position anew: scopes came, went, or begin from here."""
    for scope in desk.losses.values():
        scope.positions.clear()
        scope.forget()
    for held in desk.ledger.positions():
        expose(desk, held)


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
            intents.cancel_until_gone(desk, order)


def may_rest(desk: Desk, order: Order) -> bool:
    """Tell whether no halt and no fault of its instance bars an order from resting on."""
    if order.spec.reduce_only:
        return True
    owner = desk.instances.get(order.instance)
    if owner is not None and owner.standing.faulted:
        return False
    return not any(
        state.state is HALTED
        and not state.rule.startswith("kill")  # which asks for its cancels itself
        and _in_scope(desk, order, scope_of(desk, state))
        for state in desk.all_scopes()
    )


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


_PATIENCE = 3
_ALERT_GAP_NS = 30_000_000_000
_NO_PROTECTION = Protection()
