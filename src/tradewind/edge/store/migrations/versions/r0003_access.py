"""Sessions, the code of the first start, and what a second factor needs."""

from alembic import op

from tradewind.edge.store.ddl import columns, schema_of, table_name

revision = "0003"
down_revision = "0002"

TABLES = {
    "sessions": """
        session_hash text key
        user_id      text
        created_ns   int
        seen_ns      int
    """,
    "setup": """
        name       text key
        code_hash  text
        expires_ns int
    """,
}
USERS = "totp_since_ns int null", "totp_step int null"


def upgrade() -> None:
    """Make the tables and add the columns."""
    dialect = op.get_context().dialect.name
    schema = schema_of(dialect)
    for name, listing in TABLES.items():
        op.create_table(table_name(name, dialect), *columns(listing), schema=schema)
    op.create_index(
        "ix_trading_sessions_user_id", table_name("sessions", dialect), ["user_id"], schema=schema
    )
    for listing in USERS:
        (column,) = columns(listing)
        op.add_column(table_name("users", dialect), column, schema=schema)


def downgrade() -> None:
    """Drop them again."""
    dialect = op.get_context().dialect.name
    schema = schema_of(dialect)
    for listing in reversed(USERS):
        op.drop_column(table_name("users", dialect), listing.split()[0], schema=schema)
    op.drop_index("ix_trading_sessions_user_id", table_name("sessions", dialect), schema=schema)
    for name in reversed(TABLES):
        op.drop_table(table_name(name, dialect), schema=schema)
