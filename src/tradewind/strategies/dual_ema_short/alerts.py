"""What deserves a word about one instrument, and how often it may be said.

Floats only; it raises nothing itself and knows no context. One kind of alert speaks at most
once in 15 minutes for each instrument.
"""

MOVE = 0.02
HIGH_MOVE = 0.04
SURGE = 2.0
HIGH_SURGE = 4.0
"""Times the mean of the four candles before; more than 300 % above it is high."""
NEAR = 0.005
QUIET_NS = 900_000_000_000


class Pulse:
    """The last closes and volumes of one instrument, and when each kind of alert last spoke."""

    __slots__ = (
        "_close_1",
        "_close_2",
        "_close_3",
        "_close_by",
        "_spoke_ns",
        "_volume_1",
        "_volume_2",
        "_volume_3",
        "_volume_4",
        "move",
        "near",
        "surge",
    )

    def __init__(self) -> None:
        self._close_1 = self._close_2 = self._close_3 = 0.0
        self._volume_1 = self._volume_2 = self._volume_3 = self._volume_4 = 0.0
        self._spoke_ns: dict[str, int] = {}
        self.move = 0.0
        self.surge = 0.0
        self.near = False
        self._close_by = False

    def update(self, close: float, volume: float, fast: float, slow: float) -> bool:
        """Take the next candle and its means; tell whether anything is worth a word.

        `move` is then the change over three candles, `surge` the volume as a multiple of the
        mean of the four before, `near` that the means have come within half a percent of each
        other; zero and False where it is not worth a word or not yet known (means of zero).
        """
        self.move = self.surge = 0.0
        past = self._close_3
        change = close - past
        if past and (change > MOVE * past or change < -MOVE * past):
            self.move = change / past
        self._close_3 = self._close_2
        self._close_2 = self._close_1
        self._close_1 = close
        oldest = self._volume_4
        total = self._volume_1 + self._volume_2 + self._volume_3 + oldest
        if oldest and volume * 4.0 > SURGE * total:
            self.surge = volume * 4.0 / total
        self._volume_4 = self._volume_3
        self._volume_3 = self._volume_2
        self._volume_2 = self._volume_1
        self._volume_1 = volume
        gap = fast - slow
        reach = NEAR * slow
        close_by = -reach <= gap <= reach and slow > 0.0
        self.near = close_by and not self._close_by
        self._close_by = close_by
        return self.near or self.move != 0.0 or self.surge != 0.0

    def may_speak(self, kind: str, now_ns: int) -> bool:
        """Tell whether a kind has been quiet for 15 minutes, and note that it speaks now."""
        spoke_ns = self._spoke_ns.get(kind)
        if spoke_ns is not None and now_ns - spoke_ns < QUIET_NS:
            return False
        self._spoke_ns[kind] = now_ns
        return True
