"""What a pair maker remembers: the cycle under way, its fills by leg, JUMP latches, the overlay.

Knows how fills add up to a cycle's result. Must not know prices in the market or orders.
"""

from decimal import Decimal
from enum import Enum

import msgspec

from tradewind.model.fill import Fill, FillLife
from tradewind.model.ids import OrderId
from tradewind.model.money import ZERO
from tradewind.model.order import Side
from tradewind.strategies.join_jump.overlays.digital import DigitalMemory
from tradewind.strategies.join_jump.overlays.midpoint import MidpointMemory

BUY = Side.BUY
FAILED = FillLife.FAILED


class Phase(Enum):
    """Where the cycle stands; COMPLETE is its end and never stays."""

    IDLE = "idle"
    WAIT_MARKET = "wait_market"
    QUOTING = "quoting"
    HALF_FILLED = "half_filled"
    REBALANCING = "rebalancing"
    BLOCKED = "blocked"


class LegState(msgspec.Struct):
    """One leg of the cycle: contracts `filled`, what they `cost` and the fees, in quote currency.

    `claims` are quantities of ended orders that the venue stated and no keyed fill covers yet;
    they cost at most `claim_px` each.
    `jump` arms JUMP, `jump_auto` says that the strategy armed it itself, `jump_target` is the
    latched price. `quoted_ns` is when the leg's order was placed or changed last.
    """

    filled: Decimal = ZERO
    cost: Decimal = ZERO
    fees: Decimal = ZERO
    claims: dict[OrderId, Decimal] = {}
    claim_px: Decimal = ZERO
    jump: bool = False
    jump_auto: bool = False
    jump_target: Decimal | None = None
    quoted_ns: int = 0

    @property
    def counted(self) -> Decimal:
        """Return the contracts filled, claims without a keyed fill included."""
        return self.filled + sum(self.claims.values()) if self.claims else self.filled

    @property
    def avg_cost(self) -> Decimal:
        """Return what a filled contract cost on average, before fees; zero when none filled."""
        return self.cost / self.filled if self.filled > ZERO else ZERO

    def cost_of(self, qty: Decimal) -> Decimal:
        """Return what so many of the filled contracts cost; all of them exactly."""
        return self.cost if qty == self.filled else qty * self.avg_cost

    def disarm(self) -> None:
        """Switch JUMP off and forget its target."""
        self.jump = self.jump_auto = False
        self.jump_target = None


def _two_legs() -> tuple[LegState, LegState]:
    return LegState(), LegState()


class PairState(msgspec.Struct):
    """Everything that a restart needs; saved by the engine with the event that changed it.

    `cycle` is the name that the cycle's orders carry as their group, empty when none is open;
    `number` counts cycles opened, `completed` those that ended with both legs. `qty` is the
    cycle's contracts per leg, `booked` the profit of contracts sold again. Times are nanoseconds
    UTC, 0 for "not".
    """

    legs: tuple[LegState, LegState] = msgspec.field(default_factory=_two_legs)
    phase: Phase = Phase.IDLE
    cycle: str = ""
    number: int = 0
    completed: int = 0
    qty: Decimal = ZERO
    booked: Decimal = ZERO
    first_leg: int = -1
    uneven_ns: int = 0
    half_ns: int = 0
    half_leg: int = -1
    half_mid: Decimal | None = None
    retry_ns: int = 0
    attempt_ns: int = 0
    rebalanced: bool = False
    last_try: bool = False
    doubt_ns: int = 0
    stop_at_ns: int = 0
    overlay_on: bool = True
    memory: MidpointMemory | DigitalMemory | None = None

    @property
    def difference(self) -> Decimal:
        """Return leg A's filled contracts less leg B's."""
        return self.legs[0].filled - self.legs[1].filled

    @property
    def untouched(self) -> bool:
        """Tell whether nothing of the cycle has filled, and no claim says otherwise."""
        a, b = self.legs
        return not (a.filled or b.filled or self.claimed)

    @property
    def claimed(self) -> bool:
        """Tell whether the venue says that more has filled than its keyed fills show."""
        return bool(self.legs[0].claims or self.legs[1].claims)

    @property
    def lagging(self) -> int:
        """Return the leg with fewer filled contracts, -1 when they are even."""
        difference = self.difference
        return -1 if not difference else int(difference > ZERO)

    def open_qty(self, leg: int) -> Decimal:
        """Return the contracts that a leg still has to buy."""
        return max(self.qty - self.legs[leg].counted, ZERO)

    def begin(self, qty: Decimal) -> str:
        """Start the next cycle and return its name."""
        self.number += 1
        self.cycle = f"pair-{self.number}"
        self.qty = qty
        self.phase = Phase.QUOTING
        return self.cycle

    def fold(self, leg: int, fill: Fill, quote_currency: str) -> None:
        """Count one fill of the cycle; a FAILED one is taken back out."""
        side = self.legs[leg]
        sign = -1 if fill.life is FAILED else 1
        if fill.client_order_id is not None and fill.client_order_id in side.claims:
            self._uncover(side, fill.client_order_id, fill.qty)
        if fill.fee_currency == quote_currency:
            side.fees += sign * fill.fee
        if (fill.side is BUY) is (sign == 1):
            # Bought, or a failed sale taken back.
            side.cost += fill.qty * fill.px
            side.filled += fill.qty
            return
        released = fill.qty * fill.px if sign == -1 else side.cost_of(fill.qty)
        if sign == 1:
            self.booked += fill.qty * fill.px - released
        side.cost -= released
        side.filled -= fill.qty

    def _uncover(self, side: LegState, order: OrderId, qty: Decimal) -> None:
        left = side.claims[order] - qty
        if left > ZERO:
            side.claims[order] = left
        else:
            del side.claims[order]
        if not side.claims:
            side.claim_px = ZERO

    def result(self) -> Decimal:
        """Return what the cycle earned, in quote currency: pairs pay 1, and every fee is paid.

        Contracts without a partner are left out with their cost; they are a position.
        """
        a, b = self.legs
        pairs = min(a.filled, b.filled)
        paid = a.cost_of(pairs) + b.cost_of(pairs) + a.fees + b.fees
        return pairs - paid + self.booked

    def end(self) -> None:
        """Forget the cycle; armed JUMPs stay armed without their target, automatic ones do not."""
        for leg in self.legs:
            leg.filled = leg.cost = leg.fees = ZERO
            leg.claims = {}
            leg.claim_px = ZERO
            leg.jump_target = None
            leg.quoted_ns = 0
            if leg.jump_auto:
                leg.disarm()
        self.phase = Phase.IDLE
        self.cycle = ""
        self.qty = self.booked = ZERO
        self.first_leg = -1
        self.uneven_ns = self.half_ns = self.retry_ns = self.attempt_ns = self.doubt_ns = 0
        self.half_mid = None
        self.rebalanced = self.last_try = False
        self.stop_at_ns = 0
