"""The paper venue's file: whole commits or none, one process, and plain words when it is hurt."""

import sqlite3
from pathlib import Path
from random import Random

import pytest

from tests.unit.edge.simulators.paper import START_NS, as_killed, place
from tradewind.edge.simulators.venue_file import GROUP_ROWS, LEAST_BYTES, Polled, VenueFile
from tradewind.model.errors import JournalError
from tradewind.model.order import Side


def inputs(path: Path) -> list[int]:
    """Return the times of what a file still has behind its state, and close it."""
    file = VenueFile(path)
    file.load()
    found = [at_ns for at_ns, _ in file.inputs()]
    file.close()
    return found


def test_only_what_was_committed_is_there_after_a_kill(tmp_path: Path) -> None:
    file = VenueFile(tmp_path / "v")
    file.note(1, place(1, START_NS, Side.BUY, "1000"))
    file.note(2, Polled())
    file.commit()
    file.note(3, Polled())
    assert inputs(as_killed(tmp_path / "v", tmp_path / "killed")) == [1, 2]
    file.commit()
    assert inputs(as_killed(tmp_path / "v", tmp_path / "again")) == [1, 2, 3]


def test_inputs_come_back_as_they_were(tmp_path: Path) -> None:
    file = VenueFile(tmp_path / "v")
    order = place(1, START_NS, Side.SELL, "1000.5")
    file.note(7, order)
    file.commit()
    file.close()
    again = VenueFile(tmp_path / "v")
    assert again.load() is None
    assert list(again.inputs()) == [(7, order)]


def test_a_kept_state_takes_the_place_of_its_inputs(tmp_path: Path) -> None:
    file = VenueFile(tmp_path / "v")
    file.note(1, Polled())
    file.keep({"orders": [1, 2]}, b"{}")
    file.note(2, Polled())
    file.commit()
    file.close()
    again = VenueFile(tmp_path / "v")
    assert again.load() == {"orders": [1, 2]}
    assert [at_ns for at_ns, _ in again.inputs()] == [2]
    again.note(3, Polled())
    again.commit()
    again.close()
    assert inputs(tmp_path / "v") == [2, 3]


def test_many_inputs_commit_by_themselves_and_ask_for_a_state(tmp_path: Path) -> None:
    file = VenueFile(tmp_path / "v")
    for number in range(GROUP_ROWS + 1):
        file.note(number, Polled())
    assert len(inputs(as_killed(tmp_path / "v", tmp_path / "killed"))) == GROUP_ROWS
    order = place(1, START_NS, Side.BUY, "1000")
    for number in range(LEAST_BYTES // 200):
        file.note(number, order)
    grown = file.full
    file.keep(None, b"{}")
    assert (grown, file.full) == (True, False)


def test_a_torn_write_takes_whole_commits_only(tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    file = VenueFile(tmp_path / "v")
    file.keep("begun", b"{}")
    noted = 0
    commits = {0}
    for _ in range(40):
        for _ in range(dice.randrange(1, 30)):
            file.note(noted, place(1, START_NS, Side.BUY, "1000"))
            noted += 1
        file.commit()
        commits.add(noted)
    sizes = set()
    for number in range(25):
        killed = as_killed(tmp_path / "v", tmp_path / f"killed{number}")
        log = killed.with_name(killed.name + "-wal")
        with log.open("r+b") as torn:
            torn.truncate(dice.randrange(log.stat().st_size + 1))
        found = inputs(killed)
        assert found == list(range(len(found)))
        assert len(found) in commits
        sizes.add(len(found))
    assert len(sizes) > 2


def test_a_file_of_another_format_is_left_alone(tmp_path: Path) -> None:
    file = VenueFile(tmp_path / "v")
    file.keep("state", b"{}")
    file._connection.execute("PRAGMA user_version = 1")
    file.close()
    before = (tmp_path / "v").read_bytes()
    with pytest.raises(JournalError, match="a file of format 1 where this version writes 2"):
        VenueFile(tmp_path / "v")
    assert (tmp_path / "v").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE venue_state SET body = 'x'", "its state is not what was written"),
        ('UPDATE venue_input SET payload = \'{"type":"Nonsense"}\'', "an input cannot be read"),
    ],
)
def test_a_damaged_file_is_refused_in_words(tmp_path: Path, change: str, words: str) -> None:
    file = VenueFile(tmp_path / "v")
    file.keep("state", b"{}")
    file.note(1, Polled())
    file.commit()
    file.close()
    with sqlite3.connect(tmp_path / "v") as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(JournalError, match=words):
        inputs(tmp_path / "v")


def test_two_processes_do_not_share_a_venue(tmp_path: Path) -> None:
    file = VenueFile(tmp_path / "v")
    with pytest.raises(JournalError, match="no other desk runs on it"):
        VenueFile(tmp_path / "v")
    file.close()
    VenueFile(tmp_path / "v").close()


def test_what_is_no_venue_file_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "v").write_text("no database at all, but long enough to be looked at" * 20)
    with pytest.raises(JournalError, match="not a database"):
        VenueFile(tmp_path / "v")
    with pytest.raises(JournalError, match="unable to open"):
        VenueFile(tmp_path / "nowhere" / "v")
