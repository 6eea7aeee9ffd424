"""History by file and by store: what the `data` verbs and backtests read."""

from pathlib import Path

import msgspec

from tradewind.edge.store.ticks_parquet import ParquetTicks
from tradewind.model.errors import ConfigError
from tradewind.ports import TickKind
from tradewind.research.history.catalogue import recognise
from tradewind.research.history.findings import stamp
from tradewind.research.history.load import check, load


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
    """One series of the store; `first` and `last` are times in words, UTC."""

    instrument: str
    kind: str
    rows: int
    first: str
    last: str


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


def stored(root: Path) -> list[Stored]:
    """Return everything in the store."""
    if not root.is_dir():
        return []
    return [
        Stored(key.instrument, key.kind, rows, stamp(first), stamp(last))
        for key, rows, first, last in ParquetTicks(root).kinds()
    ]


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
