"""A cold start: the desk from its journal alone, by folding what was committed as facts.

No strategy is called and no effect is made: what was decided is in the journal, what the venue
says now comes with the reading that follows every start.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tradewind.core.engine import commands, reconcile
from tradewind.core.engine.desk import Desk
from tradewind.core.engine.kill import scope_state
from tradewind.core.engine.market import on_instrument, on_rate
from tradewind.core.engine.runtime_events import configure
from tradewind.core.execution.protection import Guard
from tradewind.core.execution.transitions import Happening
from tradewind.core.strategy.parameters import validate
from tradewind.model import effects as fx
from tradewind.model import events as ev
from tradewind.model.commands import Deploy, EnableAccount
from tradewind.model.errors import ConfigError, TradewindError
from tradewind.model.ids import OPERATOR, UNMANAGED, InstanceId, InstrumentId
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
    desk.quiet = False
    desk.touched.clear()


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
        desk.orders.apply(order, Happening.ACCEPTED, event.ts_recv)


class _Simple:
    """An event that only moves its order by the table."""

    def __init__(self, happening: Happening) -> None:
        self.happening = happening

    def __call__(self, desk: Desk, event: Any) -> None:
        order = desk.orders.find(event.client_order_id)
        if order is None:
            return
        filled = getattr(event, "filled_qty", None)
        if filled is not None and filled > order.filled_qty:
            desk.orders.claim(order, filled)
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
    if order is None:
        return
    if event.request is ev.Request.AMEND:
        desk.orders.amend_ended(order, Happening.NOT_SENT, event.ts_recv)
    else:
        desk.orders.apply(order, Happening.NOT_SENT, event.ts_recv)


def _triggered(desk: Desk, event: ev.OrderTriggered) -> None:
    order = desk.orders.live.get(event.client_order_id)
    if order is not None:
        lane = desk.orders.lanes[order.client_order_id]
        desk.exposure.triggered(order, lane.instrument, lane.resting)
        desk.exposure.update(order, lane.bucket, lane.resting, was_live=True)


def _prepared(desk: Desk, event: ev.OrderPrepared) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None:
        order.wire_id = event.wire_id


def _claimed(desk: Desk, event: ev.OrderClaimed) -> None:
    order = desk.orders.find(event.client_order_id)
    if order is not None:
        desk.orders.claim(order, event.cumulative_qty)


def _fill(desk: Desk, event: ev.FillReceived) -> None:
    take_fill(desk, event.fill, event.ts_recv)


def take_fill(desk: Desk, fill: Any, ts_recv: int) -> None:
    """Post a committed fill; the same key posts once, here as in a running desk."""
    order = desk.orders.find(fill.client_order_id) if fill.client_order_id else None
    feed = desk.feeds.get(fill.instrument)
    if feed is None:
        return
    owner = order.instance if order is not None else UNMANAGED
    rules = feed.market.instrument
    try:
        entry = desk.ledger.post_fill(fill, owner, rules)
    except TradewindError:
        return  # the running desk locked the instrument for it; the lock is a fact of its own
    if entry is None:
        return
    if fill.life.value == "matched":
        desk.provisional[fill.key] = fill
    if order is not None:
        desk.orders.fill(order, fill, ts_recv)
        if rules.netting and rules.mirror in desk.feeds:
            mirror = desk.feeds[rules.mirror].market.instrument
            desk.ledger.net_pairs(fill.account, rules, mirror, entry.owner, fill.ts_event)


def _finalised(desk: Desk, event: ev.FillFinalised) -> None:
    desk.ledger.finalise(event.account, event.key)
    desk.provisional.pop(event.key, None)


def _failed(desk: Desk, event: ev.FillFailed) -> None:
    known = desk.provisional.pop(event.key, None)
    desk.ledger.fail(event.account, event.key, event.reason, event.ts_event)
    order = desk.orders.find(known.client_order_id) if known and known.client_order_id else None
    if order is not None and known is not None:
        desk.orders.unfill(order, known)


def _fee(desk: Desk, event: ev.FeeAdjusted) -> None:
    desk.ledger.fee_adjust(event, desk.instrument(event.instrument))


def _funding(desk: Desk, event: ev.FundingPaid) -> None:
    desk.ledger.funding(event, desk.instrument(event.instrument))


def _settlement(desk: Desk, event: ev.SettlementReported) -> None:
    rules = desk.instrument(event.instrument)
    desk.ledger.settle(
        rules, event.account, event.phase, event.payout, event.number, event.ts_event
    )


def _transfer(desk: Desk, event: ev.Transferred) -> None:
    desk.ledger.transfer(event)


def _report(desk: Desk, event: ev.AccountReport) -> None:
    reconcile.post_opening(desk, event)
    for fill in event.fills:
        take_fill(desk, fill, event.ts_recv)
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


_EVENTS: dict[type, Callable[[Desk, Any], None]] = {
    ev.DeskStarted: _started,
    ev.InstrumentDefined: on_instrument,
    ev.CurrencyRate: on_rate,
    ev.OrderPrepared: _prepared,
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
    ev.FillReceived: _fill,
    ev.FillFinalised: _finalised,
    ev.FillFailed: _failed,
    ev.FeeAdjusted: _fee,
    ev.FundingPaid: _funding,
    ev.SettlementReported: _settlement,
    ev.Transferred: _transfer,
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


def _amend_asked(desk: Desk, effect: fx.AmendOrder) -> None:
    order = desk.orders.live.get(effect.client_order_id)
    if order is not None:
        desk.orders.ask_amend(order, effect.qty, effect.px, effect.ts)
        if effect.trigger_px is not None:
            order.trigger_px = effect.trigger_px


def _cancel_asked(desk: Desk, effect: fx.CancelOrder) -> None:
    order = desk.orders.live.get(effect.client_order_id)
    if order is not None:
        order.asked_ns = effect.ts
        desk.orders.apply(order, Happening.CANCEL_ASKED, effect.ts)


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
    state = scope_state(desk, effect.scope)
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
        desk.orders.apply(order, Happening.ABSENT, effect.ts)


def _corrected(desk: Desk, effect: fx.PositionCorrected) -> None:
    desk.ledger.correct(effect, desk.instrument(effect.instrument))


def _day(desk: Desk, effect: fx.DayOpened) -> None:
    reconcile.fold_day(desk, effect)


def _answered(desk: Desk, effect: fx.CommandAnswered) -> None:
    desk.receipts[effect.command_id] = effect


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
