"""Take a clip back.

The row changes first, in one unit of work: from then on playlists, keys, pictures and segments are refused.
The bytes follow in ``tidy``; a crash in between leaves them listed as withdrawn, and the next ``tidy``
deletes them.
"""

from reelm.base import AccountId, ClipId
from reelm.workflows.realm import OpenRealm


async def remove(clip_id: ClipId, *, by: AccountId, realm: OpenRealm) -> None:
    """Remove a clip for everyone. Safe to repeat.

    Raises:
        NoSuchClip: it does not exist, or not for this account.
        NotYours: it belongs to someone else.
    """
    async with realm.database.write() as tx:
        await realm.clips.remove(tx, clip_id, by)
        names = await realm.delivery.withdraw(tx, clip_id)
        await realm.media.forget_fingerprints(tx, clip_id)
        await realm.delivery.withdraw_subtitles(tx, clip_id)
    realm.delivery.origin.forget(names)
