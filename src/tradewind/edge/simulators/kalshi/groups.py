"""Order groups: orders that are all cancelled when too much of them fills at once.

Knows limits and a rolling window. Must not know orders beyond their ids. Source: Kalshi Trade API
v2, order groups, docs.kalshi.com, read 2026-08.
"""

from collections import deque
from decimal import Decimal

from tradewind.edge.simulators.kalshi.settings import GROUP_WINDOW_NS
from tradewind.model.money import ZERO


class Group:
    """One order group; `triggered` blocks new orders until it is reset."""

    __slots__ = ("_matched", "exchange_index", "id", "limit", "triggered")

    def __init__(self, group_id: str, limit: Decimal, exchange_index: int = 0) -> None:
        self.id = group_id
        self.limit = limit
        self.exchange_index = exchange_index
        self.triggered = False
        self._matched: deque[tuple[int, Decimal]] = deque()

    def fill(self, qty: Decimal, now_ns: int) -> bool:
        """Count a fill; True when it triggers the group."""
        matched = self._matched
        matched.append((now_ns, qty))
        while matched and matched[0][0] <= now_ns - GROUP_WINDOW_NS:
            matched.popleft()
        if self.triggered or sum((each for _, each in matched), ZERO) <= self.limit:
            return False
        self.triggered = True
        return True

    def reset(self) -> None:
        """Count anew and take orders again."""
        self._matched.clear()
        self.triggered = False
