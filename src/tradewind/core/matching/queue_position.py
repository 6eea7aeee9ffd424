"""How much of a level stands before our order, for data that shows levels and no orders.

Knows one level's displayed quantity, trades at its price, and what each model makes of them.
Must not know prices, books or fills. `ahead` of an order is the quantity that has to trade at
its price before it does; None while nothing has shown the level yet.

The truth is unknown in aggregated data, so choose by which side you would rather be wrong on:
FrontOfQueue is the bound from above, BackOfQueue from below, ProportionalQueue between them,
ThroughOnly below all.
"""

from decimal import Decimal
from typing import Protocol

import msgspec

from tradewind.core.matching.orders import VenueOrder
from tradewind.model.money import ZERO

INFINITY = Decimal("Infinity")


class QueuePosition(Protocol):
    """One belief about where in a level's queue an order stands."""

    @property
    def watches(self) -> bool:
        """Tell whether levels matter; if not, `start` is final and the rest is never called."""
        ...

    @property
    def start(self) -> Decimal:
        """Return what is ahead of an order where no level is ever shown."""
        ...

    def on_trade(self, order: VenueOrder, qty: Decimal) -> None:
        """Let `qty` trade at the order's price."""
        ...

    def on_level(self, order: VenueOrder, displayed: Decimal) -> None:
        """Let the level show `displayed`, our own order left out."""
        ...


class FrontOfQueue(msgspec.Struct, frozen=True):
    """Nobody is before us: every trade at our price is ours. Optimistic."""

    watches: bool = False
    start: Decimal = ZERO

    def on_trade(self, order: VenueOrder, qty: Decimal) -> None:
        """Do nothing."""

    def on_level(self, order: VenueOrder, displayed: Decimal) -> None:
        """Do nothing."""


class ThroughOnly(msgspec.Struct, frozen=True):
    """A trade at our price is never ours, only one beyond it. The most pessimistic."""

    watches: bool = False
    start: Decimal = INFINITY

    def on_trade(self, order: VenueOrder, qty: Decimal) -> None:
        """Do nothing."""

    def on_level(self, order: VenueOrder, displayed: Decimal) -> None:
        """Do nothing."""


class BackOfQueue(msgspec.Struct, frozen=True):
    """All that is displayed when we join is before us, and only behind us do others cancel.

    So the queue shortens by trades, and by a decrease only where the level would not hold what
    is said to be before us. Pessimistic.
    """

    watches: bool = True
    start: Decimal = ZERO

    def on_trade(self, order: VenueOrder, qty: Decimal) -> None:
        """Take the trade off the queue."""
        _advance(order, qty)

    def on_level(self, order: VenueOrder, displayed: Decimal) -> None:
        """Join behind the level, or let it cap what is before us."""
        if order.ahead is None or displayed < order.ahead:
            order.ahead = displayed


class ProportionalQueue(msgspec.Struct, frozen=True):
    """Cancellations come from all along the queue, by weight of what is before and behind us.

    The share of a cancelled quantity that stood before us is a^n / (a^n + b^n), a and b being
    the quantities before and behind and n the `power`: 1 spreads cancellations evenly, above 1
    they prefer the longer part.
    """

    power: int = 1
    watches: bool = True
    start: Decimal = ZERO

    def on_trade(self, order: VenueOrder, qty: Decimal) -> None:
        """Take the trade off the queue and off the next decrease of the level."""
        _advance(order, qty)
        order.traded += qty

    def on_level(self, order: VenueOrder, displayed: Decimal) -> None:
        """Join behind the level, or share its decrease; what is added joins behind us."""
        ahead = order.ahead
        total = order.displayed - order.traded
        order.displayed, order.traded = displayed, ZERO
        if ahead is None:
            order.ahead = displayed
            return
        cancelled = total - displayed
        if cancelled > ZERO and ahead:
            before = ahead**self.power
            behind = max(total - ahead, ZERO) ** self.power
            ahead = max(ahead - cancelled * before / (before + behind), ZERO)
        order.ahead = min(ahead, displayed)


def _advance(order: VenueOrder, qty: Decimal) -> None:
    if order.ahead is not None:
        order.ahead = order.ahead - qty if qty < order.ahead else ZERO
