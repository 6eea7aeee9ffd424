"""The read tables, asked for rows: whichever columns the asker names, newest ones first cut.

Knows SQL and the tables' columns; it must not know what their rows mean.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from tradewind.edge.store.engine import sqlite_engine
from tradewind.edge.store.tables import READ_TABLES, read_table
from tradewind.model.errors import JournalError

Shape = TypeVar("Shape", bound=msgspec.Struct)


class RowQuestion(Protocol):
    """Which rows: equal to words, below a number of the column `order`, the `newest` by it.

    `newest` 0 asks for all.
    """

    @property
    def order(self) -> str:
        """Return the column that sorts the rows."""
        ...

    @property
    def equal(self) -> Mapping[str, str]:
        """Return words by column."""
        ...

    @property
    def below(self) -> int:
        """Return the bound on the sorting column, 0 for none."""
        ...

    @property
    def newest(self) -> int:
        """Return how many rows at most, 0 for all."""
        ...


class TableArchive:
    """The read tables of one database, for asking only; bring them up to date beforehand."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        metadata = sa.MetaData()
        self._tables = {
            name: read_table(name, engine.dialect.name, metadata) for name in READ_TABLES
        }

    @classmethod
    def in_file(cls, path: Path) -> "TableArchive":
        """Open the tables of a SQLite file."""
        return cls(sqlite_engine(path))

    def rows(self, table: str, shape: type[Shape], question: RowQuestion) -> list[Shape]:
        """Return rows as `shape`, whose fields are columns of the table; oldest first.

        Raises JournalError when the database cannot be read.
        """
        source = self._tables[table]
        columns = [source.c[field.name] for field in msgspec.structs.fields(shape)]
        query = sa.select(*columns)
        for name, word in question.equal.items():
            query = query.where(source.c[name] == word)
        by = source.c[question.order]
        if question.below:
            query = query.where(by < question.below)
        query = query.order_by(by.desc(), *(key.desc() for key in source.primary_key))
        if question.newest:
            query = query.limit(question.newest)
        try:
            with self._engine.begin() as connection:
                found = connection.execute(query).mappings().all()
        except SQLAlchemyError as error:
            raise JournalError(
                f"Read the table {table} of {self._engine.url}, found {error}; "
                f"delete the file, and it is made anew from the journal."
            ) from error
        return [
            msgspec.convert({str(name): value for name, value in row.items()}, shape)
            for row in reversed(found)
        ]

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
