"""The tick store on Parquet files, read through DuckDB. Knows columns and days, not their meaning.

    <root>/instruments.json
    <root>/venue=BYBIT/instrument=BYBIT%3ABTCUSDT/kind=candle%3A5m/day=2025-04-03/rows.parquet

Ids are percent-encoded, so any of them is a file name. A day is UTC; how it is kept is
`ticks_day`. A reader sees old rows or new ones, never half of a write. One process writes at a
time; the lock is the system's and ends with its owner.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import duckdb
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tradewind.edge.store.ticks_day import (
    FIRST,
    Part,
    Staged,
    keep_last,
    parts,
    remove,
    size,
    stage,
)
from tradewind.model.errors import DataError
from tradewind.model.history import FLOAT, INT, LEVELS, SMALL, TEXT, columns_of, key_columns
from tradewind.model.ids import InstrumentId, VenueId
from tradewind.model.instrument import Instrument
from tradewind.ports import Columns, TickKind

Array = npt.NDArray[Any]

DAY_NS = 86_400_000_000_000
_TYPES = {
    INT: pa.int64(),
    SMALL: pa.int8(),
    FLOAT: pa.float64(),
    TEXT: pa.string(),
    LEVELS: pa.list_(pa.int64()),
}
_READ_ERRORS = (OSError, pa.ArrowException, duckdb.Error)


class ParquetTicks:
    """History below `root`, which is made when something is written."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def define(self, instrument: Instrument) -> None:
        """Keep the instrument's rules; changed rules become the next version.

        Raises DataError where the price or quantity exponent differs from what is stored.
        """
        with self._locked():
            kept = self._definitions()
            old = _latest(kept).get(instrument.id)
            if old is not None:
                _check_exponents(old, instrument)
                same = msgspec.structs.replace(instrument, version=old.version)
                if same == old:
                    return
                version = max(instrument.version, old.version + 1)
                instrument = msgspec.structs.replace(instrument, version=version)
            text = msgspec.json.format(msgspec.json.encode([*kept, instrument]), indent=1)
            self._replace(self._root / "instruments.json", lambda path: _write_bytes(path, text))

    def instruments(self) -> dict[InstrumentId, Instrument]:
        """Return the latest rules of every instrument that has been defined."""
        return _latest(self._definitions())

    def write(self, key: TickKind, columns: Columns) -> int:
        """Merge rows in, all days or none; return how many are new.

        Rows of one `ts_event` (and `sequence`, where the kind has it) replace older ones.
        Raises DataError for an unknown, missing or wrongly typed column, and on a full disk.
        """
        rows = _table(key.kind, columns)
        if not rows.num_rows:
            return 0
        keys = key_columns(key.kind)
        rows = keep_last(rows, keys)
        days = rows["ts_event"].to_numpy() // DAY_NS
        starts = np.flatnonzero(np.concatenate(([True], days[1:] != days[:-1])))
        stops = [*starts[1:].tolist(), len(days)]
        staged: list[Staged] = []
        with self._locked(), _told(f"Wrote {key.kind} of {key.instrument}"):
            try:
                for start, stop in zip(starts.tolist(), stops, strict=True):
                    day = self._folder(key) / f"day={_date(int(days[start]))}"
                    staged.append(stage(day, rows.slice(start, stop - start), keys))
                for each in staged:
                    each.publish()
            finally:
                for each in staged:
                    each.fresh.unlink(missing_ok=True)
        return sum(each.new for each in staged)

    def read(self, key: TickKind, start_ns: int, end_ns: int, chunk_rows: int) -> Iterator[Columns]:
        """Yield the rows of [start_ns, end_ns) in time order, in chunks of at most `chunk_rows`.

        Memory does not grow with the number of rows. Raises DataError for a damaged file.
        """
        names = tuple(columns_of(key.kind))
        days = [path for day, path in self._days(key) if _overlaps(day, start_ns, end_ns)]
        with _told(f"Read {key.kind} of {key.instrument}"):
            paths = [str(part.path) for day in days for part in parts(day)]
        if not paths:
            return
        listed = ", ".join(f'"{name}"' for name in names)
        # Files are sorted and days do not overlap, so the order of the files is that of time.
        query = (
            f"SELECT {listed} FROM read_parquet($paths, hive_partitioning = false) "  # noqa: S608
            f"WHERE ts_event >= $start AND ts_event < $stop"
        )
        bounds = {"paths": paths, "start": start_ns, "stop": end_ns}
        connection = duckdb.connect(":memory:", config={"threads": 1})
        try:
            with _told(f"Read {key.kind} of {key.instrument}"):
                reader = connection.sql(query, params=bounds).to_arrow_reader(chunk_rows)
                yield from _chunks(reader, names, chunk_rows)
        finally:
            connection.close()

    def kinds(self) -> list[tuple[TickKind, int, int, int]]:
        """Return (key, rows, first ts_event, last ts_event) of everything stored.

        Reads file footers only. Raises DataError for a damaged file.
        """
        found = []
        for folder in sorted(self._root.glob("venue=*/instrument=*/kind=*")):
            venue, instrument, kind = (_value(part) for part in folder.parts[-3:])
            key = TickKind(VenueId(venue), InstrumentId(instrument), kind)
            spans = [part for _, path in self._days(key) for part in _parts_of(path)]
            if spans:
                rows = sum(span.rows for span in spans)
                found.append((key, rows, spans[0].first, spans[-1].last))
        return found

    def trim(self, max_bytes: int) -> int:
        """Remove whole days, the oldest first, until all rows take up no more than `max_bytes`.

        The newest day stays. Returns the bytes that are left; raises DataError where the disk
        does not answer.
        """
        with self._locked(), _told(f"Trimmed the history at {self._root}"):
            days: dict[str, list[Path]] = {}
            for day in self._root.glob("venue=*/instrument=*/kind=*/day=*"):
                days.setdefault(day.name, []).append(day)
            sizes = {name: sum(map(size, folders)) for name, folders in days.items()}
            left = sum(sizes.values())
            for name in sorted(days)[:-1]:
                if left <= max_bytes:
                    break
                for folder in days[name]:
                    remove(folder)
                left -= sizes[name]
        return left

    def _folder(self, key: TickKind) -> Path:
        parts = {"venue": key.venue, "instrument": key.instrument, "kind": key.kind}
        folder = self._root
        for name, value in parts.items():
            folder /= f"{name}={quote(value, safe='')}"
        return folder

    def _days(self, key: TickKind) -> list[tuple[int, Path]]:
        return [(_day(_value(path.name)), path) for path in sorted(self._folder(key).glob("day=*"))]

    def _definitions(self) -> list[Instrument]:
        path = self._root / "instruments.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=list[Instrument])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.MsgspecError) as error:
            raise DataError(
                f"Read the stored instruments, found {path} unreadable ({error}); "
                f"delete it and import the history again."
            ) from error

    def _replace(self, path: Path, write: Any) -> None:
        with _told(f"Wrote {path.name}"):
            fresh = path.with_name(f".{path.name}.fresh")
            write(fresh)
            os.replace(fresh, path)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the store's lock; another writing process waits."""
        with _told(f"Opened the history at {self._root}"):
            self._root.mkdir(parents=True, exist_ok=True)
            lock = os.open(self._root / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if sys.platform != "win32":
                import fcntl

                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _check_exponents(old: Instrument, new: Instrument) -> None:
    if (old.px_exponent, old.qty_exponent) != (new.px_exponent, new.qty_exponent):
        raise DataError(
            f"Defined {new.id}, found it stored with the exponents {old.px_exponent} and "
            f"{old.qty_exponent} where {new.px_exponent} and {new.qty_exponent} were given; "
            f"keep the stored ones, or import into an empty folder."
        )


def _latest(definitions: list[Instrument]) -> dict[InstrumentId, Instrument]:
    return {instrument.id: instrument for instrument in definitions}


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn what the libraries and the system raise into one sentence."""
    try:
        yield
    except _READ_ERRORS as error:
        cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(
            f"{what}, found a file or a disk that does not answer ({cause}); "
            f"nothing was changed: free the disk, or delete the damaged file and import it again."
        ) from error


def _value(folder: str) -> str:
    return unquote(folder.partition("=")[2])


def _date(day: int) -> str:
    return str(np.datetime64(day, "D"))


def _day(date: str) -> int:
    return int(np.datetime64(date, "D").astype(np.int64))


def _overlaps(day: int, start_ns: int, end_ns: int) -> bool:
    return day * DAY_NS < end_ns and (day + 1) * DAY_NS > start_ns


def _table(kind: str, columns: Columns) -> pa.Table:
    """Return columns as a table of the kind's own types, in its own order."""
    wanted = columns_of(kind)
    given = dict(zip(columns.names, columns.arrays, strict=True))
    unknown = [name for name in given if name not in wanted]
    if "trade_id" in wanted:
        given.setdefault("trade_id", np.full(len(columns), "", object))
    missing = [name for name in wanted if name not in given]
    if unknown or missing:
        fault = f"the unknown column {unknown[0]!r}" if unknown else f"no column {missing[0]!r}"
        raise DataError(f"Stored {kind} rows, found {fault}; the columns are {', '.join(wanted)}.")
    lengths = {len(array) for array in given.values()}
    if len(lengths) > 1:
        raise DataError(f"Stored {kind} rows, found columns of {len(lengths)} different lengths.")
    arrays = [_array(kind, name, given[name], wanted[name]) for name in wanted]
    return pa.table(dict(zip(wanted, arrays, strict=True)))


def _array(kind: str, name: str, values: Any, held: str) -> pa.Array:
    if held in (INT, SMALL) and not np.issubdtype(np.asarray(values).dtype, np.integer):
        raise DataError(
            f"Stored {kind} rows, found {np.asarray(values).dtype} values in {name!r}; "
            f"give whole quanta and nanoseconds."
        )
    try:
        return pa.array(values, type=_TYPES[held])
    except pa.ArrowException as error:
        raise DataError(
            f"Stored {kind} rows, found values in {name!r} that are no {held} ({error})."
        ) from error


def _write_bytes(path: Path, content: bytes) -> None:
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _chunks(reader: Any, names: tuple[str, ...], chunk_rows: int) -> Iterator[Columns]:
    for batch in reader:
        arrays = [_numpy(batch.column(place)) for place in range(len(names))]
        for start in range(0, batch.num_rows, chunk_rows):
            stop = start + chunk_rows
            yield Columns(names, tuple(array[start:stop] for array in arrays))


def _numpy(column: pa.Array) -> Array:
    if pa.types.is_list(column.type):
        # Views of one flat array: no level is copied.
        flat = column.values.to_numpy(zero_copy_only=False)
        rows = np.empty(len(column), object)
        for row, (begin, end) in enumerate(pairwise(column.offsets.to_pylist())):
            rows[row] = flat[begin:end]
        return rows
    return column.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _parts_of(day: Path) -> list[Part]:
    """Return a day's parts, from their footers."""
    with _told(f"Read {FIRST} of {day.name}"):
        return parts(day)
