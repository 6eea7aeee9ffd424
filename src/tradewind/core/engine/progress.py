"""What follows when an order ends: parked intents, finished cycles, stopping instances."""

from tradewind.core.engine import guards, intents
from tradewind.core.engine.desk import Desk, Instance
from tradewind.core.engine.lifecycle import change, unsubscribe
from tradewind.core.engine.react import call, tell
from tradewind.core.risk.verdict import WaitFor
from tradewind.model.commands import Lifecycle
from tradewind.model.effects import CommandAnswered, Confirmation, Level
from tradewind.model.ids import CommandId, OrderId
from tradewind.model.instance import Standing
from tradewind.model.order import OrderStatus

STOPPING = Lifecycle.STOPPING
REPEAT_NS = 2_000_000_000


def wake_parked(desk: Desk) -> None:
    """Check parked intents again whose own orders in the way are gone; not on half a reading."""
    if desk.half_read:
        return
    live = desk.orders.live
    for client_order_id, (_, verdict) in list(desk.parked.items()):
        if verdict.wait is WaitFor.CANCEL and not any(own in live for own in verdict.orders):
            recheck(desk, client_order_id)


def recheck(desk: Desk, client_order_id: OrderId) -> None:
    """Check one parked intent again and tell its strategy what became of it."""
    order = intents.recheck(desk, client_order_id)
    if order is None or order.status is not OrderStatus.DENIED:
        return
    guards.on_order(desk, order)
    instance = desk.instances.get(order.instance)
    if instance is not None:
        standing = instance.standing
        if not standing.cycles and not desk.world.live_orders.get(order.instance):
            standing.fired = False  # the one entry of a single fire never came to be
        tell(desk, instance, "on_order", order)


def progress(desk: Desk, instance: Instance) -> None:
    """See whether a single-fired instance may pause now, or a stopping one has stopped."""
    standing = instance.standing
    if desk.quiet:
        return
    if standing.lifecycle is STOPPING:
        _stop(desk, instance)
    elif _fired(standing) and not busy(desk, instance):
        standing.single_fire = standing.fired = False
        change(desk, instance, Lifecycle.PAUSED, "its one cycle is done")


def _fired(standing: Standing) -> bool:
    running = standing.lifecycle is Lifecycle.RUNNING
    return running and standing.single_fire and standing.fired


def busy(desk: Desk, instance: Instance) -> bool:
    """Tell whether a cycle is under way: one is open, an order works, or the strategy says so."""
    if instance.standing.cycles or desk.world.live_orders.get(instance.spec.id):
        return True
    return bool(call(desk, instance, "busy")) and not instance.standing.faulted


def _stop(desk: Desk, instance: Instance) -> None:
    now_ns = desk.world.now_ns
    live = desk.world.live_orders.get(instance.spec.id, {})
    timed_out = bool(instance.stop_at_ns) and now_ns >= instance.stop_at_ns
    if not timed_out and _finishing(desk, instance):
        return
    waiting = [order for order in live.values() if not order.spec.reduce_only]
    for order in waiting:
        intents.cancel(desk, order)
    if any(order.live for order in waiting):
        # A cancel may be lost or refused: ask again until every one is confirmed.
        desk.set_timer("stop", instance.spec.id, now_ns + REPEAT_NS)
        return
    _stopped(desk, instance)


def _finishing(desk: Desk, instance: Instance) -> bool:
    """Tell whether a stopping instance still has something to bring to its end."""
    if instance.standing.faulted:
        return instance.ctx.exposed  # its guards go on, its cycles nobody would end
    return bool(instance.standing.cycles) or bool(call(desk, instance, "busy"))


def _stopped(desk: Desk, instance: Instance) -> None:
    now_ns = desk.world.now_ns
    owner = instance.spec.id
    left = [held for held in desk.ledger.owner_positions(owner) if held.qty]
    change(desk, instance, Lifecycle.STOPPED, "stopped")
    unsubscribe(desk, instance)
    if left:
        held = ", ".join(f"{position.qty} {position.instrument}" for position in left)
        intents.alert(
            desk,
            Level.WARNING,
            "position_left_open",
            f"{owner} stopped and still holds {held}.",
            owner,
        )
    if instance.stopping_command:
        effect = f"stopped; {len(left)} positions left" if left else "stopped; flat, no orders"
        answer = CommandAnswered(
            CommandId(instance.stopping_command), Confirmation.CONFIRMED, effect, now_ns
        )
        desk.receipts[instance.stopping_command] = answer
        desk.effects.append(answer)
        instance.stopping_command = ""
