"""From what a strategy asked to what is sent: each intent through the gate, one by one."""

from decimal import Decimal

import msgspec

from tradewind.core.engine.desk import Desk, Instance
from tradewind.core.execution.transitions import Happening
from tradewind.core.risk import budget
from tradewind.core.risk.lane import Lane
from tradewind.core.risk.verdict import Approved, Parked, Refusal, WaitFor
from tradewind.model.effects import (
    Alert,
    AmendOrder,
    CancelOrder,
    Denied,
    Level,
    SubmitOrder,
)
from tradewind.model.errors import ConfigError
from tradewind.model.ids import OPERATOR, InstanceId, OrderId
from tradewind.model.intents import Amend, Cancel
from tradewind.model.money import ZERO
from tradewind.model.order import Order, OrderStatus, PlaceOrder

CANCEL_ASKED = Happening.CANCEL_ASKED
PARKED = OrderStatus.PARKED
PENDING_CANCEL = OrderStatus.PENDING_CANCEL
UNKNOWN = OrderStatus.UNKNOWN
AMENDABLE = (OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED)
CANCEL_REPEAT_NS = 2_000_000_000
GATE, ORDER = "gate", "order"
DENIAL_GAP_NS = 1_000_000_000
DENIALS = 1000
MAX_ROUNDS = 50


def place(desk: Desk, lane: Lane, client_order_id: OrderId, spec: PlaceOrder) -> Order | None:
    """Pass one new order through the gate; returns it as it stands, None when denied outright.

    A denial is recorded; telling the strategy is the caller's (it gets a DENIED order).
    """
    world = desk.world
    now_ns = world.now_ns
    verdict = desk.gate.check(lane, spec, now_ns)
    if type(verdict) is Approved:
        spec = verdict.spec
        order = desk.orders.open(client_order_id, verdict, lane, now_ns, world.seq)
        desk.effects.append(SubmitOrder(client_order_id, lane.owner, spec, now_ns, world.seq))
        if spec.ttl_ns:
            desk.set_timer(ORDER, client_order_id, order.expire_ns)
        if lane.standing.single_fire:
            count_entry(lane, spec)
        return order
    if type(verdict) is Parked:
        order = desk.orders.park(client_order_id, spec, lane, now_ns, desk.world.seq)
        hold(desk, lane, order, verdict)
        count_entry(lane, spec)
        return order
    assert type(verdict) is Refusal
    deny(desk, lane.owner, spec, verdict)
    return None


def count_entry(lane: Lane, spec: PlaceOrder) -> None:
    """An entry outside any cycle is the one that a single fire permits."""
    standing = lane.standing
    if standing.single_fire and not spec.reduce_only and spec.group not in standing.cycles:
        standing.fired = True


def hold(desk: Desk, lane: Lane, order: Order, verdict: Parked) -> None:
    """Keep a parked order until its time, or until the own orders in its way are gone."""
    client_order_id = order.client_order_id
    desk.parked[client_order_id] = (lane, verdict)
    desk.set_timer(GATE, client_order_id, verdict.until_ns)
    if verdict.wait is WaitFor.TIME and order.spec.reduce_only:
        lane.account.budget.waiting += 1
    if verdict.wait is WaitFor.CANCEL:
        for other in verdict.orders:
            resting = desk.orders.live.get(other)
            if resting is not None:
                cancel(desk, resting)


def _release(desk: Desk, order: Order) -> tuple[Lane, Parked] | None:
    """Take a parked order out of the waiting ones."""
    entry = desk.parked.pop(order.client_order_id, None)
    if entry is not None and entry[1].wait is WaitFor.TIME and order.spec.reduce_only:
        entry[0].account.budget.waiting -= 1
    return entry


def recheck(desk: Desk, client_order_id: OrderId) -> Order | None:
    """Check a parked order again from the start; returns it when its status changed.

    What waited for own orders to go is sized anew: their fills may have changed what is held.
    """
    order = desk.orders.live.get(client_order_id)
    entry = _release(desk, order) if order is not None else None
    if entry is None or order is None or order.status is not PARKED:
        return None
    lane, verdict = entry
    now_ns = desk.world.now_ns
    spec = order.spec
    if verdict.wait is WaitFor.CANCEL:
        spec = desk.gate.resize(lane, spec)
    answer = desk.gate.check(lane, spec, now_ns)
    if type(answer) is Parked:
        gone = verdict.wait is WaitFor.CANCEL and now_ns >= verdict.until_ns
        if not gone:
            if answer.wait is WaitFor.CANCEL and verdict.wait is WaitFor.CANCEL:
                # The patience began when the cancels were sent, not at each look.
                answer = msgspec.structs.replace(answer, until_ns=verdict.until_ns)
            hold(desk, lane, order, answer)
            return None
        answer = Refusal("self_match", "the own order in the way was not cancelled in time", "wait")
    desk.set_timer(GATE, client_order_id, 0)
    if type(answer) is Approved:
        desk.effects.append(desk.orders.send_parked(order, answer, lane, now_ns, desk.world.seq))
        if order.expire_ns:
            desk.set_timer(ORDER, client_order_id, order.expire_ns)
        return order
    assert type(answer) is Refusal
    deny(desk, order.instance, order.spec, answer)
    order.reject_reason = answer.rule
    desk.orders.apply(order, Happening.DENIED, now_ns)
    return order


def deny(
    desk: Desk, owner: InstanceId, intent: PlaceOrder | Amend | Cancel, refusal: Refusal
) -> None:
    """Record a denial with its rule and what would have passed.

    The same intent denied by the same rule within a second is only counted; the next one that is
    recorded says how many there were. A person's is always recorded.
    """
    desk.refusal = refusal
    now_ns = desk.world.now_ns
    key = (owner, intent, refusal.rule)
    since_ns, unsaid = desk.denied.get(key, (-DENIAL_GAP_NS, 0))
    if now_ns - since_ns < DENIAL_GAP_NS and owner != OPERATOR:
        desk.denied[key] = (since_ns, unsaid + 1)
        return
    if len(desk.denied) >= DENIALS:
        desk.denied.clear()
    desk.denied[key] = (now_ns, 0)
    desk.effects.append(
        Denied(owner, intent, refusal.rule, refusal.why, refusal.passes, now_ns, unsaid)
    )


def cancel(desk: Desk, order: Order) -> None:
    """Ask the venue to cancel an order; cancels pass every limit, and are counted."""
    now_ns = desk.world.now_ns
    client_order_id = order.client_order_id
    if order.status is PARKED:
        _release(desk, order)
        desk.set_timer(GATE, client_order_id, 0)
        desk.orders.apply(order, CANCEL_ASKED, now_ns)
        return
    if not desk.orders.apply(order, CANCEL_ASKED, now_ns):
        return
    order.asked_ns = now_ns
    account = order.spec.account
    desk.accounts[account].budget.take(now_ns, budget.CANCEL)
    desk.effects.append(
        CancelOrder(client_order_id, account, order.instrument, order.venue_order_id, now_ns)
    )


def cancel_until_gone(desk: Desk, order: Order) -> None:
    """Cancel an order that may not rest on, and look again in a while whether it is gone.

    What nobody is waiting for would otherwise stay where a cancel never left or was refused.
    """
    if order.status is not PENDING_CANCEL:
        cancel(desk, order)
    if order.live:
        desk.set_timer(ORDER, order.client_order_id, desk.world.now_ns + CANCEL_REPEAT_NS)


def amend(
    desk: Desk,
    order: Order,
    qty: Decimal | None,
    px: Decimal | None,
    trigger_px: Decimal | None = None,
) -> Refusal | None:
    """Ask the venue to change an order; returns the refusal when the gate denies it."""
    if order.status not in AMENDABLE:
        return Refusal("order_busy", f"the order is {order.status.value}", "after its answer")
    lane = desk.orders.lanes[order.client_order_id]
    if not lane.instrument.native_amend:
        why = f"{lane.instrument.venue} cannot change an order"
        return Refusal("no_amend", why, "a cancel, and a new order once that is confirmed")
    new_qty = order.qty if qty is None else qty
    new_px = order.px if px is None else px
    wanted = msgspec.structs.replace(
        order.spec,
        qty=new_qty - order.filled_qty,
        px=new_px,
        trigger_px=order.trigger_px if trigger_px is None else trigger_px,
    )
    if wanted.qty <= ZERO:
        return Refusal("qty_positive", "it has filled that much already", "a larger total")
    now_ns = desk.world.now_ns
    # The order must not be compared with itself.
    side = _taken_out(lane, order)
    verdict = desk.gate.check_amend(lane, wanted, order, now_ns)
    if side is not None:
        side[order.client_order_id] = order
    if type(verdict) is not Approved:
        if type(verdict) is Refusal:
            return verdict
        return Refusal("rate", "the rate budget is spent", "the same a moment later")
    desk.orders.ask_amend(order, new_qty, new_px, now_ns, trigger_px)
    desk.effects.append(
        AmendOrder(
            order.client_order_id,
            order.spec.account,
            order.instrument,
            order.venue_order_id,
            new_qty,
            new_px,
            now_ns,
            trigger_px,
        )
    )
    return None


def _taken_out(lane: Lane, order: Order) -> dict[OrderId, Order] | None:
    for side in (lane.resting.bids, lane.resting.asks):
        if side.pop(order.client_order_id, None) is not None:
            return side
    return None


def denied_order(
    owner: InstanceId, client_order_id: OrderId, spec: PlaceOrder, rule: str, now_ns: int
) -> Order:
    """Return the DENIED order that a strategy is shown."""
    return Order(
        client_order_id,
        owner,
        spec,
        spec.instrument,
        spec.side,
        spec.qty,
        spec.px,
        now_ns,
        status=OrderStatus.DENIED,
        closed_ns=now_ns,
        reject_reason=rule,
    )


def last_refusal(desk: Desk) -> Refusal:
    """Return why the gate denied the last intent that it denied."""
    assert desk.refusal is not None
    return desk.refusal


def lane_of(desk: Desk, instance: Instance, spec: PlaceOrder) -> Lane:
    """Return an instance's lane for an order; ConfigError for accounts that are not its own."""
    if spec.account not in instance.spec.accounts:
        raise ConfigError(
            f"Placed an order on account {spec.account}, found that {instance.spec.id} may not "
            f"use it; use one of {', '.join(instance.spec.accounts)}."
        )
    lane = desk.lane(instance.standing, spec.account, spec.instrument, spec.bucket)
    instance.lanes[spec.instrument] = lane
    return lane


def alert(
    desk: Desk, level: Level, kind: str, text: str, instance: InstanceId | None = None
) -> None:
    """Tell people something."""
    desk.effects.append(Alert(level, kind, text, desk.world.now_ns, instance))
