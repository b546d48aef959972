"""Brings the records to the schema of this version, forward only, in one unit of work."""

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from reelm.base import Database

# The newest file in migrations/versions; a test keeps it true.
HEAD = "0013"
SCRIPTS = Path(__file__).parent / "migrations"


async def migrate(database: Database) -> None:
    """Run what is missing. A crash leaves the schema as it was; safe to repeat."""
    async with database.write() as tx:
        if await tx.run_sync(_revision) != HEAD:
            await tx.run_sync(_upgrade)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)  # before it is imported: it is chatty at once
    from alembic import command  # noqa: PLC0415 - a start that has nothing to migrate need not load it
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
