"""Take in a file that a creator sends whole, if there is room; one that is refused leaves nothing behind."""

from collections.abc import AsyncIterable, Sequence

from reelm.base import AccountId, Conflict, UploadId, mint
from reelm.media import Upload
from reelm.vault import StoreHealth, StoresFull
from reelm.workflows.realm import OpenRealm

# Beside the clip itself, whose renditions seldom take up more than its source.
_RESERVE_BYTES = 64 * 1024**2


async def receive(
    stream: AsyncIterable[bytes], *, declared_bytes: int | None, owner: AccountId, realm: OpenRealm
) -> Upload:
    """Take in a source file and keep it for a day, ready to be published.

    Durable when it returns: the file and its row are fsynced. A crash before the row leaves a file that
    ``tidy`` deletes at the next start.

    Raises:
        Invalid, TooLarge, Unsupported: the file is none that can be published; the message says why.
        QuotaReached: the owner has too much waiting.
        SpoolFull, StoresFull: the realm has no room.
    """
    await require_capacity(declared_bytes or 0, realm=realm)
    async with realm.database.read() as tx:
        await realm.media.arrivals.allow(tx, owner, declared_bytes or 0)
    upload_id = UploadId(mint(realm.clock, realm.entropy))
    spooled = await realm.media.spool.receive(stream, upload=upload_id, declared_bytes=declared_bytes)
    try:
        probe = await realm.media.probe(spooled.path)
        async with realm.database.write() as tx:
            await realm.accounts.hold(tx, owner)
            # Again: what others sent meanwhile counts, and so does a size that was not announced.
            await realm.media.arrivals.allow(tx, owner, spooled.size_bytes)
            return await realm.media.uploads.record(tx, spooled, upload=upload_id, owner=owner, probe=probe)
    except BaseException:
        realm.media.spool.discard(upload_id)
        raise


async def discard(upload_id: UploadId, *, owner: AccountId, realm: OpenRealm) -> None:
    """Forget an upload that was not posted. Safe to repeat.

    Raises:
        UploadMissing: there is none of this owner.
        UploadPosted: it is a clip already; the clip can be removed instead.
    """
    async with realm.database.write() as tx:
        await realm.media.uploads.find(tx, upload_id, owner=owner)
        if await realm.clips.is_posted(tx, upload_id):
            raise UploadPosted("This upload was posted. Nothing was discarded. Remove the clip instead.")
        await realm.media.uploads.remove(tx, upload_id)
        await realm.media.arrivals.remove(tx, upload_id)
    realm.media.spool.discard(upload_id)


async def require_capacity(length_bytes: int, *, realm: OpenRealm) -> None:
    """Let somebody send a file, unless its clip could not be stored; before the first byte of it.

    A store that does not say how much room it has, as buckets do, counts as having some. One that does not
    answer counts too: it may be back by then.

    Raises:
        StoresFull: too few stores have room.
    """
    health, k = await realm.vault.health(), realm.vault.config.k
    full = full_stores(health, length_bytes // k)
    if len(health) - len(full) <= k:
        raise StoresFull(
            f"{len(full)} of the realm's {len(health)} stores have no room for another clip. Nothing was "
            "kept. Try again later; the operator has to add space first."
        )


def full_stores(health: Sequence[StoreHealth], fragment_bytes: int) -> list[StoreHealth]:
    """Return the stores that say they have no room for another fragment of this size."""
    wanted_bytes = fragment_bytes + _RESERVE_BYTES
    return [each for each in health if each.free_bytes is not None and each.free_bytes < wanted_bytes]


class UploadPosted(Conflict):
    code = "workflows.upload-posted"
    title = "The upload is a clip already"
