"""One instrument at work: everything the short seller keeps of it while the process runs."""

from decimal import Decimal

from tradewind.core.strategy.context import Context
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.strategies.dual_ema_short.alerts import Pulse
from tradewind.strategies.dual_ema_short.risk import GuardRules
from tradewind.strategies.dual_ema_short.slots import Slot
from tradewind.strategies.dual_ema_short.trend import Trend


class Asset:
    """An instrument's rules, means, pulse and guard distances, and its slot of the state."""

    __slots__ = ("guard_rules", "instrument", "pulse", "slot", "trend")

    def __init__(
        self, instrument: Instrument, trend: Trend, guard_rules: GuardRules, slot: Slot
    ) -> None:
        self.instrument = instrument
        self.trend = trend
        self.pulse = Pulse()
        self.guard_rules = guard_rules
        self.slot = slot

    def exposure(self, ctx: Context) -> Decimal:
        """Return what is held and on order at the mark, unsigned, in quote currency."""
        qty = abs(ctx.position(self.instrument.id).qty)
        entry = ctx.order(self.slot.entry_id)
        if entry is not None:
            qty += entry.leaves_qty
        mark = ctx.market(self.instrument.id).mark()
        return self.instrument.notional(qty, mark) if qty and mark is not None else ZERO
