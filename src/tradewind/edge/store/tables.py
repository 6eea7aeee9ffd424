"""The read tables as SQLAlchemy sees them, made from the shapes in `read_rows`. The migrations are
written down by themselves; a test holds the two together.
"""

from types import NoneType, UnionType
from typing import Any, get_args

import msgspec
import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from tradewind.edge.store import read_rows as rows
from tradewind.edge.store.ddl import TYPES, schema_of, table_name

POSITION_KEY = ("bot_id", "account_id", "symbol", "bucket")

READ_TABLES: dict[str, tuple[type[rows.Row], tuple[str, ...]]] = {
    "cursors": (rows.CursorRow, ("name",)),
    "strategies": (rows.StrategyRow, ("strategy_name",)),
    "bots": (rows.BotRow, ("bot_id",)),
    "instances": (rows.InstanceRow, ("bot_id",)),
    "accounts": (rows.AccountRow, ("account_id",)),
    "instruments": (rows.InstrumentRow, ("symbol",)),
    "orders": (rows.OrderRow, ("client_order_id",)),
    "fills": (rows.FillRow, ("account_id", "fill_key")),
    "positions": (rows.PositionRow, POSITION_KEY),
    "trades": (rows.TradeRow, (*POSITION_KEY, "number")),
    "postings": (rows.PostingRow, ("account_id", "entry_key", "bot_id", "symbol", "bucket")),
    "settlements": (rows.SettlementRow, ("account_id", "symbol", "number")),
    "commands": (rows.CommandRow, ("command_id",)),
    "audit_log": (rows.AuditRow, ("seq", "ordinal")),
}
"""Row shape and primary key of every table that the projection writes."""

_WORDS: dict[Any, str] = {str: "text", int: "int", bool: "flag"}


def read_table(name: str, dialect: str, metadata: sa.MetaData) -> sa.Table:
    """Return a read table for a database of `dialect` (`sqlite` or `postgresql`)."""
    shape, key = READ_TABLES[name]
    fields = msgspec.structs.fields(shape)
    columns = [_column(field, key=field.name in key) for field in fields]
    return sa.Table(table_name(name, dialect), metadata, *columns, schema=schema_of(dialect))


def _column(field: msgspec.structs.FieldInfo, *, key: bool) -> sa.Column[Any]:
    kind, nullable = field.type, False
    if isinstance(kind, UnionType):
        nullable = NoneType in get_args(kind)
        kind = next(part for part in get_args(kind) if part is not NoneType)
    column_type: type[TypeEngine[Any]] = TYPES[_WORDS.get(kind, "money")]
    return sa.Column(
        field.name, column_type(), primary_key=key, nullable=nullable, autoincrement=False
    )
