"""Revisions: forwards and back, on a fresh file and on one that holds a journal."""

import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from tests.unit.edge.store.samples import open_journal, row
from tradewind.edge.store import schema
from tradewind.edge.store.engine import sqlite_engine
from tradewind.edge.store.tables import READ_TABLES, read_table
from tradewind.model.errors import Fenced, JournalError

CONTRACT = {
    "bots", "accounts", "strategies", "instances", "orders", "fills", "positions", "trades",
    "commands", "audit_log", "users", "api_tokens", "settlements", "journal",
}  # fmt: skip
"""The names that others build on."""


def _tables(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        found = dict(rows.fetchall())
    connection.close()
    return found


def test_a_new_file_holds_every_table_of_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    schema.prepare(path)
    assert {f"trading_{name}" for name in CONTRACT} <= _tables(path).keys()


def test_up_down_and_up_again_gives_the_same_tables(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    schema.migrate(path, schema.HEAD)
    first = _tables(path)
    schema.migrate(path, "base")
    assert set(_tables(path)) == {"trading_alembic_version"}
    schema.migrate(path, schema.HEAD)
    assert _tables(path) == first


def test_every_revision_goes_forwards_and_back_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "steps.sqlite"
    states = []
    for target in schema.REVISIONS:
        schema.migrate(path, target)
        states.append(_tables(path))
    for target, state in reversed(list(zip(schema.REVISIONS, states, strict=True))):
        schema.migrate(path, target)
        assert _tables(path) == state


def test_the_known_revisions_are_those_of_the_migrations() -> None:
    folder = Path(schema.__file__).parent / "migrations"
    script = ScriptDirectory(str(folder))
    found = [each.revision for each in script.walk_revisions()]
    assert tuple(reversed(found)) == schema.REVISIONS


def test_the_migrated_tables_are_those_that_the_code_writes(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    schema.prepare(path)
    metadata = sa.MetaData()
    for name in READ_TABLES:
        read_table(name, "sqlite", metadata)
    engine = sqlite_engine(path)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [
            each
            for each in compare_metadata(context, metadata)
            # Tables and indexes that only the migration knows are no difference.
            if isinstance(each, list) or each[0] not in ("remove_table", "remove_index")
        ]
        assert differences == []
    engine.dispose()


def _postgresql(direction: str) -> str:
    """Return the statements of all revisions; no server is needed to write them down."""
    statements = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": statements}
    )
    script = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    with Operations.context(context):
        turn = reversed if direction == "downgrade" else iter
        for revision in turn(schema.REVISIONS):
            getattr(script.get_revision(revision).module, direction)()
    return statements.getvalue()


def test_the_same_revision_makes_a_schema_in_postgresql_and_drops_it() -> None:
    made, dropped = _postgresql("upgrade"), _postgresql("downgrade")
    assert {name for name in CONTRACT if f"CREATE TABLE trading.{name} (" not in made} == set()
    assert {name for name in CONTRACT if f"DROP TABLE trading.{name};" not in dropped} == set()
    assert "exec_price NUMERIC NOT NULL" in made
    assert "TABLE trading_" not in made


def test_a_current_file_opens_without_alembic_or_sqlalchemy(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    open_journal(path).close()
    code = (
        "import sys; from pathlib import Path;"
        "from tradewind.edge.store.journal_sqlite import SqliteJournal;"
        "SqliteJournal(Path(sys.argv[1]), durability='power').take_lease('desk');"
        "print(sorted({'alembic', 'sqlalchemy', 'duckdb', 'pyarrow'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _almost_full(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA max_page_count = 9")


def test_a_migration_that_fails_leaves_an_empty_file_that_can_be_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr("tradewind.edge.store.engine._set_up", _almost_full)
        with pytest.raises(JournalError, match="nothing was changed: free some disk space"):
            schema.prepare(path)
    assert _tables(path) == {}
    assert open_journal(path).last_seq() == 0


def test_an_older_journal_is_not_upgraded_under_a_living_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = open_journal(path)
    epoch = journal.take_lease("alpha")
    journal.append([row(1, 1, epoch)])
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "newer"))
    monkeypatch.setattr("tradewind.edge.store.journal_sqlite.HEAD", "newer")
    with pytest.raises(Fenced, match="desk 'alpha'"):
        open_journal(path)
    journal.close()
