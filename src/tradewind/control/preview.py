"""What a command would do now, in words and numbers, without doing it.

Knows the desk's state and only reads it. It says what the engine would do with this state; what
strategies answer and what venues do in between, it cannot know, and its text says "about" there.
"""

from collections.abc import Callable
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from tradewind.control import probing
from tradewind.control.closing import Closing, closings, cost_words
from tradewind.control.requests import Preview, failure
from tradewind.control.worth import money_words, orders_worth, position_worth
from tradewind.core.engine.commands import matching_orders, may_hear
from tradewind.core.engine.desk import Desk, Instance
from tradewind.core.engine.kill import scope_state
from tradewind.core.engine.lifecycle import ALLOWED
from tradewind.core.risk.verdict import Approved, Parked, Refusal
from tradewind.core.strategy.parameters import validate
from tradewind.model.commands import (
    Attest,
    CancelOne,
    CancelOrders,
    Command,
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
    Scope,
    ScopeKind,
    SetParameters,
    SingleFire,
    Stop,
    Tell,
    TradingState,
    Unlock,
)
from tradewind.model.errors import ConfigError, Refused, TradewindError
from tradewind.model.ids import OPERATOR, AccountId, InstanceId
from tradewind.model.order import Order, OrderStatus
from tradewind.model.position import Position

RUNNING = Lifecycle.RUNNING
PAUSED = Lifecycle.PAUSED
STOPPED = Lifecycle.STOPPED
PENDING = Lifecycle.PENDING
DEAD = Lifecycle.DEAD


class Forecast(msgspec.Struct, kw_only=True):
    """What a command would do: words, and how many orders it touches.

    `decides` is what a person decides on, where the text also has counts and prices that move by
    themselves; empty: the text. A kill must not fail because one order filled meanwhile.
    """

    text: str
    decides: str = ""
    cancels: int = 0
    keeps: int = 0
    sends: int = 0


def preview(desk: Desk, command: Command) -> Preview:
    """Return what a command would do to the desk as it stands; never raises for a refusal."""
    try:
        found = _FORECASTS[type(command)](desk, command)
    except TradewindError as error:
        text = f"would be refused: {error}"
        rule = error.rule if isinstance(error, Refused) else ""
        told = failure(error, rule)
        return Preview(text=text, hash=digest(text), refused=str(error), rule=rule, code=told.code)
    return Preview(
        text=found.text,
        hash=digest(found.decides or found.text),
        cancels=found.cancels,
        keeps=found.keeps,
        sends=found.sends,
    )


def digest(text: str) -> str:
    """Return a short name of what a preview says, so that a second step can say which it saw."""
    return blake2b(text.encode(), digest_size=6).hexdigest()


# --- instances ------------------------------------------------------------------------------------


def _instance(desk: Desk, name: InstanceId) -> Instance:
    instance = desk.instances.get(name)
    if instance is None:
        known = ", ".join(desk.instances) or "none"
        raise ConfigError(
            f"Looked up instance {name}, found none of that name; there are: {known}."
        )
    return instance


def _may_become(instance: Instance, target: Lifecycle) -> None:
    now = instance.standing.lifecycle
    if target not in ALLOWED[now]:
        goes = ", ".join(sorted(each.value for each in ALLOWED[now])) or "none"
        raise Refused(
            f"Moved {instance.spec.id} to {target.value}, found it {now.value}; "
            f"from there it can go to {goes}."
        )


def _orders(desk: Desk, owner: InstanceId) -> list[Order]:
    return list(desk.world.live_orders.get(owner, {}).values())


def _kept(desk: Desk, owner: InstanceId) -> str:
    held = _held(desk, owner)
    if not held:
        return "no position"
    return f"position {_positions(desk, held)} kept"


def _held(desk: Desk, owner: InstanceId) -> list[Position]:
    return [each for each in desk.ledger.owner_positions(owner) if each.qty]


def _positions(desk: Desk, held: list[Position]) -> str:
    """Return positions with what they are worth at the mark, where there is one."""
    return ", ".join(
        f"{each.qty:+} {each.instrument}{_worth_words(position_worth(desk, [each]))}"
        for each in held
    )


def _worth_words(worth: dict[str, Decimal]) -> str:
    words = money_words(worth)
    return f" worth about {words}" if words else ""


def _signs(held: list[Position]) -> str:
    """Return which way a person knows the positions to be, without their changing sizes."""
    return ", ".join(f"{'long' if each.qty > 0 else 'short'} {each.instrument}" for each in held)


def _deploy(desk: Desk, ask: Deploy) -> Forecast:
    spec = ask.spec
    known = desk.instances.get(spec.id)
    if known is not None and known.standing.lifecycle is not DEAD:
        raise ConfigError(f"Deployed {spec.id}, found an instance of that name; choose another.")
    cls = desk.catalogue.get(spec.strategy)
    if cls is None:
        names = ", ".join(sorted(desk.catalogue)) or "none"
        raise ConfigError(
            f"Deployed {spec.id}, found no strategy named {spec.strategy}; there are: {names}."
        )
    _known_accounts(desk, spec.accounts, spec.id)
    validate(cls.parameters, spec.parameters, spec.strategy)
    if not ask.start:
        return Forecast(text=f"creates {spec.id} with {spec.strategy}, without starting it")
    for instrument in spec.instruments:
        if instrument not in desk.feeds:
            raise ConfigError(
                f"Started {spec.id}, found no instrument {instrument} on this desk; "
                f"import or define it first."
            )
    watched = ", ".join(spec.instruments) or "what it finds"
    accounts = ", ".join(spec.accounts)
    return Forecast(text=f"starts {spec.id}: {spec.strategy} on {watched}, trading on {accounts}")


def _known_accounts(desk: Desk, accounts: tuple[AccountId, ...], owner: InstanceId) -> None:
    for account in accounts:
        if account not in desk.accounts:
            known = ", ".join(desk.accounts) or "none"
            raise ConfigError(f"Deployed {owner}, found no account {account}; there are: {known}.")
    if not accounts:
        raise ConfigError(f"Deployed {owner}, found no account; name at least one.")


def _pause(desk: Desk, ask: Pause) -> Forecast:
    instance = _instance(desk, ask.instance)
    keeps = len(_orders(desk, ask.instance))
    if instance.standing.lifecycle is PAUSED:
        return Forecast(text=f"nothing: {ask.instance} is paused already", keeps=keeps)
    _may_become(instance, PAUSED)
    text = f"begins no new cycle; keeps {_count(keeps)} fresh, {_kept(desk, ask.instance)}"
    return Forecast(text=text, decides=f"pauses {ask.instance}", keeps=keeps)


def _resume(desk: Desk, ask: Resume) -> Forecast:
    instance = _instance(desk, ask.instance)
    standing = instance.standing
    if standing.lifecycle is RUNNING and not standing.faulted and not standing.single_fire:
        return Forecast(text=f"nothing: {ask.instance} is running already")
    if standing.lifecycle is not RUNNING:
        _may_become(instance, RUNNING)
    afresh = standing.faulted or standing.lifecycle in (STOPPED, PENDING)
    return Forecast(text=f"runs {ask.instance} again" + (", started afresh" if afresh else ""))


def _single_fire(desk: Desk, ask: SingleFire) -> Forecast:
    instance = _instance(desk, ask.instance)
    standing = instance.standing
    if standing.lifecycle not in (RUNNING, PAUSED):
        raise Refused(
            f"Single-fired {ask.instance}, found it {standing.lifecycle.value}; resume it first."
        )
    busy = bool(standing.cycles) or bool(_orders(desk, ask.instance))
    more = "; the cycle in progress is the one" if busy else ""
    text = f"permits one cycle of {ask.instance}, then pauses it"
    return Forecast(text=f"{text}{more}", decides=text)


def _stop(desk: Desk, ask: Stop) -> Forecast:
    instance = _instance(desk, ask.instance)
    _may_become(instance, Lifecycle.STOPPING)
    if ask.flatten:
        closing = _closing_words(desk, instance, ask.instance, Flatten(ask.instance))
        decides = f"{closing.decides or closing.text}; then stops"
        text = f"{closing.text}; then stops"
        return msgspec.structs.replace(closing, text=text, decides=decides)
    orders = [order for order in _orders(desk, ask.instance) if not order.spec.reduce_only]
    cycles = len(instance.standing.cycles)
    first = f"finishes {cycles} open cycles" if cycles else "begins no new cycle"
    text = (
        f"{first}, then cancels what is left of {_count(len(orders))}"
        f"{_worth_words(orders_worth(desk, orders))} (at once after {ask.timeout_s} s); "
        f"{_kept(desk, ask.instance)}"
    )
    held = _signs(_held(desk, ask.instance))
    decides = f"stops {ask.instance} within {ask.timeout_s} s, keeps {held}"
    return Forecast(text=text, decides=decides, cancels=len(orders))


def _force_stop(desk: Desk, ask: ForceStop) -> Forecast:
    instance = _instance(desk, ask.instance)
    if instance.standing.lifecycle is DEAD:
        raise Refused(f"Force-stopped {ask.instance}, found it dead; nothing to do.")
    orders = _orders(desk, ask.instance)
    gone = [order for order in orders if ask.cancel_protective or not order.spec.reduce_only]
    kept = len(orders) - len(gone)
    text = f"cancels {_count(len(gone))}{_worth_words(orders_worth(desk, gone))}"
    text += f" and ends {ask.instance} for good"
    text += f"; keeps {kept} protective orders" if kept else ""
    text += f"; {_kept(desk, ask.instance)}"
    bare = ", unprotected" if ask.cancel_protective else ""
    decides = f"ends {ask.instance} for good, keeps {_signs(_held(desk, ask.instance))}{bare}"
    return Forecast(text=f"{text}{bare}", decides=decides, cancels=len(gone), keeps=kept)


def _flatten(desk: Desk, ask: Flatten) -> Forecast:
    instance = _instance(desk, ask.instance)
    return _closing_words(desk, instance, ask.instance, ask)


def _closing_words(desk: Desk, instance: Instance, owner: InstanceId, ask: Flatten) -> Forecast:
    orders = _orders(desk, owner)
    trades = closings(desk, instance.spec.id, ask.max_slippage_pct)
    if not trades and not orders:
        return Forecast(text=f"nothing to close: {owner} is flat and has no orders")
    worth = _worth_words(orders_worth(desk, orders))
    words = [f"cancels {_count(len(orders))}{worth}"] if orders else []
    words += [_trade_words(each) for each in trades]
    if trades:
        words.append(cost_words(trades))
    decides = ", ".join(f"{each.side.value} {each.qty} {each.instrument}" for each in trades)
    return Forecast(
        text=", ".join(words),
        decides=f"closes {owner}: {decides}",
        cancels=len(orders),
        sends=len(trades),
    )


def _trade_words(trade: Closing) -> str:
    verb = "sells" if trade.side.value == "sell" else "buys"
    at = f" at about {trade.px}" if trade.px is not None else ", at no known price"
    return f"{verb} about {trade.qty} {trade.instrument}{at}"


def _set(desk: Desk, ask: SetParameters) -> Forecast:
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
    changed = [name for name in merged if merged[name] != instance.parameters.get(name)]
    fixed = [name for name in changed if declared[name].fixed]
    if fixed and standing.lifecycle not in (STOPPED, PENDING):
        raise Refused(
            f"Changed {', '.join(fixed)} of {ask.instance}, found it {standing.lifecycle.value}; "
            f"stop it first."
        )
    words = ", ".join(f"{n} {instance.parameters.get(n)} → {merged[n]}" for n in changed)
    text = f"changes {ask.instance} to version {standing.version + 1}: {words or 'nothing'}"
    return Forecast(text=text)


def _tell(desk: Desk, ask: Tell) -> Forecast:
    instance = _instance(desk, ask.instance)
    known = type(instance.strategy).commands
    if ask.action not in known:
        words = ", ".join(known) or "none"
        raise Refused(f"Told {ask.instance} {ask.action}, found no such action; it knows {words}.")
    may_hear(instance, ask.action)
    return Forecast(text=f"tells {ask.instance} {ask.action}: {known[ask.action]}")


# --- scopes ---------------------------------------------------------------------------------------


def _kill(desk: Desk, ask: Kill) -> Forecast:
    state = scope_state(desk, ask.scope)
    accounts = _accounts(desk, ask.scope)
    if ask.scope.kind is ScopeKind.INSTANCE:
        orders = _orders(desk, InstanceId(ask.scope.name))
        strangers = 0
    else:
        orders = [each for each in desk.orders.live.values() if each.account in accounts]
        strangers = sum(len(desk.strangers.get(account, ())) for account in accounts)
    parked = OrderStatus.PARKED
    gone = [
        each
        for each in orders
        if ask.cancel_protective or not each.spec.reduce_only or each.status is parked
    ]
    kept = len(orders) - len(gone)
    text = f"halts {state.name}: no new risk until it is rearmed; cancels {_count(len(gone))}"
    text += _worth_words(orders_worth(desk, gone))
    text += f" and {strangers} that are not ours" if strangers else ""
    text += f"; keeps {kept} protective orders" if kept else ""
    held = _staying(desk, ask, accounts)
    bare = " UNPROTECTED" if ask.cancel_protective else ""
    text += f"; positions stay{bare}: {_positions(desk, held)}" if held else ""
    decides = f"halts {state.name}; stays{bare}: {_signs(held)}"
    return Forecast(text=text, decides=decides, cancels=len(gone), keeps=kept)


def _staying(desk: Desk, ask: Kill, accounts: list[AccountId]) -> list[Position]:
    name = ask.scope.name if ask.scope.kind is ScopeKind.INSTANCE else ""
    return [
        each
        for each in desk.ledger.positions()
        if each.qty and each.account in accounts and name in ("", each.owner)
    ]


def _rearm(desk: Desk, ask: Rearm) -> Forecast:
    state = scope_state(desk, ask.scope)
    if state.state is TradingState.ACTIVE:
        raise Refused(f"Rearmed {state.name}, found it active; nothing to release.")
    if any(
        type(each.command) is Kill and each.command.scope == ask.scope
        for each in desk.pending.values()
    ):
        raise Refused(f"Rearmed {state.name}, found its kill still at work; wait for its end.")
    return Forecast(text=f"lets {state.name} trade again; it was halted because: {state.cause}")


def _accounts(desk: Desk, scope: Scope) -> list[AccountId]:
    if scope.kind is ScopeKind.INSTANCE:
        return list(_instance(desk, InstanceId(scope.name)).spec.accounts)
    return [
        name
        for name, state in desk.accounts.items()
        if scope.kind is ScopeKind.DESK
        or scope.name == (name if scope.kind is ScopeKind.ACCOUNT else state.account.venue)
    ]


# --- orders and accounts --------------------------------------------------------------------------


def _place(desk: Desk, ask: PlaceManual) -> Forecast:
    spec = ask.order
    verdict = probing.verdict(desk, spec)
    side, what = spec.side.value, f"{spec.qty} {spec.instrument}"
    if isinstance(verdict, Refusal):
        raise Refused(
            f"Placed {side} {what}, denied by rule {verdict.rule}: {verdict.why}; "
            f"it would pass with {verdict.passes}.",
            rule=verdict.rule,
        )
    if isinstance(verdict, Parked):
        return Forecast(text=f"holds the order to {side} {what} at the gate: {verdict.rule}")
    assert isinstance(verdict, Approved)
    final = verdict.spec
    at = final.px if final.px is not None else final.trigger_px
    worth = ""
    if at is not None:
        rules = desk.instrument(spec.instrument)
        worth = f", worth {rules.notional(final.qty, at).normalize():f} {rules.quote}"
    how = f"{final.order_type.value} {final.tif.value}"
    text = f"sends an order to {side} {what} at {at} ({how}) on {spec.account}{worth}"
    decides = f"sends an order to {side} {what} at {spec.px} ({how}) on {spec.account}"
    return Forecast(text=text, decides=decides, sends=1)


def _cancel(desk: Desk, ask: CancelOne) -> Forecast:
    order = desk.orders.live.get(ask.client_order_id)
    if order is None:
        raise Refused(f"Cancelled {ask.client_order_id}, found no live order of that id.")
    left = f"{order.leaves_qty} of {order.qty} {order.instrument}"
    text = f"cancels the order to {order.side.value} {left}; it is {order.status.value}"
    if order.spec.reduce_only:
        text += "; it is protective"
    return Forecast(text=text, decides=f"cancels {ask.client_order_id}", cancels=1)


def _cancel_orders(desk: Desk, ask: CancelOrders) -> Forecast:
    if ask.instance != OPERATOR:
        _instance(desk, ask.instance)
    orders = matching_orders(desk, ask)
    if not orders:
        raise Refused(f"Cancelled the orders of {ask.instance}, found none; nothing to do.")
    protective = " protective ones too;" if ask.cancel_protective else ""
    text = f"cancels {_count(len(orders))}{_worth_words(orders_worth(desk, orders))} of "
    text += f"{ask.instance};{protective} it goes on and may place others; "
    text += _kept(desk, ask.instance)
    decides = f"cancels the orders of {ask.instance} on {ask.instrument or 'all'}{protective}"
    return Forecast(text=text, decides=decides, cancels=len(orders))


def _reconcile(desk: Desk, ask: Reconcile) -> Forecast:
    if ask.account not in desk.accounts:
        raise Refused(f"Reconciled {ask.account}, found no such account; check the name.")
    return Forecast(text=f"reads orders, fills, positions and balances of {ask.account}")


def _enable(desk: Desk, ask: EnableAccount) -> Forecast:
    if ask.account not in desk.accounts:
        raise Refused(f"Changed {ask.account}, found no such account; check the name.")
    verb = "lets" if ask.enabled else "stops"
    end = "take new risk" if ask.enabled else "from taking new risk; exits go on"
    return Forecast(text=f"{verb} {ask.account} {end}")


def _attest(desk: Desk, ask: Attest) -> Forecast:
    order = desk.orders.live.get(ask.client_order_id)
    if order is None or order.status is not OrderStatus.UNKNOWN:
        raise Refused(f"Attested {ask.client_order_id}, found no Unknown order of that id.")
    what = f"{order.side.value} {order.qty} {order.instrument}"
    return Forecast(text=f"counts the order to {what} as absent, on your word")


def _unlock(desk: Desk, ask: Unlock) -> Forecast:
    state = desk.accounts.get(ask.account)
    cause = state.locks.get(ask.instrument) if state is not None else None
    if cause is None:
        raise Refused(f"Unlocked {ask.instrument} on {ask.account}, found no lock there.")
    return Forecast(text=f"frees {ask.instrument} on {ask.account}; it was locked because {cause}")


def _count(orders: int) -> str:
    return f"{orders} order" if orders == 1 else f"{orders} orders"


_FORECASTS: dict[type, Callable[[Desk, Any], Forecast]] = {
    Deploy: _deploy,
    Pause: _pause,
    Resume: _resume,
    SingleFire: _single_fire,
    Stop: _stop,
    ForceStop: _force_stop,
    Flatten: _flatten,
    Kill: _kill,
    Rearm: _rearm,
    SetParameters: _set,
    Tell: _tell,
    PlaceManual: _place,
    CancelOne: _cancel,
    CancelOrders: _cancel_orders,
    Reconcile: _reconcile,
    EnableAccount: _enable,
    Attest: _attest,
    Unlock: _unlock,
}
"""Every verb and who says what it would do."""
