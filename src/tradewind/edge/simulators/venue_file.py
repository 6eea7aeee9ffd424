"""The paper venue's own file: every input in order, and now and then the whole state.

Knows rows, commits and how SQLite fails. Must not know what an input does. A commit survives the
end of the process at any moment; a power cut may take the last commits, never a part of one.
"""

import pickle
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from tradewind.edge.simulators.venue_shape import Shapes, read, shapes
from tradewind.model.effects import AmendOrder, CancelAll, CancelOrder, SubmitOrder
from tradewind.model.errors import JournalError
from tradewind.model.events import InstrumentDefined, Market

FORMAT = 2
"""The version of the file itself: it outlives the code, whose classes are compared one by one."""
LEAST_BYTES = 4 << 20
"""A new state is kept once the inputs since the last one are larger than this, and than it."""
GROUP_ROWS = 512
BUSY_S = 1.0
_UNREADABLE = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    TypeError,
    ValueError,
)
"""What classes that have changed since make of unpickling."""

_TABLES = """
CREATE TABLE IF NOT EXISTS venue_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    shapes TEXT NOT NULL,
    body BLOB NOT NULL,
    digest BLOB NOT NULL,
    statement TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS venue_input (
    seq INTEGER PRIMARY KEY,
    at_ns INTEGER NOT NULL,
    payload TEXT NOT NULL
);
"""
_KEEP = (
    "INSERT OR REPLACE INTO venue_state (id, seq, shapes, body, digest, statement) "
    "VALUES (1, ?, CAST(? AS TEXT), ?, ?, CAST(? AS TEXT))"
)
_ADD = "INSERT INTO venue_input (seq, at_ns, payload) VALUES (?, ?, CAST(? AS TEXT))"
_INPUTS = "SELECT at_ns, CAST(payload AS BLOB) FROM venue_input WHERE seq > ? ORDER BY seq"


class Polled(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The desk took the answers due until then, which moves the venue on."""


class Reopened(msgspec.Struct, frozen=True, gc=False, tag=True):
    """A new process took the venue over: answers under way to the old one are lost."""


Request = SubmitOrder | AmendOrder | CancelOrder | CancelAll
Input = Request | Market | InstrumentDefined | Polled | Reopened
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Input).decode
_decode_shapes = msgspec.json.Decoder(Shapes).decode


class VenueFile:
    """One venue's file with one process at a time. Raises JournalError when it cannot be used.

    `note` only remembers; `commit` writes all that was noted, or nothing of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._noted: list[tuple[int, int, bytes]] = []
        self._seq = 0
        self._bytes = 0
        self._limit = LEAST_BYTES
        try:
            self._connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            execute = self._connection.execute
            # One process at a time, which also spares a lock at every commit.
            execute("PRAGMA locking_mode = EXCLUSIVE")
            execute("PRAGMA journal_mode = WAL")
            execute("PRAGMA synchronous = NORMAL")
            self._check_format()
            self._connection.executescript(_TABLES)
            execute("BEGIN IMMEDIATE")
            execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed("Opened", error) from error

    def _check_format(self) -> None:
        execute = self._connection.execute
        found = execute("PRAGMA user_version").fetchone()[0]
        if not execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            execute(f"PRAGMA user_version = {FORMAT}")
        elif found != FORMAT:
            self._connection.close()
            raise JournalError(
                f"Opened the paper venue {self.path}, found a file of format {found} where this "
                f"version writes {FORMAT}; end that session with its own version, or name another "
                f"file."
            )

    def load(self) -> Any:
        """Return the kept state, None in a fresh file.

        Raises OtherShape where an upgrade changed what the state is made of; then there is the
        `statement`.
        """
        row = self._fetch(
            "SELECT seq, CAST(shapes AS BLOB), CAST(body AS BLOB), digest FROM venue_state"
        )
        if row is None:
            return None
        self._seq, kept, body, digest = row
        self._limit = max(LEAST_BYTES, len(body))
        if blake2b(body, digest_size=16).digest() != digest:
            raise self._damaged("its state is not what was written")
        try:
            return read(body, _decode_shapes(kept))
        except _UNREADABLE as error:
            raise self._damaged(f"its state cannot be read ({error})") from error

    def statement(self) -> bytes:
        """Return what the state comes to, in words of its own; only as of the last clean end.

        Raises JournalError where inputs came after it: only their own version answers them alike.
        """
        count = self._fetch("SELECT count(*) FROM venue_input")[0]
        if count:
            raise JournalError(
                f"Opened the paper venue {self.path}, found {count} inputs of a session that was "
                f"killed, and classes that have changed since; start and stop it once with its own "
                f"version, or name another file."
            )
        told: bytes = self._fetch("SELECT CAST(statement AS BLOB) FROM venue_state")[0]
        return told

    def inputs(self) -> Iterator[tuple[int, Input]]:
        """Yield (time, input) of everything committed since the kept state, in order."""
        try:
            for at_ns, payload in self._connection.execute(_INPUTS, (self._seq,)):
                self._bytes += len(payload)
                yield at_ns, _decode(payload)
            row = self._fetch("SELECT max(seq) FROM venue_input")
        except msgspec.MsgspecError as error:
            raise self._damaged(f"an input cannot be read ({error})") from error
        except sqlite3.Error as error:
            raise self._failed("Read", error) from error
        self._seq = max(self._seq, row[0] or 0)

    def note(self, at_ns: int, item: Input) -> None:
        """Remember an input; it is committed with the next group."""
        self._seq += 1
        payload = _encode(item)
        self._bytes += len(payload)
        self._noted.append((self._seq, at_ns, payload))
        if len(self._noted) >= GROUP_ROWS:
            self.commit()

    def commit(self) -> None:
        """Make everything noted durable."""
        if not self._noted:
            return
        execute = self._connection.execute
        try:
            execute("BEGIN")
            self._connection.executemany(_ADD, self._noted)
            execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed("Committed to", error) from error
        self._noted.clear()

    @property
    def full(self) -> bool:
        """Tell whether it is time to keep the whole state."""
        return self._bytes > self._limit

    def keep(self, state: Any, statement: bytes) -> None:
        """Write the state as it is after all inputs noted, and let go of those.

        `statement` is the same in JSON, for the code that cannot read the state any more.
        """
        body = pickle.dumps(state, protocol=5)
        digest = blake2b(body, digest_size=16).digest()
        execute = self._connection.execute
        try:
            execute("BEGIN")
            execute(_KEEP, (self._seq, _encode(shapes()), body, digest, statement))
            execute("DELETE FROM venue_input")
            execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failed("Kept the state of", error) from error
        self._noted.clear()
        self._bytes = 0
        self._limit = max(LEAST_BYTES, len(body))

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self._connection.close()

    def _fetch(self, query: str) -> Any:
        try:
            return self._connection.execute(query).fetchone()
        except sqlite3.Error as error:
            raise self._failed("Read", error) from error

    def _failed(self, what: str, error: sqlite3.Error) -> JournalError:
        return JournalError(
            f"{what} the paper venue {self.path}, found {error}; check the disk and that no "
            f"other desk runs on it, then start again."
        )

    def _damaged(self, what: str) -> JournalError:
        return JournalError(
            f"Opened the paper venue {self.path}, found that {what}; name another file to begin "
            f"a new paper account."
        )
