"""What people do with clips: likes, comments, views."""

from datetime import datetime

from sqlalchemy import bindparam, delete, exists, insert, select, update

from reelm.base import AccountId, ClipId, CommentId, Tx
from reelm.social.lifecycle import ClipState
from reelm.social.model import Author, CommentView
from reelm.social.store.once import InsertOnce
from reelm.social.store.tables import clips, comments, follows, likes, profiles
from reelm.social.store.viewing import NOBODY

SHOWN = "visible"
REMOVED = "removed"

_insert_like = InsertOnce(likes)
_unlike = delete(likes).where(
    likes.c.clip_id == bindparam("clip"), likes.c.account_id == bindparam("account")
)
_visible_clip = (clips.c.id == bindparam("clip")) & (clips.c.state == ClipState.VISIBLE.value)
_count_like = update(clips).where(_visible_clip).values(like_count=clips.c.like_count + bindparam("change"))
_count_comment = (
    update(clips).where(_visible_clip).values(comment_count=clips.c.comment_count + bindparam("change"))
)
_count_view = (
    update(clips)
    .where(_visible_clip, clips.c.account_id != bindparam("viewer"))
    .values(view_count=clips.c.view_count + 1)
)
_count_short_view = _count_view.where(clips.c.duration_ms <= bindparam("longest"))

_insert_comment = insert(comments)
_page = (
    select(
        comments.c.id,
        comments.c.text,
        comments.c.created_at,
        comments.c.account_id,
        profiles.c.handle,
        profiles.c.display_name,
        exists().where(
            follows.c.follower_id == bindparam("viewer"), follows.c.followed_id == comments.c.account_id
        ),
    )
    .join_from(comments, profiles, profiles.c.account_id == comments.c.account_id)
    .where(
        comments.c.clip_id == bindparam("clip"),
        comments.c.state == SHOWN,
        comments.c.id < bindparam("before"),
    )
    .order_by(comments.c.id.desc())
    .limit(bindparam("limit"))
)
_comment = (
    select(comments.c.clip_id, comments.c.account_id, comments.c.state, clips.c.account_id)
    .join_from(comments, clips, clips.c.id == comments.c.clip_id)
    .where(comments.c.id == bindparam("comment"))
)
_remove_comment = (
    update(comments)
    .where(comments.c.id == bindparam("comment"), comments.c.state == SHOWN)
    .values(state=REMOVED, text="")
)


async def like(tx: Tx, clip_id: ClipId, account_id: AccountId, *, at: datetime) -> bool:
    """Whether the clip is there to be liked; a repeat changes nothing.

    When it is False the unit of work must be given up, or the like of a clip that is gone stays behind.
    """
    row = {"clip_id": clip_id, "account_id": account_id, "created_at": at}
    if not await _insert_like.run(tx, row):
        return True
    counted = await tx.execute(_count_like, {"clip": clip_id, "change": 1})
    return counted.rowcount == 1


async def unlike(tx: Tx, clip_id: ClipId, account_id: AccountId) -> None:
    removed = await tx.execute(_unlike, {"clip": clip_id, "account": account_id})
    if removed.rowcount:
        await tx.execute(_count_like, {"clip": clip_id, "change": -1})


async def add_comment(
    tx: Tx, comment_id: CommentId, *, clip_id: ClipId, account_id: AccountId, text: str, at: datetime
) -> bool:
    """Whether the clip is there to be commented on; nothing is written when it is not."""
    # Counting first takes the clip's row lock, so that it cannot be removed before the comment is in.
    counted = await tx.execute(_count_comment, {"clip": clip_id, "change": 1})
    if not counted.rowcount:
        return False
    row = {
        "id": comment_id,
        "clip_id": clip_id,
        "account_id": account_id,
        "text": text,
        "created_at": at,
        "state": SHOWN,
    }
    await tx.execute(_insert_comment, row)
    return True


async def comment_parties(tx: Tx, comment_id: CommentId) -> tuple[ClipId, AccountId, bool, AccountId] | None:
    """The comment's clip, its author, whether it is shown, and the clip's owner."""
    row = (await tx.execute(_comment, {"comment": comment_id})).first()
    return None if row is None else (row[0], row[1], row[2] == SHOWN, row[3])


async def remove_comment(tx: Tx, comment_id: CommentId, clip_id: ClipId) -> None:
    removed = await tx.execute(_remove_comment, {"comment": comment_id})
    if removed.rowcount:
        await tx.execute(_count_comment, {"clip": clip_id, "change": -1})


async def comments_before(
    tx: Tx, clip_id: ClipId, viewer: AccountId | None, *, before: str, limit: int
) -> tuple[CommentView, ...]:
    """Newest first."""
    bound = {"clip": clip_id, "viewer": viewer or NOBODY, "before": before, "limit": limit}
    return tuple(
        CommentView(comment_id, Author(handle, name, bool(is_followed)), text, created_at, author == viewer)
        for comment_id, text, created_at, author, handle, name, is_followed in (
            await tx.execute(_page, bound)
        ).all()
    )


async def count_view(tx: Tx, clip_id: ClipId, viewer: AccountId | None, *, longest_ms: int | None) -> bool:
    """Whether a view was counted: of someone else's visible clip of at most ``longest_ms``, None for any."""
    bound = {"clip": clip_id, "viewer": viewer or NOBODY}
    if longest_ms is None:
        result = await tx.execute(_count_view, bound)
    else:
        result = await tx.execute(_count_short_view, {**bound, "longest": longest_ms})
    return result.rowcount == 1
