"""Commands folded: what people, faces and agents ask, answered with what came of it."""

from typing import Any

from tradewind.core.engine import guards, intents, kill, reconcile
from tradewind.core.engine.account import free, read
from tradewind.core.engine.desk import Desk, Instance
from tradewind.core.engine.lifecycle import ALLOWED, change, subscribe, unsubscribe
from tradewind.core.engine.progress import progress
from tradewind.core.engine.react import invoke
from tradewind.core.risk.losses import LossScope
from tradewind.core.risk.states import ScopeState
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.parameters import validate
from tradewind.model.commands import (
    Attest,
    CancelOne,
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
from tradewind.model.ids import CommandId, InstanceId
from tradewind.model.instance import Standing
from tradewind.model.intents import Protect
from tradewind.model.money import NANOS
from tradewind.model.order import OrderStatus

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
    try:
        effect = _CARRY_OUT[type(command)](desk, event.command_id, command)
    except TradewindError as error:
        _answer(desk, event.command_id, Confirmation.REFUSED, str(error))
        return
    known = desk.receipts.get(event.command_id)
    if known is not None:
        return
    later = isinstance(command, LATER)
    confirmation = Confirmation.ACCEPTED if later else Confirmation.CONFIRMED
    _answer(desk, event.command_id, confirmation, effect)


def _answer(desk: Desk, command_id: str, confirmation: Confirmation, effect: str) -> None:
    answer = CommandAnswered(CommandId(command_id), confirmation, effect, desk.world.now_ns)
    desk.receipts[command_id] = answer
    if len(desk.receipts) > REMEMBERED:
        del desk.receipts[next(iter(desk.receipts))]
    desk.effects.append(answer)


def _instance(desk: Desk, name: InstanceId) -> Instance:
    instance = desk.instances.get(name)
    if instance is None:
        known = ", ".join(desk.instances) or "none"
        raise Refused(f"Looked up instance {name}, found none of that name; there are: {known}.")
    return instance


def _move(desk: Desk, instance: Instance, target: Lifecycle, cause: str) -> None:
    now = instance.standing.lifecycle
    if target not in ALLOWED[now]:
        raise Refused(
            f"Moved {instance.spec.id} to {target.value}, found it {now.value}; "
            f"from there it can go to {', '.join(sorted(ALLOWED[now])) or 'none'}."
        )
    change(desk, instance, target, cause)


def deploy(desk: Desk, command_id: str, ask: Deploy) -> str:
    """Create an instance and start it."""
    create(desk, ask.spec)
    instance = desk.instances[ask.spec.id]
    if not ask.start:
        return f"{ask.spec.id} created, not started"
    start(desk, instance)
    _move(desk, instance, RUNNING, f"deployed by {command_id}")
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
    for account in spec.accounts:
        if account not in desk.accounts:
            known = ", ".join(desk.accounts) or "none"
            raise ConfigError(
                f"Deployed {spec.id}, found no account {account}; there are: {known}."
            )
    if not spec.accounts:
        raise ConfigError(f"Deployed {spec.id}, found no account; name at least one.")
    parameters = validate(cls.parameters, spec.parameters, spec.strategy)
    strategy = cls()
    standing = Standing(spec.id, since_ns=desk.world.now_ns)
    ctx = Context(desk.world, standing, spec.accounts, spec.instruments)
    scope = ScopeState(f"instance {spec.id}", spec.limits)
    instance = Instance(spec, strategy, ctx, scope)
    apply_parameters(instance, parameters)
    _fresh_state(strategy)
    desk.instances[spec.id] = instance
    _limit_losses(desk, instance)
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


def _limit_losses(desk: Desk, instance: Instance) -> None:
    spec = instance.spec
    if spec.limits.max_daily_loss_pct is None:
        return
    account = desk.accounts[spec.accounts[0]].account
    name = f"instance {spec.id}"
    scope = LossScope(name, account.currency, spec.limits.max_daily_loss_pct)
    scope.open_day(desk.gate.figures.capital.get(account.id, account.balance))
    desk.losses[name] = scope


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
        desk.references.setdefault("", []).append((instance, instance.calls["on_reference"]))
    matching = tuple(
        name
        for name, feed in desk.feeds.items()
        if name not in instance.spec.instruments and instance.strategy.wants(feed.market.instrument)
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
    live = len(desk.world.live_orders.get(ask.instance, {}))
    return f"paused; {live} orders kept, {_held(desk, ask.instance)}"


def resume(desk: Desk, command_id: str, ask: Resume) -> str:
    """Back to RUNNING; a faulted or stopped instance starts afresh."""
    instance = _instance(desk, ask.instance)
    standing = instance.standing
    if standing.lifecycle is RUNNING and not standing.faulted and not standing.single_fire:
        return f"{ask.instance} was running already"
    standing.single_fire = standing.fired = False
    if standing.faulted or standing.lifecycle is STOPPED or standing.lifecycle.value == "pending":
        standing.faulted = ""
        start(desk, instance)
    if standing.lifecycle is RUNNING:
        change(desk, instance, RUNNING, f"resume {command_id}")
    else:
        _move(desk, instance, RUNNING, f"resume {command_id}")
    return "running"


def single_fire(desk: Desk, command_id: str, ask: SingleFire) -> str:
    """Permit exactly one cycle; one in progress is the one."""
    instance = _instance(desk, ask.instance)
    standing = instance.standing
    if standing.lifecycle not in (RUNNING, PAUSED):
        raise Refused(
            f"Single-fired {ask.instance}, found it {standing.lifecycle.value}; resume it first."
        )
    standing.single_fire = True
    busy = bool(standing.cycles) or bool(desk.world.live_orders.get(ask.instance))
    standing.fired = busy
    change(desk, instance, RUNNING, f"single-fire {command_id}")
    return "one cycle, then paused" + ("; the cycle in progress is the one" if busy else "")


def stop(desk: Desk, command_id: str, ask: Stop) -> str:
    """No new cycle; finish the running one, then cancel what is left."""
    instance = _instance(desk, ask.instance)
    if ask.flatten:
        kill.flatten(desk, f"{command_id}/flatten", Flatten(ask.instance))
    _move(desk, instance, STOPPING, f"stop {command_id}")
    instance.stopping_command = command_id
    instance.stop_at_ns = desk.world.now_ns + ask.timeout_s * NANOS
    desk.set_timer("stop", ask.instance, instance.stop_at_ns)
    invoke(desk, instance, "on_stop", "stop")
    progress(desk, instance)
    return "stopping: the cycle in progress goes on to its end"


def force_stop(desk: Desk, command_id: str, ask: ForceStop) -> str:
    """Cancel everything now and end the instance; positions stay."""
    instance = _instance(desk, ask.instance)
    if instance.standing.lifecycle is DEAD:
        raise Refused(f"Force-stopped {ask.instance}, found it dead; nothing to do.")
    mode = "force_stop:cancel_protective" if ask.cancel_protective else "force_stop"
    invoke(desk, instance, "on_stop", mode)
    for order in list(desk.world.live_orders.get(ask.instance, {}).values()):
        if ask.cancel_protective or not order.spec.reduce_only:
            intents.cancel(desk, order)
    unsubscribe(desk, instance)
    if ask.cancel_protective:
        _unguard(desk, ask.instance)
    change(desk, instance, DEAD, f"force-stop {command_id}")
    return kill.force_stop(desk, command_id, ask)


def _unguard(desk: Desk, owner: InstanceId) -> None:
    for guard in [guard for key, guard in desk.guards.items() if key[0] == owner]:
        gone = Protect(guard.account, guard.instrument, guard.bucket, None)
        guards.protect(desk, owner, gone)


def flatten(desk: Desk, command_id: str, ask: Flatten) -> str:
    """Close the positions of an instance, cancel the rest."""
    instance = _instance(desk, ask.instance)
    if instance.standing.lifecycle is RUNNING:
        change(desk, instance, PAUSED, f"flatten {command_id}")
    invoke(desk, instance, "on_stop", "flatten")
    return kill.flatten(desk, command_id, ask)


def set_parameters(desk: Desk, command_id: str, ask: SetParameters) -> str:
    """Change parameters all or nothing; fixed ones only while stopped."""
    instance = _instance(desk, ask.instance)
    standing = instance.standing
    if ask.expected_version is not None and ask.expected_version != standing.version:
        raise Refused(
            f"Changed parameters of {ask.instance}, found version {standing.version} instead of "
            f"{ask.expected_version}; read them again."
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
    old = {name: instance.parameters.get(name) for name in changed}
    apply_parameters(instance, merged)
    standing.version += 1
    desk.effects.append(
        ParametersChanged(ask.instance, merged, standing.version, desk.world.now_ns)
    )
    invoke(desk, instance, "on_parameters", changed)
    words = ", ".join(f"{name} {old[name]} → {merged[name]}" for name in changed)
    return f"version {standing.version}: {words or 'nothing changed'}"


def tell(desk: Desk, command_id: str, ask: Tell) -> str:
    """Hand a strategy its own command."""
    instance = _instance(desk, ask.instance)
    known = type(instance.strategy).commands
    if ask.action not in known:
        words = ", ".join(known) or "none"
        raise Refused(f"Told {ask.instance} {ask.action}, found no such action; it knows {words}.")
    answer = invoke(desk, instance, "on_command", ask.action, ask.arguments)
    if instance.standing.faulted:
        raise Refused(f"Told {ask.instance} {ask.action}, found that it faulted; see its events.")
    return str(answer)


def place_manual(desk: Desk, command_id: str, ask: PlaceManual) -> str:
    """Place an order by hand, through the same gate."""
    spec = ask.order
    standing = desk.operator
    lane = desk.lane(standing, spec.account, spec.instrument, spec.bucket)
    client_order_id = desk.world.next_order_id()
    order = intents.place(desk, lane, client_order_id, spec)
    if order is None:
        denied = desk.effects[-1]
        raise Refused(
            f"Placed {spec.side.value} {spec.qty} {spec.instrument}, denied by rule "
            f"{intents.last_rule(desk)}: {getattr(denied, 'why', '')}; "
            f"it would pass with {getattr(denied, 'passes', '')}."
        )
    return f"order {client_order_id} is {order.status.value}"


def cancel_one(desk: Desk, command_id: str, ask: CancelOne) -> str:
    """Cancel one order."""
    order = desk.orders.live.get(ask.client_order_id)
    if order is None:
        raise Refused(f"Cancelled {ask.client_order_id}, found no live order of that id.")
    intents.cancel(desk, order)
    return f"cancel of {ask.client_order_id} asked; it is {order.status.value}"


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
    free(desk, ask.account, ask.instrument, cause)
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
    Reconcile: reconcile_account,
    EnableAccount: enable_account,
    Attest: attest,
    Unlock: unlock,
}
