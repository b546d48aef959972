"""Drafts: kept with their upload, published when their creator says so or when their moment has come.

A draft that becomes due is a clip like any other from then on, in one unit of work; so it is published once,
however often this runs, and late when the worker was away at its moment.
"""

from reelm.base import AccountId, ClipId, Tx
from reelm.clips import ClipView
from reelm.workflows.realm import OpenRealm


async def publish_now(tx: Tx, clip_id: ClipId, *, by: AccountId, realm: OpenRealm) -> ClipView:
    """Publish a draft. Safe to repeat.

    Raises:
        NotYours, ClipRemoved, NoSuchClip: there is no such draft of theirs.
    """
    upload_id = await realm.clips.drafts.publish(tx, clip_id, by)
    if upload_id is not None:
        await realm.media.prolong(tx, upload_id)
    return await realm.clips.own(tx, clip_id, by)


async def publish_ripe(*, realm: OpenRealm) -> None:
    """Publish what was planned for now or earlier. Safe to repeat, and at the same time."""
    async with realm.database.read() as tx:
        if not await realm.clips.drafts.has_due(tx):
            return
    async with realm.database.write() as tx:
        for upload_id in await realm.clips.drafts.publish_due(tx):
            await realm.media.prolong(tx, upload_id)
