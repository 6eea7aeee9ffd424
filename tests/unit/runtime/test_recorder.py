"""The recorder beside a living desk: on time, within bounds, killed anywhere, never in the way."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.recorded import SEGMENT, bids, quote, recorder, write
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.runtime import recorder as module
from tradewind.runtime.recorder import RecorderLimits

ROOT = Path(__file__).parents[3]
STEPS = 200


@pytest.fixture
def log(tmp_path: Path) -> Any:
    log = FileEventLog(tmp_path / "events", SEGMENT)
    yield log
    log.close()


def test_closed_segments_become_history_while_the_desk_writes_on(
    tmp_path: Path, log: FileEventLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL_S", 0.005)
    before = threading.active_count()
    with recorder(tmp_path, log) as running:
        deadline = time.monotonic() + 10
        for first in range(1, STEPS, 20):
            write(log, first, first + 19)
            time.sleep(0.005)
        while log.closed_segments() and time.monotonic() < deadline:
            time.sleep(0.005)
    assert threading.active_count() == before
    done = bids(tmp_path)
    assert STEPS / 2 < len(done) < STEPS
    assert done == list(range(1, len(done) + 1))
    assert list(log.read()) == [(seq, quote(seq)) for seq in range(1, STEPS + 1)]
    assert (log.closed_segments(), running.alerts) == ([], [])


def test_what_is_left_at_the_end_is_recorded_when_the_log_is_sealed(
    tmp_path: Path, log: FileEventLog
) -> None:
    write(log, 1, STEPS)
    log.seal()
    recorder(tmp_path, log).work()
    assert bids(tmp_path) == list(range(1, STEPS + 1))
    assert not list((tmp_path / "events").glob("*.log"))
    write(log, STEPS + 1, STEPS + 5)
    assert [seq for seq, _ in log.read(STEPS)] == list(range(STEPS + 1, STEPS + 6))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (RecorderLimits(1 << 40, 1000), "found 999 bytes free where 1,000 are kept for the desk"),
        (RecorderLimits(10, 0), "more than 10 bytes on one day"),
    ],
    ids=["a full disk", "a full day"],
)
def test_without_room_it_says_so_once_and_only_compacts(
    limits: RecorderLimits, words: str, tmp_path: Path, log: FileEventLog
) -> None:
    recorder(tmp_path, log).work()
    write(log, 1, 30)
    log.seal()
    recorder(tmp_path, log).work()
    full = recorder(tmp_path, log, limits, lambda: 999)
    write(log, 31, STEPS)
    full.work()
    (alert,) = full.alerts
    assert words in alert
    assert bids(tmp_path) == list(range(1, 31))
    assert log.closed_segments() == []
    assert len(list(log.read())) == STEPS


def test_a_store_that_fails_ends_the_recording_and_nothing_else(
    tmp_path: Path, log: FileEventLog
) -> None:
    (tmp_path / "history").write_text("no folder")
    running = recorder(tmp_path, log)
    write(log, 1, STEPS)
    running.work()
    write(log, STEPS + 1, 2 * STEPS)
    running.work()
    (alert,) = running.alerts
    assert "does not answer" in alert
    assert (log.closed_segments(), len(list(log.read()))) == ([], 2 * STEPS)


def test_a_segment_that_cannot_be_compacted_stays_and_is_told(
    tmp_path: Path, log: FileEventLog
) -> None:
    write(log, 1, STEPS)
    first, second, *others = log.closed_segments()
    second.with_suffix(".part").mkdir()
    running = recorder(tmp_path, log)
    running.work()
    assert [second, *others] == log.closed_segments()
    assert "Compacted the event log" in running.alerts[0]
    assert not first.exists()


def test_the_oldest_days_make_room(tmp_path: Path, log: FileEventLog) -> None:
    write(log, 1, 3 * STEPS)
    log.seal()
    recorder(tmp_path, log, RecorderLimits(4000, 0)).work()
    kept = bids(tmp_path)
    assert kept[0] >= 200
    assert kept == list(range(kept[0], 3 * STEPS + 1))
