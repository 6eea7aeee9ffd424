"""Which code this is: a snapshot is read only by the code that wrote it."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

import tradewind

ROOMS = ("model", "core", "strategies")


@cache
def code_version() -> str:
    """Return the package version with a digest over everything that decides."""
    root = Path(tradewind.__file__).parent
    digest = blake2b(digest_size=6)
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return f"{tradewind.__version__}+{digest.hexdigest()}"
