"""Clips that are kept until their creator, or the time, says otherwise."""

from datetime import datetime

from sqlalchemy import bindparam, select, update

from reelm.base import ClipId, Moment, Tx, UploadId
from reelm.social.lifecycle import ClipState
from reelm.social.store.publishing import next_round
from reelm.social.store.tables import clips

_is_draft = clips.c.state == ClipState.DRAFT.value
_draft = update(clips).where(clips.c.id == bindparam("clip"), _is_draft)
_plan = _draft.values(due_at=bindparam("at", type_=Moment()))
_start = _draft.values(
    state=ClipState.PROCESSING.value, due_at=bindparam("at", type_=Moment()), queue_round=bindparam("round")
)
_ripe = (
    select(clips.c.id, clips.c.upload_id, clips.c.due_at)
    .where(_is_draft, clips.c.due_at <= bindparam("now", type_=Moment()))
    .order_by(clips.c.due_at, clips.c.id)
    .limit(bindparam("limit"))
)
_owner = select(clips.c.account_id).where(clips.c.id == bindparam("clip"), _is_draft)
_uploads = select(clips.c.upload_id).where(_is_draft)
_upload = select(clips.c.upload_id).where(clips.c.id == bindparam("clip"))


async def plan(tx: Tx, clip_id: ClipId, at: datetime | None) -> bool:
    """Whether the clip is a draft, which waits for this moment now; None for its creator."""
    return (await tx.execute(_plan, {"clip": clip_id, "at": at})).rowcount == 1


async def start(tx: Tx, clip_id: ClipId, at: datetime) -> bool:
    """Whether this call made the draft a clip that is due, in the next round of its account."""
    owner = await tx.scalar(_owner, {"clip": clip_id})
    if owner is None:
        return False
    turn = await next_round(tx, owner)
    return (await tx.execute(_start, {"clip": clip_id, "at": at, "round": turn})).rowcount == 1


async def ripe(tx: Tx, now: datetime, limit: int) -> tuple[tuple[ClipId, UploadId, datetime], ...]:
    """Drafts whose moment has come, the longest waiting first."""
    rows = await tx.execute(_ripe, {"now": now, "limit": limit})
    return tuple((row.id, row.upload_id, row.due_at) for row in rows)


async def uploads(tx: Tx) -> frozenset[UploadId]:
    return frozenset(UploadId(key) for key in await tx.scalars(_uploads))


async def upload_of(tx: Tx, clip_id: ClipId) -> UploadId:
    return UploadId((await tx.execute(_upload, {"clip": clip_id})).scalar_one())
