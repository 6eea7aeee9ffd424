"""Whole desks as files: a cache that makes a restart quick, never the truth.

A snapshot is a pickle, and unpickling runs code: the file is as trusted as the code beside it.
Keep the folder as private as the installation and never open a snapshot from elsewhere. The
checksum finds a damaged file; it does not prove who wrote it.
"""

import os
import pickle
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tradewind.model.errors import JournalError, TradewindError

MAGIC = b"tradewind snapshot 1\n"
KEEP = 2
_NAME = "desk-{:020d}.snapshot"
_MAX_HEADER = 4096

_UNREADABLE = (
    pickle.UnpicklingError,
    msgspec.MsgspecError,
    TradewindError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a file, or classes that have changed since, make of unpickling."""


class Header(msgspec.Struct, frozen=True):
    """The line before the pickle: whose code can read it, and what its bytes must be.

    `guests` are the versions of code that is not ours, by name.
    """

    seq: int
    code_version: str
    size: int
    digest: str
    guests: dict[str, str] = {}


class Code(Protocol):
    """The code in a desk that `code_version` does not cover: strategies of others."""

    def of(self, desk: Any) -> dict[str, str]:
        """Return the versions of the code in a desk, by name."""
        ...

    def found(self, names: Iterable[str]) -> dict[str, str]:
        """Load code by name, so that unpickling finds it, and return the versions."""
        ...


class FileSnapshots:
    """Snapshots of one desk in a folder; the newest two are kept.

    `why_ignored` lists, newest first, why `latest` passed files over; it is empty when the
    newest one was good. Without `guests` no code but ours is looked at.
    """

    def __init__(self, folder: Path, code_version: str, guests: Code | None = None) -> None:
        self.folder = folder
        self.code_version = code_version
        self.guests = guests
        self.why_ignored: list[str] = []

    def save(self, seq: int, desk: Any) -> None:
        """Keep the desk as it stands after event `seq`: the file appears whole, or not at all.

        Raises JournalError where the disk does not take it; older snapshots stay then.
        """
        body = pickle.dumps(desk, protocol=5)
        digest = blake2b(body, digest_size=32).hexdigest()
        guests = self.guests.of(desk) if self.guests is not None else {}
        header = msgspec.json.encode(Header(seq, self.code_version, len(body), digest, guests))
        target = self.folder / _NAME.format(seq)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(target, MAGIC + header + b"\n" + body)
            for old in self._newest_first()[KEEP:]:
                old.unlink()
        except OSError as error:
            raise JournalError(
                f"Saved a snapshot in {self.folder}, found {error.strerror}; "
                f"check the disk and its free space, then start the desk again."
            ) from error

    def latest(self) -> tuple[int, Any] | None:
        """Return the newest readable (seq, desk) of this code version, or None; never raises."""
        self.why_ignored = []
        for path in self._newest_first():
            found, reason = self._read(path)
            if found is not None:
                return found
            self.why_ignored.append(f"{path.name}: {reason}")
        return None

    def kept(self) -> bool:
        """Tell whether there is any snapshot here, of whatever version."""
        return bool(self._newest_first())

    def _read(self, path: Path) -> tuple[tuple[int, Any] | None, str]:
        try:
            data = path.read_bytes()
            end = data.find(b"\n", len(MAGIC), len(MAGIC) + _MAX_HEADER)
            if not data.startswith(MAGIC) or end < 0:
                return None, "it is no snapshot"
            header = msgspec.json.decode(data[len(MAGIC) : end], type=Header)
            body = data[end + 1 :]
            reason = self._reason(header, body)
            return (None, reason) if reason else ((header.seq, _unpickle(body)), "")
        except _UNREADABLE as error:
            return None, f"it cannot be read ({type(error).__name__}: {error})"

    def _reason(self, header: Header, body: bytes) -> str:
        if header.code_version != self.code_version:
            return f"it is of code version {header.code_version!r}, this is {self.code_version!r}"
        if len(body) != header.size or blake2b(body, digest_size=32).hexdigest() != header.digest:
            return "its bytes are not what was written"
        return self._guests_reason(header.guests)

    def _guests_reason(self, wanted: dict[str, str]) -> str:
        if self.guests is None or not wanted:
            return ""
        found = self.guests.found(wanted)
        changed = [name for name, version in wanted.items() if found.get(name) != version]
        return f"{', '.join(changed)} has changed since" if changed else ""

    def _newest_first(self) -> list[Path]:
        return sorted(self.folder.glob("desk-*.snapshot"), reverse=True)


def _write(target: Path, data: bytes) -> None:
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        # Synced, because after a power cut a replay goes on from here.
        os.fsync(file.fileno())
    part.replace(target)


def _unpickle(body: bytes) -> Any:
    return pickle.loads(body)  # noqa: S301 - our own file, see above
