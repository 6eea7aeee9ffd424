"""One SQLAlchemy engine on a SQLite file, whose transactions begin where we say so.

Knows connections and the errors of their driver; it must not know any table.
"""

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError


def sqlite_engine(path: Path) -> sa.Engine:
    """Return an engine whose every transaction takes the write lock at its start.

    The driver would begin late and commit before a change of tables; here neither happens.
    Usable from any thread, one at a time.
    """
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"check_same_thread": False}
    )
    sa.event.listen(engine, "connect", _set_up)
    sa.event.listen(engine, "begin", _begin)
    return engine


def found(error: SQLAlchemyError) -> str:
    """Return what the database said, without the statement that it said it about."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(said).splitlines()[0]


def _set_up(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
