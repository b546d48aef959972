"""Keep stored bytes whole and keys fresh, a little at a time, and leave providers.

The vault moves fragments without any key. What it cannot move off a provider, because every other place has
held too much of that object before, is stored anew under its owner's key. A crash leaves a stage of the
drain, and the same call goes on from it.
"""

from datetime import timedelta

from reelm.base import ClipId, ObjectId, Tx
from reelm.vault import DrainReport, FragmentLocation, ObjectMissing, ProviderId
from reelm.workflows.realm import OpenRealm

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


async def prune(*, realm: OpenRealm) -> None:
    """Remove entries of the ledger and facts of the log that are older than was declared for them."""
    await realm.events.prune()
    if realm.ledger.retention_days:
        await realm.ledger.prune(before=realm.clock.now() - timedelta(days=realm.ledger.retention_days))


async def withdraw(provider: ProviderId, *, hostile: bool = False, realm: OpenRealm) -> DrainReport:
    """Leave a provider, a bounded step further; repeat until the report ``is_finished``.

    Raises:
        ProviderUnknown: there never was such a provider.
        TooFewPlaces: the others have no room for what must be kept; nothing was changed.
    """
    report = await realm.vault.upkeep.drain.run(provider, is_hostile=hostile)
    for object_id in report.stuck:
        await renew(object_id, realm=realm)
    return report


async def renew(object_id: ObjectId, *, realm: OpenRealm) -> None:
    """Store a clip's picture anew; nothing else that needs a key is large enough to lie alone."""
    async with realm.database.read() as tx:
        owner = await realm.delivery.pictures.owner(tx, object_id)
        if owner is None:
            return
        key = await realm.identity.keys.user_key(tx, owner)

    async def rename(tx: Tx, new: ObjectId) -> None:
        await realm.delivery.pictures.rename(tx, object_id, new)

    await realm.vault.renew(object_id, key, also=rename)


async def locate(
    clip_id: ClipId, *, realm: OpenRealm
) -> tuple[tuple[str, tuple[FragmentLocation, ...]], ...]:
    """Return the fragments of a clip, in index order: of each rendition by name, and of the poster.

    Raises:
        ObjectMissing: nothing is stored of such a clip.
    """
    async with realm.database.read() as tx:
        stored = await realm.delivery.objects.of_clip(tx, clip_id)
    if not stored:
        raise ObjectMissing("Nothing is stored of such a clip: it was deleted, or is not published yet.")
    return tuple([(each.name, await realm.vault.upkeep.where(each.object_id)) for each in stored])
