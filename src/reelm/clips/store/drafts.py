"""Store clips that are kept until their creator, or the time, says otherwise."""

from datetime import datetime

from sqlalchemy import bindparam, select, update

from reelm.base import AccountId, ClipId, Moment, Tx, UploadId
from reelm.clips.lifecycle import ClipState
from reelm.clips.store.publishing import next_round
from reelm.clips.store.tables import clips

_is_draft = clips.c.state == ClipState.DRAFT.value
_draft = update(clips).where(clips.c.id == bindparam("clip"), _is_draft)
_plan = _draft.values(due_at=bindparam("at", type_=Moment()))
_start = _draft.values(
    state=ClipState.PROCESSING.value, due_at=bindparam("at", type_=Moment()), queue_round=bindparam("round")
)
_due = (
    select(clips.c.id, clips.c.upload_id, clips.c.due_at)
    .where(_is_draft, clips.c.due_at <= bindparam("now", type_=Moment()))
    .order_by(clips.c.due_at, clips.c.id)
    .limit(bindparam("limit"))
)
_owner = select(clips.c.account_id).where(clips.c.id == bindparam("clip"), _is_draft)
_uploads = select(clips.c.upload_id, clips.c.account_id).where(_is_draft)
_upload = select(clips.c.upload_id).where(clips.c.id == bindparam("clip"))


async def plan(tx: Tx, clip_id: ClipId, at: datetime | None) -> bool:
    """Let a draft wait for a time, None for its creator, and return whether it is one."""
    return (await tx.execute(_plan, {"clip": clip_id, "at": at})).rowcount == 1


async def start(tx: Tx, clip_id: ClipId, at: datetime) -> bool:
    """Make a draft due, in the next round of its account, and return whether this call did."""
    owner = await tx.scalar(_owner, {"clip": clip_id})
    if owner is None:
        return False
    turn = await next_round(tx, owner)
    return (await tx.execute(_start, {"clip": clip_id, "at": at, "round": turn})).rowcount == 1


async def due(tx: Tx, now: datetime, limit: int) -> tuple[tuple[ClipId, UploadId, datetime], ...]:
    """Return drafts whose time has come, the longest waiting first."""
    rows = await tx.execute(_due, {"now": now, "limit": limit})
    return tuple((row.id, row.upload_id, row.due_at) for row in rows)


async def uploads(tx: Tx) -> dict[UploadId, AccountId]:
    """Return the uploads that drafts wait with, and whose they are."""
    return {row.upload_id: row.account_id for row in await tx.execute(_uploads)}


async def upload_of(tx: Tx, clip_id: ClipId) -> UploadId:
    """Return the upload that a clip was made of."""
    return UploadId((await tx.execute(_upload, {"clip": clip_id})).scalar_one())
