"""Where a market's fair value goes: seeded paths, and paths that somebody recorded.

Knows time and numbers. Must not know books, orders or files.
"""

from bisect import bisect_right
from collections.abc import Sequence

from tradewind.edge.simulators.latent import Price
from tradewind.edge.simulators.noise import MINUTE_NS, Jumps, Noise, walk
from tradewind.model.money import NANOS

HOUR_NS = 60 * MINUTE_NS


def price_path(name: str, centre: float, sigma: float = 0.0007) -> Price:
    """Return a price around `centre`: a walk, slow swings that look like trends, and jumps.

    `sigma` is its deviation per square root of a minute, as a fraction of the price. The same
    name gives the same path.
    """
    own = walk(f"{name}/walk", sigma=sigma, longest_ns=6 * HOUR_NS, shortest_ns=3 * NANOS)
    swings = Noise(f"{name}/swings", ((14 * MINUTE_NS, 5.0 * sigma), (5 * MINUTE_NS, 2.0 * sigma)))
    jumps = Jumps(
        f"{name}/jumps",
        every_ns=20 * MINUTE_NS,
        chance=0.35,
        mean=0.0,
        spread=6.0 * sigma,
        fade_ns=40 * MINUTE_NS,
    )
    return Price(centre, ((1.0, own), (1.0, swings)), jumps)


class Recorded:
    """A path through recorded (time, value) pairs, begun at `start_ns` whatever their dates were.

    Straight lines join the pairs. After the last one the path runs back to the first and so on,
    so that it never jumps and never ends. `speed` 2 goes through it in half the time.
    """

    def __init__(
        self, points: Sequence[tuple[int, float]], start_ns: int, speed: float = 1.0
    ) -> None:
        assert points
        self._times = [ts - points[0][0] for ts, _ in points]
        self._values = [value for _, value in points]
        self._start_ns = start_ns
        self._speed = speed

    def at(self, ts: int) -> float:
        """Return the value at a time in nanoseconds UTC."""
        length = self._times[-1]
        if not length:
            return self._values[-1]
        passed = int((ts - self._start_ns) * self._speed) % (2 * length)
        passed = min(passed, 2 * length - passed)
        right = bisect_right(self._times, passed)
        if right >= len(self._times):
            return self._values[-1]
        left_ns, right_ns = self._times[right - 1], self._times[right]
        share = (passed - left_ns) / (right_ns - left_ns)
        return self._values[right - 1] + (self._values[right] - self._values[right - 1]) * share


class Hastened:
    """Another path, `speed` times as fast from `start_ns` on."""

    def __init__(self, path: Price, start_ns: int, speed: float) -> None:
        self._path = path
        self._start_ns = start_ns
        self._speed = speed

    def at(self, ts: int) -> float:
        """Return the value at a time in nanoseconds UTC."""
        return self._path.at(self._start_ns + int((ts - self._start_ns) * self._speed))
