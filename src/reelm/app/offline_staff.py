"""Open what grants and revokes the roles of staff at the machine, whether the realm runs or not."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from reelm import access, ledger
from reelm.app.bootstrap import ledger_key, ledger_origin, open_keys
from reelm.app.settings import Settings
from reelm.app.wiring import open_events
from reelm.base import Database, NotFound, SystemClock, SystemEntropy
from reelm.events import Waker
from reelm.ledger.adapters.folder import FolderDisk
from reelm.people import People
from reelm.realm import Version, declaration, policy


@dataclass(frozen=True)
class OfflineStaff:
    """The parts of a realm that grant and revoke roles."""

    version: Version
    database: Database
    access: access.StaffAccess
    people: People


@asynccontextmanager
async def open_offline_staff(settings: Settings) -> AsyncIterator[OfflineStaff]:
    """Open the staff of a realm that exists and may run; leaves wait for the process that sequences them.

    It goes by what is on the ledger: edits of manifest and policies that are not in effect count for nothing.

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
        waker = Waker(settings.paths.wake)
        outside = ledger.LogEnvironment(
            realm=declared["id"],
            key=ledger_key(origin, keys),
            database=database,
            disk=disk,
            clock=clock,
            config=ledger.LogConfig(),
            waker=waker,
        )
        log = ledger.Ledger(outside, keys, entropy=entropy)
        staff = access.StaffAccess(
            published.policy_set, log, keys, realm=declared["id"], clock=clock, entropy=entropy
        )
        events = open_events(settings.paths, keys, waker, database=database, clock=clock, entropy=entropy)
        closing.push_async_callback(events.close)
        yield OfflineStaff(version, database, staff, People(events, clock=clock))
