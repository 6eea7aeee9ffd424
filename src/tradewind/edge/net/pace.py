"""The venue's rate limits on the way out: it holds the line and never changes its order.

What may be asked at all, and which order goes first, is decided in the core.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from tradewind.model.errors import ConfigError, RateLimited
from tradewind.ports import Clock

DOWNLOAD_SHARE = 0.25
WAITING_MAX = 1000
_NS = 1e9


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A token bucket as the venue counts: it holds `capacity`, and `per_s` come back a second."""

    capacity: float
    per_s: float


class Pace:
    """Token buckets of one account by the venue's own keys.

    Orders take or are told no; reads wait in one line a key, first come first served. Downloads
    have a line of their own, which gets a quarter of the bucket, so that no other read is ever
    behind more than one of them. Every key must be in `limits`; another raises KeyError.
    """

    def __init__(self, limits: Mapping[str, Limit], clock: Clock, *, venue: str = "") -> None:
        self._venue = venue
        self._clock = clock
        self._buckets = {key: _Bucket(limit, clock) for key, limit in limits.items()}
        self._shares = {key: _Bucket(_share(limit), clock) for key, limit in limits.items()}

    async def turn(self, key: str, cost: float = 1.0, *, download: bool = False) -> None:
        """Wait in line until `cost` tokens are ours.

        Raises RateLimited when a thousand wait already, ConfigError for a cost above the bucket.
        """
        if download:
            # A page that costs more than the share is taken when the share is full.
            share = self._shares[key]
            await self._wait(key, share, min(cost, share.limit.capacity))
        await self._wait(key, self._buckets[key], cost)

    def take(self, key: str, cost: float = 1.0) -> bool:
        """Take the tokens now, or say no; never waits, and passes those who do."""
        return self._buckets[key].take(cost)

    def take_each(self, key: str, count: int, cost: float = 1.0) -> int:
        """Take `cost` for each of so many, as far as it goes; returns for how many."""
        taken = 0
        while taken < count and self._buckets[key].take(cost):
            taken += 1
        return taken

    def told(self, key: str, remaining: float, reset_ns: int = 0) -> None:
        """Believe the venue's headers where they leave less than we counted.

        `reset_ns` is when the bucket is full again, nanoseconds UTC, 0 if the venue does not say;
        with nothing remaining, nothing is taken before then.
        """
        in_ns = max(0, reset_ns - self._clock.now_ns()) if reset_ns else 0
        self._buckets[key].told(remaining, in_ns)

    def remaining(self, key: str) -> float:
        """Return the tokens that could be taken now."""
        return self._buckets[key].level()

    async def _wait(self, key: str, bucket: "_Bucket", cost: float) -> None:
        if cost > bucket.limit.capacity:
            raise ConfigError(
                f"asked for {cost:g} tokens of {key}, which holds {bucket.limit.capacity:g}: "
                "split the request"
            )
        if bucket.waiting >= WAITING_MAX:
            raise RateLimited(
                f"did not ask: {bucket.waiting} requests wait for {key} already; ask less often",
                venue=self._venue,
                endpoint=key,
                retry_after_s=bucket.wait_s(bucket.limit.capacity),
            )
        bucket.waiting += 1
        try:
            async with bucket.line:
                while not bucket.take(cost):  # noqa: ASYNC110 - nobody could set an event: it is time
                    await asyncio.sleep(bucket.wait_s(cost))
        finally:
            bucket.waiting -= 1


def _share(limit: Limit) -> Limit:
    return Limit(capacity=limit.capacity * DOWNLOAD_SHARE, per_s=limit.per_s * DOWNLOAD_SHARE)


class _Bucket:
    def __init__(self, limit: Limit, clock: Clock) -> None:
        if not (limit.capacity > 0 and limit.per_s > 0):
            raise ConfigError(
                f"a rate limit of {limit.capacity:g} tokens and {limit.per_s:g} a second never "
                "lets anything pass: give both above zero"
            )
        self.limit = limit
        self.line = asyncio.Lock()  # its waiters are served in the order in which they came
        self.waiting = 0
        self._clock = clock
        self._level = limit.capacity
        self._at_ns = clock.monotonic_ns()
        self._shut_until_ns = 0

    def level(self) -> float:
        now_ns = self._clock.monotonic_ns()
        if now_ns > self._at_ns:
            gained = (now_ns - self._at_ns) / _NS * self.limit.per_s
            self._level = min(self.limit.capacity, self._level + gained)
            self._at_ns = now_ns
        return 0.0 if now_ns < self._shut_until_ns else self._level

    def take(self, cost: float) -> bool:
        # A hair of tolerance: the sum of many refills is a float.
        if self.level() + 1e-9 < cost:
            return False
        self._level -= cost
        return True

    def told(self, remaining: float, reset_in_ns: int) -> None:
        self._level = min(self.level(), max(0.0, remaining))
        if remaining <= 0 and reset_in_ns:
            self._shut_until_ns = self._clock.monotonic_ns() + reset_in_ns

    def wait_s(self, cost: float) -> float:
        level = self.level()
        shut_s = max(0, self._shut_until_ns - self._at_ns) / _NS
        missing = max(0.0, cost - (self._level if shut_s else level))
        return max(shut_s, missing / self.limit.per_s, 0.001)
