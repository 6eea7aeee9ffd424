"""Tables in files as columns in our words: CSV, Feather and Parquet. Must not judge a value."""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from tradewind.research.history.files import Peek, read_arrow, read_csv
from tradewind.research.history.formats import Format
from tradewind.research.history.sniff import places


class Table(msgspec.Struct):
    """A file's columns by our words; rows that did not fit the header are only counted."""

    columns: Any
    malformed: int = 0
    example: str = ""


def read(look: Peek, known: Format) -> Table:
    """Return the columns that a format names; raises DataError for a damaged file."""
    where = places(look, known)
    if look.container == "arrow":
        table = read_arrow(look.path)
        found = Table(pa.table({word: table.column(place) for word, place in where.items()}))
    else:
        read_rows = read_csv(look, where)
        found = Table(read_rows.table, read_rows.malformed, read_rows.example)
    for word, allowed in known.keep.items():
        column = pc.utf8_trim_whitespace(found.columns[word])
        found.columns = found.columns.filter(pc.is_in(column, pa.array(allowed)))
    return found


def symbols(table: Any) -> list[str]:
    """Return the symbols that a table has, in its order; none where it states none."""
    if "symbol" not in table.column_names:
        return []
    return [str(value).strip() for value in table["symbol"].unique().to_pylist()]


def only(table: Any, symbol: str) -> Any:
    """Return the rows of one symbol; all rows where the table states none."""
    if "symbol" not in table.column_names:
        return table
    return table.filter(pc.equal(pc.utf8_trim_whitespace(table["symbol"]), symbol))


def name_of(path: Path) -> str:
    """Return a path as its folder and its name, which is what patterns of names look at."""
    return f"{path.parent.name}/{path.name}"
