"""Files as they lie on disk: plain, gzip, zip, CSV, Feather, Parquet or lines of JSON.

Knows bytes, headers and delimiters. Must not know what a column means.
"""

import contextlib
import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec
import pyarrow as pa
import pyarrow.csv as pc_csv
import pyarrow.feather as feather
import pyarrow.parquet as pq

from tradewind.model.errors import DataError

PEEK_BYTES = 1 << 16
PEEK_ROWS = 50
UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, pa.ArrowException)

_STARTS_LIKE_A_VALUE = re.compile(r"[-+.\d]")


class Peek(msgspec.Struct):
    """The beginning of a file. `container` is `csv`, `arrow` or `lines` (of JSON).

    `names` are the columns in lower case, empty without a header; `rows` the first rows as text.
    """

    path: Path
    container: str
    names: tuple[str, ...] = ()
    rows: list[list[str]] = []
    delimiter: str = ","
    first_line: str = ""

    def describe(self) -> str:
        """Return what the file looks like, for an error."""
        if self.container == "lines":
            return f"lines such as {self.first_line[:80]!r}"
        if self.names:
            return f"the columns {', '.join(self.names)}"
        row = self.delimiter.join(self.rows[0]) if self.rows else ""
        width = len(self.rows[0]) if self.rows else 0
        return f"{width} columns without a header, the first row {row[:80]!r}"


class CsvRows(msgspec.Struct):
    """Columns read from CSV; rows whose fields do not match the header are only counted."""

    table: Any
    malformed: int = 0
    example: str = ""


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what reading a damaged file raises into one sentence."""
    try:
        yield
    except UNREADABLE as error:
        cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(
            f"Read {path}, found it unreadable or cut short ({cause}); fetch the file again."
        ) from error


def peek(path: Path) -> Peek:
    """Look at the beginning of a file; raises DataError where it cannot be read or is empty."""
    with told(path):
        with path.open("rb") as handle:
            magic = handle.read(6)
        if magic[:6] == b"ARROW1" or magic[:4] in (b"FEA1", b"PAR1"):
            return _peek_arrow(path, magic)
        with contextlib.closing(texts(path)) as parts:
            head = next(parts, io.BytesIO()).read(PEEK_BYTES)
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < PEEK_BYTES else "ignore")
    except UnicodeDecodeError as error:
        raise DataError(
            f"Read {path}, found bytes that are no text; give CSV, gzip, zip, Feather or Parquet."
        ) from error
    if not text.strip() or "\0" in text:
        found = "bytes that are no text" if text.strip() else "nothing in it"
        raise DataError(f"Read {path}, found {found}; fetch the file again.")
    return _peek_text(path, text, whole=len(head) < PEEK_BYTES)


def texts(path: Path) -> Generator[IO[bytes], None, None]:
    """Yield the uncompressed contents of a file, one for each member of a zip."""
    with path.open("rb") as handle:
        magic = handle.read(4)
    if magic[:2] == b"\x1f\x8b":
        with gzip.open(path, "rb") as content:
            yield content  # type: ignore[misc]
    elif magic == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                if not name.endswith("/"):
                    with archive.open(name) as content:
                        yield content
    else:
        with path.open("rb") as content:
            yield content


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a text file, however it is compressed."""
    with told(path):
        for content in texts(path):
            yield from content


def read_arrow(path: Path) -> Any:
    """Return a Feather or Parquet file as a table with lower-case names."""
    with told(path):
        with path.open("rb") as handle:
            is_parquet = handle.read(4) == b"PAR1"
        table = pq.read_table(path) if is_parquet else feather.read_table(path)
    return table.rename_columns([name.strip().lower() for name in table.column_names])


def read_csv(look: Peek, places: dict[str, int]) -> CsvRows:
    """Return the wanted columns of a CSV as text; `places` says where each one stands.

    Rows with too few or too many fields are left out and counted.
    """
    found = CsvRows(None)

    def skip(row: Any) -> str:
        found.malformed += 1
        found.example = found.example or f"{row.actual_columns} fields, not {row.expected_columns}"
        return "skip"

    width = len(look.names or look.rows[0])
    names = [f"c{place}" for place in range(width)]
    wanted = {name: names[place] for name, place in places.items()}
    tables = []
    with told(look.path):
        for content in texts(look.path):
            tables.append(  # noqa: PERF401  (a comprehension would hide the closing of each member)
                pc_csv.read_csv(
                    content,
                    pc_csv.ReadOptions(
                        column_names=names, skip_rows=1 if look.names else 0, block_size=1 << 22
                    ),
                    pc_csv.ParseOptions(delimiter=look.delimiter, invalid_row_handler=skip),
                    pc_csv.ConvertOptions(
                        include_columns=sorted(set(wanted.values())),
                        column_types=dict.fromkeys(names, pa.string()),
                        strings_can_be_null=False,
                    ),
                )
            )
        whole = pa.concat_tables(tables)
        found.table = pa.table({name: whole[column] for name, column in wanted.items()})
    return found


def _peek_arrow(path: Path, magic: bytes) -> Peek:
    if magic[:4] == b"PAR1":
        head = next(pq.ParquetFile(path).iter_batches(PEEK_ROWS), None)
    else:
        head = feather.read_table(path, memory_map=True).slice(0, PEEK_ROWS)
    if head is None or not head.num_rows:
        raise DataError(f"Read {path}, found no rows in it; fetch the file again.")
    rows = [[str(value) for value in row.values()] for row in head.to_pylist()]
    names = tuple(name.strip().lower() for name in head.schema.names)
    return Peek(path, "arrow", names=names, rows=rows)


def _peek_text(path: Path, text: str, *, whole: bool) -> Peek:
    found = text.splitlines()
    if not whole and len(found) > 1:
        found.pop()  # it may be cut
    first = found[0]
    if "{" in first or "<->" in first:
        return Peek(path, "lines", first_line=first)
    delimiter = max(",;\t|", key=first.count)
    rows = [row for row in csv.reader(found, delimiter=delimiter) if row]
    head = [name.strip() for name in rows[0]]
    if any(_STARTS_LIKE_A_VALUE.match(name) for name in head):
        return Peek(path, "csv", rows=rows, delimiter=delimiter)
    names = tuple(name.lower() for name in head)
    return Peek(path, "csv", names=names, rows=rows[1:], delimiter=delimiter)
