"""From a source to rows that can be stored, with the report on them. Stores nothing."""

from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from tradewind.model.errors import DataError
from tradewind.model.history import columns_of
from tradewind.model.market import INTERVALS_NS
from tradewind.ports import Columns
from tradewind.research.history import captures
from tradewind.research.history.books import level_rows
from tradewind.research.history.catalogue import Source
from tradewind.research.history.files import peek
from tradewind.research.history.findings import Findings
from tradewind.research.history.resample import resample
from tradewind.research.history.rows import Reading, Rows, rows_of
from tradewind.research.history.sniff import named
from tradewind.research.history.tables import Table, only, read
from tradewind.research.history.validate import IST_NS, LIMITS, Judged, Limits, validate


def load(source: Source, limits: Limits = LIMITS) -> tuple[Columns, Findings]:
    """Return a source's rows as columns of the store, and what was found on the way.

    Candles are made larger where the source asks for it; the findings speak of the file's own.
    Raises DataError where a file is damaged, or where the findings refuse the import.
    """
    columns, findings = _read(source, limits)
    if findings.refused:
        why = "; ".join(item.text for item in findings.refused)
        raise DataError(
            f"Read {findings.source}, found that {why}; nothing was imported: "
            f"correct the file, or see all findings with tradewind data check."
        )
    return columns, findings


def check(source: Source, limits: Limits = LIMITS) -> Findings:
    """Return what is found in a source; what would refuse an import is among it, and not raised.

    Raises DataError where a file is damaged beyond reading.
    """
    return _read(source, limits)[1]


def _read(source: Source, limits: Limits) -> tuple[Columns, Findings]:
    kind = source.kind.partition(":")[0]
    interval_ns = INTERVALS_NS.get(source.file_interval, 0)
    stored = f"candle:{source.file_interval}" if kind == "candle" else kind
    findings = Findings(source.label, source.format, source.instrument.id, stored)
    known = msgspec.structs.replace(named(source.format), kind=kind)
    reading = Reading(known, source.instrument, interval_ns, findings)
    rows = _rows(source, reading)
    judged = Judged(kind, source.instrument, interval_ns, findings, limits)
    rows = validate(rows, judged)
    names = tuple(columns_of(stored))
    columns = Columns(names, tuple(rows.arrays[name] for name in names))
    if source.interval != source.file_interval:
        offset_ns = -IST_NS if source.instrument.calendar == "nse" else 0
        columns = resample(columns, source.file_interval, source.interval, offset_ns)
    return columns, findings


def _rows(source: Source, reading: Reading) -> Rows:
    if reading.known.reader.endswith("-capture"):
        return _joined([captures.read(path, reading) for path in source.paths])
    table = _table(source, reading)
    if reading.known.reader == "level-rows":
        rows = level_rows(table.columns, source.instrument)
    else:
        names = table.columns.column_names
        rows = rows_of(reading, {name: table.columns[name] for name in names})
    rows.malformed = table.malformed
    rows.why = rows.why or table.example
    return rows


def _table(source: Source, reading: Reading) -> Table:
    """Return the rows of all files together."""
    tables = [read(peek(path), reading.known) for path in source.paths]
    if source.symbol:
        for table in tables:
            table.columns = only(table.columns, source.symbol)
    try:
        whole = pa.concat_tables([table.columns for table in tables])
    except pa.ArrowInvalid as error:
        raise DataError(
            f"Read {source.label}, found files whose columns differ ({error}); "
            f"import them one by one."
        ) from error
    if not whole.num_rows:
        raise DataError(f"Read {source.label}, found no rows; fetch the file again.")
    example = next((table.example for table in tables if table.example), "")
    return Table(whole, sum(table.malformed for table in tables), example)


def _joined(parts: list[Rows]) -> Rows:
    if len(parts) == 1:
        return parts[0]
    names: list[str] = list(parts[0].arrays)
    arrays: dict[str, Any] = {
        name: np.concatenate([part.arrays[name] for part in parts]) for name in names
    }
    bad = np.concatenate([part.bad for part in parts])
    why = next((part.why for part in parts if part.why), "")
    return Rows(arrays, bad, why, any(part.counted for part in parts))
