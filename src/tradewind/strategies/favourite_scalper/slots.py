"""What the scalper remembers of each market it is in; saved with every change.

Values only. What can be read from the ledger or the order table (quantity held, average entry,
which orders still work) is not repeated here.
"""

from decimal import Decimal
from enum import Enum

import msgspec

from tradewind.model.ids import InstrumentId, MarketId, OrderId
from tradewind.model.money import ZERO

NO_ORDER = OrderId("")


class Phase(Enum):
    """Where one market stands. FLAT markets have no slot."""

    FLAT = "flat"
    ENTERING = "entering"
    ENTERED = "entered"
    MONITORING = "monitoring"
    EXITING = "exiting"
    CLOSED = "closed"


class Slot(msgspec.Struct, kw_only=True):
    """One position from its entry order to its end; times in nanoseconds UTC.

    `asked_ns` is when the entry was asked for, `opened_ns` when its first fill was. `retry_ns` is
    when a target may be placed again, `cancel_ns` when a cancel may be repeated. `stop` is the
    bid at which to leave, armed while it is not None. `hits` counts book updates in a row at or
    below it, `printed` says that the last print was. `exit_tries` counts forced sells;
    `sold_qty` and `sold_cost` are what they filled. `net_before` is the sub-book's result before
    the entry, `handed` tells that the engine is closing the position by itself, `told` which
    alerts have been raised.
    """

    instrument: InstrumentId
    market: MarketId
    cycle: str
    phase: Phase = Phase.ENTERING
    entry_id: OrderId = NO_ORDER
    asked_ns: int = 0
    opened_ns: int = 0
    entry: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    target_id: OrderId = NO_ORDER
    retry_ns: int = 0
    cancel_ns: int = 0
    hits: int = 0
    printed: bool = False
    exit_reason: str = ""
    exit_id: OrderId = NO_ORDER
    exit_asked_ns: int = 0
    exit_tries: int = 0
    exit_next_ns: int = 0
    sold_qty: Decimal = ZERO
    sold_cost: Decimal = ZERO
    net_before: Decimal = ZERO
    handed: bool = False
    told: list[str] = []


class Record(msgspec.Struct):
    """The day's result and what it has led to; `day` counts UTC days.

    `realised` is after fees. `breaker` names what closed the entries, `warned` what has been
    said today. `outcomes` tells of the last entry orders whether any of it filled.
    """

    day: int = 0
    start_balance: Decimal = ZERO
    realised: Decimal = ZERO
    losses_in_row: int = 0
    breaker: str = ""
    warned: list[str] = []
    outcomes: list[bool] = []


class ScalperState(msgspec.Struct):
    """Everything that must outlive the process: slots by instrument, cool-downs by market."""

    slots: dict[InstrumentId, Slot] = {}
    cooldowns: dict[MarketId, int] = {}
    record: Record = msgspec.field(default_factory=Record)
    cycles: int = 0
