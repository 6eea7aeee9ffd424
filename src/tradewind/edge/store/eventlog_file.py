"""The event log in a folder: every event that entered the step and does not concern money.

The open segment is a `.log` of framed records, written at every flush and not synced; segments
that are closed become Parquet. Knows files and frames; it must not know what an event means.

One thread writes; `closed_segments`, `events` and `compact` may be called from another one.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from tradewind.edge.store.eventlog_segment import Buffer, frame, load, records, scan, torn
from tradewind.model.errors import JournalError
from tradewind.model.events import Event

ROTATE_BYTES = 64 << 20
_NAME = "events-{:020d}.log"

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Event).decode


def _go_on() -> None:
    """Rest not at all."""


class FileEventLog:
    """The event log of one desk: one writer, whose lease is the journal's.

    Opening for writing cuts the torn tail that a kill or a power cut left; `torn_bytes` says how
    much that was. With `read_only` nothing is changed, and reading ends where a tail is torn.
    A segment is named by its first sequence number; a new one begins beyond `rotate_bytes`.
    """

    def __init__(
        self, folder: Path, rotate_bytes: int = ROTATE_BYTES, *, read_only: bool = False
    ) -> None:
        self.folder = folder
        self.rotate_bytes = rotate_bytes
        self.read_only = read_only
        self.torn_bytes = 0
        self._pending: list[tuple[int, bytes]] = []
        self._file: int | None = None
        self._open_segment: Path | None = None
        self._size = 0
        self._last_seq = 0
        try:
            self._open()
        except OSError as error:
            raise self._failed("Opened", error) from error

    def append(self, seq: int, event: Event) -> None:
        """Buffer one event under the desk's sequence number, which only grows."""
        self._pending.append((seq, _encode(event)))

    def flush(self) -> None:
        """Hand the buffer to the operating system, so that a killed process loses nothing.

        Raises JournalError where the disk does not take it; what was written of it is cut again.
        """
        pending = self._pending
        if not pending:
            return
        assert not self.read_only, "opened for reading only"
        try:
            if self._file is None or self._size >= self.rotate_bytes:
                self._rotate(pending[0][0])
            self._write(frame(pending))
        except OSError as error:
            raise self._failed("Wrote", error) from error
        self._last_seq = pending[-1][0]
        pending.clear()

    def read(self, after_seq: int = 0) -> Iterator[tuple[int, Event]]:
        """Yield (seq, event) in order, from closed segments and the open one alike.

        Raises JournalError naming the segment where records are damaged in the middle.
        """
        self.flush()
        segments = self._segments()
        firsts = [_first_seq(segment) for segment in segments]
        for index, segment in enumerate(segments):
            if index + 1 < len(segments) and firsts[index + 1] <= after_seq + 1:
                continue
            for seq, payload in self._payloads(segment):
                if seq > after_seq:
                    yield seq, self._event(segment, seq, payload)

    def last_seq(self) -> int:
        """Return the highest sequence number on disk, 0 when empty."""
        return self._last_seq

    def cut(self, after_seq: int) -> int:
        """Drop the records after `after_seq`, which no journal commit reached; return how many.

        Compacted segments are cut like others: after a power cut the journal may have lost more.
        """
        assert not self.read_only, "opened for reading only"
        dropped = sum(1 for _ in self.read(after_seq))
        if not dropped:
            return 0
        self.close()
        try:
            for segment in reversed(self._segments()):
                self._cut_segment(segment, after_seq)
        except OSError as error:
            raise self._failed("Cut", error) from error
        self._last_seq, self._open_segment, self._size = 0, None, 0
        self._open()
        return dropped

    def _cut_segment(self, segment: Path, after_seq: int) -> None:
        if _first_seq(segment) > after_seq:
            segment.unlink()
            return
        if segment.suffix == ".parquet":
            self._cut_parquet(segment, after_seq)
            return
        keep = 0
        with load(segment) as data:
            for seq, _, end in records(data):
                if seq > after_seq:
                    break
                keep = end
        if keep < segment.stat().st_size:
            os.truncate(segment, keep)

    def _cut_parquet(self, segment: Path, after_seq: int) -> None:
        from tradewind.edge.store.eventlog_parquet import last_seq, write

        if last_seq(segment) > after_seq:
            write(segment, (row for row in self._rows(segment) if row[0] <= after_seq), _go_on)

    def seal(self) -> None:
        """Flush and close the open segment; the next flush begins a new one."""
        self.flush()
        if self._file is not None:
            os.close(self._file)
            self._file = None
        self._open_segment = None

    def closed_segments(self) -> list[Path]:
        """Return the segments that are done and not yet compacted, oldest first."""
        # Listed before the open one is looked at: what is open by then may be missing in the
        # list, but nothing in the list that is not the open one can be written any more.
        found = self._segments()
        return [path for path in found if path.suffix == ".log" and path != self._open_segment]

    def events(self, segment: Path) -> Iterator[tuple[int, Event]]:
        """Yield (seq, event) of one segment; raises JournalError where it is damaged."""
        for seq, payload in self._payloads(segment):
            yield seq, self._event(segment, seq, payload)

    def compact(self, segment: Path, rest: Callable[[], None] = _go_on) -> Path:
        """Turn a closed segment into a synced Parquet file and return it.

        Columns: seq, ts_recv (nanoseconds UTC), kind, instrument (null where there is none),
        payload (the record as it was). `rest` is called every few hundred rows, for a thread that
        has others to let pass. Raises JournalError where the segment is damaged.
        """
        from tradewind.edge.store.eventlog_parquet import write

        assert segment != self._open_segment, "the open segment cannot be compacted"
        target = segment.with_suffix(".parquet")
        try:
            write(target, self._rows(segment), rest)
            segment.unlink()
        except OSError as error:
            raise self._failed("Compacted", error) from error
        return target

    def _rows(self, segment: Path) -> Iterator[tuple[int, Event, bytes]]:
        for seq, payload in self._payloads(segment):
            yield seq, self._event(segment, seq, payload), payload

    def close(self) -> None:
        """Flush and close; harmless when done twice."""
        try:
            self.flush()
        finally:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def abandon(self) -> None:
        """Let go without writing what waits, as the end of a process does."""
        self._pending.clear()
        self.close()

    def _open(self) -> None:
        if not self.read_only:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._tidy()
        for segment in (segments := self._segments()):
            # Numbers only grow, so of the compacted ones the newest tells the last.
            if segment.suffix == ".log" or segment == segments[-1]:
                self._last_seq = max(self._last_seq, self._check(segment))
        segments = self._segments()
        if segments and segments[-1].suffix == ".log" and not self.read_only:
            self._continue(segments[-1])

    def _tidy(self) -> None:
        # A kill may fall between the Parquet file's arrival and the segment's removal.
        for parquet in self.folder.glob("events-*.parquet"):
            parquet.with_suffix(".log").unlink(missing_ok=True)
        for part in self.folder.glob("events-*.part"):
            part.unlink()

    def _check(self, segment: Path) -> int:
        """Return the last sequence number of a segment, after cutting what is torn off it."""
        if segment.suffix == ".parquet":
            from tradewind.edge.store.eventlog_parquet import last_seq

            return last_seq(segment)
        try:
            found = scan(segment)
        except FileNotFoundError:  # it has been compacted meanwhile
            return self._check(segment.with_suffix(".parquet"))
        if found.damaged:
            raise _damaged(segment)
        self.torn_bytes += found.torn
        if found.torn and not self.read_only:
            os.truncate(segment, found.end)
        if not found.end and not self.read_only:
            segment.unlink()
        return found.last_seq

    def _continue(self, segment: Path) -> None:
        self._file = os.open(segment, os.O_WRONLY | os.O_APPEND)
        self._open_segment = segment
        self._size = segment.stat().st_size

    def _rotate(self, first_seq: int) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        segment = self.folder / _NAME.format(first_seq)
        self._open_segment = segment
        os.close(os.open(segment, os.O_WRONLY | os.O_CREAT, 0o644))
        self._continue(segment)

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def _segments(self) -> list[Path]:
        found = {_first_seq(path): path for path in self.folder.glob("events-*.log")}
        found |= {_first_seq(path): path for path in self.folder.glob("events-*.parquet")}
        return [found[first] for first in sorted(found)]

    def _payloads(self, segment: Path) -> Iterator[tuple[int, bytes]]:
        if segment.suffix == ".log":
            try:
                with load(segment) as data:
                    yield from _whole(segment, data)
                return
            except FileNotFoundError:  # it has been compacted meanwhile
                segment = segment.with_suffix(".parquet")
        from tradewind.edge.store.eventlog_parquet import read

        yield from read(segment)

    def _event(self, segment: Path, seq: int, payload: bytes) -> Event:
        try:
            event: Event = _decode(payload)
        except msgspec.DecodeError as error:
            raise JournalError(
                f"Read event {seq} of {segment}, found {error}; "
                f"start the version of Tradewind that wrote it."
            ) from error
        return event

    def _failed(self, what: str, error: OSError) -> JournalError:
        return JournalError(
            f"{what} the event log in {self.folder}, found {error.strerror}; "
            f"check the disk and its free space, then start the desk again."
        )


def _whole(segment: Path, data: Buffer) -> Iterator[tuple[int, bytes]]:
    last_seq = end = 0
    for seq, payload, position in records(data):
        yield seq, payload
        last_seq, end = seq, position
    if end < len(data) and not torn(data, end, last_seq):
        raise _damaged(segment)


def _first_seq(segment: Path) -> int:
    return int(segment.stem.removeprefix("events-"))


def _damaged(segment: Path) -> JournalError:
    return JournalError(
        f"Read the event log segment {segment}, found records that are not what was written; "
        f"restore it from a backup, or move it away and start from the journal alone."
    )
