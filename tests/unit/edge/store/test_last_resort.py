"""Ballast and emergency log: space that can be released, and words that need none."""

from pathlib import Path

import pytest

from tradewind.edge.store.last_resort import Ballast, EmergencyLog
from tradewind.model.errors import JournalError


def test_the_ballast_takes_real_space_until_it_is_released(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "ballast", 3 << 20)
    ballast.lay()
    held = ballast.path.stat()
    assert (held.st_size, held.st_blocks * 512 >= 3 << 20) == (3 << 20, True)
    ballast.release()
    ballast.release()
    assert not ballast.path.exists()
    ballast.lay()
    assert ballast.path.stat().st_size == 3 << 20


def test_a_ballast_that_does_not_fit_leaves_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "no folder" / "ballast", 10)
    with pytest.raises(JournalError, match=r"Reserved 10 bytes .* free some disk space"):
        ballast.lay()


def test_the_emergency_log_keeps_its_size_and_its_lines(tmp_path: Path) -> None:
    log = EmergencyLog(tmp_path / "emergency", 200)
    assert log.lines() == []
    log.lay()
    assert (log.lines(), log.write("the disk is full"), log.write("two\nlines")) == ([], True, True)
    log.lay()
    again = EmergencyLog(log.path, 200)
    assert again.write("after a restart")
    assert again.lines() == ["the disk is full", "two lines", "after a restart"]
    assert log.path.stat().st_size == 200


def test_the_first_lines_stay_when_the_emergency_log_is_full(tmp_path: Path) -> None:
    log = EmergencyLog(tmp_path / "emergency", 64)
    log.lay()
    told = [log.write(f"line {number} of the worst day") for number in range(5)]
    assert told == [True, True, False, False, False]
    assert log.lines() == ["line 0 of the worst day", "line 1 of the worst day"]


def test_a_missing_emergency_log_takes_no_line_and_raises_nothing(tmp_path: Path) -> None:
    assert not EmergencyLog(tmp_path / "emergency", 64).write("too late")
