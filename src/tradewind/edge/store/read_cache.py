"""Rows between memory and a table: read once, changed in memory, written together.

Knows one table at a time; it must not know what its rows mean.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from tradewind.edge.store.ddl import POSTGRESQL
from tradewind.edge.store.tables import READ_TABLES, read_table

Shape = TypeVar("Shape", bound=msgspec.Struct)
Key = tuple[Any, ...]

KEPT_ROWS = 20_000
"""How many rows of a table stay in memory between batches; beyond that all are read anew."""
_ASK_AT_ONCE = 400


class Rows(Generic[Shape]):
    """The rows of one table. `connect` returns the connection of the batch that is being folded."""

    def __init__(
        self,
        name: str,
        shape: type[Shape],
        dialect: str,
        metadata: sa.MetaData,
        connect: Callable[[], sa.Connection],
    ) -> None:
        assert READ_TABLES[name][0] is shape
        self._shape = shape
        self.table = read_table(name, dialect, metadata)
        self._key_names = READ_TABLES[name][1]
        self._keys = [self.table.c[key] for key in self._key_names]
        self._upsert = _upsert(self.table, dialect)
        self._connect = connect
        self._known: dict[Key, Shape | None] = {}
        self._changed: dict[Key, Shape] = {}

    def get(self, *key: Any) -> Shape | None:
        """Return the row of a primary key, None where there is none."""
        if key not in self._known:
            self.prefetch([key])
        return self._known[key]

    def prefetch(self, keys: Iterable[Key]) -> None:
        """Read the rows of many keys at once; what is not there is remembered too."""
        wanted = [key for key in dict.fromkeys(keys) if key not in self._known]
        self._known.update(dict.fromkeys(wanted))
        column = self._keys[0] if len(self._keys) == 1 else sa.tuple_(*self._keys)
        for start in range(0, len(wanted), _ASK_AT_ONCE):
            part = wanted[start : start + _ASK_AT_ONCE]
            values = [key[0] for key in part] if len(self._keys) == 1 else part
            for row in self._select(column.in_(values)):
                self._known[self._key(row)] = row

    def put(self, row: Shape) -> None:
        """Write a new or changed row with the batch."""
        key = self._key(row)
        self._known[key] = self._changed[key] = row

    def where(self, *conditions: sa.ColumnElement[bool]) -> list[Shape]:
        """Return all rows that meet the conditions, those of this batch included."""
        self.flush()
        found = []
        for row in self._select(*conditions):
            # The row in memory is the one that others hold and change.
            key = self._key(row)
            known = self._known.get(key)
            if known is None:
                known = self._known[key] = row
            found.append(known)
        return found

    def delete(self, *conditions: sa.ColumnElement[bool]) -> None:
        """Delete all rows that meet the conditions."""
        self.flush()
        self._connect().execute(sa.delete(self.table).where(*conditions))
        self._known.clear()

    def flush(self) -> None:
        """Hand what changed to the database, within the batch's transaction."""
        if self._changed:
            values = [msgspec.structs.asdict(row) for row in self._changed.values()]
            self._connect().execute(self._upsert, values)
            self._changed.clear()

    def trim(self) -> None:
        """Forget the rows where they have become too many."""
        if len(self._known) > KEPT_ROWS:
            self._known.clear()

    def forget(self) -> None:
        """Forget every row, changes included: the transaction was rolled back."""
        self._known.clear()
        self._changed.clear()

    def _key(self, row: Shape) -> Key:
        return tuple(getattr(row, name) for name in self._key_names)

    def _select(self, *conditions: sa.ColumnElement[bool]) -> Iterator[Shape]:
        query = sa.select(self.table).where(*conditions).order_by(*self._keys)
        for values in self._connect().execute(query).mappings():
            yield self._shape(**values)


def _upsert(table: sa.Table, dialect: str) -> sa.Insert:
    insert: Any = (postgresql if dialect == POSTGRESQL else sqlite).insert(table)
    keys = [column.name for column in table.primary_key]
    rest = {
        column.name: insert.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    upsert: sa.Insert = insert.on_conflict_do_update(index_elements=keys, set_=rest)
    return upsert
