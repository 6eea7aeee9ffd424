"""Strategies react: the one place where their code is called, and where its failure ends."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tradewind.core.engine import guards, intents
from tradewind.core.engine.desk import Call, Desk, Instance, Probe
from tradewind.core.engine.lifecycle import cycle, fault, subscribe, unsubscribe
from tradewind.core.risk.verdict import Refusal
from tradewind.core.strategy.context import Context
from tradewind.core.strategy.requests import Cycle, Note, Publish, RaiseAlert, SetTimer, Watch, Work
from tradewind.core.strategy.strategy import Signal
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import Noted, WorkRequested
from tradewind.model.errors import ConfigError, TradewindError
from tradewind.model.ids import OrderId
from tradewind.model.instrument import Instrument
from tradewind.model.intents import Amend, Cancel, Protect
from tradewind.model.order import Order, OrderStatus, PlaceOrder

MAX_ROUNDS = 50
REMEMBERED = 1000
DENIED = OrderStatus.DENIED
FAULTS = (Exception, SystemExit)
"""What a strategy may raise without ending the desk: anything but an interruption."""
STOPPING = Lifecycle.STOPPING


def react(desk: Desk, calls: Iterable[Call], event: Any) -> None:
    """Hand an event to every listener, in order of deployment, and carry out what they ask."""
    if desk.probe is not None:
        calls = [(instance, ctx, _Timed(desk.probe, callback)) for instance, ctx, callback in calls]
    for instance, ctx, callback in calls:
        try:
            callback(ctx, event)
        except FAULTS as error:
            fault(desk, instance, callback.__name__, error)
        if not instance.touched:
            instance.touched = True
            desk.touched.append(instance)
        if ctx.outbox:
            carry_out(desk, instance)
    if desk.signals:
        _deliver_signals(desk)


class _Timed:
    """A callback under the runtime's stopwatch."""

    __slots__ = ("__name__", "_callback", "_probe")

    def __init__(self, probe: Probe, callback: Callable[[Context, Any], None]) -> None:
        self._probe = probe
        self._callback = callback
        self.__name__ = callback.__name__

    def __call__(self, ctx: Context, event: Any) -> None:
        self._probe.begin(ctx.instance, self.__name__)
        try:
            self._callback(ctx, event)
        finally:
            self._probe.end()


def tell(desk: Desk, instance: Instance, handler: str, event: Any) -> None:
    """Hand an event to one instance, if it listens and has not faulted."""
    callback = instance.calls.get(handler)
    if callback is not None and not instance.standing.faulted and not desk.quiet:
        react(desk, ((instance, instance.ctx, callback),), event)


def hear_denials(desk: Desk) -> None:
    """Tell instances which orders of their guards were denied, as they hear of their own."""
    for _ in range(MAX_ROUNDS):
        if not desk.denials:
            return
        instance, order = desk.denials.pop(0)
        tell(desk, instance, "on_order", order)
    instance = desk.denials[0][0]
    desk.denials.clear()
    fault(desk, instance, "on_order", RecursionError("it answers every denial with a new guard"))


def wants(desk: Desk, instance: Instance, instrument: Instrument) -> bool:
    """Ask an instance whether it wants an instrument; one that raises is FAULTED, and does not."""
    if instance.standing.faulted:
        return False
    try:
        return bool(instance.strategy.wants(instrument))
    except FAULTS as error:
        fault(desk, instance, "wants", error)
        return False


def call(desk: Desk, instance: Instance, name: str, *arguments: Any) -> Any:
    """Call a callback that nobody asked for and that cannot refuse: whatever it raises faults."""
    try:
        return invoke(desk, instance, name, *arguments)
    except TradewindError as error:
        fault(desk, instance, name, error)
        return None


def invoke(desk: Desk, instance: Instance, name: str, *arguments: Any) -> Any:
    """Call a callback that answers (on_start, on_command, on_stop …); TradewindErrors pass.

    Anything else that it raises makes the instance FAULTED; the answer is then None.
    """
    if desk.quiet:
        return None
    if desk.probe is not None:
        desk.probe.begin(instance.spec.id, name)
    answer = None
    try:
        answer = getattr(instance.strategy, name)(instance.ctx, *arguments)
    except TradewindError:
        instance.ctx.outbox.clear()
        if desk.probe is not None:
            desk.probe.end()
        raise
    except FAULTS as error:
        fault(desk, instance, name, error)
    if desk.probe is not None:
        desk.probe.end()
    if not instance.touched:
        instance.touched = True
        desk.touched.append(instance)
    if instance.ctx.outbox:
        carry_out(desk, instance)
    if desk.signals:
        _deliver_signals(desk)
    return answer


def carry_out(desk: Desk, instance: Instance) -> None:
    """Carry out what an instance asked for, and what it asks when it hears of denials."""
    ctx = instance.ctx
    for _ in range(MAX_ROUNDS):
        asked = ctx.outbox
        if not asked:
            return
        ctx.outbox = []
        try:
            for item in asked:
                kind = type(item)
                if kind is tuple:
                    client_order_id, spec = item
                    lane = instance.lanes.get(spec.instrument)
                    if (
                        lane is None
                        or lane.account_id != spec.account
                        or lane.bucket_id != spec.bucket
                    ):
                        lane = intents.lane_of(desk, instance, spec)
                    if intents.place(desk, lane, client_order_id, spec) is None:
                        _hear_denied(desk, instance, client_order_id, spec)
                elif kind is Cancel:
                    order = desk.orders.live.get(item.client_order_id)
                    if order is not None and order.instance == ctx.instance:
                        intents.cancel(desk, order)
                else:
                    _REQUESTS[kind](desk, instance, item)
        except (ConfigError, ArithmeticError, AttributeError, TypeError) as error:
            # What it asked for is no order: a float, a NaN, an account of somebody else.
            fault(desk, instance, "an order", error)
            return
    fault(desk, instance, "on_order", RecursionError("it answers every denial with a new order"))


def _hear_denied(
    desk: Desk, instance: Instance, client_order_id: OrderId, spec: PlaceOrder
) -> None:
    rule = intents.last_refusal(desk).rule
    order = intents.denied_order(instance.spec.id, client_order_id, spec, rule, desk.world.now_ns)
    _show_denied(desk, instance, order)


def _show_denied(desk: Desk, instance: Instance, order: Order) -> None:
    callback = instance.calls.get("on_order")
    if callback is None or instance.standing.faulted:
        return
    try:
        callback(instance.ctx, order)
    except FAULTS as error:
        fault(desk, instance, "on_order", error)


def _amend(desk: Desk, instance: Instance, ask: Amend) -> None:
    order = desk.orders.live.get(ask.client_order_id)
    if order is None or order.instance != instance.spec.id:
        refusal: Refusal | None = Refusal("order_gone", "the order is over", "a new order")
    else:
        refusal = intents.amend(desk, order, ask.qty, ask.px)
    if refusal is not None:
        intents.deny(desk, instance.spec.id, ask, refusal)
        if order is not None and order.instance == instance.spec.id:
            _hear_denied_amend(desk, instance, order, refusal.rule)


def _hear_denied_amend(desk: Desk, instance: Instance, order: Order, rule: str) -> None:
    """Show an instance its unchanged order with the rule, once a step: it may ask again at once."""
    told = desk.amends_denied
    if told.get(order.client_order_id) == desk.world.seq:
        return
    if len(told) >= REMEMBERED:
        told.clear()
    told[order.client_order_id] = desk.world.seq
    _show_denied(desk, instance, msgspec.structs.replace(order, reject_reason=rule))


def _protect(desk: Desk, instance: Instance, ask: Protect) -> None:
    guards.protect(desk, instance.spec.id, ask)


def _timer(desk: Desk, instance: Instance, ask: SetTimer) -> None:
    desk.set_timer(f"instance {instance.spec.id}", ask.key, ask.at_ns)


def _watch(desk: Desk, instance: Instance, ask: Watch) -> None:
    if ask.on:
        subscribe(desk, instance, ask.instrument)
    else:
        unsubscribe(desk, instance, ask.instrument)


def _publish(desk: Desk, instance: Instance, ask: Publish) -> None:
    desk.signals.append(Signal(instance.spec.id, ask.name, ask.fields))


def _alert(desk: Desk, instance: Instance, ask: RaiseAlert) -> None:
    intents.alert(desk, ask.level, ask.kind, ask.text, instance.spec.id)


def _note(desk: Desk, instance: Instance, ask: Note) -> None:
    desk.effects.append(Noted(instance.spec.id, ask.kind, ask.fields, desk.world.now_ns))


def _cycle(desk: Desk, instance: Instance, ask: Cycle) -> None:
    cycle(desk, instance, ask.name, opened=ask.open)
    standing = instance.standing
    if not ask.open and (standing.single_fire or standing.lifecycle is STOPPING):
        # Its last order may be long over: look at once whether it may pause or stop.
        desk.set_timer("cycle", instance.spec.id, desk.world.now_ns)


def _work(desk: Desk, instance: Instance, ask: Work) -> None:
    desk.effects.append(
        WorkRequested(instance.spec.id, ask.key, ask.task, ask.arguments, desk.world.now_ns)
    )


_REQUESTS: dict[type, Any] = {
    Amend: _amend,
    Protect: _protect,
    SetTimer: _timer,
    Watch: _watch,
    Publish: _publish,
    RaiseAlert: _alert,
    Note: _note,
    Cycle: _cycle,
    Work: _work,
}


def _deliver_signals(desk: Desk) -> None:
    """Deliver what was published, and what was published in answer, round after round."""
    if desk.delivering:
        return  # the round under way delivers it
    desk.delivering = True
    for _ in range(MAX_ROUNDS):
        signals: list[Signal] = desk.signals
        if not signals:
            desk.delivering = False
            return
        desk.signals = []
        for signal in signals:
            for instance in list(desk.instances.values()):
                if instance.spec.id != signal.publisher:
                    tell(desk, instance, "on_signal", signal)
    desk.delivering = False
    publisher = desk.instances[desk.signals[0].publisher]
    desk.signals = []
    fault(desk, publisher, "on_signal", RecursionError("signals answer each other without end"))
