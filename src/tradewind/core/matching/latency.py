"""How long news, requests and answers travel, in event time.

Knows delays in nanoseconds, told by an order's name alone, so that the same order always takes
as long, whatever else happens. Must not know the clock.

The venue sees a market event `feed_ns` before the desk does. A request that leaves at t reaches
the venue at t + `to_venue_ns`, in venue time; its answer is back `to_desk_ns` later, but never
before the feed has told what the answer rests on. One order's requests share one delay and so do
its answers: a cancel does not overtake its submit.
"""

import math
from hashlib import blake2b
from typing import Protocol

import msgspec


class Latency(Protocol):
    """The delays of one venue."""

    @property
    def feed_ns(self) -> int:
        """Return how much later than the venue the desk sees the market."""
        ...

    def to_venue_ns(self, key: str) -> int:
        """Return the order-entry delay of everything about the order `key`."""
        ...

    def to_desk_ns(self, key: str) -> int:
        """Return the response delay of everything about the order `key`."""
        ...


class ConstantLatency(msgspec.Struct, frozen=True, kw_only=True):
    """The same delay for everything; all zero by default."""

    entry_ns: int = 0
    response_ns: int = 0
    feed_ns: int = 0

    def to_venue_ns(self, key: str) -> int:
        """Return `entry_ns`."""
        return self.entry_ns

    def to_desk_ns(self, key: str) -> int:
        """Return `response_ns`."""
        return self.response_ns


NO_LATENCY = ConstantLatency()


class LogNormalLatency(msgspec.Struct, frozen=True, kw_only=True):
    """Delays that scatter as networks do: log-normal around a median, drawn from the order's id.

    `sigma` is the standard deviation of the logarithm: at 0.5 one delay in twenty is above 2.3
    times the median. The draw is a hash of (seed, direction, id): the same for every run, and
    for every order whatever came before it.
    """

    seed: int
    entry_median_ns: int
    response_median_ns: int
    sigma: float = 0.5
    feed_ns: int = 0

    def to_venue_ns(self, key: str) -> int:
        """Return this order's entry delay."""
        return self._draw(self.entry_median_ns, "entry", key)

    def to_desk_ns(self, key: str) -> int:
        """Return this order's response delay."""
        return self._draw(self.response_median_ns, "response", key)

    def _draw(self, median_ns: int, way: str, key: str) -> int:
        digest = blake2b(f"{self.seed}/{way}/{key}".encode(), digest_size=16).digest()
        first = (int.from_bytes(digest[:8], "big") + 1) / 2**64
        second = int.from_bytes(digest[8:], "big") / 2**64
        normal = math.sqrt(-2.0 * math.log(first)) * math.cos(2.0 * math.pi * second)
        # Whole microseconds: the last bits of the exponential differ between C libraries.
        return round(median_ns * math.exp(self.sigma * normal) / 1000) * 1000
