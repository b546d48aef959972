"""Keep the file of a draft in the vault, sealed under its author's key, for as long as the draft waits.

::

    1  the file is put into the vault under the upload's name    in both places
    2  one commit: the upload says where it is, if it is still   from here on the vault's is the one
       a draft's
    3  the spool's is removed                                    in the vault alone

A crash before 2 leaves an object that the next round finds by its name. A crash before 3 leaves a file that
the next round removes. Publishing brings the file back before anything else, and waits while one is moved.
"""

from contextlib import suppress

from reelm.base import AccountId, DataClass, ObjectId, ReelmError, UploadId, telemetry
from reelm.vault import DeletionUnfinished
from reelm.workflows.publish.order import Order, blocks
from reelm.workflows.realm import OpenRealm

_log = telemetry.logger(__name__)


async def stow_drafts(*, realm: OpenRealm) -> None:
    """Move the files of drafts from the spool into the vault. Safe to repeat.

    One that cannot be moved now, because stores are away or full, stays in the spool until the next round.
    """
    async with realm.database.read() as tx:
        waiting = await realm.clips.drafts.uploads(tx)
    for upload_id, owner in waiting.items():
        if not realm.media.spool.has_source(upload_id):
            continue
        try:
            async with realm.gates.stow:
                await _stow(upload_id, owner, realm)
        except ReelmError as error:
            _log.warning("draft.not-stowed", upload=upload_id, code=error.code)


async def bring_file(order: Order, *, realm: OpenRealm) -> None:
    """Bring the file of a clip that was a draft back into the spool. Safe to repeat.

    Raises:
        UploadMissing: it is neither there nor here.
        SpoolFull: the disk has no room.
        NotEnoughFragments: too many stores are away.
    """
    async with realm.gates.stow:
        async with realm.database.read() as tx:
            upload = await realm.media.uploads.find(tx, order.upload_id, owner=order.owner)
            key = await realm.identity.keys.user_key(tx, order.owner)
        spool = realm.media.spool
        if upload.object_id is not None and not spool.has_source(upload.id):
            spool.discard(upload.id)  # what a crash left of an earlier try
            stream = realm.vault.get(upload.object_id, key=key)
            await spool.receive(stream, upload=upload.id, declared_bytes=upload.size_bytes)
        spool.source(upload.id)


async def forget_file(upload_id: UploadId, *, realm: OpenRealm) -> None:
    """Remove the file of an upload wherever it is. Safe to repeat; its row, which says where, stays."""
    async with realm.database.read() as tx:
        object_id = await realm.media.uploads.stowed(tx, upload_id)
    if object_id is not None:
        await _delete(object_id, realm)
        async with realm.database.write() as tx:
            await realm.media.uploads.stow(tx, upload_id, None)
    realm.media.spool.discard(upload_id)


async def _stow(upload_id: UploadId, owner: AccountId, realm: OpenRealm) -> None:
    async with realm.database.read() as tx:
        object_id = await realm.media.uploads.stowed(tx, upload_id)
        key = await realm.identity.keys.user_key(tx, owner)
    if object_id is None:
        receipt = await realm.vault.put(
            blocks(realm.media.spool.source(upload_id)),
            reference=f"draft/{upload_id}",
            klass=DataClass.PROTECTED,
            key=key,
            owner=owner,
        )
        if not await _announce(upload_id, receipt.object_id, realm):
            await _delete(receipt.object_id, realm)
            return
    elif not await _is_draft(upload_id, realm):
        return
    realm.media.spool.remove_source(upload_id)


async def _announce(upload_id: UploadId, object_id: ObjectId, realm: OpenRealm) -> bool:
    async with realm.database.write() as tx:
        if upload_id not in await realm.clips.drafts.uploads(tx):
            return False
        await realm.media.uploads.stow(tx, upload_id, object_id)
        return True


async def _is_draft(upload_id: UploadId, realm: OpenRealm) -> bool:
    async with realm.database.read() as tx:
        return upload_id in await realm.clips.drafts.uploads(tx)


async def _delete(object_id: ObjectId, realm: OpenRealm) -> None:
    with suppress(DeletionUnfinished):  # unreadable from now on; the vault's sweep does the rest
        await realm.vault.delete(object_id)
