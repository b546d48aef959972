"""How far the publishing of each clip is."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select, tuple_, update

from reelm.base import AccountId, ClipId, Tx
from reelm.media import Storyboard
from reelm.social.lifecycle import ClipState, Step, states_before
from reelm.social.model import Failure, Progress, Publication
from reelm.social.queue import Line, round_of
from reelm.social.store.tables import clips

# A draft is due at the time that its creator chose; until then nobody prepares it. Said as a range, not as
# "is not null": for that, newer versions of SQLite walk through the table instead of its index.
_is_due = and_(clips.c.due_at > datetime(1970, 1, 1, tzinfo=UTC), clips.c.state != ClipState.DRAFT.value)
_is_unseen = clips.c.state == ClipState.PROCESSING.value
_order = (clips.c.queue_round, clips.c.due_at, clips.c.id)
# What nobody can watch yet comes before what only lacks renditions.
_due = (
    select(clips.c.id, clips.c.upload_id, clips.c.account_id, clips.c.attempt, clips.c.queue_round)
    .where(_is_due)
    .order_by(case((_is_unseen, 0), else_=1), *_order)
    .limit(bindparam("limit"))
)
_current_round = select(
    func.coalesce(
        select(func.min(clips.c.queue_round)).where(_is_due, _is_unseen).scalar_subquery(),
        select(func.max(clips.c.queue_round)).where(_is_due).scalar_subquery(),
    ),
    select(func.max(clips.c.queue_round))
    .where(_is_due, clips.c.account_id == bindparam("account"))
    .scalar_subquery(),
)
_own = select(*_order, clips.c.duration_ms).where(clips.c.id == bindparam("clip"))
_ahead = select(func.count(), func.coalesce(func.sum(clips.c.duration_ms), 0)).where(
    _is_due,
    _is_unseen,
    tuple_(*_order)
    < tuple_(bindparam("round"), bindparam("due", type_=clips.c.due_at.type), bindparam("clip")),
)
_paces = (
    select(clips.c.first_seconds * 1000 / clips.c.duration_ms)
    .where(clips.c.state == ClipState.VISIBLE.value, clips.c.first_seconds.is_not(None))
    .order_by(clips.c.published_at.desc(), clips.c.id.desc())
    .limit(20)
)
_clip = update(clips).where(clips.c.id == bindparam("clip"))
_unfinished = _clip.where(_is_due)
_report = _unfinished.values(
    step=bindparam("to_step"), progress_ratio=bindparam("to_ratio"), failure_code=None, failure_detail=None
)
_stall = _unfinished.values(failure_code=bindparam("code"), failure_detail=bindparam("detail"))
_reveal = _clip.where(clips.c.state.in_([state.value for state in states_before(ClipState.VISIBLE)])).values(
    state=ClipState.VISIBLE.value,
    published_at=bindparam("at"),
    step=Step.LIVE.value,
    progress_ratio=1.0,
    first_seconds=bindparam("seconds"),
)
_kept = _clip.where(clips.c.state != ClipState.REMOVED.value)
_blur = _kept.values(blurhash=bindparam("text"))
_lay_strip = _kept.values(
    strip_interval_ms=bindparam("interval_ms"),
    strip_count=bindparam("count"),
    strip_columns=bindparam("columns"),
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
    "queue_round": bindparam("round"),
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
_obstacle = select(clips.c.failure_detail).where(clips.c.id == bindparam("clip"), _is_due)


async def due(tx: Tx, limit: int) -> tuple[Publication, ...]:
    rows = await tx.execute(_due, {"limit": limit})
    return tuple(Publication(*row) for row in rows.all())


async def report(tx: Tx, clip_id: ClipId, step: Step, ratio: float) -> bool:
    """Whether the clip is still being published."""
    result = await tx.execute(_report, {"clip": clip_id, "to_step": step.value, "to_ratio": ratio})
    return result.rowcount == 1


async def stall(tx: Tx, clip_id: ClipId, why: Failure) -> None:
    """Say why nothing happens to a clip that is due, until the next report."""
    await tx.execute(_stall, {"clip": clip_id, "code": why.code, "detail": why.detail})


async def next_round(tx: Tx, account_id: AccountId) -> int:
    """The round of a clip that this account posts now; whoever makes a clip due needs one."""
    current, own = (await tx.execute(_current_round, {"account": account_id})).one()
    return round_of(current, own)


async def line(tx: Tx, clip_id: ClipId) -> Line:
    """What is prepared before a clip that is due."""
    turn, due, _, own_ms = (await tx.execute(_own, {"clip": clip_id})).one()
    count, ahead_ms = (await tx.execute(_ahead, {"round": turn, "due": due, "clip": clip_id})).one()
    return Line(count, ahead_ms, own_ms)


async def paces(tx: Tx) -> tuple[float, ...]:
    """Seconds that the first renditions took lately, per second of picture."""
    return tuple(float(each) for each in await tx.scalars(_paces))


async def reveal(tx: Tx, clip_id: ClipId, *, at: datetime, seconds: float | None) -> bool:
    """Whether this call made the clip visible."""
    return (await tx.execute(_reveal, {"clip": clip_id, "at": at, "seconds": seconds})).rowcount == 1


async def blur(tx: Tx, clip_id: ClipId, blurhash: str) -> None:
    await tx.execute(_blur, {"clip": clip_id, "text": blurhash})


async def lay_strip(tx: Tx, clip_id: ClipId, strip: Storyboard) -> None:
    bound = {"interval_ms": strip.interval_ms, "count": strip.count, "columns": strip.columns}
    await tx.execute(_lay_strip, {"clip": clip_id, **bound})


async def finish(tx: Tx, clip_id: ClipId) -> bool:
    """Whether this call finished it."""
    return (await tx.execute(_finish, {"clip": clip_id})).rowcount == 1


async def fail(tx: Tx, clip_id: ClipId, failure: Failure) -> None:
    """Stop the publishing, unless it has ended; what is visible stays visible."""
    bound = {"clip": clip_id, "code": failure.code, "detail": failure.detail}
    if not (await tx.execute(_fail_unseen, bound)).rowcount:
        await tx.execute(_fail_visible, bound)


async def retry(tx: Tx, clip_id: ClipId, *, at: datetime, turn: int) -> bool:
    """Whether a failed publishing begins again."""
    bound = {"clip": clip_id, "at": at, "round": turn}
    if (await tx.execute(_retry_unseen, bound)).rowcount:
        return True
    return (await tx.execute(_retry_visible, bound)).rowcount == 1


async def obstacle(tx: Tx, clip_id: ClipId) -> str | None:
    """Why nothing happens to a clip that is due; see ``stall``."""
    found: str | None = await tx.scalar(_obstacle, {"clip": clip_id})
    return found


async def progress(tx: Tx, clip_id: ClipId) -> Progress | None:
    row = (await tx.execute(_progress, {"clip": clip_id})).first()
    if row is None:
        return None
    step, ratio, state, code, detail = row
    failure = Failure(code, detail) if step == Step.FAILED.value else None
    return Progress(Step(step), ratio, is_playable=state == ClipState.VISIBLE.value, failure=failure)
