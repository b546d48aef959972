"""Open the database of a realm at the schema of this version, forward only, one process at a time."""

import fcntl
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from reelm.app.settings import Settings
from reelm.base import Database

SCRIPTS = Path(__file__).parent / "migrations"
# The number of the newest file of versions.
HEAD = max(path.name[:4] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """Open the database of a realm that may be running or was never started; nothing else is touched."""
    database = Database.open(settings.database_url)
    try:
        with one_at_a_time(settings):
            await migrate(database)
        yield database
    finally:
        await database.close()


@contextmanager
def one_at_a_time(settings: Settings) -> Iterator[None]:
    """Hold a lock while a realm is made: web and worker open it at once, the second finds it made."""
    settings.paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.paths.run / "open.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


async def migrate(database: Database) -> None:
    """Run the migrations that are missing, in one unit of work; safe to repeat.

    A crash leaves the schema as it was.
    """
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
