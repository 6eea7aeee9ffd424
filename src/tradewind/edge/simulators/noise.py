"""Random functions of time that can be read at any time, in any order, without a history.

Knows seeds, periods and amplitudes. Must not know prices. Every value follows from (name, time)
alone, so that a crowd that starts again at a later time goes on where the old one would be.
"""

import math
from random import Random

MINUTE_NS = 60_000_000_000
RATIO = 3
GONE = 9
REMEMBERED = 1024
"""So many cells are kept: who looks back and forth meets the same ones again and again."""
BROWNIAN = 0.58
"""Measured: a sum of waves with periods by RATIO spreads as a random walk with this factor."""


class Wave:
    """One smooth wave: normal values on a lattice of `period_ns`, joined without corners."""

    __slots__ = (
        "_amplitude",
        "_cell",
        "_known",
        "_left",
        "_name",
        "_period_ns",
        "_right",
        "_shift_ns",
    )

    def __init__(self, name: str, period_ns: int, amplitude: float) -> None:
        self._name = name
        self._period_ns = period_ns
        self._amplitude = amplitude
        # Waves of several periods must not have their corners at the same times.
        self._shift_ns = Random(name).randrange(period_ns)
        self._cell = -1
        self._left = 0.0
        self._right = 0.0
        self._known: dict[int, float] = {}

    def at(self, ts: int) -> float:
        """Return the value at a time in nanoseconds UTC."""
        cell, rest = divmod(ts + self._shift_ns, self._period_ns)
        if cell != self._cell:
            self._left = self._right if cell == self._cell + 1 else self._lattice(cell)
            self._right = self._lattice(cell + 1)
            self._cell = cell
        x = rest / self._period_ns
        return self._left + (self._right - self._left) * x * x * (3.0 - 2.0 * x)

    def _lattice(self, cell: int) -> float:
        known = self._known.get(cell)
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = Random(f"{self._name}/{cell}").gauss(0.0, self._amplitude)
            self._known[cell] = known
        return known


class Noise:
    """A sum of waves, given as (period in nanoseconds, amplitude)."""

    __slots__ = ("_waves",)

    def __init__(self, name: str, waves: tuple[tuple[int, float], ...]) -> None:
        self._waves = tuple(
            Wave(f"{name}~{number}", period_ns, amplitude)
            for number, (period_ns, amplitude) in enumerate(waves)
        )

    def at(self, ts: int) -> float:
        """Return the value at a time in nanoseconds UTC."""
        total = 0.0
        for wave in self._waves:
            total += wave.at(ts)
        return total


def walk(name: str, *, sigma: float, longest_ns: int, shortest_ns: int) -> Noise:
    """Return noise that spreads like a random walk, by `sigma` per square root of a minute.

    Between the two periods; beyond the longest one it comes back, so that it never runs away.
    """
    waves = []
    period_ns = longest_ns
    while period_ns >= shortest_ns:
        waves.append((period_ns, BROWNIAN * sigma * math.sqrt(period_ns / MINUTE_NS)))
        period_ns //= RATIO
    return Noise(name, tuple(waves))


class Jumps:
    """Sudden moves that fade: in each `every_ns` one comes with `chance`, normal around `mean`.

    What is left of a jump after `fade_ns` is a third of it (1/e); after GONE times that, nothing.
    """

    __slots__ = (
        "_cell",
        "_chance",
        "_every_ns",
        "_fade_ns",
        "_jumps",
        "_known",
        "_mean",
        "_name",
        "_spread",
    )

    def __init__(
        self,
        name: str,
        *,
        every_ns: int,
        chance: float,
        mean: float,
        spread: float,
        fade_ns: int,
    ) -> None:
        self._name = name
        self._every_ns = every_ns
        self._chance = chance
        self._mean = mean
        self._spread = spread
        self._fade_ns = fade_ns
        self._cell = -1
        self._jumps: list[tuple[int, float]] = []
        self._known: dict[int, tuple[int, float] | None] = {}

    def at(self, ts: int) -> float:
        """Return the sum of what is left of all jumps at a time in nanoseconds UTC."""
        cell = ts // self._every_ns
        if cell != self._cell:
            self._cell = cell
            oldest = cell - 1 - GONE * self._fade_ns // self._every_ns
            self._jumps = [
                jump for each in range(oldest, cell + 1) if (jump := self._jump(each)) is not None
            ]
        total = 0.0
        for at_ns, size in self._jumps:
            if at_ns <= ts:
                total += size * math.exp((at_ns - ts) / self._fade_ns)
        return total

    def _jump(self, cell: int) -> tuple[int, float] | None:
        if cell not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[cell] = self._draw(cell)
        return self._known[cell]

    def _draw(self, cell: int) -> tuple[int, float] | None:
        dice = Random(f"{self._name}/{cell}")
        if dice.random() >= self._chance:
            return None
        at_ns = cell * self._every_ns + dice.randrange(self._every_ns)
        return at_ns, dice.gauss(self._mean, self._spread)
