"""What the short seller remembers of each instrument; saved with every change.

Values only. Quantity and average entry are the ledger's, orders the order table's.
"""

from decimal import Decimal
from enum import Enum

import msgspec

from tradewind.model.ids import InstrumentId, OrderId
from tradewind.model.intents import Protection
from tradewind.model.money import ZERO

NO_ORDER = OrderId("")


class Phase(Enum):
    """Where one instrument stands. COOLDOWN is FLAT with a time before which nothing opens."""

    FLAT = "flat"
    ENTERING = "entering"
    SHORT = "short"
    EXITING = "exiting"
    COOLDOWN = "cooldown"


class Slot(msgspec.Struct, kw_only=True):
    """One instrument's position, cool-down and count of crosses; times in nanoseconds UTC.

    `guard` is the protection last asked for. `bare` tells that it was taken away to let an exit
    through, `handed` that the engine closes the position by itself. `left_by` is the reason of
    the last order that closed anything.
    """

    phase: Phase = Phase.FLAT
    cycle: str = ""
    entry_id: OrderId = NO_ORDER
    entered_ns: int = 0
    guard: Protection | None = None
    guard_tries: int = 0
    exit_id: OrderId = NO_ORDER
    exit_reason: str = ""
    exit_tries: int = 0
    exit_next_ns: int = 0
    bare: bool = False
    handed: bool = False
    left_by: str = ""
    net_before: Decimal = ZERO
    cooldown_ns: int = 0
    day: int = 0
    crosses: int = 0
    cross_ns: int = 0


class ShortState(msgspec.Struct):
    """Everything that must outlive the process. `halt` names what closed the entries.

    `peak` is the highest equity seen, `day_equity` the first of UTC day `day`.
    """

    slots: dict[InstrumentId, Slot] = {}
    cycles: int = 0
    peak: Decimal = ZERO
    day: int = 0
    day_equity: Decimal = ZERO
    halt: str = ""
