"""What questions are about: the hidden chance of each, and the answer that it gets in the end.

Knows topics and their serials. Must not know venues, books or instruments. Times in nanoseconds
UTC; the n-th serial of a topic is the same question with the same answer at every venue.
"""

from random import Random
from typing import Protocol

import msgspec

from tradewind.edge.simulators.latent import Above, Answered, Chance, Latent, Opinion
from tradewind.edge.simulators.noise import MINUTE_NS, Jumps, Noise
from tradewind.model.money import NANOS

Waves = tuple[tuple[int, float], ...]
"""Swings of log-odds: period and amplitude."""

DOUBT: Waves = (
    (60 * MINUTE_NS, 0.35),
    (15 * MINUTE_NS, 0.16),
    (4 * MINUTE_NS, 0.08),
    (45 * NANOS, 0.05),
    (10 * NANOS, 0.02),
)
CONVICTION: Waves = (
    (40 * MINUTE_NS, 0.10),
    (8 * MINUTE_NS, 0.03),
    (90 * NANOS, 0.015),
    (12 * NANOS, 0.008),
)


class Asked(msgspec.Struct, frozen=True):
    """One question of a topic: its hidden chance, its answer, and its strike if it has one."""

    chance: Latent
    yes: bool
    strike: int | None = None


class Topic(Protocol):
    """A row of questions, each open for the same time and followed by the next."""

    @property
    def name(self) -> str:
        """Return the upper-case word in the instruments' ids."""
        ...

    def ask(self, serial: int, open_ns: int, close_ns: int) -> Asked:
        """Return the question of that number."""
        ...


class Wandering(msgspec.Struct, frozen=True, kw_only=True):
    """A chance that starts between `low` and `high` and wanders by `waves` in log-odds.

    In each `jump_every_ns` it jumps with `jump_chance` by about `jump_mean`, and comes back within
    `jump_fade_ns`.
    """

    seed: int
    name: str
    low: float
    high: float
    waves: Waves
    jump_every_ns: int
    jump_chance: float
    jump_mean: float
    jump_spread: float
    jump_fade_ns: int

    def ask(self, serial: int, open_ns: int, close_ns: int) -> Asked:
        """Return the question of that number; likely things happen more often than not."""
        key = f"{self.seed}/{self.name}/{serial}"
        dice = Random(key)
        centre = dice.uniform(self.low, self.high)
        jumps = Jumps(
            f"{key}/jumps",
            every_ns=self.jump_every_ns,
            chance=self.jump_chance,
            mean=self.jump_mean,
            spread=self.jump_spread,
            fade_ns=self.jump_fade_ns,
        )
        chance = Chance(centre, Noise(f"{key}/waves", self.waves), jumps)
        yes = dice.random() < chance.at(close_ns)
        return Asked(Answered(chance, close_ns, yes=yes), yes)


def open_question(seed: int, name: str, low: float, high: float) -> Wandering:
    """Return a topic whose answer nobody is sure of."""
    return Wandering(
        seed=seed,
        name=name,
        low=low,
        high=high,
        waves=DOUBT,
        jump_every_ns=30 * MINUTE_NS,
        jump_chance=0.4,
        jump_mean=0.0,
        jump_spread=0.35,
        jump_fade_ns=10 * MINUTE_NS,
    )


def favourite(seed: int, name: str) -> Wandering:
    """Return a topic whose answer is likely; it falls at once and comes back slowly.

    So stops have a use, and targets a chance.
    """
    return Wandering(
        seed=seed,
        name=name,
        low=0.905,
        high=0.935,
        waves=CONVICTION,
        jump_every_ns=15 * MINUTE_NS,
        jump_chance=0.5,
        jump_mean=-0.4,
        jump_spread=0.2,
        jump_fade_ns=12 * MINUTE_NS,
    )


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a price will be at or above a strike when the question closes.

    The strike is the price at the open, rounded to `strike_step`; `sigma` is the deviation of the
    price per square root of a minute.
    """

    name: str
    price: Latent
    strike_step: int
    sigma: float

    def ask(self, serial: int, open_ns: int, close_ns: int) -> Asked:
        """Return the question of that number; its answer is the price at the close."""
        strike = round(self.price.at(open_ns) / self.strike_step) * self.strike_step
        chance = Above(self.price, strike=float(strike), close_ns=close_ns, sigma=self.sigma)
        return Asked(chance, self.price.at(close_ns) >= strike, strike)


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """The same question as another venue has it, where the public thinks a little differently."""

    topic: Wandering
    seed: int
    waves: Waves

    @property
    def name(self) -> str:
        """Return the topic's name."""
        return self.topic.name

    def ask(self, serial: int, open_ns: int, close_ns: int) -> Asked:
        """Return the topic's question with this venue's own opinion."""
        asked = self.topic.ask(serial, open_ns, close_ns)
        noise = Noise(f"{self.seed}/{self.name}/elsewhere", self.waves)
        return Asked(Opinion(asked.chance, noise), asked.yes)
