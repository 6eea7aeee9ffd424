"""An instrument for the tests of the runtime's feeds."""

from decimal import Decimal

from tradewind.model.ids import Currency, InstrumentId, VenueId
from tradewind.model.instrument import Instrument, InstrumentKind, single_tick


def perpetual(symbol: str = "BTCUSDT", px_exponent: int = 2) -> Instrument:
    """Return a perpetual with a tick of one price quantum and a step of 0.001."""
    return Instrument(
        id=InstrumentId(f"BYBIT:{symbol}"),
        venue=VenueId("BYBIT"),
        symbol=symbol,
        kind=InstrumentKind.PERPETUAL,
        quote=Currency("USDT"),
        ticks=single_tick(Decimal(1).scaleb(-px_exponent)),
        qty_step=Decimal("0.001"),
        px_exponent=px_exponent,
        qty_exponent=3,
    )
