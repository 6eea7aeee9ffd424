"""The recorder: closed segments of the event log become history and small files, off the loop.

The desk writes market data once, into its event log. A thread of its own reads the segments that
are closed, writes them into the tick store, and then compacts them. What has not been compacted
has not been recorded for certain, so after a kill the same segment is taken again, and adds
nothing twice. Knows when; it must not know files, columns or what an event means.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from tradewind.model.errors import DataError, JournalError
from tradewind.model.events import Event
from tradewind.ports import TickStore
from tradewind.runtime.recording import Recording

POLL_S = 1.0
REST_S = 0.0005
REST_EVENTS = 100
"""After so many events the thread lets others pass: the desk waits a fraction of a millisecond."""
BATCH_ROWS = 65_536
"""So many rows are held in memory before they are written."""


class Segments(Protocol):
    """What is asked of the event log."""

    def closed_segments(self) -> list[Path]:
        """Return the segments that are done and not yet compacted, oldest first."""
        ...

    def events(self, segment: Path) -> Iterator[tuple[int, Event]]:
        """Yield (seq, event) of one segment."""
        ...

    def compact(self, segment: Path, rest: Callable[[], None]) -> Path:
        """Make a closed segment small, calling `rest` now and then."""
        ...


class RecorderLimits(msgspec.Struct, frozen=True):
    """What the recorder may take: bytes of history in all, and bytes that stay free on the disk."""

    max_bytes: int
    spare_bytes: int


class Recorder:
    """Records and compacts what the event log has closed.

    `ticks` opens the tick store, in the thread that writes into it; None: it only compacts.
    `free_bytes` tells the room on the disk. A failure ends what failed and stands in `alerts`;
    it never reaches the desk. In a `with` block it works in a thread of its own, which the end of
    the block joins; without one the desk's own thread may call `work`.
    """

    def __init__(
        self,
        segments: Segments,
        ticks: Callable[[], TickStore] | None,
        recording: Recording,
        limits: RecorderLimits,
        free_bytes: Callable[[], int],
    ) -> None:
        self.alerts: list[str] = []
        self._segments = segments
        self._open_ticks = ticks
        self._ticks: TickStore | None = None
        self._recording = recording
        self._limits = limits
        self._free_bytes = free_bytes
        self._compacts = True
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "Recorder":
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """End the thread; a segment that it has in hand is done first."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def work(self, rest: Callable[[], None] = lambda: None) -> None:
        """Take every closed segment, oldest first."""
        for segment in self._segments.closed_segments():
            if not self._compacts:
                return
            if self._open_ticks is not None:
                self._record(self._ticks or self._open(), segment, rest)
            self._compact(segment, rest)
            if self._stopping.is_set() and self._thread is not None:
                return

    def _open(self) -> TickStore:
        assert self._open_ticks is not None
        self._ticks = self._open_ticks()
        return self._ticks

    def _run(self) -> None:
        if self._open_ticks is not None:
            # What it imports is best imported now, while nothing is going on yet.
            self._open()
        while not self._stopping.wait(POLL_S):
            self.work(_rest)

    def _record(self, ticks: TickStore, segment: Path, rest: Callable[[], None]) -> None:
        try:
            if self._has_room(ticks):
                record(self._segments.events(segment), self._recording, ticks, rest)
        except (DataError, JournalError) as error:
            self._end_recording(str(error))
        if self._recording.left_out:
            self._tell(
                "Recorded market data, found rows of unknown instruments or finer than their "
                "quanta; those are in the event log only: give the instruments larger exponents "
                "and import the run."
            )

    def _has_room(self, ticks: TickStore) -> bool:
        limits = self._limits
        free = self._free_bytes()
        if free < limits.spare_bytes:
            self._end_recording(
                f"Recorded market data, found {free:,} bytes free where {limits.spare_bytes:,} are "
                f"kept for the desk; free some disk space and start again."
            )
            return False
        if ticks.trim(limits.max_bytes) > limits.max_bytes:
            self._tell(
                f"Recorded market data, found more than {limits.max_bytes:,} bytes on one day; the "
                f"rest of the day is in the event log only: allow more."
            )
            return False
        return True

    def _compact(self, segment: Path, rest: Callable[[], None]) -> None:
        try:
            self._segments.compact(segment, rest)
        except JournalError as error:
            self._compacts = False
            self._tell(str(error))

    def _end_recording(self, why: str) -> None:
        self._open_ticks = None
        self._tell(why)

    def _tell(self, text: str) -> None:
        if text not in self.alerts:
            self.alerts.append(text)


def record(
    events: Iterator[tuple[int, Event]],
    recording: Recording,
    ticks: TickStore,
    rest: Callable[[], None] = lambda: None,
) -> int:
    """Write events into the tick store and return how many rows are new.

    Raises DataError when the store does not take them, JournalError for a damaged record.
    """
    new = 0
    for count, (seq, event) in enumerate(events, 1):
        recording.add(seq, event)
        if not count % REST_EVENTS:
            rest()
        if recording.rows >= BATCH_ROWS:
            new += _write(recording, ticks)
    return new + _write(recording, ticks)


def _write(recording: Recording, ticks: TickStore) -> int:
    new = 0
    for rules, key, columns in recording.series():
        if rules is not None:
            ticks.define(rules)
        new += ticks.write(key, columns)
    return new


def _rest() -> None:
    time.sleep(REST_S)
