"""The read side's order statuses, with the desk's own order table as referee."""

import pytest

from tradewind.core.execution.transitions import RESUME, TABLE, Happening
from tradewind.edge.store import read_orders
from tradewind.edge.store.read_orders import Moves
from tradewind.model.order import OrderStatus

FOLLOWED: dict[Happening, Moves] = {
    Happening.ACCEPTED: read_orders.ACCEPTED,
    Happening.REJECTED: read_orders.REJECTED,
    Happening.FILLED_PART: read_orders.FILLED_PART,
    Happening.CANCEL_ASKED: read_orders.CANCEL_ASKED,
    Happening.CANCEL_REFUSED: read_orders.CANCEL_REFUSED,
    Happening.CANCELLED: read_orders.CANCELLED,
    Happening.AMEND_ASKED: read_orders.AMEND_ASKED,
    Happening.AMEND_REFUSED: read_orders.AMEND_REFUSED,
    Happening.AMENDED: read_orders.AMENDED,
    Happening.EXPIRED: read_orders.EXPIRED,
    Happening.NO_ANSWER: read_orders.NO_ANSWER,
    Happening.NOT_SENT: read_orders.NOT_SENT,
    Happening.NEVER_LEFT: read_orders.NEVER_LEFT,
    Happening.RESTARTED: read_orders.RESTARTED,
}
SHOWN = [each for each in OrderStatus if each not in (OrderStatus.PARKED, OrderStatus.DENIED)]
"""Statuses that an order which left can have; parked and denied ones never reach a table."""


@pytest.mark.parametrize("happening", FOLLOWED)
def test_every_status_moves_as_the_order_table_says(happening: Happening) -> None:
    differences = []
    for status in SHOWN:
        if happening not in TABLE[status]:
            continue  # it cannot happen to such an order
        target = TABLE[status][happening]
        shown = FOLLOWED[happening].get(status, status)
        if (shown is None) is not (target is RESUME) or (shown or target) is not target:
            differences.append((status, target, shown))
    assert differences == []
