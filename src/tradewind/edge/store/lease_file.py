"""Who may write: a lock that the operating system drops with its process. Knows files only."""

import fcntl
import os
import socket
import weakref
from pathlib import Path

import msgspec

from tradewind.model.errors import Fenced, JournalError

KERNEL_LOCKS = Path("/proc/locks")
"""Where Linux lists who holds which file; elsewhere the holder's process is asked for."""


class Holder(msgspec.Struct, frozen=True):
    """Who took the lease, for the sentence that the next one reads."""

    owner: str
    pid: int
    host: str

    def __str__(self) -> str:
        return f"desk {self.owner!r} (process {self.pid} on {self.host})"


class FileLease:
    """A lease on the file beside it, held until `release` or until the process is gone.

    The lock is advisory and belongs to the open file: a second taker is refused in the same
    process too, a crashed holder leaves nothing behind, and the lock file is never deleted,
    since a lock on a deleted file would keep nobody out. Not for network file systems.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    @property
    def held(self) -> bool:
        """Tell whether this object holds the lease."""
        return self._file is not None

    def take(self, owner: str) -> Holder:
        """Take the lease and write down who did; taking it twice renames the owner.

        Raises Fenced, naming the holder, while another holds it; JournalError where the lock
        file cannot be written.
        """
        try:
            file = self._file if self._file is not None else self._lock()
            holder = Holder(owner, os.getpid(), socket.gethostname())
            os.ftruncate(file, 0)
            os.pwrite(file, msgspec.json.encode(holder), 0)
        except OSError as error:
            raise JournalError(
                f"Took the lease {self.path}, found {error.strerror}; "
                f"make the folder writable and free some disk space."
            ) from error
        return holder

    def release(self) -> None:
        """Give the lease back; harmless when it is not held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> Holder | None:
        """Return who holds the lease, None while nobody does; takes nothing, so it bars nobody."""
        last = self.last()
        return last if last is not None and _is_locked(self.path, last.pid) else None

    def last(self) -> Holder | None:
        """Return who took the lease last, None where nobody ever did."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Holder)
        except (OSError, msgspec.DecodeError):
            return None

    def _lock(self) -> int:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _read_holder(file)
            os.close(file)
            raise Fenced(
                f"Took the lease {self.path}, found that {holder} holds it; "
                f"stop that desk first, or give this one a folder of its own."
            ) from error
        self._file = file
        _forget_in_children(self)
        return file


def _read_holder(file: int) -> str:
    try:
        return str(msgspec.json.decode(os.pread(file, 4096, 0), type=Holder))
    except (OSError, msgspec.DecodeError):
        return "another process"


def _is_locked(path: Path, pid: int) -> bool:
    inode = path.stat().st_ino
    try:
        locks = KERNEL_LOCKS.read_text().splitlines()
    except OSError:
        return _lives(pid)
    return any("FLOCK" in line and f":{inode} " in line for line in locks)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _forget_in_children(lease: FileLease) -> None:
    # A forked worker shares the open file and would keep the lock alive after the desk's death.
    reference = weakref.ref(lease)

    def close_copy() -> None:
        copy = reference()
        if copy is not None:
            copy.release()

    os.register_at_fork(after_in_child=close_copy)
