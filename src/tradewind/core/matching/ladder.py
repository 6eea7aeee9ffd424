"""Price levels with orders in time priority: one market's book in YES space.

Knows price-time priority and nothing of who may trade with whom.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from tradewind.core.matching.exchange_orders import BookOrder
from tradewind.model.market import Level
from tradewind.model.money import ZERO


class Ladder:
    """One side of a book: levels by price, oldest order of a level first."""

    __slots__ = ("_bids", "_levels", "_prices")

    def __init__(self, *, bids: bool) -> None:
        self._bids = bids
        self._prices: list[Decimal] = []
        self._levels: dict[Decimal, dict[str, BookOrder]] = {}

    @property
    def best_px(self) -> Decimal | None:
        """Return the best price, None for an empty side."""
        if not self._prices:
            return None
        return self._prices[-1] if self._bids else self._prices[0]

    def add(self, order: BookOrder) -> None:
        """Put an order behind all of its price."""
        level = self._levels.get(order.yes_px)
        if level is None:
            level = self._levels[order.yes_px] = {}
            insort(self._prices, order.yes_px)
        level[order.new.order_id] = order

    def remove(self, order: BookOrder) -> None:
        """Take an order out."""
        level = self._levels[order.yes_px]
        del level[order.new.order_id]
        if not level:
            del self._levels[order.yes_px]
            del self._prices[bisect_left(self._prices, order.yes_px)]

    def first(self) -> BookOrder | None:
        """Return the oldest order at the best price, None for an empty side."""
        px = self.best_px
        return None if px is None else next(iter(self._levels[px].values()))

    def orders(self) -> Iterator[BookOrder]:
        """Yield all orders by priority; the ladder must not change meanwhile."""
        for px in reversed(self._prices) if self._bids else self._prices:
            yield from self._levels[px].values()

    def levels(self) -> Iterator[Level]:
        """Yield (price, quantity) best first."""
        for px in reversed(self._prices) if self._bids else self._prices:
            yield px, sum((order.leaves for order in self._levels[px].values()), ZERO)

    def ahead(self, order: BookOrder) -> Decimal:
        """Return what stands before an order at its own price."""
        total = ZERO
        for other in self._levels[order.yes_px].values():
            if other is order:
                break
            total += other.leaves
        return total
