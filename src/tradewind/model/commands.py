"""What may be asked of a desk, in the imperative; one word for each operator verb."""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tradewind.model.config import InstanceSpec
from tradewind.model.ids import AccountId, InstanceId, InstrumentId, OrderId
from tradewind.model.order import PlaceOrder


class ScopeKind(StrEnum):
    """How far a halt, a limit or a kill reaches."""

    DESK = "desk"
    VENUE = "venue"
    ACCOUNT = "account"
    INSTANCE = "instance"


class Scope(msgspec.Struct, frozen=True, gc=False):
    """A scope by kind and name; the desk has no name."""

    kind: ScopeKind
    name: str = ""


DESK = Scope(ScopeKind.DESK)


class Deploy(msgspec.Struct, frozen=True, tag=True):
    """Create an instance; it starts at once unless `start` is False."""

    spec: InstanceSpec
    start: bool = True


class Pause(msgspec.Struct, frozen=True, tag=True):
    """Start no new cycle; keep live orders fresh and exits running."""

    instance: InstanceId


class Resume(msgspec.Struct, frozen=True, tag=True):
    """Go back to RUNNING."""

    instance: InstanceId


class SingleFire(msgspec.Struct, frozen=True, tag=True):
    """Permit exactly one cycle, then pause."""

    instance: InstanceId


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Finish the cycle, then cancel what is left; after `timeout_s` do so at once."""

    instance: InstanceId
    timeout_s: int = 300
    flatten: bool = False


class ForceStop(msgspec.Struct, frozen=True, tag=True):
    """Cancel all orders now and end the instance; protective orders only if asked."""

    instance: InstanceId
    cancel_protective: bool = False


class Flatten(msgspec.Struct, frozen=True, tag=True):
    """Close the positions of an instance with slippage-protected orders, cancel the rest."""

    instance: InstanceId
    max_slippage_pct: Decimal = Decimal("0.5")


class Kill(msgspec.Struct, frozen=True, tag=True):
    """Refuse new risk, cancel everything but venue-resting protection, read back until empty."""

    scope: Scope = DESK
    cancel_protective: bool = False


class Rearm(msgspec.Struct, frozen=True, tag=True):
    """Release a halt; only a person may."""

    scope: Scope = DESK


class SetParameters(msgspec.Struct, frozen=True, tag=True):
    """Change parameters of a running instance, all or nothing."""

    instance: InstanceId
    patch: dict[str, Any]
    expected_version: int | None = None


class Tell(msgspec.Struct, frozen=True, tag=True):
    """A strategy's own command, e.g. `toggle_jump`."""

    instance: InstanceId
    action: str
    arguments: dict[str, Any] = {}


class PlaceManual(msgspec.Struct, frozen=True, tag=True):
    """Place an order by hand, through the same gate."""

    order: PlaceOrder


class CancelOne(msgspec.Struct, frozen=True, tag=True):
    """Cancel one order."""

    client_order_id: OrderId


class CancelOrders(msgspec.Struct, frozen=True, tag=True):
    """Cancel an instance's orders, or those by hand; it goes on, and may place others.

    An empty `instrument` means all of them. Protective orders stay unless asked.
    """

    instance: InstanceId
    instrument: InstrumentId = InstrumentId("")
    cancel_protective: bool = False


class Reconcile(msgspec.Struct, frozen=True, tag=True):
    """Re-read orders, positions and balances of an account now."""

    account: AccountId


class EnableAccount(msgspec.Struct, frozen=True, tag=True):
    """Let an account take new risk, or stop that."""

    account: AccountId
    enabled: bool


class Attest(msgspec.Struct, frozen=True, tag=True):
    """A person states that an Unknown order is absent."""

    client_order_id: OrderId


class Unlock(msgspec.Struct, frozen=True, tag=True):
    """A person accepts the venue's position of an instrument and releases its lock."""

    account: AccountId
    instrument: InstrumentId


Command = (
    Deploy
    | Pause
    | Resume
    | SingleFire
    | Stop
    | ForceStop
    | Flatten
    | Kill
    | Rearm
    | SetParameters
    | Tell
    | PlaceManual
    | CancelOne
    | CancelOrders
    | Reconcile
    | EnableAccount
    | Attest
    | Unlock
)
"""Everything that an operator, a face or an agent may ask."""


class Lifecycle(StrEnum):
    """Where an instance stands. FAULTED is a flag with a cause beside it, not a state."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DEAD = "dead"


class TradingState(StrEnum):
    """May it trade? ACTIVE all orders, REDUCING only exits, HALTED only cancels and exits."""

    ACTIVE = "active"
    REDUCING = "reducing"
    HALTED = "halted"
