"""From a market's book now to a candidate for an entry, or the word that says why not.

Reads the context and the state; asks for nothing. What is pure of it is in `filters`.
"""

from decimal import Decimal

import msgspec

from tradewind.core.strategy.context import Context
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.money import ZERO
from tradewind.model.order import Side
from tradewind.strategies.favourite_scalper.filters import (
    EntryRules,
    Plan,
    Reading,
    correlated,
    plan_entry,
    read_statistics,
    reject_book,
    reject_market,
)
from tradewind.strategies.favourite_scalper.scoring import score
from tradewind.strategies.favourite_scalper.slots import ScalperState

BUY = Side.BUY
DEPTH_LEVELS = 3


class Candidate(msgspec.Struct, frozen=True):
    """A market that passed every filter of its own, its rank, and the prices of an entry now."""

    instrument: Instrument
    points: Decimal
    plan: Plan


def find_candidate(ctx: Context, instrument: InstrumentId, rules: EntryRules) -> Candidate | str:
    """Return the candidate, or the name of the first rule that the market breaks."""
    market = ctx.market(instrument)
    traded = market.instrument
    if not market.bid_qty or not market.ask_qty:
        return "one_sided"
    reading = Reading(market.bid, market.bid_qty, market.ask, _depth(ctx, instrument))
    plan = plan_entry(traded, market.ask, rules)
    reject = reject_book(reading, plan, rules)
    if reject:
        return reject
    statistics = read_statistics(traded)
    reject = reject_market(traded, statistics, ctx.now_ns, rules)
    if not reject and not ctx.fresh(instrument):
        reject = "stale"
    return reject or Candidate(traded, score(reading, statistics), plan)


def reject_holding(
    ctx: Context,
    state: ScalperState,
    instrument: Instrument,
    *,
    max_positions: int,
    max_correlated: int,
) -> str:
    """Return which rule on what is held already forbids a market; "" when none."""
    if any(slot.market == instrument.canonical_market for slot in state.slots.values()):
        return "position"
    if ctx.now_ns < state.cooldowns.get(instrument.canonical_market, 0):
        return "cooldown"
    if len(state.slots) >= max_positions:
        return "positions"
    kin = sum(correlated(instrument, ctx.instrument(each)) for each in state.slots)
    return "correlated" if kin >= max_correlated else ""


def _depth(ctx: Context, instrument: InstrumentId) -> Decimal:
    market = ctx.market(instrument)
    if market.book is None:
        return market.bid_qty
    return sum((qty for _, qty in market.book.levels(BUY, DEPTH_LEVELS)), ZERO)
