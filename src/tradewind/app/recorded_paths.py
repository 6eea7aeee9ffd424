"""Prices that somebody recorded, read as a path for a simulated market to follow.

Knows candles as CSV, and frames of a venue's trades as text lines. Must not know what follows them.
"""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import msgspec

from tradewind.model.errors import DataError
from tradewind.model.money import MILLIS, NANOS

Point = tuple[int, float]
COLUMNS = ("timestamp", "open", "high", "low", "close")


def recorded_path(path: Path, symbol: str = "") -> list[Point]:
    """Read (time in nanoseconds, price) from a file, oldest first.

    A CSV has the columns timestamp, open, high, low, close; each candle becomes four prices. Any
    other file is read as lines of trade frames, of which those of `symbol` count. Raises DataError.
    """
    try:
        read = _candles(path) if path.suffix == ".csv" else _trades(path, symbol)
        points = sorted(read, key=_time)
    except OSError as error:
        raise DataError(
            f"Read recorded prices, found {path} unreadable ({error.strerror}); check its path."
        ) from error
    points = [[*same][-1] for _, same in groupby(points, key=_time)]
    if len(points) < 2:
        raise DataError(
            f"Read recorded prices from {path}, found no two of {symbol or 'them'}; "
            f"give candles as CSV ({', '.join(COLUMNS)}) or trade frames."
        )
    return points


def _time(point: Point) -> int:
    return point[0]


def _candles(path: Path) -> Iterator[Point]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            raise DataError(
                f"Read candles from {path}, found no column {missing[0]}; "
                f"name the columns {', '.join(COLUMNS)}."
            )
        before: tuple[int, list[float]] | None = None
        for row in rows:
            try:
                opened = _time_ns(row["timestamp"])
                prices = [float(row[name]) for name in COLUMNS[1:]]
            except (ValueError, TypeError) as error:
                raise DataError(
                    f"Read candles from {path}, found {error} in line {rows.line_num}; repair it."
                ) from error
            if before is not None:
                yield from _walk(before, opened)
            before = opened, prices
        if before is not None:
            yield from _walk(before, before[0] + 60 * NANOS)


def _walk(candle: tuple[int, list[float]], end_ns: int) -> Iterator[Point]:
    """Go through a candle: to the nearer of its ends first, as prices usually do."""
    start_ns, (first, high, low, last) = candle
    turns = (low, high) if last >= first else (high, low)
    for part, px in enumerate((first, *turns, last)):
        yield start_ns + part * (end_ns - start_ns) // 4, px


def _time_ns(text: str) -> int:
    if text.isdigit():
        # Seconds, milliseconds or nanoseconds, by how many digits they have today.
        return int(text) * {10: NANOS, 13: MILLIS}.get(len(text), 1)
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return int(when.timestamp()) * NANOS


def _trades(path: Path, symbol: str) -> Iterator[Point]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            _, brace, rest = line.partition("{")
            if '"trade' not in rest and '"publicTrade' not in rest:
                continue
            try:
                frame = msgspec.json.decode(brace + rest)
            except msgspec.DecodeError:
                # The last line of a recording that was cut off.
                continue
            rows = frame.get("data") if isinstance(frame, dict) else None
            for row in rows if isinstance(rows, list) else ():
                if row.get("symbol", row.get("s")) == symbol:
                    ts_ms = row.get("trade_time_ms", row.get("T", 0))
                    yield int(ts_ms) * MILLIS, float(row.get("price", row.get("p")))
