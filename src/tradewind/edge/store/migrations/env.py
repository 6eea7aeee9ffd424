"""Alembic's way in: run the revisions on the connection that `schema.upgrade` hands over."""

from alembic import context

from tradewind.edge.store.ddl import POSTGRESQL, SCHEMA, schema_of, table_name

connection = context.config.attributes["connection"]
dialect = connection.dialect.name
if dialect == POSTGRESQL:
    connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
context.configure(
    connection=connection,
    version_table=table_name("alembic_version", dialect),
    version_table_schema=schema_of(dialect),
    transactional_ddl=True,
    render_as_batch=dialect != POSTGRESQL,
)
context.run_migrations()
