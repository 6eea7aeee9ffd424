"""How a table is written down, and where it lives: `trading_orders` in SQLite, `trading.orders`
in PostgreSQL. Knows SQLAlchemy's types; it must not know any table.
"""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

SCHEMA = "trading"
POSTGRESQL = "postgresql"


class Money(TypeDecorator[Decimal]):
    """An exact Decimal: plain digits in a TEXT in SQLite, an unbounded NUMERIC in PostgreSQL."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database keeps."""
        kept = sa.Numeric() if dialect.name == POSTGRESQL else sa.Text()
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Return what is bound; SQLAlchemy's own signature."""
        if value is None or dialect.name == POSTGRESQL:
            return value
        return format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the exact Decimal again; SQLAlchemy's own signature."""
        return None if value is None else Decimal(value)


TYPES: dict[str, type[TypeEngine[Any]]] = {
    "text": sa.Text,
    "int": sa.BigInteger,
    "money": Money,
    "flag": sa.Boolean,
    "bytes": sa.LargeBinary,
}
"""Column type by its word in a migration. Times are `int`: nanoseconds UTC."""


def table_name(name: str, dialect: str) -> str:
    """Return the name of a table, an index or a version table in a database of `dialect`."""
    return name if dialect == POSTGRESQL else f"{SCHEMA}_{name}"


def schema_of(dialect: str) -> str | None:
    """Return the schema that the tables live in; None where there are only prefixes."""
    return SCHEMA if dialect == POSTGRESQL else None


def columns(listing: str) -> list[sa.Column[Any]]:
    """Return the columns of a listing with one `name type [key] [null]` per line."""
    return [_column(*line.split()) for line in listing.strip().splitlines()]


def _column(name: str, kind: str, *words: str) -> sa.Column[Any]:
    key, nullable = "key" in words, "null" in words
    assert set(words) <= {"key", "null"}, f"unknown word in {words}"
    return sa.Column(name, TYPES[kind](), primary_key=key, nullable=nullable, autoincrement=False)
