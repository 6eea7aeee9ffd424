"""History by file and by store: what the `data` verbs and backtests read."""

from pathlib import Path

import msgspec
import numpy as np

from tradewind.app.desks import DeskFolder
from tradewind.edge.store.eventlog_file import FileEventLog
from tradewind.edge.store.journal_sqlite import SqliteJournal
from tradewind.edge.store.ticks_parquet import ParquetTicks
from tradewind.model.errors import ConfigError, DataError
from tradewind.model.events import InstrumentDefined
from tradewind.model.history import columns_of
from tradewind.model.ids import InstrumentId
from tradewind.model.instrument import Instrument
from tradewind.model.market import INTERVALS_NS
from tradewind.ports import Columns, TickKind
from tradewind.research.history.catalogue import recognise
from tradewind.research.history.findings import Findings, stamp
from tradewind.research.history.load import check, load
from tradewind.research.history.resample import resample
from tradewind.runtime.codec import decode
from tradewind.runtime.recorder import record
from tradewind.runtime.recording import REFERENCE, Recording


class Imported(msgspec.Struct, frozen=True):
    """What one import brought: rows read, rows that were new, and what was found, in words.

    `new` is None where nothing was stored, because only the effect was asked for.
    """

    instrument: str
    kind: str
    rows: int
    new: int | None
    found: str


class Stored(msgspec.Struct, frozen=True):
    """One series of a store; `first` and `last` are times in words, UTC, `folder` the store's."""

    instrument: str
    kind: str
    rows: int
    first: str
    last: str
    folder: str


class Checked(msgspec.Struct, frozen=True):
    """The outcome of a check: how many kinds of rows were refused, and the report in words."""

    path: str
    refused: int
    text: str


def import_files(
    paths: list[Path],
    instrument: str | None,
    interval: str | None,
    root: Path,
    *,
    dry_run: bool = False,
) -> list[Imported]:
    """Read, check and store files; raises DataError for one that is refused, and names it.

    With `dry_run` nothing is stored.
    """
    store = ParquetTicks(root)
    done = []
    for path in paths:
        must_exist(path)
        source = recognise(path, instrument, interval)
        columns, findings = load(source)
        new = None
        if not dry_run:
            store.define(source.instrument)
            key = TickKind(source.instrument.venue, source.instrument.id, source.kind)
            new = store.write(key, columns)
        found = findings.text() if findings.items or findings.gaps else ""
        done.append(Imported(source.instrument.id, source.kind, len(columns), new, found))
    return done


def import_run(run: Path) -> list[Imported]:
    """Turn the market data in a desk's event log into history in the desk's own folder.

    Importing again, or what the recorder has written already, adds nothing. Raises DataError
    where there is no record, JournalError for one that is damaged.
    """
    folder = DeskFolder(run)
    if not is_run(run):
        raise DataError(f"Imported {run}, found no desk's record in it; name a desk's folder.")
    before = {(each.instrument, each.kind): each.rows for each in stored(folder.history)}
    known = _defined(folder)
    log = FileEventLog(folder.events, read_only=True)
    recording = Recording(known.get)
    record(log.read(), recording, ParquetTicks(folder.history))
    left_out = f"{recording.left_out:,} rows were left out" if recording.left_out else ""
    return [
        Imported(
            each.instrument,
            each.kind,
            each.rows,
            each.rows - before.get((each.instrument, each.kind), 0),
            left_out,
        )
        for each in stored(folder.history)
    ]


def is_run(path: Path) -> bool:
    """Tell whether a folder is a desk's."""
    return DeskFolder(path).exists()


def _defined(folder: DeskFolder) -> dict[InstrumentId, Instrument]:
    """Return the instruments that a desk's journal defines, each with its latest rules."""
    journal = SqliteJournal(folder.journal, durability="process", create=False)
    try:
        kind = InstrumentDefined.__name__
        events = [decode(row) for row in journal.read() if row.kind == kind]
    finally:
        journal.close()
    defined = [event.instrument for event in events if isinstance(event, InstrumentDefined)]
    return {instrument.id: instrument for instrument in defined}


def stored(root: Path) -> list[Stored]:
    """Return everything in a store."""
    if not root.is_dir():
        return []
    return [
        Stored(key.instrument, key.kind, rows, stamp(first), stamp(last), str(root))
        for key, rows, first, last in ParquetTicks(root).kinds()
    ]


def store_in(path: Path) -> Path | None:
    """Return the store that a path is, or that the desk's folder at the path has; else None."""
    for folder in (path, DeskFolder(path).history):
        if (folder / "instruments.json").is_file():
            return folder
    return None


def read_stored(
    root: Path, instrument: str | None, interval: str | None, kind: str | None
) -> tuple[Instrument, str, Columns, Findings]:
    """Return (rules, kind, rows, report) of one series of a store.

    Of several kinds candles come first, then quotes; smaller candles are made larger. Raises
    DataError that says what there is, where the choice is not clear.
    """
    store = ParquetTicks(root)
    key = _choose(store, root, instrument, interval, kind)
    chunks = list(store.read(key, 0, 1 << 62, 1 << 18))
    names = tuple(columns_of(key.kind))
    columns = Columns(
        names, tuple(map(np.concatenate, zip(*(c.arrays for c in chunks), strict=True)))
    )
    own = key.kind.partition(":")[2]
    series = key.kind
    if own:
        columns = resample(columns, own, interval or own)
        series = f"candle:{interval or own}"
    findings = Findings(str(root), "the tick store", key.instrument, series)
    findings.rows = findings.rows_read = len(columns)
    ts = columns.arrays[0]
    findings.first_ns, findings.last_ns = int(ts[0]), int(ts[-1])
    return store.instruments()[key.instrument], series, columns, findings


NEAR = 6
_FIRST = ("candle", "quote", "book", "trade", "funding")


def _choose(
    store: ParquetTicks, root: Path, instrument: str | None, interval: str | None, kind: str | None
) -> TickKind:
    keys = [key for key, *_ in store.kinds() if key.venue != REFERENCE]
    owners = sorted({key.instrument for key in keys if instrument in (None, key.instrument)})
    if len(owners) != 1:
        have = owners or sorted({key.instrument for key in keys})
        listed = ", ".join(have[:NEAR]) + (" …" if len(have) > NEAR else "")
        raise DataError(f"Looked into {root}, found {listed or 'nothing'}; name an --instrument.")
    mine = [key for key in keys if key.instrument == owners[0]]
    for word in (kind,) if kind else _FIRST:
        fitting = [key for key in mine if key.kind.partition(":")[0] == word]
        exact = [key for key in fitting if key.kind == f"{word}:{interval}"]
        if chosen := exact or fitting:
            # The smallest candles can be made into any others.
            return min(chosen, key=lambda key: INTERVALS_NS.get(key.kind.partition(":")[2], 0))
    kinds = ", ".join(key.kind for key in mine)
    raise DataError(f"Looked into {root}, found only {kinds} of {owners[0]}; choose another kind.")


def check_files(paths: list[Path], instrument: str | None, interval: str | None) -> list[Checked]:
    """Check files without storing anything; raises DataError for one that is not recognised."""
    reports = []
    for path in paths:
        must_exist(path)
        findings = check(recognise(path, instrument, interval))
        reports.append(Checked(str(path), len(findings.refused), findings.text()))
    return reports


def must_exist(path: Path) -> None:
    """Raise ConfigError where nothing has that name."""
    if not path.exists():
        raise ConfigError(f"Read {path}, found no such file or folder; check the path.")
