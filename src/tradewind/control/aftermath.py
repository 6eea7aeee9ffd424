"""What must be seen after the desk has taken a command, before its effect counts as confirmed.

Knows which commands only ask a venue for something: an order, a cancel, a reading. Must not wait
or ask; it looks at the desk when it is called.
"""

from collections.abc import Callable

import msgspec

from tradewind.core.engine.desk import Desk
from tradewind.model.commands import CancelOne, CancelOrders, Command, PlaceManual, Reconcile
from tradewind.model.effects import CommandAnswered, Confirmation
from tradewind.model.ids import AccountId, OrderId
from tradewind.model.order import TERMINAL, Order, OrderStatus

UNANSWERED = (OrderStatus.PENDING_NEW, OrderStatus.PARKED)
NEVER_WORKED = (OrderStatus.REJECTED, OrderStatus.DENIED, OrderStatus.NOT_SENT)
CONFIRMED = Confirmation.CONFIRMED
REFUSED = Confirmation.REFUSED


class Seen(msgspec.Struct, frozen=True):
    """The effect as it was seen."""

    confirmation: Confirmation
    effect: str
    rule: str = ""


Aftermath = Callable[[CommandAnswered], Seen | None]
"""Given the desk's own answer, return the effect that was seen, None while it is still to come."""


def aftermath(desk: Desk, command: Command, *, fresh: bool) -> Aftermath:
    """Return what to look for after a command; call it before a `fresh` one is asked."""
    if isinstance(command, PlaceManual):
        return lambda told: _placed(desk, told)
    if isinstance(command, CancelOne):
        return lambda told: _cancelled(desk, command.client_order_id, told.effect)
    if isinstance(command, CancelOrders):
        return lambda told: _all_cancelled(desk, told)
    if isinstance(command, Reconcile) and fresh:
        reading = desk.readings.get(command.account)
        before = reading.reads if reading is not None else 0
        return lambda told: _read(desk, command.account, before, told.effect)
    return _as_told


def _as_told(answer: CommandAnswered) -> Seen | None:
    return Seen(CONFIRMED, answer.effect)


def _placed(desk: Desk, answer: CommandAnswered) -> Seen | None:
    order = desk.orders.find(OrderId(answer.details["client_order_id"]))
    if order is None:
        return Seen(CONFIRMED, answer.effect)
    if order.status in UNANSWERED:
        return None
    told = f"order {order.client_order_id} is {order.status.value}"
    if order.status in NEVER_WORKED:
        return Seen(REFUSED, f"{told}: {order.reject_reason}", "rejected")
    if order.status is OrderStatus.UNKNOWN:
        return Seen(Confirmation.UNRESOLVED, f"{told}; the venue is being asked")
    return Seen(CONFIRMED, f"{told}; {_filled(order)}")


def _cancelled(desk: Desk, client_order_id: OrderId, words: str) -> Seen | None:
    order = desk.orders.find(client_order_id)
    if order is None:
        return Seen(CONFIRMED, words)
    if order.status in TERMINAL:
        return Seen(CONFIRMED, f"{client_order_id} is {order.status.value}; {_filled(order)}")
    if order.status in (OrderStatus.PENDING_CANCEL, OrderStatus.UNKNOWN):
        return None
    return Seen(
        REFUSED, f"{client_order_id} is {order.status.value}: the venue did not cancel it", "venue"
    )


def _all_cancelled(desk: Desk, answer: CommandAnswered) -> Seen | None:
    names = [OrderId(name) for name in answer.details["client_order_ids"]]
    found = [_cancelled(desk, name, f"{name} is gone") for name in names]
    if None in found:
        return None
    left = [each for each in found if each is not None and each.confirmation is REFUSED]
    if left:
        return Seen(REFUSED, "; ".join(each.effect for each in left), "venue")
    return Seen(CONFIRMED, f"{len(names)} orders are over: {_ends(desk, names)}")


def _ends(desk: Desk, names: list[OrderId]) -> str:
    ends: dict[str, int] = {}
    for name in names:
        order = desk.orders.find(name)
        word = order.status.value if order is not None else "gone"
        ends[word] = ends.get(word, 0) + 1
    return ", ".join(f"{count} {word}" for word, count in sorted(ends.items()))


def _read(desk: Desk, account: AccountId, before: int, words: str) -> Seen | None:
    reading = desk.readings.get(account)
    if reading is None:
        return Seen(CONFIRMED, words)
    if reading.reads <= before:
        return None
    locks = len(desk.accounts[account].locks)
    found = f"{len(reading.differences)} differences, {locks} instruments locked"
    strangers = len(desk.strangers.get(account, ()))
    more = f", {strangers} orders that are not ours" if strangers else ""
    return Seen(CONFIRMED, f"{account} read: {found}{more}")


def _filled(order: Order) -> str:
    return f"{order.filled_qty} of {order.qty} filled"
