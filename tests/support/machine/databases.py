"""Make the tables of the product in a database."""

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


async def make_tables(database: Database) -> None:
    """Make every table that the product declares and that is not there yet."""
    async with database.write() as tx:
        await tx.run_sync(metadata.create_all)
