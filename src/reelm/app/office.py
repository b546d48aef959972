"""The staff of a realm, for the person at the machine, whether the realm runs or not."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from reelm import accounts, ledger
from reelm.app.ground import ledger_key, ledger_origin, open_keys
from reelm.app.settings import Settings
from reelm.base import Database, NotFound, SystemClock, SystemEntropy
from reelm.ledger.adapters.folder import FolderDisk
from reelm.people import People
from reelm.realm import Version, declaration, policy


@dataclass(frozen=True)
class Office:
    """What it takes to say who works for a realm."""

    version: Version
    database: Database
    staff: accounts.Staff
    people: People


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncIterator[Office]:
    """The staff of a realm that exists and may be running; leaves wait for the process that sequences them.

    It goes by what is on record: edits of manifest and policies that are not in effect count for nothing.

    Raises:
        RootKeyMissing: there is no realm in the data folder, or it lost its root key.
        NotFound: it was never started.
    """
    clock, entropy = SystemClock(), SystemEntropy()
    async with open_keys(settings) as (keys, database), AsyncExitStack() as closing:
        async with database.write() as tx:
            version, published = await declaration.newest_version(tx), await policy.published(tx)
            if version is None or published is None:
                raise NotFound(
                    "This realm was never started. Nothing was changed. Start it once, with ./reelm up."
                )
            declared = version.manifest["realm"]
            origin = await ledger.Ledger.begin(tx, ledger_origin(declared["id"], declared.get("public_url")))
        disk = FolderDisk(settings.paths.ledger)
        closing.push_async_callback(disk.close)
        outside = ledger.LogEnvironment(
            realm=declared["id"],
            key=ledger_key(origin, keys),
            database=database,
            disk=disk,
            clock=clock,
            config=ledger.LogConfig(),
        )
        log = ledger.Ledger(outside, keys, entropy=entropy)
        staff = accounts.Staff(published.policy_set, log, realm=declared["id"], clock=clock, entropy=entropy)
        yield Office(version, database, staff, People(clock=clock))
