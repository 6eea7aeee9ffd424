"""The second table: may a scope trade? ACTIVE, REDUCING or HALTED, with the cause."""

from collections import deque
from decimal import Decimal

from tradewind.core.risk.budget import Budget
from tradewind.model.commands import TradingState
from tradewind.model.config import Account, Limits
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, VenueId
from tradewind.model.money import ZERO
from tradewind.model.position import Position

ACTIVE = TradingState.ACTIVE
HALTED = TradingState.HALTED
READ_BACKS = 2
"""Requests with which a kill makes sure that nothing is left."""


class ScopeState:
    """Trading state of one scope (desk, venue, account or instance) and its limits.

    `owner` is the instance of an instance's scope, `venue` the venue of a venue's, both empty
    elsewhere. `capital` is what a venue's or the desk's percentages are taken of, in the
    reporting currency. `losses_in_row` counts round trips that lost, one after the other.
    """

    __slots__ = (
        "capital",
        "cause",
        "limits",
        "losses_in_row",
        "name",
        "owner",
        "rule",
        "since_ns",
        "state",
        "venue",
    )

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.limits = limits
        self.state = ACTIVE
        self.cause = ""
        self.rule = ""
        self.since_ns = 0
        self.capital = ZERO
        self.losses_in_row = 0
        self.owner = InstanceId(_after(name, "instance "))
        self.venue = VenueId(_after(name, "venue "))

    def covers(self, account: AccountId, venue: VenueId) -> bool:
        """Tell whether what happens on an account at a venue counts in this scope."""
        return not self.venue or self.venue == venue

    def release(self) -> None:
        """Trade again; what had been counted towards a halt counts from here."""
        self.state, self.cause, self.rule = ACTIVE, "", ""
        self.losses_in_row = 0

    def lost(self, result: Decimal) -> bool:
        """Count a finished round trip; tell whether so many in a row halt the scope."""
        if not result:
            return False
        self.losses_in_row = self.losses_in_row + 1 if result < ZERO else 0
        most = self.limits.max_losses_in_row
        return most is not None and self.losses_in_row >= most


class AccountState(ScopeState):
    """An account's session, breakers, budget and locks beside its trading state.

    `ready` is the one flag that the gate's fast path reads: enabled, session live, no lock.
    `most_orders` is how many may be open so that a kill can cancel all within `max_kill_s`.
    """

    __slots__ = (
        "account",
        "budget",
        "enabled",
        "errors",
        "failures",
        "locks",
        "most_orders",
        "private_ns",
        "ready",
        "reconciled",
        "round_trips",
        "session",
    )

    def __init__(self, account: Account) -> None:
        super().__init__(account.id, account.limits)
        self.owner = InstanceId("")
        self.venue = VenueId("")
        self.account = account
        self.enabled = account.enabled
        self.session = True
        self.reconciled = False
        self.private_ns = 0
        self.budget = Budget(account.orders_per_s, account.order_burst)
        self.most_orders = int(account.max_kill_s * account.orders_per_s) - READ_BACKS
        self.failures: deque[int] = deque(maxlen=account.breaker.failed_orders)
        self.errors: deque[tuple[int, int]] = deque(maxlen=account.breaker.error_window)
        self.round_trips: dict[tuple[str, str, str], Decimal] = {}
        self.locks: dict[InstrumentId, str] = {}
        self.ready = False

    def covers(self, account: AccountId, venue: VenueId) -> bool:
        """Tell whether what happens on an account counts in this one."""
        return account == self.account.id

    def release(self) -> None:
        """Trade again; what had been counted towards a halt counts from here."""
        super().release()
        self.failures.clear()
        self.errors.clear()

    def round_trip(self, held: Position, realised: Decimal) -> Decimal | None:
        """Add to a position's result; return the whole once the position is flat, else None."""
        key = (held.instrument, held.bucket, held.owner)
        result = self.round_trips.pop(key, ZERO) + realised
        if not held.qty:
            return result
        self.round_trips[key] = result
        return None

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


def _after(name: str, prefix: str) -> str:
    return name.removeprefix(prefix) if name.startswith(prefix) else ""
