"""The journal in one SQLite file: what happened to orders and money, committed before it leaves.

Knows rows, digests, epochs and how disks fail; it must not know what a row means.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from tradewind.edge.store.chain import GENESIS, link
from tradewind.edge.store.last_resort import Ballast, EmergencyLog
from tradewind.edge.store.lease_file import FileLease, Holder
from tradewind.edge.store.schema import HEAD, prepare, revision
from tradewind.model.errors import Fenced, JournalError
from tradewind.ports import JournalRow

Durability = Literal["power", "process"]
"""`power`: synced at every commit. `process`: survives a killed process, not a power cut."""

SYNCHRONOUS = {"power": "FULL", "process": "NORMAL"}
BALLAST_BYTES = 8 << 20
EMERGENCY_BYTES = 64 << 10
BUSY_S = 5.0
CHUNK_ROWS = 2000
NO_ROOM = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_TRUNCATE,
}
"""Failures that come before the commit is on disk: nothing of the group was written."""

_INSERT = (
    "INSERT INTO trading_journal (seq, ordinal, epoch, ts, kind, payload, digest) "
    "VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), ?)"
)
# As bytes, because a damaged text need not be text any more.
_SELECT = (
    "SELECT seq, ordinal, epoch, ts, CAST(kind AS BLOB), CAST(payload AS BLOB), digest "
    "FROM trading_journal WHERE (seq, ordinal) > (?, ?) ORDER BY seq, ordinal LIMIT ?"
)
_LAST = (
    "SELECT seq, ordinal, digest FROM trading_journal WHERE seq <= ? "
    "ORDER BY seq DESC, ordinal DESC LIMIT 1"
)
_EPOCH = "SELECT epoch FROM trading_lease WHERE name = 'journal'"
_NEW_EPOCH = (
    "INSERT INTO trading_lease (name, epoch, owner, pid, host) "
    "SELECT 'journal', 1 + coalesce(max(epoch), 0), ?, ?, ? FROM ("
    "SELECT epoch FROM trading_lease UNION ALL SELECT max(epoch) FROM trading_journal) WHERE true "
    "ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, owner = excluded.owner, "
    "pid = excluded.pid, host = excluded.host RETURNING epoch"
)
_END = 2**63 - 1

Row = tuple[int, int, int, int, str, bytes, bytes]


def connect(path: Path) -> sqlite3.Connection:
    """Open a SQLite file; transactions begin and end only where the journal says so."""
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


class SqliteJournal:
    """A journal file with one writer at a time; anybody may read, and takes no lease for it.

    With `create` False the file must be there, and its tables are taken as they are.
    `connect` opens the file, so that a test can lay hands on the connection. Beside the file lie
    `.lock` (who holds it), `.ballast` (space to release on a full disk) and `.emergency` (the
    last words of a desk that could not write). After a failed commit the object refuses every
    further append: what the disk holds is then known only after opening it anew.
    """

    def __init__(
        self,
        path: Path,
        *,
        durability: Durability,
        create: bool = True,
        ballast_bytes: int = BALLAST_BYTES,
        connect: Callable[[Path], sqlite3.Connection] = connect,
    ) -> None:
        # One file under two names is one journal.
        self.path = path.resolve()
        self.durability = durability
        self._connect = connect
        self._lease = FileLease(lease_path(self.path))
        self._ballast = Ballast(_beside(self.path, ".ballast"), ballast_bytes)
        self.emergency = EmergencyLog(_beside(self.path, ".emergency"), EMERGENCY_BYTES)
        self._epoch = 0
        self._head = (0, -1, GENESIS)
        self._refusal: JournalError | None = None
        self._connection = self._open(create=create)

    def take_lease(self, owner: str) -> int:
        """Become the only writer and return the new epoch, above any seen in this file.

        Raises Fenced, naming the holder, while another living desk has it; a dead desk's lease
        is free at once. Raises JournalError where the disk has no room for a start.
        """
        holder = self._lease.take(owner)
        try:
            self._ballast.lay()
            self.emergency.lay()
            self._epoch = self._raise_epoch(holder)
            self._head = self._find_head(_END)
        except sqlite3.Error as error:
            raise self._failed("Took the lease", error) from error
        finally:
            if not self._epoch:
                self._lease.release()
        return self._epoch

    def append(self, rows: Sequence[JournalRow]) -> None:
        """Commit all rows, in order and behind the last ones, or none.

        Raises Fenced for an old epoch and JournalError when the rows cannot be written; either
        way this object never writes again.
        """
        if not rows:
            return
        if self._refusal is not None:
            raise self._refusal
        self._write(rows)

    def read(self, after_seq: int = 0) -> Iterator[JournalRow]:
        """Yield the rows behind `after_seq` in order, each checked against the chain.

        Raises JournalError naming the first row that is not what was committed. Rows that are
        appended meanwhile are yielded too.
        """
        seq, ordinal = after_seq, -1
        try:
            seq, ordinal, previous = self._find_head(after_seq)
            while chunk := self._connection.execute(_SELECT, (seq, ordinal, CHUNK_ROWS)).fetchall():
                for values in chunk:
                    row = _to_row(self.path, values)
                    if link(previous, row) != row.digest:
                        raise _damaged(self.path, row.seq, row.ordinal)
                    seq, ordinal, previous = row.seq, row.ordinal, row.digest
                    yield row
        except sqlite3.Error as error:
            raise JournalError(
                f"Read {self.path} behind row {seq}/{ordinal}, found {error}; "
                f"restore it from a backup."
            ) from error

    def last_seq(self) -> int:
        """Return the highest committed sequence number, 0 when empty."""
        return self._find_head(_END)[0]

    def checkpoint_after(self, pages: int) -> None:
        """Let a commit that finds so many pages in the write-ahead log write them back itself."""
        self._connection.execute(f"PRAGMA wal_autocheckpoint = {pages:d}")

    def close(self) -> None:
        """Release the lease and the file; harmless when done twice."""
        self._connection.close()
        self._lease.release()
        self._epoch = 0

    def _open(self, *, create: bool) -> sqlite3.Connection:
        if not create and not self.path.exists():
            raise JournalError(
                f"Opened {self.path}, found no such file; name a folder that a desk has run in."
            )
        try:
            connection = self._connect(self.path)
            found = revision(connection, self.path)
            if found != HEAD and not create:
                raise self._not_today(found)
            if found != HEAD:
                self._migrate()
            self._set_up(connection)
        except sqlite3.Error as error:
            raise JournalError(
                f"Opened {self.path}, found {error}; make the folder exist and writable."
            ) from error
        return connection

    def _not_today(self, found: str) -> JournalError:
        # To bring the tables up is for a desk under its lease, never for a reader.
        what = f"the tables of revision {found!r}" if found else "no journal"
        return JournalError(
            f"Opened {self.path} for reading, found {what} in it; start its desk once, "
            f"which brings it to revision {HEAD!r}."
        )

    def _migrate(self) -> None:
        # Two desks that start together must not both make the tables.
        mine = not self._lease.held
        self._lease.take("migration")
        try:
            prepare(self.path)
        finally:
            if mine:
                self._lease.release()

    def _set_up(self, connection: sqlite3.Connection) -> None:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise JournalError(
                f"Opened {self.path}, found a file system without write-ahead logs; "
                f"choose a folder on a local disk."
            )
        connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS[self.durability]}")
        connection.execute("PRAGMA fullfsync = ON")

    def _raise_epoch(self, holder: Holder) -> int:
        execute = self._connection.execute
        # An epoch must not come twice, not even after a power cut.
        execute("PRAGMA synchronous = FULL")
        epoch = execute(_NEW_EPOCH, (holder.owner, holder.pid, holder.host)).fetchall()[0][0]
        execute(f"PRAGMA synchronous = {SYNCHRONOUS[self.durability]}")
        return int(epoch)

    def _find_head(self, up_to_seq: int) -> tuple[int, int, bytes]:
        row = self._connection.execute(_LAST, (up_to_seq,)).fetchone()
        return row if row is not None else (0, -1, GENESIS)

    def _write(self, rows: Sequence[JournalRow]) -> None:
        values, head = self._chain(rows)
        execute = self._connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            self._check_fence()
            self._connection.executemany(_INSERT, values)
            execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed(f"Committed {len(rows)} rows", error, rows[-1].ts) from error
        self._head = head

    def _chain(self, rows: Sequence[JournalRow]) -> tuple[list[Row], tuple[int, int, bytes]]:
        seq, ordinal, digest = self._head
        epoch = self._epoch
        values: list[Row] = []
        for row in rows:
            if row.epoch != epoch or not epoch:
                raise self._fenced(row.epoch, epoch)
            if (row.seq, row.ordinal) <= (seq, ordinal):
                raise self._refuse(
                    JournalError(
                        f"Committed row {row.seq}/{row.ordinal} to {self.path}, found it not "
                        f"behind row {seq}/{ordinal}; start the desk again."
                    )
                )
            seq, ordinal = row.seq, row.ordinal
            digest = link(digest, row)
            values.append((seq, ordinal, epoch, row.ts, row.kind, row.payload, digest))
        return values, (seq, ordinal, digest)

    def _check_fence(self) -> None:
        row = self._connection.execute(_EPOCH).fetchone()
        newest = row[0] if row is not None else 0
        if newest != self._epoch:
            self._connection.execute("ROLLBACK")
            raise self._fenced(self._epoch, newest)

    def _fenced(self, mine: int, newest: int) -> JournalError:
        if not newest:
            return self._refuse(
                Fenced(f"Committed rows to {self.path}, found no lease; take the lease first.")
            )
        return self._refuse(
            Fenced(
                f"Committed rows of epoch {mine} to {self.path}, found epoch {newest} in force; "
                f"this desk must send nothing more: stop it."
            )
        )

    def _failed(self, what: str, error: sqlite3.Error, ts: int = 0) -> JournalError:
        # The module's own errors (a closed file) carry no code.
        code = getattr(error, "sqlite_errorcode", 0)
        if code in NO_ROOM:
            # For whoever has to look at the desk now: it writes no more.
            self._ballast.release()
        refusal = JournalError(
            f"{what} to {self.path}, found {error}; none of it counts as written: "
            f"check the disk and its free space, then start the desk again."
        )
        self.emergency.write(f"{ts} epoch {self._epoch} code {code}: {refusal}")
        if self._connection.in_transaction:
            self._roll_back()
        return self._refuse(refusal)

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            self.emergency.write(f"The roll-back failed too: {error}")

    def _refuse(self, refusal: JournalError) -> JournalError:
        self._refusal = refusal
        return refusal


def lease_path(journal: Path) -> Path:
    """Return the lock file that tells who may write a journal."""
    return _beside(journal.resolve(), ".lock")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _to_row(path: Path, values: tuple[int, int, int, int, bytes, bytes, bytes]) -> JournalRow:
    seq, ordinal, epoch, ts, kind, payload, digest = values
    try:
        return JournalRow(seq, ordinal, epoch, ts, kind.decode(), payload, digest)
    except UnicodeDecodeError as error:
        raise _damaged(path, seq, ordinal) from error


def _damaged(path: Path, seq: int, ordinal: int) -> JournalError:
    return JournalError(
        f"Read {path}, found that row {seq}/{ordinal} is not what was committed; "
        f"restore the journal from a backup and let the desk reconcile."
    )
