"""Finish what a crash, a change of mind or a removal left behind, by the code that normally runs."""

from contextlib import suppress
from datetime import timedelta

from reelm.base import ReelmError, Tx, UploadId
from reelm.vault import DeletionUnfinished
from reelm.workflows.publish import forget_file, store_subtitles
from reelm.workflows.realm import OpenRealm
from reelm.workflows.upload import settle

EVERY_PUBLICATION = 1_000_000
# No put lasts this long, and no upload is silent for so long: the largest rendition is stored in minutes, or
# its stores are given up.
LONGEST_PUT_SECONDS = 6 * 3600
# Longer than anybody plays one clip on and on.
RETIRED_SECONDS = 3600


async def tidy(*, realm: OpenRealm) -> None:
    """Forget expired uploads, delete the bytes of removed clips and retired renditions, finish what is left.

    Safe to repeat, at any time. A store that is away holds nothing up: what lies there is deleted once it is
    back.
    """
    await _settle_arrivals(realm)
    await store_subtitles(realm=realm)
    await _forget_uploads(realm)
    await _forget_arrivals(realm)
    await sweep(realm=realm, untouched_seconds=LONGEST_PUT_SECONDS)
    await _withdraw_retired(realm)
    await _delete_withdrawn(realm)
    await realm.vault.sweep(intents_before=realm.clock.now() - timedelta(seconds=LONGEST_PUT_SECONDS))
    await realm.vault.compaction.run()


async def _forget_uploads(realm: OpenRealm) -> None:
    async with realm.database.write() as tx:
        expired = await _expired(tx, realm)
        for upload_id in expired:
            # The row of one in the vault goes in the next round: until then it says what has to be deleted.
            if await realm.media.uploads.stowed(tx, upload_id) is None:
                await realm.media.uploads.remove(tx, upload_id)
    for upload_id in expired:
        await forget_file(upload_id, realm=realm)


async def _settle_arrivals(realm: OpenRealm) -> None:
    """Settle files whose last byte came right before a crash, and whose sender never asked again."""
    async with realm.database.read() as tx:
        waiting = [each for each in await realm.media.arrivals.unsettled(tx) if each.is_complete]
    for arrival in waiting:
        with suppress(ReelmError):  # discarded just now, or the machine's fault: the next round tries again
            await settle(arrival, realm=realm)


async def _forget_arrivals(realm: OpenRealm) -> None:
    async with realm.database.write() as tx:
        expired = await realm.media.arrivals.expired(tx)
        for arrival in expired:
            await realm.media.arrivals.remove(tx, arrival.id)
    for arrival in expired:
        if not arrival.is_settled:  # otherwise its file is gone, or belongs to an upload
            realm.media.spool.discard(arrival.id)


async def _withdraw_retired(realm: OpenRealm) -> None:
    before = realm.clock.now() - timedelta(seconds=RETIRED_SECONDS)
    async with realm.database.write() as tx:
        names = await realm.delivery.renditions.withdraw_retired(tx, before=before)
    realm.delivery.origin.forget(names)


async def _delete_withdrawn(realm: OpenRealm) -> None:
    while True:
        async with realm.database.read() as tx:
            leaving = await realm.delivery.objects.withdrawn(tx)
        for withdrawn in leaving:
            with suppress(DeletionUnfinished):  # unreadable from now on; the vault's sweep does the rest
                await realm.vault.delete(withdrawn.object_id)
            async with realm.database.write() as tx:
                await realm.delivery.objects.forget(tx, withdrawn.object_id)
        if not leaving:
            return


async def sweep(*, realm: OpenRealm, untouched_seconds: float | None = None) -> None:
    """Delete source files that no row names. What is on its way in stays: its sender may go on.

    Args:
        realm: whose spool it is.
        untouched_seconds: only what was not written to for so long; without it, this is for the one process
            that receives uploads, before it receives the first.
    """
    since = None if untouched_seconds is None else realm.clock.now() - timedelta(seconds=untouched_seconds)
    async with realm.database.read() as tx:
        known = await realm.media.uploads.known(tx)
        arriving = {each.id for each in await realm.media.arrivals.unsettled(tx)}
    realm.media.spool.sweep(keep=set(known), arriving=arriving, untouched_since=since)


async def _expired(tx: Tx, realm: OpenRealm) -> list[UploadId]:
    """Return expired uploads, but none that is being published or that a draft waits with."""
    busy = {each.upload_id for each in await realm.clips.publishing.due(tx, EVERY_PUBLICATION)}
    busy |= (await realm.clips.drafts.uploads(tx)).keys()
    return [each for each in await realm.media.uploads.expired(tx, realm.clock.now()) if each not in busy]
