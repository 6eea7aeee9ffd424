"""How many contracts: what the stop may cost, and what the caps leave.

Pure. Money in US dollars, percentages as written (1 = 1 %). It never rounds up past a cap.
"""

from decimal import Decimal

import msgspec

from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.strategies.favourite_scalper.filters import Plan
from tradewind.strategies.favourite_scalper.prices import HUNDRED


class SizeRules(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that the size reads; units as the strategy declares them."""

    risk_per_trade_pct: Decimal
    max_position_pct: Decimal
    max_position_usd: Decimal
    min_position_usd: Decimal
    max_total_exposure_pct: Decimal


class Size(msgspec.Struct, frozen=True):
    """A quantity in contracts, or zero and the name of the rule that leaves none."""

    qty: Decimal
    reject: str = ""


def size_entry(
    instrument: Instrument, plan: Plan, *, balance: Decimal, exposure: Decimal, rules: SizeRules
) -> Size:
    """Return how much to buy; `exposure` is what is held and on order already, at cost."""
    room = rules.max_total_exposure_pct * balance / HUNDRED - exposure
    if room < rules.min_position_usd:
        return Size(ZERO, "exposure")
    cap = min(rules.max_position_pct * balance / HUNDRED, rules.max_position_usd, room)
    by_risk = rules.risk_per_trade_pct * balance / HUNDRED / (plan.entry - plan.stop)
    qty = instrument.floor_qty(min(by_risk, cap / plan.entry))
    if qty * plan.entry < rules.min_position_usd:
        return Size(ZERO, "exposure" if cap == room else "size")
    if qty < instrument.min_qty or instrument.notional(qty, plan.entry) < instrument.min_notional:
        return Size(ZERO, "below_minimum")
    return Size(min(qty, instrument.floor_qty(instrument.max_qty)))
