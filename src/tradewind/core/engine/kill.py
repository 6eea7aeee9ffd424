"""Kill, flatten and force-stop: commands that are done only when their effect is confirmed."""

from tradewind.core.engine import days, guards, intents
from tradewind.core.engine.desk import Desk, Instance, Pending
from tradewind.core.execution.protection import Guard
from tradewind.core.risk.states import ScopeState
from tradewind.model.commands import (
    Flatten,
    ForceStop,
    Kill,
    Rearm,
    Scope,
    ScopeKind,
    TradingState,
)
from tradewind.model.effects import (
    CancelAll,
    CommandAnswered,
    Confirmation,
    Level,
    ReadAccount,
    TradingStateChanged,
)
from tradewind.model.errors import Refused
from tradewind.model.events import AccountReport, ReportedOrder
from tradewind.model.ids import AccountId, CommandId, InstanceId, VenueId
from tradewind.model.order import TERMINAL, Order, OrderStatus, OrderType, PlaceOrder, Side
from tradewind.model.position import Position

KILLING = "killing"
READING = "reading"
PHASES = {Kill: KILLING, Flatten: "closing", ForceStop: "cancelling"}
"""Where a command begins that is done only when its effect is confirmed."""
REPEAT_NS = 2_000_000_000
GIVE_UP_NS = 60_000_000_000


def kill(desk: Desk, command_id: str, ask: Kill) -> str:
    """Refuse new risk, purge what waits, cancel; confirmed after two empty readings."""
    state = scope_state(desk, ask.scope)
    state.state, state.cause, state.rule = TradingState.HALTED, "killed", KILLING
    state.since_ns = desk.world.now_ns
    desk.refresh_restriction()
    desk.effects.append(
        TradingStateChanged(ask.scope, TradingState.HALTED, "killed", desk.world.now_ns, "kill")
    )
    if ask.cancel_protective:
        # First the guards: they would place again what is cancelled here.
        guards.drop(desk, _guards(desk, ask.scope))
    gone = [order for order in _orders(desk, ask.scope) if _goes(order, ask)]
    for order in gone:
        intents.cancel(desk, order)
    if ask.scope.kind is not ScopeKind.INSTANCE:
        for account in _accounts(desk, ask.scope):
            keep = not ask.cancel_protective
            desk.effects.append(CancelAll(account, keep, desk.world.now_ns))
    pending = wait_for(desk, command_id, ask)
    pending.details["cancelled"] = len(gone)
    advance(desk)
    return f"no new risk; cancelling {len(gone)} orders"


def wait_for(desk: Desk, command_id: str, ask: Kill | Flatten | ForceStop) -> Pending:
    """Keep a command until its effect is confirmed, and look after it again and again."""
    pending = desk.pending[command_id] = Pending(command_id, ask, desk.world.now_ns)
    pending.phase = PHASES[type(ask)]
    pending.details["cancelled"] = 0
    pending.details["empty"] = {}
    desk.set_timer("pending", command_id, desk.world.now_ns + REPEAT_NS)
    return pending


def flatten(desk: Desk, command_id: str, ask: Flatten) -> str:
    """Cancel an instance's opening orders and close its positions with protected orders."""
    instance = desk.instances[ask.instance]
    for order in list(desk.world.live_orders.get(ask.instance, {}).values()):
        intents.cancel(desk, order)
    guards.drop(desk, [guard for key, guard in desk.guards.items() if key[0] == ask.instance])
    wait_for(desk, command_id, ask)
    advance(desk)
    held = [each for each in desk.ledger.owner_positions(instance.spec.id) if each.qty]
    return f"closing {len(held)} positions"


def force_stop(desk: Desk, command_id: str, ask: ForceStop) -> str:
    """Wait for the cancels of a force-stopped instance to be confirmed."""
    wait_for(desk, command_id, ask)
    advance(desk)
    return "cancelling its orders; the instance is dead"


def rearm(desk: Desk, ask: Rearm) -> str:
    """Release a halt; losses and failures count from here, so that it can trade at all."""
    state = scope_state(desk, ask.scope)
    if state.state is TradingState.ACTIVE:
        raise Refused(f"Rearmed {state.name}, found it active; nothing to release.")
    if any(
        type(pending.command) is Kill and pending.command.scope == ask.scope
        for pending in desk.pending.values()
    ):
        raise Refused(f"Rearmed {state.name}, found its kill still at work; wait for its end.")
    cause = state.cause
    state.release()
    desk.refresh_restriction()
    days.forgive(desk, state)
    desk.effects.append(
        TradingStateChanged(ask.scope, TradingState.ACTIVE, f"rearmed ({cause})", desk.world.now_ns)
    )
    return f"active again; it was halted because: {cause}"


def set_rule(desk: Desk, scope: Scope, rule: str) -> None:
    """Name what a killed scope refuses by; an instance whose strategy is gone has no state."""
    if scope.kind is not ScopeKind.INSTANCE or InstanceId(scope.name) in desk.instances:
        scope_state(desk, scope).rule = rule


def scope_state(desk: Desk, scope: Scope) -> ScopeState:
    """Return a scope's state; Refused when there is none of that name."""
    found: ScopeState | None
    if scope.kind is ScopeKind.DESK:
        return desk.desk_scope
    if scope.kind is ScopeKind.ACCOUNT:
        found = desk.accounts.get(AccountId(scope.name))
    elif scope.kind is ScopeKind.VENUE:
        found = desk.venue_scopes.get(VenueId(scope.name))
    else:
        instance = desk.instances.get(InstanceId(scope.name))
        found = instance.scope if instance is not None else None
    if found is None:
        raise Refused(f"Looked up {scope.kind.value} {scope.name}, found none; check the name.")
    return found


def advance(desk: Desk) -> None:
    """Move every pending command on as far as the orders and positions allow."""
    if desk.quiet:
        return
    for pending in list(desk.pending.values()):
        command = pending.command
        if type(command) is Kill:
            _advance_kill(desk, pending, command)
        elif type(command) is Flatten:
            _advance_flatten(desk, pending, command)
        elif type(command) is ForceStop:
            _advance_force_stop(desk, pending, command)


def repeat(desk: Desk, command_id: str) -> None:
    """A pending command is not done yet: cancel again what is left, or say that it hangs."""
    pending = desk.pending.get(command_id)
    if pending is None:
        return
    now_ns = desk.world.now_ns
    if now_ns - pending.since_ns >= GIVE_UP_NS and not pending.details.get("alarmed"):
        pending.details["alarmed"] = True
        intents.alert(
            desk,
            Level.CRITICAL,
            "unconfirmed",
            f"{type(pending.command).__name__} {command_id} is not confirmed after "
            f"{GIVE_UP_NS // 1_000_000_000} s; it goes on trying.",
        )
        _answer(desk, pending, Confirmation.UNRESOLVED, "not confirmed yet; it goes on", done=False)
    for order in _left(desk, pending):
        intents.cancel(desk, order)
    pending.details["asked"] = {}
    desk.set_timer("pending", command_id, now_ns + REPEAT_NS)
    advance(desk)


def on_report(desk: Desk, report: AccountReport) -> None:
    """Count a reading for the kills that wait for an empty book."""
    for pending in list(desk.pending.values()):
        if type(pending.command) is not Kill or pending.phase != READING:
            continue
        if report.account not in _accounts(desk, pending.command.scope):
            continue
        if report.ts_event < pending.details["reading_ns"]:
            continue  # it was taken before the last order was gone
        _count_reading(desk, pending, pending.command, report)
    advance(desk)


def _count_reading(desk: Desk, pending: Pending, ask: Kill, report: AccountReport) -> None:
    account = report.account
    empty: dict[str, int] = pending.details["empty"]
    counted: dict[str, int] = pending.details.setdefault("counted", {})
    lag_ns = desk.accounts[account].account.read_lag_ns
    listed = any(_remains(desk, row, ask) for row in report.orders if row.status not in TERMINAL)
    if not listed and empty.get(account) and report.ts_event - counted[account] < lag_ns:
        return  # so soon after the last it sees no more; the one that was asked for will
    counted[account] = report.ts_event
    pending.details.setdefault("asked", {}).pop(account, None)
    if listed:
        empty[account] = 0
        if ask.scope.kind is not ScopeKind.INSTANCE:
            keep = not ask.cancel_protective
            desk.effects.append(CancelAll(account, keep, desk.world.now_ns))
        return
    empty[account] = empty.get(account, 0) + 1


def _remains(desk: Desk, row: ReportedOrder, ask: Kill) -> bool:
    """Tell whether a listed order should be gone; an instance's kill leaves strangers alone."""
    order = desk.orders.find(row.client_order_id) if row.client_order_id else None
    if ask.scope.kind is ScopeKind.INSTANCE and (order is None or order.instance != ask.scope.name):
        return False
    return ask.cancel_protective or order is None or not _protective(order)


def _advance_kill(desk: Desk, pending: Pending, ask: Kill) -> None:
    if pending.phase == KILLING and not _left(desk, pending):
        pending.phase = READING
        pending.details["reading_ns"] = desk.world.now_ns
    if pending.phase != READING:
        return
    empty: dict[str, int] = pending.details["empty"]
    asked: dict[str, int] = pending.details.setdefault("asked", {})
    waiting = False
    for account in _accounts(desk, ask.scope):
        if empty.get(account, 0) >= 2:
            continue
        waiting = True
        if account not in asked:
            asked[account] = 1
            lag_ns = desk.accounts[account].account.read_lag_ns
            now_ns = desk.world.now_ns
            desk.effects.append(
                ReadAccount(account, (), now_ns + lag_ns, now_ns, desk.cursors.get(account, ""))
            )
    if not waiting:
        # Until here not even exits pass: nothing may land behind the readings.
        if not any(_is_killing(other, ask.scope, pending) for other in desk.pending.values()):
            set_rule(desk, ask.scope, "kill")
        kept = [order for order in _orders(desk, ask.scope) if _protective(order)]
        text = f"{pending.details['cancelled']} orders cancelled, book read empty twice"
        if kept:
            text += f"; {len(kept)} protective orders kept"
        _answer(desk, pending, Confirmation.CONFIRMED, text, done=True)


def _is_killing(other: Pending, scope: Scope, pending: Pending) -> bool:
    same = type(other.command) is Kill and other.command.scope == scope
    return same and other is not pending


def _advance_flatten(desk: Desk, pending: Pending, ask: Flatten) -> None:
    owner = ask.instance
    instance = desk.instances.get(owner)
    if instance is None:
        return
    live = desk.world.live_orders.get(owner, {})
    if any(order.reason != "flatten" for order in live.values()):
        return
    held = [each for each in desk.ledger.owner_positions(owner) if each.qty]
    if not held and not live:
        _answer(desk, pending, Confirmation.CONFIRMED, "flat; no orders left", done=True)
        return
    if live or desk.world.now_ns < pending.details.get("next_ns", 0):
        return
    pending.details["next_ns"] = desk.world.now_ns + REPEAT_NS
    for position in held:
        _close(desk, instance, position, ask)


def _close(desk: Desk, instance: Instance, position: Position, ask: Flatten) -> None:
    qty = desk.instrument(position.instrument).floor_qty(abs(position.qty))
    if not qty:
        return
    spec = PlaceOrder(
        account=position.account,
        instrument=position.instrument,
        side=Side.SELL if position.qty > 0 else Side.BUY,
        qty=qty,
        order_type=OrderType.MARKET,
        reduce_only=True,
        reason="flatten",
        max_slippage=ask.max_slippage_pct,
        bucket=position.bucket,
    )
    lane = intents.lane_of(desk, instance, spec)
    intents.place(desk, lane, desk.world.next_order_id(), spec)


def _advance_force_stop(desk: Desk, pending: Pending, ask: ForceStop) -> None:
    live = desk.world.live_orders.get(ask.instance, {})
    left = [o for o in live.values() if ask.cancel_protective or not _protective(o)]
    if left:
        return
    held = [each for each in desk.ledger.owner_positions(ask.instance) if each.qty]
    text = f"dead; no opening orders; {len(held)} positions left open"
    _answer(desk, pending, Confirmation.CONFIRMED, text, done=True)


def _answer(
    desk: Desk, pending: Pending, confirmation: Confirmation, text: str, *, done: bool
) -> None:
    answer = CommandAnswered(CommandId(pending.command_id), confirmation, text, desk.world.now_ns)
    desk.receipts[pending.command_id] = answer
    desk.effects.append(answer)
    if done:
        desk.pending.pop(pending.command_id, None)
        desk.set_timer("pending", pending.command_id, 0)


def _left(desk: Desk, pending: Pending) -> list[Order]:
    command = pending.command
    if type(command) is Kill:
        return [o for o in _orders(desk, command.scope) if _goes(o, command)]
    if type(command) is ForceStop:
        orders = list(desk.world.live_orders.get(command.instance, {}).values())
        return [o for o in orders if command.cancel_protective or not _protective(o)]
    orders = list(desk.world.live_orders.get(command.instance, {}).values())
    return [order for order in orders if order.reason != "flatten"]


def _goes(order: Order, ask: Kill) -> bool:
    """Tell whether a kill takes an order: all but protection that rests at the venue."""
    return order.status is OrderStatus.PARKED or ask.cancel_protective or not _protective(order)


def _guards(desk: Desk, scope: Scope) -> list[Guard]:
    if scope.kind is ScopeKind.INSTANCE:
        return [guard for guard in desk.guards.values() if guard.instance == scope.name]
    accounts = set(_accounts(desk, scope))
    return [guard for guard in desk.guards.values() if guard.account in accounts]


def _protective(order: Order) -> bool:
    return order.spec.reduce_only


def _orders(desk: Desk, scope: Scope) -> list[Order]:
    if scope.kind is ScopeKind.INSTANCE:
        return list(desk.world.live_orders.get(InstanceId(scope.name), {}).values())
    accounts = set(_accounts(desk, scope))
    return [order for order in desk.orders.live.values() if order.spec.account in accounts]


def _accounts(desk: Desk, scope: Scope) -> list[AccountId]:
    if scope.kind is ScopeKind.DESK:
        return list(desk.accounts)
    if scope.kind is ScopeKind.ACCOUNT:
        return [AccountId(scope.name)]
    if scope.kind is ScopeKind.VENUE:
        return [name for name, state in desk.accounts.items() if state.account.venue == scope.name]
    instance = desk.instances.get(InstanceId(scope.name))
    return list(instance.spec.accounts if instance is not None else desk.accounts)
