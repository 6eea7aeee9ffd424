"""Two token buckets per account, and what each endpoint costs.

Knows tokens and time. A request that finds too few tokens takes none. Source: Kalshi Trade API
v2, rate limits and tiers, docs.kalshi.com, read 2026-08.
"""

from tradewind.model.money import NANOS

DEFAULT_COST = 10
CANCEL_COST = 2
COSTS = (
    ("DELETE", "/trade-api/v2/portfolio/events/orders/:order_id", CANCEL_COST),
    ("DELETE", "/trade-api/v2/portfolio/events/orders/batched", CANCEL_COST),
    ("GET", "/trade-api/v2/portfolio/orders/:order_id", CANCEL_COST),
)
"""What does not cost the default; a batch pays per order in it."""


class Bucket:
    """Tokens that come back at a steady rate, up to a capacity."""

    __slots__ = ("_at_ns", "_tokens_ns", "capacity", "rate")

    def __init__(self, rate: int, capacity: int, now_ns: int) -> None:
        self.rate = rate
        self.capacity = capacity
        self._at_ns = now_ns
        # Counted in tokens times nanoseconds, so that nothing is lost to rounding.
        self._tokens_ns = capacity * NANOS

    def take(self, cost: int, now_ns: int) -> bool:
        """Take tokens if all are there."""
        gained = max(now_ns - self._at_ns, 0) * self.rate
        self._tokens_ns = min(self._tokens_ns + gained, self.capacity * NANOS)
        self._at_ns = max(now_ns, self._at_ns)
        if self._tokens_ns < cost * NANOS:
            return False
        self._tokens_ns -= cost * NANOS
        return True

    @property
    def tokens(self) -> int:
        """Return how many tokens were left after the last request."""
        return self._tokens_ns // NANOS
