"""Which of several qualifying markets comes first: a score of volume, depth and spread.

Pure. It knows a reading of the book and the day's volume, not what is held.
"""

from decimal import Decimal

from tradewind.model.money import ZERO
from tradewind.strategies.favourite_scalper.filters import Reading, Statistics

Steps = tuple[tuple[Decimal, Decimal], ...]

VOLUME_STEPS: Steps = (
    (Decimal(100_000), Decimal("0.4")),
    (Decimal(50_000), Decimal("0.3")),
    (Decimal(10_000), Decimal("0.2")),
)
DEPTH_STEPS: Steps = (
    (Decimal(5_000), Decimal("0.3")),
    (Decimal(1_000), Decimal("0.2")),
)
SPREAD_STEPS: Steps = (
    (Decimal(1), Decimal("0.3")),
    (Decimal(2), Decimal("0.2")),
)
LEAST = Decimal("0.1")


def score(reading: Reading, statistics: Statistics) -> Decimal:
    """Return the liquidity score, 0.3 to 1.0: volume of the day, depth of three bids, spread."""
    volume = statistics.volume_24h or ZERO
    return (
        _above(volume, VOLUME_STEPS)
        + _above(reading.depth, DEPTH_STEPS)
        + _below(reading.spread_pct, SPREAD_STEPS)
    )


def _above(value: Decimal, steps: Steps) -> Decimal:
    for bound, points in steps:
        if value > bound:
            return points
    return LEAST


def _below(value: Decimal, steps: Steps) -> Decimal:
    for bound, points in steps:
        if value < bound:
            return points
    return LEAST
