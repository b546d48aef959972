"""Make the tables of the product in a database, and make them empty again."""

from sqlalchemy.ext.asyncio import create_async_engine

from reelm import (  # noqa: F401 - each declares its tables when it is imported
    access,
    accounts,
    clips,
    delivery,
    events,
    ledger,
    media,
    people,
    realm,
    vault,
)
from reelm.base import Database, metadata

_FORGET = """
DO $$
DECLARE
  each record;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR each IN SELECT quote_ident(relname) AS name, relkind FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') LOOP
    IF each.relkind = 'r' THEN
      EXECUTE 'DELETE FROM ' || each.name;
    ELSE
      EXECUTE 'ALTER SEQUENCE ' || each.name || ' RESTART';
    END IF;
  END LOOP;
END $$
"""


async def make_tables(database: Database) -> None:
    """Make every table that the product declares and that is not there yet."""
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)


async def make_tables_at(url: str) -> None:
    """Make every table in the database at that address, whole in its file afterwards."""
    database = Database.open(url)
    await make_tables(database)
    await database.close()


async def make_database(url: str, name: str) -> None:
    """Make one more PostgreSQL database on the server of ``url``; not in a transaction, which it refuses."""
    engine = create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:"), isolation_level="AUTOCOMMIT"
    )
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"CREATE DATABASE {name}")
    await engine.dispose()


async def forget_rows(database: Database) -> None:
    """Delete all rows of a PostgreSQL database, whatever refers to what; its sequences begin anew."""
    async with database.write() as tx:
        await tx.exec_driver_sql(_FORGET)
