"""The second table: may a scope trade? ACTIVE, REDUCING or HALTED, with the cause."""

from collections import deque
from decimal import Decimal

from tradewind.core.risk.budget import Budget
from tradewind.model.commands import TradingState
from tradewind.model.config import Account, Limits
from tradewind.model.ids import InstrumentId

ACTIVE = TradingState.ACTIVE
HALTED = TradingState.HALTED


class ScopeState:
    """Trading state of one scope (desk, venue, account or instance) and its limits."""

    __slots__ = ("cause", "limits", "name", "rule", "since_ns", "state")

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.state = ACTIVE
        self.cause = ""
        self.rule = ""
        self.since_ns = 0


class AccountState(ScopeState):
    """An account's session, breakers, budget and locks beside its trading state.

    `ready` is the one flag that the gate's fast path reads: enabled, session live, no lock.
    """

    __slots__ = (
        "account",
        "budget",
        "enabled",
        "errors",
        "failures",
        "locks",
        "losses_in_row",
        "private_ns",
        "ready",
        "reconciled",
        "session",
    )

    def __init__(self, account: Account) -> None:
        super().__init__(account.id, account.limits)
        self.account = account
        self.enabled = account.enabled
        self.session = True
        self.reconciled = False
        self.private_ns = 0
        self.budget = Budget(account.orders_per_s, account.order_burst)
        self.failures: deque[int] = deque(maxlen=account.breaker.failed_orders)
        self.errors: deque[tuple[int, int]] = deque(maxlen=account.breaker.error_window)
        self.losses_in_row = 0
        self.locks: dict[InstrumentId, str] = {}
        self.ready = False

    def refresh(self) -> None:
        """Recompute `ready` after any of its parts changed."""
        self.ready = self.enabled and self.session and self.reconciled and not self.locks

    def failed(self, now_ns: int) -> bool:
        """Count a failed order; tell whether the breaker opens (so many within its window)."""
        self.failures.append(now_ns)
        breaker = self.account.breaker
        full = len(self.failures) == breaker.failed_orders
        return full and now_ns - self.failures[0] < breaker.failed_window_ns

    def counted(self, answered: int, failed: int) -> bool:
        """Count answered and failed requests; tell whether the error rate opens the breaker."""
        self.errors.extend([(1, 0)] * answered)
        self.errors.extend([(1, 1)] * failed)
        total = len(self.errors)
        if total < self.account.breaker.error_window:
            return False
        bad = sum(error for _, error in self.errors)
        return Decimal(100 * bad) >= self.account.breaker.error_rate_pct * total
