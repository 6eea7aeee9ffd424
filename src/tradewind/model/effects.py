"""What must happen next: orders to the runtime, and facts for the journal.

An effect leaves only after the journal has committed it. Facts ask nothing of the runtime: they
are decisions that a cold start cannot derive without the market data that led to them.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any

import msgspec

from tradewind.model.commands import Lifecycle, Scope, TradingState
from tradewind.model.ids import (
    AccountId,
    BucketId,
    CommandId,
    Currency,
    FillKey,
    InstanceId,
    InstrumentId,
    OrderId,
    VenueOrderId,
)
from tradewind.model.intents import Intent, Protection
from tradewind.model.order import PlaceOrder


class SubmitOrder(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Send a new order; `spec` is final: priced, on the grid, approved."""

    client_order_id: OrderId
    instance: InstanceId
    spec: PlaceOrder
    ts: int
    seq: int


class AmendOrder(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Change a live order; `qty` is the total wanted, fills included.

    `trigger_px` moves a stop; None leaves it.
    """

    client_order_id: OrderId
    account: AccountId
    instrument: InstrumentId
    venue_order_id: VenueOrderId | None
    qty: Decimal
    px: Decimal | None
    ts: int
    trigger_px: Decimal | None = None


class CancelOrder(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Cancel a live order."""

    client_order_id: OrderId
    account: AccountId
    instrument: InstrumentId
    venue_order_id: VenueOrderId | None
    ts: int


class CancelAll(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Tell the venue to cancel everything of the account, strangers included."""

    account: AccountId
    keep_protective: bool
    ts: int


class ReadAccount(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Read the account on every road and answer with AccountReport, not before `not_before_ns`.

    `cursor` is that of the last reading; what was executed before it has been told.
    """

    account: AccountId
    ask: tuple[OrderId, ...]
    not_before_ns: int
    ts: int
    cursor: str = ""


class Level(StrEnum):
    """How loud an alert is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Alert(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Tell people; `kind` is the word to filter and rate-limit by."""

    level: Level
    kind: str
    text: str
    ts: int
    instance: InstanceId | None = None


class Denied(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The gate said no: `rule` is its name, `passes` what would have passed.

    `unsaid` counts the denials of this very intent by this rule, since the one before, that were
    too close to it to be told.
    """

    instance: InstanceId
    intent: Intent
    rule: str
    why: str
    passes: str
    ts: int
    unsaid: int = 0


class Noted(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A strategy's own remark, for its event list."""

    instance: InstanceId
    kind: str
    fields: dict[str, str]
    ts: int


class LifecycleChanged(msgspec.Struct, frozen=True, gc=False, tag=True):
    """An instance went to another state, or its flags changed."""

    instance: InstanceId
    state: Lifecycle
    cause: str
    ts: int
    single_fire: bool = False
    faulted: str = ""


class CycleChanged(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A cycle of an instance opened or closed; its orders may go on while the instance pauses."""

    instance: InstanceId
    cycle: str
    open: bool
    ts: int


class ParametersChanged(msgspec.Struct, frozen=True, tag=True):
    """An instance runs with other parameters now."""

    instance: InstanceId
    parameters: dict[str, Any]
    version: int
    ts: int


class TradingStateChanged(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A scope may trade more or less than before."""

    scope: Scope
    state: TradingState
    cause: str
    ts: int
    rule: str = ""


class LockChanged(msgspec.Struct, frozen=True, gc=False, tag=True):
    """An instrument of an account is locked for new risk (`cause` set) or free again."""

    account: AccountId
    instrument: InstrumentId | None
    cause: str
    ts: int


class ProtectionChanged(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A position's guard as it stands now; None: no guard. `orders` rest at the venue.

    `armed` means an engine-held stop was hit; `stop` is where the stop stands; `trailing` that
    the distance is active; `why` the reason that its exit will carry.
    """

    instance: InstanceId
    account: AccountId
    instrument: InstrumentId
    bucket: BucketId
    protection: Protection | None
    qty: Decimal | None
    armed: bool
    stop: Decimal | None
    orders: tuple[OrderId, ...]
    group: str
    ts: int
    trailing: bool = False
    why: str = "stop_loss"


class OrderResolved(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The core ended an order by proof: absent by its rules, or attested by a person."""

    client_order_id: OrderId
    how: str
    ts: int


class PositionCorrected(msgspec.Struct, frozen=True, gc=False, tag=True):
    """Two readings agreed that the venue holds something else: posted to the unmanaged sub-book."""

    key: FillKey
    account: AccountId
    instrument: InstrumentId
    bucket: BucketId
    qty: Decimal
    px: Decimal | None
    cause: str
    ts: int


class DayOpened(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A trading day began for an account, with this capital for its loss limits."""

    account: AccountId
    day: int
    capital: Decimal
    currency: Currency
    ts: int


class Confirmation(StrEnum):
    """How far a command has come."""

    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    UNRESOLVED = "unresolved"


class CommandAnswered(msgspec.Struct, frozen=True, tag=True):
    """What became of a command; a command may be ACCEPTED first and CONFIRMED later."""

    command_id: CommandId
    confirmation: Confirmation
    effect: str
    ts: int
    rule: str = ""
    details: dict[str, Any] = {}


class StateSaved(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A strategy's typed state, encoded, as it stands after the group of events."""

    instance: InstanceId
    state: bytes
    ts: int


class WorkRequested(msgspec.Struct, frozen=True, tag=True):
    """A strategy asks for a heavy computation in a worker process."""

    instance: InstanceId
    key: str
    task: str
    arguments: dict[str, Any]
    ts: int


Order = SubmitOrder | AmendOrder | CancelOrder | CancelAll | ReadAccount
"""Effects that the runtime carries to a venue."""

Fact = (
    Denied
    | Noted
    | LifecycleChanged
    | CycleChanged
    | ParametersChanged
    | TradingStateChanged
    | LockChanged
    | ProtectionChanged
    | OrderResolved
    | PositionCorrected
    | DayOpened
    | CommandAnswered
    | StateSaved
)
"""Effects that only the journal, the views and the faces want to know."""

Effect = Order | Fact | Alert | WorkRequested
"""Everything that `step` may answer."""
