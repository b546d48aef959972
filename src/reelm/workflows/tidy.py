"""What a crash, a change of mind or a removal left behind, finished by the code that normally runs."""

from reelm.base import Tx, UploadId
from reelm.workflows.realm import OpenRealm

EVERY_PUBLICATION = 1_000_000


async def tidy(*, at: OpenRealm) -> None:
    """Forget expired uploads and delete the bytes of removed clips. Safe to repeat, at any time."""
    async with at.database.write() as tx:
        expired = await _expired(tx, at)
        for upload_id in expired:
            await at.media.remove_upload(tx, upload_id)
    for upload_id in expired:
        at.media.discard(upload_id)
    async with at.database.read() as tx:
        leaving = await at.delivery.withdrawn(tx)
    for withdrawn in leaving:
        await at.vault.delete(withdrawn.object_id)
        async with at.database.write() as tx:
            await at.delivery.forget(tx, withdrawn.object_id)


async def sweep(*, at: OpenRealm) -> None:
    """Delete source files that no row names: uploads that were cut off by a crash.

    Only for the process that receives uploads, before it receives the first.
    """
    async with at.database.read() as tx:
        known = await at.media.known_uploads(tx)
    at.media.sweep(keep=set(known))


async def _expired(tx: Tx, at: OpenRealm) -> list[UploadId]:
    """An upload that is being published outlives its day."""
    busy = {each.upload_id for each in await at.social.due(tx, EVERY_PUBLICATION)}
    return [each for each in await at.media.expired_uploads(tx, at.clock.now()) if each not in busy]
