"""Words for market data that events and views share."""

from decimal import Decimal
from enum import StrEnum

Level = tuple[Decimal, Decimal]
"""(price, quantity); a quantity of zero in a delta removes the level."""


class CandleStatus(StrEnum):
    """A candle's life: it may move, it is done, or it was changed afterwards."""

    PROVISIONAL = "provisional"
    CLOSED = "closed"
    CORRECTED = "corrected"


class Trading(StrEnum):
    """What an instrument's venue permits at present."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    SETTLED = "settled"


class Trust(StrEnum):
    """Whether a book may be traded on, and if not, why."""

    TRUSTED = "trusted"
    EMPTY = "no snapshot yet"
    GAP = "a sequence number is missing"
    STALE = "nothing verified it in time"
    CROSSED = "the bid is at or above the ask"
    MIRROR = "YES and NO disagree"


INTERVALS_NS = {
    "1s": 1_000_000_000,
    "5s": 5_000_000_000,
    "15s": 15_000_000_000,
    "1m": 60_000_000_000,
    "3m": 180_000_000_000,
    "5m": 300_000_000_000,
    "15m": 900_000_000_000,
    "30m": 1_800_000_000_000,
    "1h": 3_600_000_000_000,
    "4h": 14_400_000_000_000,
    "1d": 86_400_000_000_000,
}
"""Candle interval by name, in nanoseconds."""
