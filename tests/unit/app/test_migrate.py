"""The migrations lead to the very tables that the code declares."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from reelm.app import wiring  # noqa: F401 - every package declares its tables
from reelm.app.database import HEAD, SCRIPTS, migrate
from reelm.base import Database, metadata


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrated_records_have_the_tables_that_are_declared(empty_database: Database) -> None:
    await migrate(empty_database)
    await migrate(empty_database)
    async with empty_database.write() as tx:
        assert await tx.run_sync(_differences) == []


def test_the_newest_migration_is_named() -> None:
    assert max(path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("0*.py")) == HEAD
