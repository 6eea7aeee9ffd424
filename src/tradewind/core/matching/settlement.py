"""What a question pays when it is answered, singly and as a pair across venues.

Knows payouts per unit, and where a definition says how its question was answered. Must not know
positions, accounts or how money gets there.
"""

from decimal import Decimal
from itertools import product

import msgspec

from tradewind.model.errors import DataError
from tradewind.model.instrument import Instrument, Outcome
from tradewind.model.money import ONE, ZERO

NO = Outcome.NO
RESOLUTION = "resolution"
"""The name among an instrument's `statistics` under which an answered question says how."""
VOIDED = "void"


class Resolution(msgspec.Struct, frozen=True):
    """How a market ended: a unit of YES pays `yes` and a unit of NO pays 1 - `yes`.

    None is void: every unit gets back what it cost. Values between 0 and 1 are scalar results.
    """

    yes: Decimal | None

    def payout(self, outcome: Outcome | None, avg_px: Decimal) -> Decimal:
        """Return what one unit pays in quote currency; `avg_px` is what it cost."""
        if self.yes is None:
            return avg_px
        return ONE - self.yes if outcome is NO else self.yes


YES_WINS = Resolution(ONE)
NO_WINS = Resolution(ZERO)
HALF = Resolution(Decimal("0.5"))
VOID = Resolution(None)
WAYS_TO_END = (YES_WINS, NO_WINS, HALF, VOID)
"""Every way in which the binary venues end a market, scalar results aside."""


def resolution_of(instrument: Instrument) -> Resolution | None:
    """Return how the instrument's question was answered, None while its definition does not say.

    `statistics["resolution"]` is what a unit of YES pays, or `void`. Raises DataError for
    anything else.
    """
    told = instrument.statistics.get(RESOLUTION)
    if told is None:
        return None
    if told == VOIDED:
        return VOID
    try:
        return Resolution(Decimal(told))
    except ArithmeticError as error:
        raise DataError(
            f"Settled {instrument.id}, found the resolution {told!r}; give a payout or {VOIDED}."
        ) from error


class PairLeg(msgspec.Struct, frozen=True):
    """One leg of a pair: which outcome was bought and at what average price."""

    outcome: Outcome
    avg_px: Decimal


class PairPayout(msgspec.Struct, frozen=True):
    """What one pair pays in total if its legs' markets end like this; `profit` is before fees."""

    first: Resolution
    second: Resolution
    payout: Decimal
    profit: Decimal


def pair_table(first: PairLeg, second: PairLeg, *, one_market: bool) -> tuple[PairPayout, ...]:
    """Return the payout of the pair for every way in which its markets can end.

    Legs of `one_market` end the same way; legs on two venues can end in any combination, because
    each venue has its own rules and its own oracle.
    """
    cost = first.avg_px + second.avg_px
    ends = [(end, end) for end in WAYS_TO_END] if one_market else product(WAYS_TO_END, repeat=2)
    rows = []
    for one, other in ends:
        payout = one.payout(first.outcome, first.avg_px)
        payout += other.payout(second.outcome, second.avg_px)
        rows.append(PairPayout(one, other, payout, payout - cost))
    return tuple(rows)


def worst(table: tuple[PairPayout, ...]) -> PairPayout:
    """Return the row that loses most, the first of equals."""
    return min(table, key=_profit)


def _profit(row: PairPayout) -> Decimal:
    return row.profit
