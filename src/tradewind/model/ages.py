"""How old things were: a histogram of nanoseconds that never grows, whatever it is fed."""

from collections.abc import Iterator

STEPS_PER_OCTAVE = 16
_STEP_BITS = STEPS_PER_OCTAVE.bit_length() - 1
_OCTAVES = 64
_LONGEST_NS = (1 << 63) - 1


class Ages:
    """Counts durations in buckets that are a sixteenth of their size wide, so within 6.25 %.

    Below 32 ns each bucket is one nanosecond. What is below zero (a venue whose clock is ahead)
    counts as zero.
    """

    def __init__(self) -> None:
        self._counts = [0] * (STEPS_PER_OCTAVE * _OCTAVES)
        self.count = 0
        self.longest_ns = 0

    def observe(self, age_ns: int) -> None:
        """Count one duration, nanoseconds."""
        if age_ns <= 0:
            age_ns = 0
        elif age_ns > self.longest_ns:
            self.longest_ns = age_ns
        self._counts[_bucket_of(age_ns)] += 1
        self.count += 1

    def quantile(self, q: float) -> int:
        """Return nanoseconds that a share `q` (0 to 1) did not exceed; 0 when nothing is counted.

        The answer is the upper edge of its bucket, never above the longest that was seen.
        """
        if not 0.0 <= q <= 1.0:
            raise ValueError(f"a quantile lies between 0 and 1, not at {q}")
        wanted = q * self.count
        seen = 0
        for bucket, count in self._filled():
            seen += count
            if seen >= wanted:
                return min(_upper_edge(bucket), self.longest_ns)
        return 0

    def merge(self, other: "Ages") -> None:
        """Count everything that the other has counted."""
        for bucket, count in other._filled():
            self._counts[bucket] += count
        self.count += other.count
        self.longest_ns = max(self.longest_ns, other.longest_ns)

    def _filled(self) -> Iterator[tuple[int, int]]:
        return ((bucket, count) for bucket, count in enumerate(self._counts) if count)


def _bucket_of(age_ns: int) -> int:
    age_ns = min(age_ns, _LONGEST_NS)
    shift = max(0, age_ns.bit_length() - 1 - _STEP_BITS)
    return (shift << _STEP_BITS) + (age_ns >> shift)


def _upper_edge(bucket: int) -> int:
    shift = max(0, (bucket >> _STEP_BITS) - 1)
    return (((bucket - (shift << _STEP_BITS)) + 1) << shift) - 1
