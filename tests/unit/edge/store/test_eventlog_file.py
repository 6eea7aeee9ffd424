"""The event log: what a kill, a power cut and a flipped bit leave of it."""

import random
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.unit.edge.store.samples import BTC, quote
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.eventlog_segment import HEADER, frame
from tradewind.model.errors import JournalError
from tradewind.model.events import (
    BookDelta,
    Candle,
    ClockStepped,
    Event,
    ReferencePrice,
    Trade,
    TradingChanged,
    Woke,
    WorkReported,
)
from tradewind.model.ids import InstanceId
from tradewind.model.market import CandleStatus, Trading
from tradewind.model.order import Side

ROOT = Path(__file__).parents[4]
SMALL = 1000
"""Bytes of a segment in these tests: about eight quotes."""

EVENTS: tuple[Event, ...] = (
    quote(1),
    Trade(BTC, 2, 3, Decimal("100.10"), Decimal("1E-8"), Side.SELL, "t-1"),
    BookDelta(BTC, 4, 5, ((Decimal("1.5"), Decimal(0)),), (), 7, 5),
    Candle(BTC, 0, 6, "1m", 1, 4, 0, 2, 0.1, 0.4, 0.0, 0.2, 9.5, CandleStatus.CORRECTED),
    TradingChanged(BTC, 7, 7, Trading.PAUSED),
    ReferencePrice("chainlink", 8, 8, 0.1 + 0.2, float("inf")),
    Woke(9),
    ClockStepped(-501_000_000, 10),
    WorkReported(InstanceId("i"), "key", {"answer": [1, 2.5, None]}, 11),
)


def _write(log: FileEventLog, first: int, last: int, *, group: int = 3) -> None:
    for seq in range(first, last + 1):
        log.append(seq, quote(seq * 10))
        if seq % group == 0:
            log.flush()
    log.flush()


def _seqs(log: FileEventLog, after_seq: int = 0) -> list[int]:
    return [seq for seq, _ in log.read(after_seq)]


def test_events_are_read_as_they_were_appended(tmp_path: Path) -> None:
    log = FileEventLog(tmp_path / "log")
    for seq, event in enumerate(EVENTS, 1):
        log.append(seq, event)
    assert log.last_seq() == 0, "nothing is on disk before a flush"
    log.flush()
    log.flush()
    assert list(log.read()) == list(enumerate(EVENTS, 1))
    log.close()
    log.close()
    again = FileEventLog(tmp_path / "log")
    assert (list(again.read()), again.last_seq(), again.torn_bytes) == (
        list(enumerate(EVENTS, 1)), len(EVENTS), 0,
    )  # fmt: skip
    again.close()


def test_an_empty_log_and_a_missing_folder_have_no_events(tmp_path: Path) -> None:
    log = FileEventLog(tmp_path / "log", read_only=True)
    assert (log.last_seq(), list(log.read())) == (0, [])
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize("compacted", [0, 1, 99], ids=["none", "one", "every one"])
def test_reading_spans_segments_and_starts_anywhere(tmp_path: Path, compacted: int) -> None:
    log = FileEventLog(tmp_path, SMALL)
    _write(log, 1, 100)
    closed = log.closed_segments()
    assert len(closed) > 5
    for segment in closed[:compacted]:
        log.compact(segment)
    assert _seqs(log) == list(range(1, 101))
    for after in (0, 1, 49, 50, 99, 100, 2000):
        assert _seqs(log, after) == list(range(after + 1, 101))
    log.close()
    again = FileEventLog(tmp_path, SMALL)
    assert again.last_seq() == 100
    _write(again, 105, 110)
    assert _seqs(again, 99) == [100, *range(105, 111)]
    again.close()


def test_a_log_whose_every_segment_is_compacted_goes_on_behind_them(tmp_path: Path) -> None:
    log = FileEventLog(tmp_path, SMALL)
    _write(log, 1, 50)
    log.close()
    log = FileEventLog(tmp_path, 1)
    _write(log, 60, 60)
    for segment in log.closed_segments():
        log.compact(segment)
    log.close()
    for path in tmp_path.glob("*.log"):
        path.unlink()
    again = FileEventLog(tmp_path, SMALL)
    assert again.last_seq() == 50
    _write(again, 51, 52)
    assert _seqs(again, 48) == [49, 50, 51, 52]
    again.close()


def test_a_compacted_segment_has_columns_that_other_tools_read(tmp_path: Path) -> None:
    log = FileEventLog(tmp_path)
    for seq, event in enumerate(EVENTS, 1):
        log.append(seq, event)
    log.flush()
    log.rotate_bytes = 1
    _write(log, 20, 20)
    table = pq.read_table(log.compact(log.closed_segments()[0]))
    assert table.column("seq").to_pylist() == list(range(1, len(EVENTS) + 1))
    assert table.column("ts_recv").to_pylist() == [event.ts_recv for event in EVENTS]
    assert table.column("kind").to_pylist() == [type(event).__name__ for event in EVENTS]
    assert table.column("instrument").to_pylist() == [BTC] * 5 + [None] * 4
    log.close()


def test_a_kill_between_compaction_and_removal_doubles_nothing(tmp_path: Path) -> None:
    log = FileEventLog(tmp_path, SMALL)
    _write(log, 1, 40)
    segment = log.closed_segments()[0]
    before = segment.read_bytes()
    log.compact(segment)
    segment.write_bytes(before)
    (tmp_path / "events-7.part").write_bytes(b"half a file")
    log.close()
    again = FileEventLog(tmp_path, SMALL)
    assert _seqs(again) == list(range(1, 41))
    assert not segment.exists()
    assert not list(tmp_path.glob("*.part"))
    again.close()


@pytest.mark.parametrize("last", [3, 8, 9, 30, 39])
def test_a_compacted_segment_is_cut_where_the_journal_lost_more(tmp_path: Path, last: int) -> None:
    log = FileEventLog(tmp_path, SMALL)
    _write(log, 1, 40)
    for segment in log.closed_segments():
        log.compact(segment)
    assert log.cut(last) == 40 - last
    assert (_seqs(log), log.last_seq()) == (list(range(1, last + 1)), last)
    _write(log, last + 1, 50)
    assert _seqs(log) == list(range(1, 51))
    log.close()


def test_a_reader_goes_on_when_segments_are_compacted_under_it(tmp_path: Path) -> None:
    log = FileEventLog(tmp_path, SMALL)
    _write(log, 1, 100)
    told = FileEventLog(tmp_path, read_only=True).read()
    seen = [next(told)[0]]
    for segment in log.closed_segments():
        log.compact(segment)
    assert [*seen, *(seq for seq, _ in told)] == list(range(1, 101))
    log.close()


def _one_segment(tmp_path: Path, count: int = 20) -> Path:
    log = FileEventLog(tmp_path)
    _write(log, 1, count)
    log.close()
    return next(tmp_path.glob("*.log"))


def test_a_tail_torn_at_any_byte_is_cut_and_counted(tmp_path: Path) -> None:
    segment = _one_segment(tmp_path, 4)
    whole = segment.read_bytes()
    starts = [0]
    while starts[-1] < len(whole):
        starts.append(starts[-1] + HEADER.size + HEADER.unpack_from(whole, starts[-1])[0])
    for size in range(len(whole) + 1):
        segment.write_bytes(whole[:size])
        log = FileEventLog(tmp_path)
        kept = sum(1 for start in starts[1:] if start <= size)
        assert (log.last_seq(), log.torn_bytes) == (kept, size - starts[kept])
        _write(log, 50, 50)
        assert _seqs(log) == [*range(1, kept + 1), 50]
        log.close()
        for path in tmp_path.glob("*.log"):
            path.unlink()


def test_sectors_of_zeros_are_a_power_cut_and_what_is_behind_them_is_given_up(
    tmp_path: Path,
) -> None:
    segment = _one_segment(tmp_path, 60)
    data = bytearray(segment.read_bytes())
    data[1024:2048] = bytes(1024)
    segment.write_bytes(data)
    log = FileEventLog(tmp_path)
    kept = log.last_seq()
    assert 0 < kept < 20
    assert log.torn_bytes > len(data) - 1100
    assert _seqs(log) == list(range(1, kept + 1))
    log.close()


def test_a_reader_beside_a_living_writer_cuts_nothing(tmp_path: Path) -> None:
    segment = _one_segment(tmp_path)
    torn = segment.read_bytes()[:-5]
    segment.write_bytes(torn)
    reader = FileEventLog(tmp_path, read_only=True)
    assert _seqs(reader) == list(range(1, 20))
    reader.close()
    assert segment.read_bytes() == torn


def test_any_flipped_bit_in_the_middle_is_a_journal_error_that_names_the_segment(
    tmp_path: Path, seed: int
) -> None:
    segment = _one_segment(tmp_path)
    whole = segment.read_bytes()
    last = whole.rindex(b"Quote") - HEADER.size - 20
    dice = random.Random(seed)
    for _ in range(40):
        data = bytearray(whole)
        data[dice.randrange(last)] ^= 1 << dice.randrange(8)
        segment.write_bytes(data)
        with pytest.raises(JournalError, match=rf"{segment.name}, found records that are not"):
            FileEventLog(tmp_path)
        assert segment.read_bytes() == data, "damage is never cut away"


def test_a_flipped_bit_in_a_compacted_segment_names_it(tmp_path: Path, seed: int) -> None:
    log = FileEventLog(tmp_path, SMALL)
    _write(log, 1, 40)
    parquet = log.compact(log.closed_segments()[1])
    data = bytearray(parquet.read_bytes())
    place = data.index(b"\x28\xb5\x2f\xfd") + 5 + random.Random(seed).randrange(10)
    data[place] ^= 4
    parquet.write_bytes(data)
    with pytest.raises(JournalError, match=parquet.name):
        _seqs(log)
    log.close()


def test_an_event_of_another_version_says_which(tmp_path: Path) -> None:
    segment = _one_segment(tmp_path, 1)
    segment.write_bytes(frame([(1, b"\x81\xa4type\xa7Unknown")]))
    log = FileEventLog(tmp_path)
    with pytest.raises(JournalError, match=r"Read event 1 of .* start the version"):
        _seqs(log)
    log.close()


def test_a_killed_process_loses_nothing_that_was_flushed(tmp_path: Path, seed: int) -> None:
    code = (
        "import sys; from pathlib import Path;"
        "from tests.unit.edge.store.samples import quote;"
        "from tradewind.edge.store.eventlog_file import FileEventLog;"
        "log = FileEventLog(Path(sys.argv[1]), 20_000); seq = log.last_seq()\n"
        "while True:\n"
        "    for _ in range(7):\n"
        "        seq += 1; log.append(seq, quote(seq))\n"
        "    log.flush(); print(seq, flush=True)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    dice = random.Random(seed)
    for _ in range(3):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as victim:
            assert victim.stdout is not None
            lines = [victim.stdout.readline() for _ in range(dice.randrange(1, 400))]
            victim.send_signal(signal.SIGKILL)
            lines += victim.stdout.readlines()
            told = max(int(line) for line in lines if line.endswith("\n"))
        log = FileEventLog(tmp_path / "log")
        assert log.last_seq() >= told
        assert _seqs(log) == list(range(1, log.last_seq() + 1))
        log.close()


def test_a_disk_that_takes_no_more_is_a_journal_error_and_leaves_no_torn_tail(
    tmp_path: Path,
) -> None:
    # A limit on the size of files stands in for a full disk.
    code = (
        "import resource, sys; from pathlib import Path;"
        "from tests.unit.edge.store.samples import quote;"
        "from tradewind.edge.store.eventlog_file import FileEventLog;"
        "from tradewind.model.errors import JournalError;"
        "log = FileEventLog(Path(sys.argv[1]));"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, 5_000));\n"
        "try:\n"
        "    for seq in range(1, 1000):\n"
        "        log.append(seq, quote(seq)); log.flush()\n"
        "except JournalError as error:\n"
        "    print(seq - 1, log.last_seq(), error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    written, last_seq, sentence = done.stdout.split(" ", 2)
    assert written == last_seq
    assert "File too large; check the disk and its free space" in sentence
    log = FileEventLog(tmp_path)
    assert (log.last_seq(), log.torn_bytes) == (int(written), 0)
    log.close()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    with pytest.raises(JournalError, match="Opened the event log in"):
        FileEventLog(tmp_path / "log")
