"""What a file offers: its format, and the symbols and kinds in it. Knows no instrument."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tradewind.model.errors import DataError
from tradewind.model.market import INTERVALS_NS
from tradewind.research.history import captures
from tradewind.research.history.files import Peek, peek
from tradewind.research.history.formats import Format
from tradewind.research.history.sniff import match, places
from tradewind.research.history.tables import read, symbols
from tradewind.research.history.times import joined, nanoseconds

DATA_ENDINGS = (".csv", ".csv.gz", ".gz", ".zip", ".feather", ".parquet", ".jsonl", ".data")


class Offer(msgspec.Struct, frozen=True):
    """A file with its (symbol, kind) pairs; a symbol is empty where the file states none.

    `interval` is what the first candles are apart, empty where that is no interval.
    """

    path: Path
    format: Format
    contents: tuple[tuple[str, str], ...]
    interval: str = ""


def offer(path: Path) -> Offer:
    """Look at one file; raises DataError for one that is not there, unreadable or unknown."""
    if not path.exists():
        raise DataError(f"Looked for {path}, found no such file or folder; check the path.")
    look = peek(path)
    known = match(look)
    if look.container == "lines":
        return Offer(path, known, tuple(captures.contents(path, known.reader)))
    interval = _interval(look, known) if known.kind == "candle" else ""
    pairs = tuple((symbol, known.kind) for symbol in _symbols(look, known) or [""])
    return Offer(path, known, pairs, interval)


def offers_in(folder: Path) -> list[Offer]:
    """Look at every data file of a folder; those of no known format are passed over."""
    paths = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and (path.name.endswith(DATA_ENDINGS) or ".ws." in path.name)
    ]
    found = []
    for path in paths:
        try:
            found.append(offer(path))
        except DataError:
            continue
    if not found:
        raise DataError(
            f"Looked into {folder}, found {len(paths)} files and none with history in a known "
            f"format; name a file to see why."
        )
    return found


def _symbols(look: Peek, known: Format) -> list[str]:
    """Return a table's symbols: from its first rows, or from all where one row is not enough."""
    place = places(look, known).get("symbol")
    if place is None:
        return []
    seen = list(dict.fromkeys(row[place].strip() for row in look.rows if len(row) > place))
    if len(seen) == 1 and known.reader == "table":
        return seen
    return symbols(read(look, known).columns)


def _interval(look: Peek, known: Format) -> str:
    """Return the interval at which most of the first candles follow each other."""
    where = places(look, known)
    width = max(where.values()) + 1
    rows = [row for row in look.rows if len(row) >= width]
    column: Any = pa.array([row[where["time"]] for row in rows])
    if "clock" in where:
        column = joined(column, pa.array([row[where["clock"]] for row in rows]))
    parsed = nanoseconds(column, known.zone_s).parsed
    steps = np.abs(np.diff(np.sort(parsed.values[~parsed.bad])))
    steps = steps[steps > 0]
    if not len(steps):
        return ""
    lengths, counts = np.unique(steps, return_counts=True)
    common = int(lengths[int(np.argmax(counts))])
    return next((name for name, length in INTERVALS_NS.items() if length == common), "")
