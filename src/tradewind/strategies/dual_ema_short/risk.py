"""Size, guard prices and exposure of a short position.

Pure arithmetic on the instrument's grid. Guard prices of a short round towards the entry, stops
down and targets up, so that rounding never enlarges a planned loss.
"""

from decimal import Decimal

import msgspec

from tradewind.model.instrument import Instrument
from tradewind.model.intents import Protection
from tradewind.model.money import ONE, ZERO, floor_to

HUNDRED = Decimal(100)


class GuardRules(msgspec.Struct, frozen=True):
    """One asset's distances from the entry, in percent of it; a trailing of zero is none."""

    stop_loss_pct: Decimal
    take_profit_pct: Decimal
    trailing_pct: Decimal
    trailing_activation_pct: Decimal


def size_short(
    instrument: Instrument,
    px: Decimal,
    *,
    balance: Decimal,
    allocation_pct: Decimal,
    leverage: Decimal,
) -> Decimal:
    """Return the quantity to sell at `px`, rounded down; zero where the venue takes no less."""
    notional = balance * allocation_pct / HUNDRED * leverage
    qty = instrument.floor_qty(notional / (px * instrument.multiplier))
    if qty < instrument.min_qty or instrument.notional(qty, px) < instrument.min_notional:
        return ZERO
    return min(qty, instrument.floor_qty(instrument.max_qty))


def guard_short(instrument: Instrument, entry: Decimal, rules: GuardRules) -> Protection:
    """Return stop, target, trailing distance and its activation around an average entry."""
    trailing = None
    activation = None
    if rules.trailing_pct:
        distance = entry * rules.trailing_pct / HUNDRED
        trailing = floor_to(distance, instrument.tick_at(distance)) or None
        if rules.trailing_activation_pct:
            activation = instrument.ceil_px(entry * (ONE - rules.trailing_activation_pct / HUNDRED))
    return Protection(
        stop=instrument.floor_px(entry * (ONE + rules.stop_loss_pct / HUNDRED)),
        target=instrument.ceil_px(entry * (ONE - rules.take_profit_pct / HUNDRED)),
        trailing=trailing,
        trailing_activation=activation,
    )


def exposure_allows(
    *, held: Decimal, notional: Decimal, equity: Decimal, max_exposure_pct: Decimal
) -> bool:
    """Tell whether `notional` on top of what is `held` stays within so much of the equity."""
    return held + notional <= equity * max_exposure_pct / HUNDRED


def for_asset(told: dict[str, Decimal], instrument: Instrument, otherwise: Decimal) -> Decimal:
    """Return an asset's value of a parameter map: by instrument id, symbol, base, `*`, or else."""
    base = instrument.base or instrument.symbol.removesuffix(instrument.quote)
    for name in (instrument.id, instrument.symbol, base, ANY):
        if name in told:
            return told[name]
    return otherwise


ANY = "*"
"""The key of a parameter map that stands for every asset not named."""
