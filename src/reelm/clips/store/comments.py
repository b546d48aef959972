"""Store comments, and count them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from reelm import people
from reelm.base import AccountId, ClipId, CommentId, Tx
from reelm.clips.model import CommentView
from reelm.clips.store.tables import clips, comments
from reelm.clips.store.visibility import VIEWER, bind_viewer, is_public
from reelm.people import read_author, with_author

SHOWN = "visible"
REMOVED = "removed"
# Sorts after every id, in every collation, so that "before this" is the whole list.
_TOP = "z"

_count = (
    update(clips)
    .where(clips.c.id == bindparam("clip"), is_public)
    .values(comment_count=clips.c.comment_count + bindparam("change"))
)
_insert = insert(comments)
_page = (
    with_author(
        select(comments.c.id, comments.c.text, comments.c.created_at, comments.c.account_id),
        comments.c.account_id,
        viewer=VIEWER,
    )
    .where(
        comments.c.clip_id == bindparam("clip"),
        comments.c.state == SHOWN,
        people.visible_to(VIEWER, author=comments.c.account_id),
        comments.c.id < bindparam("before"),
    )
    .order_by(comments.c.id.desc())
    .limit(bindparam("limit"))
)
_parties = (
    select(
        comments.c.clip_id,
        comments.c.account_id.label("author"),
        comments.c.state,
        clips.c.account_id.label("owner"),
    )
    .join_from(comments, clips, clips.c.id == comments.c.clip_id)
    .where(comments.c.id == bindparam("comment"))
)
_remove = (
    update(comments)
    .where(comments.c.id == bindparam("comment"), comments.c.state == SHOWN)
    .values(state=REMOVED, text="")
)


@dataclass(frozen=True, slots=True)
class CommentParties:
    """The clip of a comment, who wrote it, who owns the clip, and whether it is shown."""

    clip_id: ClipId
    author: AccountId
    owner: AccountId
    is_shown: bool


async def add(
    tx: Tx, comment_id: CommentId, *, clip_id: ClipId, account_id: AccountId, text: str, at: datetime
) -> bool:
    """Store a comment, and return whether there is a clip to comment on; without one nothing is written."""
    # Counting first takes the clip's row lock, so that it cannot be removed before the comment is in.
    counted = await tx.execute(_count, {"clip": clip_id, "change": 1})
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
    await tx.execute(_insert, row)
    return True


async def parties(tx: Tx, comment_id: CommentId) -> CommentParties | None:
    """Return whom a comment concerns."""
    row = (await tx.execute(_parties, {"comment": comment_id})).first()
    if row is None:
        return None
    return CommentParties(row.clip_id, row.author, row.owner, is_shown=row.state == SHOWN)


async def remove(tx: Tx, comment_id: CommentId, clip_id: ClipId) -> bool:
    """Remove a comment, take it off the count, and return whether it was shown."""
    removed = await tx.execute(_remove, {"comment": comment_id})
    if removed.rowcount:
        await tx.execute(_count, {"clip": clip_id, "change": -1})
    return bool(removed.rowcount)


async def page(
    tx: Tx, clip_id: ClipId, viewer: AccountId | None, *, before: str | None, limit: int
) -> tuple[CommentView, ...]:
    """Return the comments on a clip, newest first."""
    rows = await tx.execute(_page, bind_viewer(viewer, clip=clip_id, before=before or _TOP, limit=limit))
    return tuple(
        CommentView(row.id, read_author(row), row.text, row.created_at, row.account_id == viewer)
        for row in rows
    )
