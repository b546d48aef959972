"""What a crash, a change of mind or a removal left behind, finished by the code that normally runs."""

from contextlib import suppress
from datetime import timedelta

from reelm.base import ReelmError, Tx, UploadId
from reelm.vault import DeletionUnfinished
from reelm.workflows.arrive import settle
from reelm.workflows.realm import OpenRealm
from reelm.workflows.subtitle import store_subtitles

EVERY_PUBLICATION = 1_000_000
# No put lasts this long: the largest rendition is stored in minutes, or its stores are given up.
LONGEST_PUT_SECONDS = 6 * 3600
# Longer than anybody plays one clip on and on.
RETIRED_SECONDS = 3600


async def tidy(*, at: OpenRealm) -> None:
    """Forget expired uploads, delete the bytes of removed clips and retired renditions, finish what is left.

    Safe to repeat, at any time. A store that is away holds nothing up: what lies there is deleted once it is
    back.
    """
    await _settle_arrivals(at)
    await store_subtitles(at=at)
    await _forget_uploads(at)
    await _forget_arrivals(at)
    await _withdraw_retired(at)
    await _delete_withdrawn(at)
    await at.vault.sweep(intents_before=at.clock.now() - timedelta(seconds=LONGEST_PUT_SECONDS))
    await at.vault.compact()


async def _forget_uploads(at: OpenRealm) -> None:
    async with at.database.write() as tx:
        expired = await _expired(tx, at)
        for upload_id in expired:
            await at.media.remove_upload(tx, upload_id)
    for upload_id in expired:
        at.media.discard(upload_id)


async def _settle_arrivals(at: OpenRealm) -> None:
    """Files whose last byte came right before a crash, and whose sender never asked again."""
    async with at.database.read() as tx:
        waiting = [each for each in await at.media.arrivals.unsettled(tx) if each.is_complete]
    for arrival in waiting:
        with suppress(ReelmError):  # discarded just now, or the machine's fault: the next round tries again
            await settle(arrival, at=at)


async def _forget_arrivals(at: OpenRealm) -> None:
    async with at.database.write() as tx:
        expired = await at.media.arrivals.expired(tx)
        for arrival in expired:
            await at.media.arrivals.remove(tx, arrival.id)
    for arrival in expired:
        if not arrival.is_settled:  # otherwise its file is gone, or belongs to an upload
            at.media.discard(arrival.id)


async def _withdraw_retired(at: OpenRealm) -> None:
    before = at.clock.now() - timedelta(seconds=RETIRED_SECONDS)
    async with at.database.write() as tx:
        names = await at.delivery.withdraw_retired(tx, before=before)
    at.origin.forget(names)


async def _delete_withdrawn(at: OpenRealm) -> None:
    while True:
        async with at.database.read() as tx:
            leaving = await at.delivery.withdrawn(tx)
        for withdrawn in leaving:
            with suppress(DeletionUnfinished):  # unreadable from now on; the vault's sweep does the rest
                await at.vault.delete(withdrawn.object_id)
            async with at.database.write() as tx:
                await at.delivery.forget(tx, withdrawn.object_id)
        if not leaving:
            return


async def sweep(*, at: OpenRealm) -> None:
    """Delete source files that no row names. What is on its way in stays: its sender may go on.

    Only for the process that receives uploads, before it receives the first.
    """
    async with at.database.read() as tx:
        known = await at.media.known_uploads(tx)
        arriving = {each.id for each in await at.media.arrivals.unsettled(tx)}
    at.media.sweep(keep=set(known), arriving=arriving)


async def _expired(tx: Tx, at: OpenRealm) -> list[UploadId]:
    """An upload that is being published, or that a draft waits with, outlives its day."""
    busy = {each.upload_id for each in await at.social.due(tx, EVERY_PUBLICATION)}
    busy |= await at.social.drafted_uploads(tx)
    return [each for each in await at.media.expired_uploads(tx, at.clock.now()) if each not in busy]
