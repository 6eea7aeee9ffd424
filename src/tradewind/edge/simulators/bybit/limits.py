"""Rolling windows per account and endpoint, and per caller.

Knows counts and times. Must not know what is asked for. Source: Bybit API documentation v5, rate
limit rules, state of 2026-07-24.
"""

from collections import deque

import msgspec

from tradewind.edge.simulators.bybit.settings import SPOT
from tradewind.model.money import MILLIS, NANOS

QUICK = 50
ADDRESS_WINDOW_NS = 5 * NANOS
ORDERS = {
    "create": (10, 20),
    "amend": (10, 10),
    "cancel": (10, 20),
    "cancel-all": (10, 20),
    "create-batch": (10, 20),
    "amend-batch": (10, 20),
    "cancel-batch": (10, 20),
}
"""(linear, spot) per second; batches count every order and have windows of their own."""
READS = {
    "/v5/account/fee-rate": 5,
    "/v5/account/transaction-log": 25,
    "/v5/account/instruments-info": 10,
    "/v5/account/set-margin-mode": 10,
    "/v5/position/set-leverage": 10,
    "/v5/position/switch-mode": 10,
    "/v5/position/trading-stop": 10,
    "/v5/user/query-api": 10,
}


class Allowance(msgspec.Struct, frozen=True):
    """What a call was granted: `granted` of its cost, and what the headers tell."""

    granted: int
    limit: int
    left: int
    reset_ms: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the three headers."""
        return {
            "X-Bapi-Limit": str(self.limit),
            "X-Bapi-Limit-Status": str(self.left),
            "X-Bapi-Limit-Reset-Timestamp": str(self.reset_ms),
        }


class Windows:
    """The windows of all accounts."""

    __slots__ = ("_taken",)

    def __init__(self) -> None:
        self._taken: dict[tuple[int, str], deque[int]] = {}

    def take(self, uid: int, pool: str, limit: int, now_ns: int, cost: int = 1) -> Allowance:
        """Take `cost` out of a second's window, or as much as is left of it."""
        taken = self._window((uid, pool), NANOS, now_ns)
        granted = min(cost, max(limit - len(taken), 0))
        taken.extend([now_ns] * granted)
        left = limit - len(taken)
        reset_ns = now_ns if left else taken[0] + NANOS
        return Allowance(granted, limit, left, -(-reset_ns // MILLIS))

    def address(self, limit: int, now_ns: int) -> bool:
        """Count a request of the address; False where it asks too often. 0 is no limit."""
        if not limit:
            return True
        taken = self._window((0, "address"), ADDRESS_WINDOW_NS, now_ns)
        if len(taken) >= limit:
            return False
        taken.append(now_ns)
        return True

    def _window(self, key: tuple[int, str], width_ns: int, now_ns: int) -> deque[int]:
        taken = self._taken.get(key)
        if taken is None:
            taken = self._taken[key] = deque()
        while taken and taken[0] <= now_ns - width_ns:
            taken.popleft()
        return taken


def order_pool(action: str, category: str, raised: int) -> tuple[str, int]:
    """Return the name and the size of an order endpoint's window; `raised` where a tier has it."""
    linear, spot = ORDERS[action]
    return f"order/{action}/{category}", raised or (spot if category == SPOT else linear)


def read_limit(path: str) -> int:
    """Return how often a second a private endpoint may be asked."""
    return READS.get(path, QUICK)
