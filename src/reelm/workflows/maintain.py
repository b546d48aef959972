"""What keeps stored bytes whole and keys fresh: a little at a time, for as long as the realm runs."""

from reelm.workflows.realm import OpenRealm
from reelm.workflows.withdraw import renew

REPAIRS_AT_ONCE = 64
LOOKS_AT_ONCE = 200
READS_AT_ONCE = 16
# A deep scrub shares the disks with viewers.
READ_BYTES_PER_SECOND = 8 << 20


async def repair(*, realm: OpenRealm) -> None:
    """Bring back what is lost, and go on leaving the providers that are being left. Safe to repeat."""
    stuck = set((await realm.vault.upkeep.repair(REPAIRS_AT_ONCE)).stuck)
    for report in await realm.vault.upkeep.resume(REPAIRS_AT_ONCE):
        stuck.update(report.stuck)
    for object_id in stuck:
        await renew(object_id, realm=realm)


async def scrub(*, realm: OpenRealm) -> None:
    """Look at some fragments, and read a few in full; what is damaged waits for ``repair`` then."""
    await realm.vault.upkeep.scrub(limit=LOOKS_AT_ONCE)
    await realm.vault.upkeep.scrub(deep=True, limit=READS_AT_ONCE, bytes_per_second=READ_BYTES_PER_SECOND)


async def refresh_keys(*, realm: OpenRealm) -> None:
    """Begin a new epoch when the present one has lasted long enough: what was erased stays erased."""
    await realm.identity.keys.rotate_if_due(realm.database)
