"""A creator takes a clip back.

The row changes first, in one unit of work: from then on playlists, keys, pictures and segments are refused.
The bytes follow in ``tidy``; a crash in between leaves them listed as withdrawn, and the next ``tidy``
deletes them.
"""

from reelm.base import AccountId, ClipId
from reelm.workflows.realm import OpenRealm


async def remove(clip_id: ClipId, *, by: AccountId, at: OpenRealm) -> None:
    """Remove a clip for everyone. Safe to repeat.

    Raises:
        NoSuchClip: it does not exist, or not for this account.
        NotYours: it belongs to someone else.
    """
    async with at.database.write() as tx:
        await at.social.remove_clip(tx, clip_id, by)
        names = await at.delivery.withdraw(tx, clip_id)
        await at.media.forget_fingerprints(tx, clip_id)
        await at.delivery.withdraw_subtitles(tx, clip_id)
    at.origin.forget(names)
