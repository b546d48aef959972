"""How far the publishing of each clip is."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from reelm.base import ClipId, Tx
from reelm.social.lifecycle import ClipState, Step, states_before
from reelm.social.model import Failure, Progress, Publication
from reelm.social.store.tables import clips

_due = (
    select(clips.c.id, clips.c.upload_id, clips.c.account_id, clips.c.attempt)
    .where(clips.c.due_at.is_not(None), clips.c.state != ClipState.DRAFT.value)
    .order_by(clips.c.due_at, clips.c.id)
    .limit(bindparam("limit"))
)
_clip = update(clips).where(clips.c.id == bindparam("clip"))
_unfinished = _clip.where(clips.c.due_at.is_not(None), clips.c.state != ClipState.DRAFT.value)
_report = _unfinished.values(step=bindparam("to_step"), progress_ratio=bindparam("to_ratio"))
_reveal = _clip.where(clips.c.state.in_([state.value for state in states_before(ClipState.VISIBLE)])).values(
    state=ClipState.VISIBLE.value,
    published_at=bindparam("at"),
    step=Step.LIVE.value,
    progress_ratio=1.0,
)
_finish = _unfinished.where(clips.c.state == ClipState.VISIBLE.value).values(
    step=Step.DONE.value, progress_ratio=1.0, due_at=None
)
_stop: dict[str, Any] = {
    "step": Step.FAILED.value,
    "due_at": None,
    "failure_code": bindparam("code"),
    "failure_detail": bindparam("detail"),
}
_fail_unseen = _unfinished.where(
    clips.c.state.in_([state.value for state in states_before(ClipState.FAILED)])
).values(state=ClipState.FAILED.value, **_stop)
_fail_visible = _unfinished.where(clips.c.state == ClipState.VISIBLE.value).values(**_stop)
_restart: dict[str, Any] = {
    "attempt": clips.c.attempt + 1,
    "progress_ratio": 0.0,
    "due_at": bindparam("at"),
    "failure_code": None,
    "failure_detail": None,
}
_retry_unseen = _clip.where(clips.c.state == ClipState.FAILED.value).values(
    state=ClipState.PROCESSING.value, step=Step.PREPARING.value, **_restart
)
_retry_visible = _clip.where(
    clips.c.state == ClipState.VISIBLE.value, clips.c.step == Step.FAILED.value
).values(step=Step.IMPROVING.value, **_restart)
_progress = select(
    clips.c.step, clips.c.progress_ratio, clips.c.state, clips.c.failure_code, clips.c.failure_detail
).where(clips.c.id == bindparam("clip"))


async def due(tx: Tx, limit: int) -> tuple[Publication, ...]:
    rows = await tx.execute(_due, {"limit": limit})
    return tuple(Publication(*row) for row in rows.all())


async def report(tx: Tx, clip_id: ClipId, step: Step, ratio: float) -> bool:
    """Whether the clip is still being published."""
    result = await tx.execute(_report, {"clip": clip_id, "to_step": step.value, "to_ratio": ratio})
    return result.rowcount == 1


async def reveal(tx: Tx, clip_id: ClipId, *, at: datetime) -> bool:
    """Whether this call made the clip visible."""
    return (await tx.execute(_reveal, {"clip": clip_id, "at": at})).rowcount == 1


async def finish(tx: Tx, clip_id: ClipId) -> bool:
    """Whether this call finished it."""
    return (await tx.execute(_finish, {"clip": clip_id})).rowcount == 1


async def fail(tx: Tx, clip_id: ClipId, failure: Failure) -> None:
    """Stop the publishing, unless it has ended; what is visible stays visible."""
    bound = {"clip": clip_id, "code": failure.code, "detail": failure.detail}
    if not (await tx.execute(_fail_unseen, bound)).rowcount:
        await tx.execute(_fail_visible, bound)


async def retry(tx: Tx, clip_id: ClipId, *, at: datetime) -> bool:
    """Whether a failed publishing begins again."""
    bound = {"clip": clip_id, "at": at}
    if (await tx.execute(_retry_unseen, bound)).rowcount:
        return True
    return (await tx.execute(_retry_visible, bound)).rowcount == 1


async def progress(tx: Tx, clip_id: ClipId) -> Progress | None:
    row = (await tx.execute(_progress, {"clip": clip_id})).first()
    if row is None:
        return None
    step, ratio, state, code, detail = row
    failure = Failure(code, detail) if step == Step.FAILED.value else None
    return Progress(Step(step), ratio, is_playable=state == ClipState.VISIBLE.value, failure=failure)
