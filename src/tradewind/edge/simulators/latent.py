"""What things are really worth, which nobody sees: the crowd trades around it.

Knows fair prices and fair chances as functions of time. Must not know books, orders or ticks.
Prices in quote currency, chances between 0 and 1, times in nanoseconds UTC.
"""

import math
from typing import Protocol

from tradewind.edge.simulators.noise import MINUTE_NS, Jumps, Noise

FLOOR, CEILING = 0.012, 0.988
"""A chance stays between these while its question is open: somebody always doubts."""
REVEAL_NS = 5 * MINUTE_NS
CERTAIN = 7.0
LEAST_MINUTES = 0.05


class Latent(Protocol):
    """A hidden value that can be read at any time, in any order."""

    def at(self, ts: int) -> float:
        """Return the value at a time."""
        ...


class Price:
    """A price that wanders around `centre`: log-noises by weight, and jumps that fade."""

    __slots__ = ("_centre", "_jumps", "_parts")

    def __init__(self, centre: float, parts: tuple[tuple[float, Noise], ...], jumps: Jumps) -> None:
        self._centre = centre
        self._parts = parts
        self._jumps = jumps

    def at(self, ts: int) -> float:
        """Return the price at a time."""
        log = self._jumps.at(ts)
        for weight, noise in self._parts:
            log += weight * noise.at(ts)
        return self._centre * math.exp(log)


class Chance:
    """A chance that wanders around `centre` in log-odds, with jumps that fade."""

    __slots__ = ("_centre", "_jumps", "_noise")

    def __init__(self, centre: float, noise: Noise, jumps: Jumps) -> None:
        self._centre = math.log(centre / (1.0 - centre))
        self._noise = noise
        self._jumps = jumps

    def at(self, ts: int) -> float:
        """Return the chance of YES at a time."""
        return _chance(self._centre + self._noise.at(ts) + self._jumps.at(ts))


class Answered:
    """A chance that, in the last minutes before `close_ns`, goes where the answer lies."""

    __slots__ = ("_chance", "_close_ns", "_yes")

    def __init__(self, chance: Latent, close_ns: int, *, yes: bool) -> None:
        self._chance = chance
        self._close_ns = close_ns
        self._yes = yes

    def at(self, ts: int) -> float:
        """Return the chance of YES at a time."""
        chance = self._chance.at(ts)
        left_ns = self._close_ns - ts
        if left_ns >= REVEAL_NS:
            return chance
        known = 1.0 - max(left_ns, 0) / REVEAL_NS
        pull = CERTAIN * known * known
        odds = math.log(chance / (1.0 - chance))
        return _chance(odds + pull if self._yes else odds - pull)


class Above:
    """The chance that a price ends above `strike` at `close_ns`, by a normal logarithm.

    `sigma` is the price's deviation per square root of a minute.
    """

    __slots__ = ("_close_ns", "_price", "_sigma", "_strike")

    def __init__(self, price: Latent, *, strike: float, close_ns: int, sigma: float) -> None:
        self._price = price
        self._strike = strike
        self._close_ns = close_ns
        self._sigma = sigma

    def at(self, ts: int) -> float:
        """Return the chance of YES at a time."""
        minutes = max((self._close_ns - ts) / MINUTE_NS, LEAST_MINUTES)
        distance = math.log(self._price.at(ts) / self._strike) / (self._sigma * math.sqrt(minutes))
        chance = 0.5 * math.erfc(-distance / math.sqrt(2.0))
        return min(max(chance, FLOOR), CEILING)


class Opinion:
    """One venue's own idea of a chance that is the same question elsewhere."""

    __slots__ = ("_chance", "_noise")

    def __init__(self, chance: Latent, noise: Noise) -> None:
        self._chance = chance
        self._noise = noise

    def at(self, ts: int) -> float:
        """Return the chance of YES at a time, as this venue's public sees it."""
        return min(max(self._chance.at(ts) + self._noise.at(ts), FLOOR), CEILING)


def _chance(odds: float) -> float:
    return min(max(1.0 / (1.0 + math.exp(-odds)), FLOOR), CEILING)
