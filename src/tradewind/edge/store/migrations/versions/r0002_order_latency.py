"""How long each order took from its cause to the wire, nanoseconds."""

from alembic import op

from tradewind.edge.store.ddl import columns, schema_of, table_name

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column to the orders."""
    dialect = op.get_context().dialect.name
    (column,) = columns("sent_latency_ns int null")
    op.add_column(table_name("orders", dialect), column, schema=schema_of(dialect))


def downgrade() -> None:
    """Drop it again."""
    dialect = op.get_context().dialect.name
    op.drop_column(table_name("orders", dialect), "sent_latency_ns", schema=schema_of(dialect))
