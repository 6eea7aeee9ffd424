"""A histogram of durations: how late things were, without keeping each of them."""

from typing import Final

STEPS: Final = 8
"""Buckets for each doubling, so a quantile is at most 9 % too high."""


class Ages:
    """Counts durations in nanoseconds by their size."""

    __slots__ = ("_buckets", "count", "worst_ns")

    def __init__(self) -> None:
        self._buckets: dict[int, int] = {}
        self.count = 0
        self.worst_ns = 0

    def observe(self, age_ns: int) -> None:
        """Count one duration; what is below zero counts as none."""
        age_ns = max(age_ns, 0)
        bucket = _bucket(age_ns)
        self._buckets[bucket] = self._buckets.get(bucket, 0) + 1
        self.count += 1
        self.worst_ns = max(self.worst_ns, age_ns)

    def quantile(self, share: float) -> int:
        """Return the duration that this share of all did not exceed, 0 without any."""
        left = share * self.count
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 0:
                return min(_upper_ns(bucket), self.worst_ns)
        return 0

    def merge(self, other: "Ages") -> None:
        """Count what another one has counted."""
        for bucket, count in other._buckets.items():
            self._buckets[bucket] = self._buckets.get(bucket, 0) + count
        self.count += other.count
        self.worst_ns = max(self.worst_ns, other.worst_ns)


def _bucket(age_ns: int) -> int:
    """Return the number of the bucket: eight for each doubling, exact below eight."""
    if age_ns < STEPS:
        return age_ns
    doublings = age_ns.bit_length() - STEPS.bit_length()
    return (doublings + 1) * STEPS + (age_ns >> doublings) - STEPS


def _upper_ns(bucket: int) -> int:
    if bucket < STEPS:
        return bucket
    doublings, step = divmod(bucket - STEPS, STEPS)
    return ((step + STEPS + 1) << doublings) - 1
