"""Files that their owner alone may read and write: mode 0600, whole or not at all.

Knows modes, owners and how a disk fails; must not know what stands in such a file.
"""

import os
import stat
import tempfile
from pathlib import Path

from tradewind.model.errors import ConfigError

PRIVATE = 0o600
FOR_OTHERS = 0o077
LARGEST_BYTES = 4 << 20


def read_private(path: Path, what: str) -> bytes | None:
    """Return a file, None where there is none.

    Raises ConfigError for one that others may read, that is another user's, or no file at all.
    """
    try:
        # O_NONBLOCK: a pipe in its place must not hold the command.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise cannot(f"Read the {what}", path, error) from error
    try:
        # Of the open file, not of the path, which could be another by then.
        _check(os.fstat(file), path, what)
        with os.fdopen(file, "rb", closefd=False) as opened:
            data = opened.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise cannot(f"Read the {what}", path, error) from error
    finally:
        os.close(file)
    if len(data) > LARGEST_BYTES:
        raise ConfigError(f"Read the {what} {path}, found it far too large; name the right file.")
    return data


def write_private(path: Path, data: bytes, *, replace: bool) -> None:
    """Write a file of mode 0600 that appears whole or not at all, and reaches the disk.

    Makes the folder if need be. Raises ConfigError where the disk does not take it, and without
    `replace` where there is a file already.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                part.replace(path)
            else:
                os.link(part, path)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        raise cannot("Wrote", path, error) from error


def cannot(what: str, path: Path, error: OSError) -> ConfigError:
    """Return the sentence about a file that the system refused."""
    return ConfigError(
        f"{what} {path}, found {error.strerror}; see to that folder and its disk, then try again."
    )


def _check(status: os.stat_result, path: Path, what: str) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"Read the {what} {path}, found no file there; name the right one.")
    if status.st_mode & FOR_OTHERS:
        raise ConfigError(
            f"Read the {what} {path}, found that others may read or write it; shut them out "
            f"with: chmod 600 {path}"
        )
    if status.st_uid != os.geteuid():
        raise ConfigError(
            f"Read the {what} {path}, found that it belongs to another user; take one of your own."
        )


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
