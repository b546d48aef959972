"""Alembic's entry point: it runs on the connection, and in the unit of work, that it is given."""

from alembic import context

from reelm.base import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
context.run_migrations()
