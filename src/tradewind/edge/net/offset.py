"""The venue's clock against ours, as well as a round trip can tell."""

from collections import deque

import msgspec

SAMPLES_KEPT = 16


class ClockSample(msgspec.Struct, frozen=True):
    """One comparison: how far the venue is ahead, and how long the question was under way."""

    offset_ns: int
    round_trip_ns: int


class ClockOffset:
    """Turns our time into the venue's, minus a margin so that no stamp lies in its future.

    Of the newest 16 samples the one with the shortest round trip counts: its error is at most
    half of that, and a clock that drifts is followed.
    """

    def __init__(self, margin_ns: int) -> None:
        self.margin_ns = margin_ns
        self._samples: deque[ClockSample] = deque(maxlen=SAMPLES_KEPT)
        self._best = ClockSample(0, 0)

    @property
    def known(self) -> bool:
        """Whether the venue's clock has been read."""
        return bool(self._samples)

    @property
    def offset_ns(self) -> int:
        """How far the venue's clock is ahead of ours; 0 while unknown."""
        return self._best.offset_ns

    @property
    def error_ns(self) -> int:
        """By how much the offset may be wrong: half of the round trip."""
        return self._best.round_trip_ns // 2

    def sample(self, sent_ns: int, recv_ns: int, venue_ns: int) -> None:
        """Take the venue's time from an answer, with our times of asking and hearing, all UTC.

        A sample in which we heard before we asked shows a step of our own clock: it is left out.
        """
        if recv_ns < sent_ns:
            return
        offset_ns = venue_ns - (sent_ns + recv_ns) // 2
        self._samples.append(ClockSample(offset_ns, recv_ns - sent_ns))
        self._best = min(self._samples, key=lambda sample: sample.round_trip_ns)

    def forget(self) -> None:
        """Know nothing again: our clock has stepped, so every sample is wrong."""
        self._samples.clear()
        self._best = ClockSample(0, 0)

    def stamp_ns(self, now_ns: int) -> int:
        """Return our time as the venue's, minus the margin; without a sample, ours minus it."""
        return now_ns + self._best.offset_ns - self.margin_ns
