"""How much worse than the candle's price an order fills.

Knows ticks and basis points. Must not know orders or candles.
"""

from decimal import Decimal

import msgspec

from tradewind.model.instrument import Instrument, InstrumentKind
from tradewind.model.money import ONE, ZERO

BPS = Decimal("0.0001")
BINARY = InstrumentKind.BINARY


class Slippage(msgspec.Struct, frozen=True, kw_only=True):
    """So many ticks and so many basis points of the price, added up."""

    ticks: int = 0
    bps: Decimal = ZERO

    def worsen(self, instrument: Instrument, px: Decimal, *, buys: bool) -> Decimal:
        """Return the price after slippage, rounded outwards to the grid; binaries stay in 0..1."""
        if not self.ticks and not self.bps:
            return px
        distance = self.ticks * instrument.tick_at(px) + px * self.bps * BPS
        worse = instrument.ceil_px(px + distance) if buys else instrument.floor_px(px - distance)
        if instrument.kind is BINARY:
            worse = min(max(worse, ZERO), ONE)
        return worse
