"""Opening the database file: whose it is, which revision it has, and how it gets the newest.

Knows SQLite's headers and Alembic; it must not know what the tables mean. Alembic is imported
only when there is something to migrate, because a start must be quick.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tradewind.model.errors import JournalError

if TYPE_CHECKING:
    from sqlalchemy import Connection

APPLICATION_ID = 0x54574A31
"""Written into the header of every database of ours."""
REVISIONS = ("0001", "0002", "0003")
"""Every revision that this version can upgrade from, oldest first; the last is today's."""
HEAD = REVISIONS[-1]
EMPTY = ""
"""The revision of a database that has no tables yet."""


def revision(connection: sqlite3.Connection, path: Path) -> str:
    """Return the revision of an open database, EMPTY where nothing has been made yet.

    Raises JournalError for a file that is no database, another program's, or newer than we know.
    """
    try:
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not tables and owner in (0, APPLICATION_ID):
            return EMPTY
        found = _read_revision(connection) if owner == APPLICATION_ID else None
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"Opened {path}, found that it cannot be read as a database ({error}); "
            f"restore it from a backup or choose another folder."
        ) from error
    if found is None:
        raise JournalError(
            f"Opened {path}, found the database of another program; choose another folder."
        )
    if found not in REVISIONS:
        raise JournalError(
            f"Opened {path}, found schema revision {found!r} where this version knows up to "
            f"{HEAD!r}; start the version of Tradewind that wrote it, or choose another folder."
        )
    return found


def prepare(path: Path) -> None:
    """Make the tables, or bring them to today's revision, in one transaction.

    Nobody else may have the file open for writing. Raises JournalError.
    """
    migrate(path, HEAD)


def open_read_tables(path: Path) -> None:
    """Make sure that the file holds today's tables; quick when it does.

    Raises JournalError as `revision` does, and where the folder is missing or not writable.
    """
    try:
        with closing(sqlite3.connect(path)) as connection:
            found = revision(connection, path)
    except sqlite3.Error as error:
        raise JournalError(
            f"Opened {path}, found {error}; make the folder exist and writable."
        ) from error
    if found != HEAD:
        prepare(path)


def migrate(path: Path, target: str) -> None:
    """Bring a SQLite file to the revision `target` (`base`: no tables), forwards or back."""
    from sqlalchemy.exc import SQLAlchemyError

    from tradewind.edge.store.engine import found, sqlite_engine

    engine = sqlite_engine(path)
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            upgrade(connection, target)
    except SQLAlchemyError as error:
        raise JournalError(
            f"Brought the tables of {path} to revision {target!r}, found {found(error)}; "
            f"nothing was changed: free some disk space or restore a backup, then start again."
        ) from error
    finally:
        engine.dispose()


def upgrade(connection: "Connection", target: str = HEAD) -> None:
    """Run the revisions between what `connection` has and `target`; SQLite and PostgreSQL alike.

    The caller owns the transaction.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    back = target == "base" or _number(connection, target) < 0
    run = command.downgrade if back else command.upgrade
    run(config, target)


def _number(connection: "Connection", target: str) -> int:
    from alembic.migration import MigrationContext

    from tradewind.edge.store.ddl import schema_of, table_name

    dialect = connection.dialect.name
    options = {
        "version_table": table_name("alembic_version", dialect),
        "version_table_schema": schema_of(dialect),
    }
    current = MigrationContext.configure(connection, opts=options).get_current_revision()
    if current is None:
        return 1
    return REVISIONS.index(target) - REVISIONS.index(current)


def _read_revision(connection: sqlite3.Connection) -> str | None:
    try:
        row = connection.execute("SELECT version_num FROM trading_alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return row[0] if row else None
