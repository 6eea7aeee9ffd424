"""Commands folded: what people, faces and agents ask, answered with what came of it."""

from typing import Any

from tradewind.core.engine import account, days, guards, intents, kill, reconcile
from tradewind.core.engine.account import read
from tradewind.core.engine.desk import Desk, Instance
from tradewind.core.engine.lifecycle import ALLOWED, change, fault, subscribe, unsubscribe
from tradewind.core.engine.progress import busy, progress
from tradewind.core.engine.react import call, invoke, wants
from tradewind.core.risk.states import ScopeState
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.parameters import validate
from tradewind.model.commands import (
    Attest,
    CancelOne,
    CancelOrders,
    Deploy,
    EnableAccount,
    Flatten,
    ForceStop,
    Kill,
    Lifecycle,
    Pause,
    PlaceManual,
    Rearm,
    Reconcile,
    Resume,
    SetParameters,
    SingleFire,
    Stop,
    Tell,
    Unlock,
)
from tradewind.model.config import InstanceSpec
from tradewind.model.effects import CommandAnswered, Confirmation, ParametersChanged
from tradewind.model.errors import ConfigError, Refused, TradewindError
from tradewind.model.events import CommandReceived
from tradewind.model.ids import OPERATOR, CommandId, InstanceId
from tradewind.model.instance import Standing
from tradewind.model.money import NANOS
from tradewind.model.order import Order, OrderStatus

PENDING = Lifecycle.PENDING
RUNNING = Lifecycle.RUNNING
PAUSED = Lifecycle.PAUSED
STOPPING = Lifecycle.STOPPING
STOPPED = Lifecycle.STOPPED
DEAD = Lifecycle.DEAD
LATER = (Stop, ForceStop, Flatten, Kill)
"""Commands whose effect is confirmed by later events."""
REMEMBERED = 10_000


def on_command(desk: Desk, event: CommandReceived) -> None:
    """Carry a command out once; the same id gets the same receipt."""
    known = desk.receipts.get(event.command_id)
    if known is not None:
        desk.effects.append(known)
        return
    command = event.command
    rule, details = "", {}
    try:
        told = _CARRY_OUT[type(command)](desk, event.command_id, command)
        effect, details = told if isinstance(told, tuple) else (told, {})
        later = isinstance(command, LATER)
        confirmation = Confirmation.ACCEPTED if later else Confirmation.CONFIRMED
    except TradewindError as error:
        confirmation, effect = Confirmation.REFUSED, str(error)
        rule = error.rule if isinstance(error, Refused) else ""
    except ArithmeticError:
        confirmation = Confirmation.REFUSED
        kind = type(command).__name__
        effect = f"Carried out {kind}, found a number not finite or too large; give another."
    if confirmation is not Confirmation.REFUSED and event.command_id in desk.receipts:
        return  # its effect was confirmed within this very step
    answer = CommandAnswered(
        CommandId(event.command_id), confirmation, effect, desk.world.now_ns, rule, details
    )
    desk.receipts[event.command_id] = answer
    if len(desk.receipts) > REMEMBERED:
        del desk.receipts[next(iter(desk.receipts))]
    desk.effects.append(answer)


def _instance(desk: Desk, name: InstanceId) -> Instance:
    instance = desk.instances.get(name)
    if instance is None:
        known = ", ".join(desk.instances) or "none"
        raise ConfigError(
            f"Looked up instance {name}, found none of that name; there are: {known}."
        )
    return instance


def _may_move(instance: Instance, target: Lifecycle) -> None:
    now = instance.standing.lifecycle
    if target not in ALLOWED[now]:
        raise Refused(
            f"Moved {instance.spec.id} to {target.value}, found it {now.value}; "
            f"from there it can go to {', '.join(sorted(ALLOWED[now])) or 'none'}."
        )


def _move(desk: Desk, instance: Instance, target: Lifecycle, cause: str) -> None:
    _may_move(instance, target)
    change(desk, instance, target, cause)


def _move_unless_refused(
    desk: Desk, instance: Instance, target: Lifecycle, cause: str, mode: str
) -> None:
    """Move an instance and tell it why; what its `on_stop` refuses has not happened."""
    _may_move(instance, target)
    standing = instance.standing
    before = (standing.lifecycle, standing.cause, standing.since_ns)
    change(desk, instance, target, cause)
    told = desk.effects[-1]
    try:
        _hear_stop(desk, instance, mode)
    except Refused:
        standing.lifecycle, standing.cause, standing.since_ns = before
        desk.effects.remove(told)
        raise


def _hear_stop(desk: Desk, instance: Instance, mode: str) -> None:
    """Tell a strategy that it ends: it may refuse that, but not stand in the way by a fault."""
    try:
        invoke(desk, instance, "on_stop", mode)
    except Refused:
        raise
    except TradewindError as error:
        fault(desk, instance, "on_stop", error)


def deploy(desk: Desk, command_id: str, ask: Deploy) -> str:
    """Create an instance and start it; one that cannot start is dead at once."""
    create(desk, ask.spec)
    instance = desk.instances[ask.spec.id]
    if not ask.start:
        return f"{ask.spec.id} created, not started"
    try:
        start(desk, instance)
    except TradewindError:
        unsubscribe(desk, instance)
        change(desk, instance, DEAD, "it could not start")
        raise
    _move(desk, instance, RUNNING, f"deployed by {command_id}")
    if instance.standing.faulted:
        return f"{ask.spec.id} is deployed and faulted: {instance.standing.faulted}"
    return f"{ask.spec.id} runs {ask.spec.strategy} on {len(instance.watching)} instruments"


def create(desk: Desk, spec: InstanceSpec) -> Instance:
    """Make an instance without starting it; ConfigError for anything that does not fit."""
    if spec.id in desk.instances and desk.instances[spec.id].standing.lifecycle is not DEAD:
        raise ConfigError(f"Deployed {spec.id}, found an instance of that name; choose another.")
    cls = desk.catalogue.get(spec.strategy)
    if cls is None:
        known = ", ".join(sorted(desk.catalogue)) or "none"
        raise ConfigError(
            f"Deployed {spec.id}, found no strategy named {spec.strategy}; there are: {known}."
        )
    for name in spec.accounts:
        if name not in desk.accounts:
            known = ", ".join(desk.accounts) or "none"
            raise ConfigError(f"Deployed {spec.id}, found no account {name}; there are: {known}.")
    if not spec.accounts:
        raise ConfigError(f"Deployed {spec.id}, found no account; name at least one.")
    parameters = validate(cls.parameters, spec.parameters, spec.strategy)
    try:
        strategy = cls()
    except (Exception, SystemExit) as error:  # a strategy may raise anything when it is made
        raise ConfigError(
            f"Deployed {spec.id}, found that {spec.strategy} cannot be made "
            f"({type(error).__name__}: {error}); mend the strategy."
        ) from error
    standing = Standing(spec.id, since_ns=desk.world.now_ns)
    ctx = Context(desk.world, standing, spec.accounts, spec.instruments)
    scope = ScopeState(f"instance {spec.id}", spec.limits)
    instance = Instance(spec, strategy, ctx, scope)
    apply_parameters(instance, parameters)
    _fresh_state(strategy)
    desk.instances[spec.id] = instance
    days.watch_instance(desk, instance)
    return instance


def apply_parameters(instance: Instance, parameters: dict[str, Any]) -> None:
    """Set a strategy's parameters; they have been validated."""
    instance.parameters = parameters
    for name, value in parameters.items():
        setattr(instance.strategy, name, value)


def _fresh_state(strategy: Any) -> None:
    kind = type(strategy).__annotations__.get("state")
    if isinstance(kind, type) and strategy.state is None:
        strategy.state = kind()


def start(desk: Desk, instance: Instance) -> None:
    """Subscribe an instance and call its `on_start`."""
    for instrument in instance.spec.instruments:
        if instrument not in desk.feeds:
            raise ConfigError(
                f"Started {instance.spec.id}, found no instrument {instrument} on this desk; "
                f"import or define it first."
            )
        subscribe(desk, instance, instrument)
    if "on_reference" in instance.calls:
        listeners = desk.references.setdefault("", [])
        if all(listener is not instance for listener, _, _ in listeners):
            listeners.append((instance, instance.ctx, instance.calls["on_reference"]))
    matching = tuple(
        name
        for name, feed in list(desk.feeds.items())
        if name not in instance.spec.instruments and wants(desk, instance, feed.market.instrument)
    )
    for instrument in matching:
        subscribe(desk, instance, instrument)
    invoke(desk, instance, "on_start")
    if matching:
        invoke(desk, instance, "on_instruments", matching)


def pause(desk: Desk, command_id: str, ask: Pause) -> str:
    """No new cycle; live orders of the running one stay and are kept fresh."""
    instance = _instance(desk, ask.instance)
    if instance.standing.lifecycle is PAUSED:
        return f"{ask.instance} was paused already"
    _move(desk, instance, PAUSED, f"pause {command_id}")
    call(desk, instance, "on_pause")
    live = len(desk.world.live_orders.get(ask.instance, {}))
    return f"paused; {live} orders kept, {_held(desk, ask.instance)}"


def resume(desk: Desk, command_id: str, ask: Resume) -> str:
    """Back to RUNNING; a faulted or stopped instance starts afresh."""
    instance = _instance(desk, ask.instance)
    standing = instance.standing
    if standing.lifecycle is RUNNING and not standing.faulted and not standing.single_fire:
        return f"{ask.instance} was running already"
    if standing.lifecycle is not RUNNING:
        _may_move(instance, RUNNING)
    if standing.faulted or standing.lifecycle in (STOPPED, PENDING):
        _start_again(desk, instance)
    standing.single_fire = standing.fired = False
    change(desk, instance, RUNNING, f"resume {command_id}")
    return f"running, and faulted again: {standing.faulted}" if standing.faulted else "running"


def _start_again(desk: Desk, instance: Instance) -> None:
    """Start a faulted, stopped or waiting instance; one that refuses stays what it was."""
    standing = instance.standing
    was, standing.faulted = standing.faulted, ""
    try:
        start(desk, instance)
    except TradewindError:
        standing.faulted = was
        unsubscribe(desk, instance)
        raise


def single_fire(desk: Desk, command_id: str, ask: SingleFire) -> str:
    """Permit exactly one cycle; one in progress is the one."""
    instance = _instance(desk, ask.instance)
    standing = instance.standing
    if standing.lifecycle not in (RUNNING, PAUSED):
        raise Refused(
            f"Single-fired {ask.instance}, found it {standing.lifecycle.value}; resume it first."
        )
    if standing.faulted:
        raise Refused(f"Single-fired {ask.instance}, found it faulted; resume it first.")
    under_way = busy(desk, instance)
    standing.single_fire, standing.fired = True, under_way
    change(desk, instance, RUNNING, f"single-fire {command_id}")
    return "one cycle, then paused" + ("; the cycle in progress is the one" if under_way else "")


def stop(desk: Desk, command_id: str, ask: Stop) -> str:
    """No new cycle; finish the running one, then cancel what is left."""
    instance = _instance(desk, ask.instance)
    mode = "flatten" if ask.flatten else "stop"
    _move_unless_refused(desk, instance, STOPPING, f"stop {command_id}", mode)
    await_stop(desk, instance, command_id, ask)
    if ask.flatten:
        kill.flatten(desk, f"{command_id}/flatten", Flatten(ask.instance))
    progress(desk, instance)
    if ask.flatten:
        return "stopping: its positions are closed and the rest is cancelled"
    return "stopping: the cycle in progress goes on to its end"


def await_stop(desk: Desk, instance: Instance, command_id: str, ask: Stop) -> None:
    """Give a stopping instance its time."""
    instance.stopping_command = command_id
    instance.stop_at_ns = desk.world.now_ns + ask.timeout_s * NANOS
    desk.set_timer("stop", ask.instance, instance.stop_at_ns)


def force_stop(desk: Desk, command_id: str, ask: ForceStop) -> str:
    """Cancel everything now and end the instance; positions stay."""
    instance = _instance(desk, ask.instance)
    if instance.standing.lifecycle is DEAD:
        raise Refused(f"Force-stopped {ask.instance}, found it dead; nothing to do.")
    mode = "force_stop:cancel_protective" if ask.cancel_protective else "force_stop"
    _hear_stop(desk, instance, mode)
    for order in list(desk.world.live_orders.get(ask.instance, {}).values()):
        if ask.cancel_protective or not order.spec.reduce_only:
            intents.cancel(desk, order)
    unsubscribe(desk, instance)
    if ask.cancel_protective:
        guards.drop(desk, [guard for key, guard in desk.guards.items() if key[0] == ask.instance])
    change(desk, instance, DEAD, f"force-stop {command_id}")
    return kill.force_stop(desk, command_id, ask)


def flatten(desk: Desk, command_id: str, ask: Flatten) -> str:
    """Close the positions of an instance, cancel the rest."""
    instance = _instance(desk, ask.instance)
    if instance.standing.lifecycle is RUNNING:
        _move_unless_refused(desk, instance, PAUSED, f"flatten {command_id}", "flatten")
    elif instance.standing.lifecycle is not DEAD:
        _hear_stop(desk, instance, "flatten")
    return kill.flatten(desk, command_id, ask)


def set_parameters(desk: Desk, command_id: str, ask: SetParameters) -> str:
    """Change parameters all or nothing; fixed ones only while stopped."""
    instance = _instance(desk, ask.instance)
    standing = instance.standing
    if standing.lifecycle is DEAD:
        raise Refused(f"Changed parameters of {ask.instance}, found it dead; deploy it anew.")
    if ask.expected_version is not None and ask.expected_version != standing.version:
        raise Refused(
            f"Changed parameters of {ask.instance}, found version {standing.version} instead of "
            f"{ask.expected_version}; read them again.",
            rule="version_conflict",
        )
    declared = type(instance.strategy).parameters
    merged = validate(declared, {**instance.parameters, **ask.patch}, instance.spec.strategy)
    changed = tuple(name for name in merged if merged[name] != instance.parameters.get(name))
    fixed = [name for name in changed if declared[name].fixed]
    if fixed and standing.lifecycle not in (STOPPED, Lifecycle.PENDING):
        raise Refused(
            f"Changed {', '.join(fixed)} of {ask.instance}, found it {standing.lifecycle.value}; "
            f"stop it first."
        )
    old = instance.parameters
    apply_parameters(instance, merged)
    mark = len(desk.effects)
    try:
        _hear_parameters(desk, instance, changed)
    except TradewindError:
        apply_parameters(instance, old)
        raise
    standing.version += 1
    told = ParametersChanged(ask.instance, merged, standing.version, desk.world.now_ns)
    desk.effects.insert(mark, told)
    words = ", ".join(f"{name} {old[name]} → {merged[name]}" for name in changed)
    return f"version {standing.version}: {words or 'nothing changed'}"


def _hear_parameters(desk: Desk, instance: Instance, changed: tuple[str, ...]) -> None:
    if instance.standing.lifecycle is PENDING:
        return  # it has not begun: its start looks at the new values
    healthy = not instance.standing.faulted
    invoke(desk, instance, "on_parameters", changed)
    if healthy and instance.standing.faulted:
        raise Refused(
            f"Changed {', '.join(changed)} of {instance.spec.id}, found that it faulted "
            f"({instance.standing.faulted}); the old values stand, mend it and resume it."
        )


def tell(desk: Desk, command_id: str, ask: Tell) -> str:
    """Hand a strategy its own command."""
    instance = _instance(desk, ask.instance)
    known = type(instance.strategy).commands
    if ask.action not in known:
        words = ", ".join(known) or "none"
        raise Refused(f"Told {ask.instance} {ask.action}, found no such action; it knows {words}.")
    may_hear(instance, ask.action)
    answer = invoke(desk, instance, "on_command", ask.action, ask.arguments)
    if instance.standing.faulted:
        raise Refused(f"Told {ask.instance} {ask.action}, found that it faulted; see its events.")
    return str(answer)


def may_hear(instance: Instance, action: str) -> None:
    """Raise Refused unless the strategy is there to answer a command of its own."""
    standing = instance.standing
    found = "faulted" if standing.faulted else standing.lifecycle.value
    if standing.faulted or standing.lifecycle not in (RUNNING, PAUSED, STOPPING):
        remedy = "deploy it anew" if standing.lifecycle is DEAD else "resume it first"
        raise Refused(f"Told {instance.spec.id} {action}, found it {found}; {remedy}.")


def place_manual(desk: Desk, command_id: str, ask: PlaceManual) -> tuple[str, dict[str, Any]]:
    """Place an order by hand, through the same gate; the answer's details hold the order's id."""
    spec = ask.order
    standing = desk.operator
    lane = desk.lane(standing, spec.account, spec.instrument, spec.bucket)
    client_order_id = desk.world.next_order_id()
    order = intents.place(desk, lane, client_order_id, spec)
    if order is None:
        refusal = intents.last_refusal(desk)
        raise Refused(
            f"Placed {spec.side.value} {spec.qty} {spec.instrument}, denied by rule "
            f"{refusal.rule}: {refusal.why}; it would pass with {refusal.passes}.",
            rule=refusal.rule,
        )
    told = {"client_order_id": client_order_id}
    return f"order {client_order_id} is {order.status.value}", told


def cancel_one(desk: Desk, command_id: str, ask: CancelOne) -> str:
    """Cancel one order."""
    order = desk.orders.live.get(ask.client_order_id)
    if order is None:
        raise Refused(f"Cancelled {ask.client_order_id}, found no live order of that id.")
    intents.cancel(desk, order)
    return f"cancel of {ask.client_order_id} asked; it is {order.status.value}"


def cancel_orders(desk: Desk, command_id: str, ask: CancelOrders) -> tuple[str, dict[str, Any]]:
    """Cancel an instance's orders; the answer's details hold their ids."""
    if ask.instance != OPERATOR:
        _instance(desk, ask.instance)
    orders = matching_orders(desk, ask)
    if not orders:
        raise Refused(f"Cancelled the orders of {ask.instance}, found none; nothing to do.")
    for order in orders:
        intents.cancel(desk, order)
    told = {"client_order_ids": [order.client_order_id for order in orders]}
    return f"cancel of {len(orders)} orders of {ask.instance} asked", told


def matching_orders(desk: Desk, ask: CancelOrders) -> list[Order]:
    """Return the live orders that a command is about."""
    return [
        order
        for order in desk.world.live_orders.get(ask.instance, {}).values()
        if ask.instrument in ("", order.instrument)
        and (ask.cancel_protective or not order.spec.reduce_only)
    ]


def reconcile_account(desk: Desk, command_id: str, ask: Reconcile) -> str:
    """Read an account again now."""
    if ask.account not in desk.accounts:
        raise Refused(f"Reconciled {ask.account}, found no such account; check the name.")
    read(desk, ask.account)
    return f"reading {ask.account}"


def enable_account(desk: Desk, command_id: str, ask: EnableAccount) -> str:
    """Let an account take new risk, or stop that."""
    state = desk.accounts.get(ask.account)
    if state is None:
        raise Refused(f"Changed {ask.account}, found no such account; check the name.")
    state.enabled = ask.enabled
    state.refresh()
    return f"{ask.account} is {'enabled' if ask.enabled else 'disabled'}"


def attest(desk: Desk, command_id: str, ask: Attest) -> str:
    """A person vouches that an Unknown order is absent."""
    order = desk.orders.live.get(ask.client_order_id)
    if order is None or order.status is not OrderStatus.UNKNOWN:
        raise Refused(f"Attested {ask.client_order_id}, found no Unknown order of that id.")
    reconcile.resolve(desk, order, f"attested by command {command_id}")
    return f"{ask.client_order_id} counts as absent"


def unlock(desk: Desk, command_id: str, ask: Unlock) -> str:
    """Release an instrument's lock by a person's word."""
    state = desk.accounts.get(ask.account)
    cause = state.locks.get(ask.instrument) if state is not None else None
    if cause is None:
        raise Refused(f"Unlocked {ask.instrument} on {ask.account}, found no lock there.")
    account.unlock(desk, ask.account, ask.instrument)
    return f"{ask.instrument} is free; it was locked because {cause}"


def _held(desk: Desk, owner: InstanceId) -> str:
    held = [each for each in desk.ledger.owner_positions(owner) if each.qty]
    if not held:
        return "no position"
    return "position " + ", ".join(f"{each.qty:+} {each.instrument}" for each in held) + " kept"


def do_kill(desk: Desk, command_id: str, ask: Kill) -> str:
    """Kill a scope."""
    return kill.kill(desk, command_id, ask)


def rearm(desk: Desk, command_id: str, ask: Rearm) -> str:
    """Release a halt."""
    return kill.rearm(desk, ask)


_CARRY_OUT: dict[type, Any] = {
    Deploy: deploy,
    Pause: pause,
    Resume: resume,
    SingleFire: single_fire,
    Stop: stop,
    ForceStop: force_stop,
    Flatten: flatten,
    Kill: do_kill,
    Rearm: rearm,
    SetParameters: set_parameters,
    Tell: tell,
    PlaceManual: place_manual,
    CancelOne: cancel_one,
    CancelOrders: cancel_orders,
    Reconcile: reconcile_account,
    EnableAccount: enable_account,
    Attest: attest,
    Unlock: unlock,
}
