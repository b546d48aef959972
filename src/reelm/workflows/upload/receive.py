"""Take in a file that a creator sends whole; a file that is refused leaves nothing behind."""

from collections.abc import AsyncIterable

from reelm.base import AccountId, Conflict, UploadId, mint
from reelm.media import Upload
from reelm.workflows.realm import OpenRealm
from reelm.workflows.upload.capacity import require_capacity


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


class UploadPosted(Conflict):
    code = "workflows.upload-posted"
    title = "The upload is a clip already"
