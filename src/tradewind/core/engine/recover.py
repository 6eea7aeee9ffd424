"""A cold start: the desk from its journal alone, by folding what was committed as facts.

No strategy is called and no effect is made: what was decided is in the journal, what the venue
says now comes with the reading that follows every start.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tradewind.core.engine import (
    account,
    commands,
    days,
    guards,
    intents,
    kill,
    postings,
    reconcile,
)
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.market import on_instrument, on_rate
from tradewind.core.engine.runtime_events import configure
from tradewind.core.execution.orders import absence
from tradewind.core.execution.protection import Guard
from tradewind.core.execution.transitions import Happening
from tradewind.core.strategy.parameters import validate
from tradewind.model import effects as fx
from tradewind.model import events as ev
from tradewind.model.commands import (
    Deploy,
    EnableAccount,
    Flatten,
    ForceStop,
    Kill,
    Stop,
    TradingState,
)
from tradewind.model.effects import Confirmation
from tradewind.model.errors import ConfigError, Refused
from tradewind.model.ids import OPERATOR, InstanceId, InstrumentId
from tradewind.model.intents import Protect
from tradewind.model.order import TERMINAL, Order


def fold_cold(desk: Desk, steps: Iterable[tuple[int, int, Any, Iterable[Any]]]) -> None:
    """Fold committed steps (seq, ts, event or None, effects) into an empty desk."""
    desk.quiet = True
    for seq, ts, event, effects in steps:
        desk.world.seq = seq
        desk.world.now_ns = max(desk.world.now_ns, ts)
        if event is not None:
            fold = _EVENTS.get(type(event))
            if fold is not None:
                fold(desk, event)
        for effect in effects:
            fold = _EFFECTS.get(type(effect))
            if fold is not None:
                fold(desk, effect)
        desk.effects = []
    for guard in desk.guards.values():
        guard.catch_up(desk.orders.find)
    desk.quiet = False
    desk.touched.clear()
    desk.posted.clear()


# --- events -----------------------------------------------------------------------------------


def _started(desk: Desk, event: ev.DeskStarted) -> None:
    configure(desk, event)
    for order in list(desk.orders.live.values()):
        desk.orders.apply(order, Happening.RESTARTED, event.ts_recv)


def _accepted(desk: Desk, event: ev.OrderAccepted) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None:
        order.venue_order_id = event.venue_order_id
        order.acknowledged_ns = event.ts_recv
        if not desk.orders.apply(order, Happening.ACCEPTED, event.ts_recv):
            account.rise(desk, order, event.ts_recv)


class _Simple:
    """An event that only moves its order by the table."""

    def __init__(self, happening: Happening) -> None:
        self.happening = happening

    def __call__(self, desk: Desk, event: Any) -> None:
        order = desk.orders.find(event.client_order_id)
        if order is None:
            return
        filled = getattr(event, "filled_qty", None)
        if filled is not None and desk.orders.claim(order, filled):
            account.await_fills(desk, order, event.ts_recv)
        if self.happening is Happening.REJECTED and order.status not in TERMINAL:
            desk.accounts[event.account].failed(event.ts_recv)
        order.reject_reason = getattr(event, "reason", "") or order.reject_reason
        desk.orders.apply(order, self.happening, event.ts_recv)


def _cancel_rejected(desk: Desk, event: ev.CancelRejected) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None and not (event.not_found and order.status not in TERMINAL):
        desk.orders.apply(order, Happening.CANCEL_REFUSED, event.ts_recv)


def _amended(desk: Desk, event: ev.OrderAmended) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None:
        desk.orders.amended(order, event.qty, event.px, event.ts_recv)


def _amend_rejected(desk: Desk, event: ev.AmendRejected) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None:
        desk.orders.amend_ended(order, Happening.AMEND_REFUSED, event.ts_recv)


def _not_sent(desk: Desk, event: ev.NotSent) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None:
        account.not_sent(desk, order, event)


def _triggered(desk: Desk, event: ev.OrderTriggered) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is None:
        return
    if order.status in TERMINAL:
        if account.woke_after_its_end(order):
            account.rise(desk, order, event.ts_recv)
        return
    lane = desk.orders.lanes[order.client_order_id]
    desk.exposure.triggered(order, lane.instrument, lane.resting)
    desk.exposure.update(order, lane.bucket)


def _prepared(desk: Desk, event: ev.OrderPrepared) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None:
        order.wire_id = event.wire_id


def _sent(desk: Desk, event: ev.OrderSent) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None:
        order.sent_latency_ns = event.latency_ns


def _claimed(desk: Desk, event: ev.OrderClaimed) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None and desk.orders.claim(order, event.cumulative_qty):
        account.await_fills(desk, order, event.ts_recv)


def _report(desk: Desk, event: ev.AccountReport) -> None:
    reconcile.post_opening(desk, event)
    if event.cursor:
        desk.cursors[event.account] = event.cursor
    for fill in event.fills:
        postings.take_fill(desk, fill, event.ts_recv)
    seen = reconcile.fold_orders(desk, event)
    state = desk.accounts.get(event.account)
    if state is not None:
        reconcile.fold_missing(desk, state, event, seen)


def _command(desk: Desk, event: ev.CommandReceived) -> None:
    command = event.command
    if type(command) is Deploy:
        try:
            commands.create(desk, command.spec)
        except ConfigError:
            return  # it was refused then, or its strategy is gone now: its orders stay managed
    elif type(command) is EnableAccount and command.account in desk.accounts:
        desk.accounts[command.account].enabled = command.enabled
        desk.accounts[command.account].refresh()
    elif event.command_id not in desk.receipts:
        _promise(desk, event.command_id, command)


def _promise(desk: Desk, command_id: str, command: Any) -> None:
    """Go on with a command that is done only when its effect is confirmed."""
    if type(command) in (Kill, Flatten, ForceStop):
        kill.wait_for(desk, command_id, command)
    elif type(command) is Stop and command.instance in desk.instances:
        commands.await_stop(desk, desk.instances[command.instance], command_id, command)
        if command.flatten:
            kill.wait_for(desk, f"{command_id}/flatten", Flatten(command.instance))


_EVENTS: dict[type, Callable[[Desk, Any], None]] = {
    ev.DeskStarted: _started,
    ev.InstrumentDefined: on_instrument,
    ev.CurrencyRate: on_rate,
    ev.OrderPrepared: _prepared,
    ev.OrderSent: _sent,
    ev.OrderAccepted: _accepted,
    ev.OrderRejected: _Simple(Happening.REJECTED),
    ev.OrderCancelled: _Simple(Happening.CANCELLED),
    ev.OrderExpired: _Simple(Happening.EXPIRED),
    ev.OrderAmended: _amended,
    ev.AmendRejected: _amend_rejected,
    ev.CancelRejected: _cancel_rejected,
    ev.OrderTriggered: _triggered,
    ev.OrderClaimed: _claimed,
    ev.NoAnswer: _Simple(Happening.NO_ANSWER),
    ev.NotSent: _not_sent,
    ev.FillReceived: postings.on_fill,
    ev.FillFinalised: postings.on_finalised,
    ev.FillFailed: postings.on_failed,
    ev.FeeAdjusted: postings.on_fee,
    ev.FundingPaid: postings.on_funding_paid,
    ev.SettlementReported: postings.on_settlement,
    ev.Transferred: postings.on_transfer,
    ev.AccountReport: _report,
    ev.CommandReceived: _command,
}


# --- effects ----------------------------------------------------------------------------------


def _submitted(desk: Desk, effect: fx.SubmitOrder) -> None:
    if effect.client_order_id in desk.orders.live:
        return
    spec = effect.spec
    instance = desk.instances.get(effect.instance)
    standing = instance.standing if instance is not None else desk.operator
    if instance is None and effect.instance != OPERATOR:
        standing = msgspec.structs.replace(desk.operator, instance=effect.instance)
    lane = desk.lane(standing, spec.account, spec.instrument, spec.bucket)
    desk.orders.restore(effect, lane)
    intents.count_entry(lane, spec)


def _amend_asked(desk: Desk, effect: fx.AmendOrder) -> None:
    order = desk.orders.live.get(effect.client_order_id)
    if order is not None:
        desk.orders.ask_amend(order, effect.qty, effect.px, effect.ts, effect.trigger_px)


def _cancel_asked(desk: Desk, effect: fx.CancelOrder) -> None:
    order = desk.orders.live.get(effect.client_order_id)
    if order is not None and desk.orders.apply(order, Happening.CANCEL_ASKED, effect.ts):
        order.asked_ns = effect.ts


def _lifecycle(desk: Desk, effect: fx.LifecycleChanged) -> None:
    instance = desk.instances.get(effect.instance)
    if instance is not None:
        standing = instance.standing
        standing.lifecycle = effect.state
        standing.cause = effect.cause
        standing.single_fire = effect.single_fire
        standing.faulted = effect.faulted
        standing.since_ns = effect.ts


def _cycle(desk: Desk, effect: fx.CycleChanged) -> None:
    instance = desk.instances.get(effect.instance)
    if instance is None:
        return
    if effect.open:
        instance.standing.cycles[effect.cycle] = effect.ts
        instance.standing.fired = instance.standing.single_fire
    else:
        instance.standing.cycles.pop(effect.cycle, None)


def _parameters(desk: Desk, effect: fx.ParametersChanged) -> None:
    instance = desk.instances.get(effect.instance)
    if instance is not None:
        declared = type(instance.strategy).parameters
        commands.apply_parameters(
            instance, validate(declared, effect.parameters, instance.spec.strategy)
        )
        instance.standing.version = effect.version


def _trading_state(desk: Desk, effect: fx.TradingStateChanged) -> None:
    try:
        state = kill.scope_state(desk, effect.scope)
    except Refused:
        return  # an instance whose strategy is gone
    if effect.state is TradingState.ACTIVE:
        state.release()
        days.forgive(desk, state)
    state.state, state.cause, state.rule = effect.state, effect.cause, effect.rule
    state.since_ns = effect.ts
    desk.refresh_restriction()


def _lock(desk: Desk, effect: fx.LockChanged) -> None:
    state = desk.accounts.get(effect.account)
    if state is None:
        return
    name = effect.instrument or InstrumentId("")
    if effect.cause:
        state.locks[name] = effect.cause
    else:
        state.locks.pop(name, None)
    state.refresh()


def _protection(desk: Desk, effect: fx.ProtectionChanged) -> None:
    key = (effect.instance, effect.account, effect.instrument, effect.bucket)
    guard = desk.guards.pop(key, None)
    feed = desk.feeds[effect.instrument]
    feed.guards = [other for other in feed.guards if other is not guard]
    if effect.protection is None:
        return
    ask = Protect(
        effect.account,
        effect.instrument,
        effect.bucket,
        effect.protection,
        effect.qty,
        effect.group,
    )
    guard = Guard(effect.instance, ask, effect.protection)
    guard.stop, guard.trailing = effect.stop, effect.trailing
    guard.why, guard.triggered = effect.why, effect.armed
    guard.seen = True
    for client_order_id in effect.orders:
        order: Order | None = desk.orders.find(client_order_id)
        if order is not None:
            guard.legs[_leg(order)] = client_order_id
    desk.guards[key] = guard
    feed.guards.append(guard)


def _leg(order: Order) -> str:
    if order.spec.trigger_px is not None:
        return "stop"
    return "target" if order.reason == "take_profit" else "exit"


def _resolved(desk: Desk, effect: fx.OrderResolved) -> None:
    order = desk.orders.live.get(effect.client_order_id)
    if order is not None:
        order.reject_reason = effect.how
        desk.orders.apply(order, absence(order), effect.ts)


def _corrected(desk: Desk, effect: fx.PositionCorrected) -> None:
    entry = desk.ledger.correct(effect, desk.instrument(effect.instrument))
    if entry is not None:
        guards.posted(desk, entry)
        guards.look(desk)


def _day(desk: Desk, effect: fx.DayOpened) -> None:
    days.fold_day(desk, effect)


def _answered(desk: Desk, effect: fx.CommandAnswered) -> None:
    desk.receipts[effect.command_id] = effect
    if effect.confirmation in (Confirmation.CONFIRMED, Confirmation.REFUSED):
        desk.pending.pop(effect.command_id, None)
        for instance in desk.instances.values():
            if instance.stopping_command == effect.command_id:
                instance.stopping_command = ""


def _state(desk: Desk, effect: fx.StateSaved) -> None:
    instance = desk.instances.get(InstanceId(effect.instance))
    if instance is not None and instance.strategy.state is not None:
        kind = type(instance.strategy.state)
        instance.strategy.state = msgspec.msgpack.decode(effect.state, type=kind)
        instance.saved_state = effect.state


_EFFECTS: dict[type, Callable[[Desk, Any], None]] = {
    fx.SubmitOrder: _submitted,
    fx.AmendOrder: _amend_asked,
    fx.CancelOrder: _cancel_asked,
    fx.LifecycleChanged: _lifecycle,
    fx.CycleChanged: _cycle,
    fx.ParametersChanged: _parameters,
    fx.TradingStateChanged: _trading_state,
    fx.LockChanged: _lock,
    fx.ProtectionChanged: _protection,
    fx.OrderResolved: _resolved,
    fx.PositionCorrected: _corrected,
    fx.DayOpened: _day,
    fx.CommandAnswered: _answered,
    fx.StateSaved: _state,
}
