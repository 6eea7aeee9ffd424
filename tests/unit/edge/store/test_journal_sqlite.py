"""The journal on SQLite: order, fencing, damage, full disks and killed writers."""

import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.edge.store.samples import SMALL, open_journal, row
from tradewind.edge.store import journal_sqlite
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.schema import APPLICATION_ID
from tradewind.model.errors import Fenced, JournalError
from tradewind.ports import JournalRow

ROOT = Path(__file__).parents[4]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def _filled(path: Path, count: int = 5) -> list[JournalRow]:
    journal = open_journal(path)
    epoch = journal.take_lease("first")
    journal.append([row(seq, ordinal, epoch) for seq in range(1, count + 1) for ordinal in (0, 1)])
    rows = list(journal.read())
    journal.close()
    return rows


@pytest.mark.parametrize("durability", ["power", "process"])
def test_what_was_appended_is_read_again_after_reopening(path: Path, durability: str) -> None:
    journal = open_journal(path, durability=durability)
    epoch = journal.take_lease("desk")
    sent = [row(3, 0, epoch, b'{"text":"\\u00e9"}'), row(3, 1, epoch), row(9, 1, epoch, b"{}")]
    journal.append(sent[:2])
    journal.append(sent[2:])
    journal.close()
    found = list(open_journal(path, durability=durability).read())
    assert [(each.seq, each.ordinal, each.ts, each.payload) for each in found] == [
        (each.seq, each.ordinal, each.ts, each.payload) for each in sent
    ]


def test_an_empty_journal_has_no_rows_and_no_sequence_number(path: Path) -> None:
    journal = open_journal(path)
    assert (journal.last_seq(), list(journal.read())) == (0, [])


def test_reading_starts_behind_a_sequence_number_that_need_not_exist(path: Path) -> None:
    _filled(path, 5)
    journal = open_journal(path)
    assert journal.take_lease("second") == 2
    journal.append([row(20, 1, 2)])
    assert [each.seq for each in journal.read(4)] == [5, 5, 20]
    assert [each.seq for each in journal.read(11)] == [20]
    assert list(journal.read(20)) == []
    assert journal.last_seq() == 20


def test_reading_goes_on_over_many_chunks_while_rows_are_appended(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_sqlite, "CHUNK_ROWS", 3)
    journal = open_journal(path)
    epoch = journal.take_lease("desk")
    journal.append([row(seq, 1, epoch) for seq in range(1, 11)])
    reader = journal.read()
    seen = [next(reader).seq for _ in range(5)]
    journal.append([row(11, 1, epoch)])
    assert seen + [each.seq for each in reader] == list(range(1, 12))


def test_a_journal_is_readable_while_another_connection_writes(path: Path) -> None:
    writer = open_journal(path)
    epoch = writer.take_lease("desk")
    writer.append([row(1, 1, epoch)])
    reader = open_journal(path)
    assert reader.last_seq() == 1
    writer.append([row(2, 1, epoch)])
    assert [each.seq for each in reader.read()] == [1, 2]


def test_rows_that_are_not_behind_the_last_are_refused_for_good(path: Path) -> None:
    journal = open_journal(path)
    epoch = journal.take_lease("desk")
    journal.append([row(5, 1, epoch)])
    with pytest.raises(JournalError, match=r"row 5/1 .* not behind row 5/1"):
        journal.append([row(5, 1, epoch)])
    with pytest.raises(JournalError, match="not behind"):
        journal.append([row(6, 1, epoch)])
    assert [each.seq for each in open_journal(path).read()] == [5]


def test_a_missing_journal_is_only_made_on_request(path: Path) -> None:
    with pytest.raises(JournalError, match="found no such file"):
        SqliteJournal(path, durability="process", create=False)
    assert not path.exists()


def test_a_reader_makes_no_tables(path: Path) -> None:
    path.touch()
    with pytest.raises(JournalError, match="for reading, found no journal in it"):
        SqliteJournal(path, durability="process", create=False)
    assert path.stat().st_size == 0


def test_a_missing_folder_is_one_sentence(path: Path) -> None:
    with pytest.raises(JournalError, match="make the folder exist"):
        open_journal(path.parent / "nowhere" / "journal.sqlite")


def test_two_desks_on_one_journal_get_one_sentence_that_names_the_holder(path: Path) -> None:
    first = open_journal(path)
    first.take_lease("alpha")
    with pytest.raises(Fenced, match=rf"desk 'alpha' \(process {os.getpid()} on .*stop that desk"):
        open_journal(path).take_lease("beta")
    first.close()
    assert open_journal(path).take_lease("beta") == 2


def test_a_journal_under_another_name_is_the_same_journal(path: Path) -> None:
    open_journal(path).take_lease("alpha")
    other = path.with_name("linked.sqlite")
    other.symlink_to(path)
    with pytest.raises(Fenced, match="desk 'alpha'"):
        open_journal(other).take_lease("beta")


def test_the_epoch_grows_with_every_lease_also_over_those_that_wrote_nothing(path: Path) -> None:
    epochs = []
    for _ in range(4):
        journal = open_journal(path)
        epochs.append(journal.take_lease("desk"))
        journal.close()
    assert epochs == [1, 2, 3, 4]


def test_the_epoch_is_above_every_row_even_if_the_lease_was_lost(path: Path) -> None:
    journal = open_journal(path)
    journal.take_lease("desk")
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM trading_lease")
        connection.execute("INSERT INTO trading_journal VALUES (1, 1, 41, 0, 'Noted', '{}', x'00')")
    assert open_journal(path).take_lease("desk") == 42


def test_an_append_under_an_old_epoch_is_fenced_and_writes_nothing(path: Path) -> None:
    zombie = open_journal(path)
    epoch = zombie.take_lease("zombie")
    zombie.append([row(1, 1, epoch)])
    # The lock of a desk whose file system lied: its lease is taken while it still runs.
    zombie._lease.release()
    successor = open_journal(path)
    newer = successor.take_lease("successor")
    with pytest.raises(Fenced, match=r"epoch 1 .* found epoch 2 in force"):
        zombie.append([row(2, 1, epoch)])
    with pytest.raises(Fenced):
        zombie.append([row(2, 1, newer)])
    successor.append([row(2, 1, newer)])
    assert [(each.seq, each.epoch) for each in successor.read()] == [(1, 1), (2, 2)]


@pytest.mark.parametrize("epoch", [0, 1, 3])
def test_rows_of_another_epoch_are_fenced(path: Path, epoch: int) -> None:
    before = open_journal(path)
    before.take_lease("before")
    before.close()
    journal = open_journal(path)
    assert journal.take_lease("desk") == 2
    with pytest.raises(Fenced):
        journal.append([row(1, 1, epoch)])


@pytest.mark.parametrize("epoch", [0, 1])
def test_nothing_is_appended_without_a_lease(path: Path, epoch: int) -> None:
    with pytest.raises(Fenced, match="take the lease first"):
        open_journal(path).append([row(1, 1, epoch)])
    assert open_journal(path).last_seq() == 0


SET = "UPDATE trading_journal SET {} WHERE seq = 3 AND ordinal = 0"
DAMAGES = {
    "a changed payload": SET.format("payload = '{\"n\":2}'"),
    "a changed time": SET.format("ts = ts + 1"),
    "a changed kind": SET.format("kind = 'Denied'"),
    "a changed epoch": SET.format("epoch = 9"),
    "a changed digest": SET.format("digest = zeroblob(32)"),
    "text that is none": SET.format("kind = CAST(x'ff' AS TEXT)"),
    "a missing row": "DELETE FROM trading_journal WHERE seq = 2 AND ordinal = 1",
    "an added row": "INSERT INTO trading_journal SELECT 3, -1, epoch, ts, kind, payload, digest "
    "FROM trading_journal WHERE seq = 3 AND ordinal = 0",
}


@pytest.mark.parametrize("name", DAMAGES)
def test_the_first_bad_row_is_named(path: Path, name: str) -> None:
    _filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute(DAMAGES[name])
    bad = "3/-1" if name == "an added row" else "3/0"
    reader = open_journal(path).read()
    before = 3 if name == "a missing row" else 4
    assert [next(reader).seq for _ in range(before)] == [1, 1, 2, 2][:before]
    with pytest.raises(JournalError, match=f"row {bad} is not what was committed; restore"):
        next(reader)


def test_any_flipped_byte_of_a_row_on_disk_is_found(path: Path, seed: int) -> None:
    rows = _filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = path.read_bytes()
    dice = random.Random(seed)
    for target in dice.sample(rows, 5):
        start = whole.index(target.digest)
        data = bytearray(whole)
        data[start + dice.randrange(32)] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        with pytest.raises(JournalError, match=f"row {target.seq}/{target.ordinal} is not"):
            list(open_journal(path).read())


def test_a_torn_page_is_one_sentence(path: Path) -> None:
    _filled(path, 300)
    data = bytearray(path.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 8] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(JournalError, match="restore it from a backup"):
        list(open_journal(path).read())


FOREIGN = {
    "a newer revision": (
        f"PRAGMA application_id = {APPLICATION_ID};"
        "CREATE TABLE trading_alembic_version (version_num TEXT);"
        "INSERT INTO trading_alembic_version VALUES ('0999')",
        "found schema revision '0999' where this version knows up to",
    ),
    "another program's": (
        "PRAGMA application_id = 77; CREATE TABLE notes (text TEXT)",
        "database of another program",
    ),
    "a database of nobody": ("CREATE TABLE notes (text TEXT)", "database of another program"),
    "ours without a revision": (
        f"PRAGMA application_id = {APPLICATION_ID}; CREATE TABLE notes (text TEXT)",
        "database of another program",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_another_version_or_program_is_one_sentence_and_stays_as_it_was(
    path: Path, name: str
) -> None:
    script, sentence = FOREIGN[name]
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(JournalError, match=sentence) as found:
        open_journal(path)
    assert str(found.value).count("\n") == 0
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_one_sentence(path: Path) -> None:
    path.write_bytes(b"seq,payload\n" * 500)
    with pytest.raises(JournalError, match="cannot be read as a database"):
        open_journal(path)


def _full_at(pages: int) -> Callable[[Path], sqlite3.Connection]:
    """Return a way to open a journal whose disk is full behind so many pages."""

    def connect(path: Path) -> sqlite3.Connection:
        connection = journal_sqlite.connect(path)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    return connect


def _fill_up(journal: SqliteJournal, epoch: int) -> None:
    """Append until the disk is full; raises what the last append raised."""
    for seq in range(1, 1000):
        journal.append([row(seq, 1, epoch, b"x" * 2000)])


def test_a_full_disk_halts_with_a_sentence_and_loses_nothing_committed(path: Path) -> None:
    open_journal(path).close()
    room = path.stat().st_size // 4096 + 8
    journal = SqliteJournal(path, durability="power", ballast_bytes=SMALL, connect=_full_at(room))
    epoch = journal.take_lease("desk")
    with pytest.raises(JournalError, match=r"found database or disk is full; .* check the disk"):
        _fill_up(journal, epoch)
    committed = [each.seq for each in journal.read()]
    assert committed == list(range(1, len(committed) + 1))
    with pytest.raises(JournalError, match="disk is full"):
        journal.append([row(len(committed) + 1, 1, epoch)])
    assert [line for line in journal.emergency.lines() if "disk is full" in line]
    journal.close()
    assert [each.seq for each in open_journal(path).read()] == committed


def test_a_full_disk_gives_the_ballast_back_and_the_journal_writes_no_more(path: Path) -> None:
    open_journal(path).close()
    room = [path.stat().st_size // 4096 + 4]
    ballast = path.with_name(path.name + ".ballast")

    def connect(path: Path) -> sqlite3.Connection:
        connection = journal_sqlite.connect(path)
        pages = room[0] if ballast.exists() else room[0] + 4
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    journal = SqliteJournal(path, durability="power", ballast_bytes=4 * 4096, connect=connect)
    epoch = journal.take_lease("desk")
    journal.close()
    journal = SqliteJournal(path, durability="power", ballast_bytes=4 * 4096, connect=connect)
    epoch = journal.take_lease("desk")
    with pytest.raises(JournalError):
        _fill_up(journal, epoch)
    assert not ballast.exists()
    last = journal.last_seq()
    with pytest.raises(JournalError):
        journal.append([row(last + 1, 1, epoch)])
    assert open_journal(path).last_seq() == last


def test_a_write_that_the_system_cuts_short_is_a_journal_error(path: Path) -> None:
    # A limit on the size of files stands in for a disk that takes no more.
    code = (
        "import resource, sys; from pathlib import Path;"
        "from tests.unit.edge.store.samples import open_journal, row;"
        "from tradewind.model.errors import JournalError;"
        "journal = open_journal(Path(sys.argv[1]), durability='power');"
        "epoch = journal.take_lease('desk');"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000));\n"
        "try:\n"
        "    for seq in range(1, 10_000):\n"
        "        journal.append([row(seq, 1, epoch, b'x' * 3000)])\n"
        "except JournalError as error:\n"
        "    print(seq - 1, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    committed, sentence = done.stdout.split(" ", 1)
    assert "disk I/O error; none of it counts as written: check the disk" in sentence
    assert open_journal(path).last_seq() == int(committed) > 0


class FailingCommit(sqlite3.Connection):
    """A connection whose disk takes every write, and fails the sync of the third commit."""

    commits = 0

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            self.commits += 1
            if self.commits == 3:
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
                raise error
        return super().execute(sql, *parameters)


def test_a_failed_sync_is_fatal_and_never_tried_again(path: Path) -> None:
    def connect(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, factory=FailingCommit
        )

    journal = SqliteJournal(path, durability="power", ballast_bytes=SMALL, connect=connect)
    epoch = journal.take_lease("desk")
    journal.append([row(1, 1, epoch)])
    journal.append([row(2, 1, epoch)])
    for _ in range(3):
        with pytest.raises(JournalError, match="disk I/O error"):
            journal.append([row(3, 1, epoch)])
    assert isinstance(journal._connection, FailingCommit)
    assert journal._connection.commits == 3
    assert [each.seq for each in open_journal(path).read()] == [1, 2]


def test_a_start_without_room_for_the_ballast_is_refused(path: Path) -> None:
    path.with_name(path.name + ".ballast").mkdir()
    with pytest.raises(JournalError, match="free some disk space before the desk starts"):
        open_journal(path).take_lease("desk")
    path.with_name(path.name + ".ballast").rmdir()
    assert open_journal(path).take_lease("desk") == 1


def test_a_closed_journal_writes_no_more(path: Path) -> None:
    journal = open_journal(path)
    epoch = journal.take_lease("desk")
    journal.close()
    journal.close()
    with pytest.raises(JournalError):
        journal.append([row(1, 1, epoch)])
