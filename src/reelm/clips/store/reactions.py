"""Store likes and views, and count them."""

from datetime import datetime

from sqlalchemy import bindparam, delete, update

from reelm.base import AccountId, ClipId, InsertOnce, Tx
from reelm.clips.store.tables import clips, likes
from reelm.clips.store.visibility import VIEWER, bind_viewer, is_public, visible_to

_insert_like = InsertOnce(likes)
_unlike = delete(likes).where(
    likes.c.clip_id == bindparam("clip"), likes.c.account_id == bindparam("account")
)
_clip = update(clips).where(clips.c.id == bindparam("clip"))
_count_like = _clip.where(is_public).values(like_count=clips.c.like_count + bindparam("change"))
_count_view = _clip.where(visible_to(VIEWER), clips.c.account_id != VIEWER).values(
    view_count=clips.c.view_count + 1
)
_count_short_view = _count_view.where(clips.c.duration_ms <= bindparam("longest"))


async def like(tx: Tx, clip_id: ClipId, account_id: AccountId, *, at: datetime) -> int | None:
    """Store a like, and return by how much the number of likes grew: 0 for a repeat, None without a clip.

    When it is None the unit of work must be given up, or the like of a clip that is gone stays behind.
    """
    row = {"clip_id": clip_id, "account_id": account_id, "created_at": at}
    if not await _insert_like.run(tx, row):
        return 0
    counted = await tx.execute(_count_like, {"clip": clip_id, "change": 1})
    return 1 if counted.rowcount else None


async def unlike(tx: Tx, clip_id: ClipId, account_id: AccountId) -> bool:
    """Delete a like, and return whether the number of likes fell."""
    removed = await tx.execute(_unlike, {"clip": clip_id, "account": account_id})
    if not removed.rowcount:
        return False
    return (await tx.execute(_count_like, {"clip": clip_id, "change": -1})).rowcount == 1


async def count_view(tx: Tx, clip_id: ClipId, viewer: AccountId | None, *, longest_ms: int | None) -> bool:
    """Count a view of someone else's visible clip of at most ``longest_ms``, None for any.

    Returns whether there was such a clip.
    """
    bound = bind_viewer(viewer, clip=clip_id)
    if longest_ms is None:
        result = await tx.execute(_count_view, bound)
    else:
        result = await tx.execute(_count_short_view, {**bound, "longest": longest_ms})
    return result.rowcount == 1
