"""Rows of a saved array: all at once, or a few thousand at a time with flat memory.

Knows the file format of numpy. Must not know what the rows mean, but that `ts` is their time.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

PIECE = 16_384
SECOND_NS = 1_000_000_000


class Cut(msgspec.Struct, frozen=True):
    """The first `n` rows of a file (None: all), `laps` times over, a second between the laps."""

    path: Path
    n: int | None = None
    laps: int = 1

    def count(self) -> int:
        """Return how many rows that is."""
        with self.path.open("rb") as file:
            return _head(file, self.n)[0] * self.laps


def whole(cut: Cut) -> Any:
    """Return the rows as one array."""
    if cut.laps == 1:
        return np.load(cut.path)[: cut.n]
    return np.concatenate(list(pieces(cut)))


def pieces(cut: Cut) -> Iterator[Any]:
    """Yield the rows in arrays of at most PIECE rows; only one is in memory at a time.

    The file is read, not mapped: mapped pages would count as memory of the process.
    """
    ends = np.load(cut.path, mmap_mode="r")[: cut.n]["ts"][[0, -1]]
    lap_ns = int(ends[1] - ends[0]) + SECOND_NS
    for lap in range(cut.laps):
        with cut.path.open("rb") as file:
            rows, kind = _head(file, cut.n)
            for start in range(0, rows, PIECE):
                piece = np.fromfile(file, kind, min(PIECE, rows - start))
                piece["ts"] += lap * lap_ns
                yield piece


def _head(file: Any, n: int | None) -> tuple[int, Any]:
    """Go to the first row; return how many rows are wanted, and their kind."""
    np.lib.format.read_magic(file)
    shape, _, kind = np.lib.format.read_array_header_1_0(file)
    return shape[0] if n is None else min(n, shape[0]), kind
