"""One day of one series as Parquet parts, each behind the one before it in time.

    day=2025-04-03/rows.parquet, rows-0001.parquet, …

What comes behind everything that is stored makes the last part grow, or begins a new one where it
is large, so that a recorder never rewrites a whole day. What comes earlier is merged: the parts
that it touches become one. A part appears whole (written beside, then renamed), and one that a
merge had taken in before the process died is told by its times, and ignored.

Knows parts and times; it must not know whose rows they are.
"""

import os
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FIRST = "rows.parquet"
PART_ROWS = 1 << 18
"""The last part grows up to here; so many rows are rewritten at most to add some."""
GROUP_ROWS = 131_072
"""A reader holds one group of rows at a time, so this bounds its memory."""


class Part(msgspec.Struct, frozen=True):
    """One file: its rows, and the first and last `ts_event` in it."""

    path: Path
    rows: int
    first: int
    last: int


class Staged(msgspec.Struct, frozen=True):
    """A part that waits beside its place, how many of its rows are new, and what it replaces."""

    fresh: Path
    path: Path
    new: int
    taken_in: tuple[Path, ...]

    def publish(self) -> None:
        """Put the part in its place, and remove what it has taken in."""
        os.replace(self.fresh, self.path)
        for path in self.taken_in:
            path.unlink(missing_ok=True)


def parts(day: Path) -> list[Part]:
    """Return a day's parts in order of time."""
    found: list[Part] = []
    for path in _files(day):
        part = footer(path)
        if not found or part.first > found[-1].last:
            found.append(part)
    return found


def size(day: Path) -> int:
    """Return how many bytes a day's files take up."""
    return sum(path.stat().st_size for path in _files(day))


def remove(day: Path) -> None:
    """Remove a day; the latest part goes first, so that a kill leaves the beginning of a day."""
    for path in [*reversed(_files(day)), *day.glob(".*.fresh")]:
        path.unlink(missing_ok=True)
    day.rmdir()


def footer(path: Path) -> Part:
    """Return what a file's footer says."""
    told = pq.read_metadata(path)
    groups = [told.row_group(i).column(0).statistics for i in range(told.num_row_groups)]
    return Part(path, told.num_rows, groups[0].min, groups[-1].max)


def stage(day: Path, rows: pa.Table, keys: tuple[str, ...]) -> Staged:
    """Write rows, sorted by key and each key once, beside the day's parts; the last one given wins.

    Synced where older rows would be lost with a torn file.
    """
    day.mkdir(parents=True, exist_ok=True)
    for left in day.glob(".*.fresh"):
        left.unlink()
    known = parts(day)
    stale = set(_files(day)) - {part.path for part in known}
    touched = _touched(known, rows)
    path = touched[0].path if touched else _next_path(day, known)
    merged = rows
    for part in reversed(touched):
        older = pq.read_table(part.path, partitioning=None).select(rows.schema.names)
        merged = pa.concat_tables([older.cast(rows.schema), merged])
    if touched:
        merged = keep_last(merged, keys).combine_chunks()
    new = merged.num_rows - sum(part.rows for part in touched)
    taken_in = (*(part.path for part in touched[1:]), *stale - {path})
    return Staged(_write(path, merged), path, new, taken_in)


def keep_last(rows: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """Return rows sorted by key; of equal keys the last one given stays."""
    columns = [rows[name].to_numpy() for name in keys]
    first, *others = columns
    step = first[1:] > first[:-1]
    if others:
        step |= (first[1:] == first[:-1]) & (others[0][1:] > others[0][:-1])
    if step.all():
        return rows
    order = np.lexsort(columns[::-1])
    ordered = [column[order] for column in columns]
    last = np.concatenate((np.any([c[1:] != c[:-1] for c in ordered], axis=0), [True]))
    return rows.take(pa.array(order[last]))


def _files(day: Path) -> list[Path]:
    return sorted(day.glob("rows*.parquet"), key=lambda path: path.stem)


def _touched(known: list[Part], rows: pa.Table) -> list[Part]:
    """Return the parts that rows go into: those not wholly before them, or a small last one."""
    first = rows["ts_event"][0].as_py()
    touched = [part for part in known if part.last >= first]
    if not touched and known and known[-1].rows + rows.num_rows <= PART_ROWS:
        return known[-1:]
    return touched


def _next_path(day: Path, known: list[Part]) -> Path:
    if not known:
        return day / FIRST
    number = int(known[-1].path.stem.partition("-")[2] or 0) + 1
    return day / f"rows-{number:04d}.parquet"


def _write(path: Path, rows: pa.Table) -> Path:
    fresh = path.with_name(f".{path.name}.fresh")
    whole = [
        name for name in rows.column_names if pa.types.is_integer(rows.schema.field(name).type)
    ]
    try:
        pq.write_table(
            rows,
            fresh,
            compression="zstd",
            row_group_size=GROUP_ROWS,
            use_dictionary=False,
            column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        )
        if path.exists():
            with fresh.open("rb+") as handle:
                os.fsync(handle.fileno())
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return fresh
