"""What is kept for the worst day: disk space to release, and a log that needs none.

Knows plain files. Why they are needed is the journal's business.
"""

import os
from contextlib import suppress
from pathlib import Path

from tradewind.model.errors import JournalError

_BLOCK = 1 << 20


class Ballast:
    """A file that only takes up space, so that releasing it makes some on a full disk."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size

    def lay(self) -> None:
        """Reserve the space on disk. Raises JournalError where there is not enough of it."""
        if self.path.is_file() and self.path.stat().st_size == self.size:
            return
        try:
            # Zeros would take no space on a file system that compresses.
            _fill(self.path, self.size, os.urandom(_BLOCK))
        except OSError as error:
            self.release()
            raise JournalError(
                f"Reserved {self.size} bytes in {self.path}, found {error.strerror}; "
                f"free some disk space before the desk starts."
            ) from error

    def release(self) -> None:
        """Give the space back; harmless when there is none."""
        with suppress(OSError):
            self.path.unlink()


class EmergencyLog:
    """A preallocated text file for what the journal can no longer take, one line each.

    Its blocks are written beforehand, so a line needs no new space. Lines that find no room are
    left out: the first ones tell the cause.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size

    def lay(self) -> None:
        """Write the empty file to disk unless it exists. Raises JournalError where it cannot."""
        if self.path.exists():
            return
        try:
            _fill(self.path, self.size, b"\n" * _BLOCK)
        except OSError as error:
            raise JournalError(
                f"Laid down the emergency log {self.path}, found {error.strerror}; "
                f"free some disk space before the desk starts."
            ) from error

    def write(self, line: str) -> bool:
        """Put one line behind the last and sync it; return whether it reached the disk."""
        text = line.replace("\n", " ").encode() + b"\n"
        try:
            file = os.open(self.path, os.O_RDWR)
        except OSError:
            return False
        try:
            used = len(os.pread(file, self.size, 0).rstrip(b"\n"))
            offset = used + 1 if used else 0
            if offset + len(text) > self.size:
                return False
            os.pwrite(file, text, offset)
            os.fsync(file)
        except OSError:
            return False
        finally:
            os.close(file)
        return True

    def lines(self) -> list[str]:
        """Return what was written, oldest first; empty when nothing ever was."""
        text = self.path.read_bytes().rstrip(b"\n") if self.path.exists() else b""
        return text.decode(errors="replace").split("\n") if text else []


def _fill(path: Path, size: int, block: bytes) -> None:
    with path.open("wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(block[: size - start])
        file.flush()
        os.fsync(file.fileno())
