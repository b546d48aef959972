"""Store how far the publishing of each clip is."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select, tuple_, update

from reelm.base import AccountId, ClipId, Tx
from reelm.clips.lifecycle import ClipState, PublishStep, states_before
from reelm.clips.model import Failure, Progress, Publication
from reelm.clips.queue import Line, round_of
from reelm.clips.store.tables import clips
from reelm.clips.store.visibility import is_public
from reelm.media import Storyboard

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
    ).label("current"),
    select(func.max(clips.c.queue_round))
    .where(_is_due, clips.c.account_id == bindparam("account"))
    .scalar_subquery()
    .label("own"),
)
_own = select(*_order, clips.c.duration_ms).where(clips.c.id == bindparam("clip"))
_ahead = select(
    func.count().label("ahead"), func.coalesce(func.sum(clips.c.duration_ms), 0).label("ahead_ms")
).where(
    _is_due,
    _is_unseen,
    tuple_(*_order)
    < tuple_(bindparam("round"), bindparam("due", type_=clips.c.due_at.type), bindparam("clip")),
)
_paces = (
    select(clips.c.first_seconds * 1000 / clips.c.duration_ms)
    .where(is_public, clips.c.first_seconds.is_not(None))
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
    listed_at=bindparam("at"),
    step=PublishStep.LIVE.value,
    progress_ratio=1.0,
    first_seconds=bindparam("seconds"),
)
_kept = _clip.where(clips.c.state != ClipState.REMOVED.value)
_set_blurhash = _kept.values(blurhash=bindparam("text"))
_set_strip = _kept.values(
    strip_interval_ms=bindparam("interval_ms"),
    strip_count=bindparam("count"),
    strip_columns=bindparam("columns"),
)
_finish = _unfinished.where(is_public).values(step=PublishStep.DONE.value, progress_ratio=1.0, due_at=None)
_stop: dict[str, Any] = {
    "step": PublishStep.FAILED.value,
    "due_at": None,
    "failure_code": bindparam("code"),
    "failure_detail": bindparam("detail"),
}
_fail_unseen = _unfinished.where(
    clips.c.state.in_([state.value for state in states_before(ClipState.FAILED)])
).values(state=ClipState.FAILED.value, **_stop)
_fail_visible = _unfinished.where(is_public).values(**_stop)
_restart: dict[str, Any] = {
    "attempt": clips.c.attempt + 1,
    "progress_ratio": 0.0,
    "due_at": bindparam("at"),
    "queue_round": bindparam("round"),
    "failure_code": None,
    "failure_detail": None,
}
_retry_unseen = _clip.where(clips.c.state == ClipState.FAILED.value).values(
    state=ClipState.PROCESSING.value, step=PublishStep.PREPARING.value, **_restart
)
_retry_visible = _clip.where(is_public, clips.c.step == PublishStep.FAILED.value).values(
    step=PublishStep.IMPROVING.value, **_restart
)
_progress = select(
    clips.c.step,
    clips.c.progress_ratio,
    clips.c.failure_code,
    clips.c.failure_detail,
    is_public.label("is_playable"),
).where(clips.c.id == bindparam("clip"))
_obstacle = select(clips.c.failure_code, clips.c.failure_detail).where(
    clips.c.id == bindparam("clip"), _is_due
)


async def due(tx: Tx, limit: int) -> tuple[Publication, ...]:
    """Return what has neither finished nor failed, in the order of ``reelm.clips.queue``."""
    rows = await tx.execute(_due, {"limit": limit})
    return tuple(
        Publication(row.id, row.upload_id, row.account_id, row.attempt, row.queue_round) for row in rows
    )


async def report(tx: Tx, clip_id: ClipId, step: PublishStep, ratio: float) -> bool:
    """Store a step, and return whether the clip is still being published."""
    result = await tx.execute(_report, {"clip": clip_id, "to_step": step.value, "to_ratio": ratio})
    return result.rowcount == 1


async def stall(tx: Tx, clip_id: ClipId, why: Failure) -> None:
    """Say why nothing happens to a clip that is due, until the next report."""
    await tx.execute(_stall, {"clip": clip_id, "code": why.code, "detail": why.detail})


async def next_round(tx: Tx, account_id: AccountId) -> int:
    """Return the round of a clip that this account posts now; whoever makes a clip due needs one."""
    row = (await tx.execute(_current_round, {"account": account_id})).one()
    return round_of(row.current, row.own)


async def line(tx: Tx, clip_id: ClipId) -> Line:
    """Return what is prepared before a clip that is due."""
    own = (await tx.execute(_own, {"clip": clip_id})).one()
    bound = {"round": own.queue_round, "due": own.due_at, "clip": clip_id}
    before = (await tx.execute(_ahead, bound)).one()
    return Line(before.ahead, before.ahead_ms, own.duration_ms)


async def paces(tx: Tx) -> tuple[float, ...]:
    """Return the seconds that the first renditions took lately, per second of picture."""
    return tuple(float(each) for each in await tx.scalars(_paces))


async def reveal(tx: Tx, clip_id: ClipId, *, at: datetime, seconds: float | None) -> bool:
    """Make the clip visible, and return whether this call did."""
    return (await tx.execute(_reveal, {"clip": clip_id, "at": at, "seconds": seconds})).rowcount == 1


async def set_blurhash(tx: Tx, clip_id: ClipId, blurhash: str) -> None:
    """Store the placeholder of the poster."""
    await tx.execute(_set_blurhash, {"clip": clip_id, "text": blurhash})


async def set_strip(tx: Tx, clip_id: ClipId, strip: Storyboard) -> None:
    """Store the layout of the preview strip."""
    bound = {"interval_ms": strip.interval_ms, "count": strip.count, "columns": strip.columns}
    await tx.execute(_set_strip, {"clip": clip_id, **bound})


async def finish(tx: Tx, clip_id: ClipId) -> bool:
    """Finish the publishing, and return whether this call did."""
    return (await tx.execute(_finish, {"clip": clip_id})).rowcount == 1


async def fail(tx: Tx, clip_id: ClipId, failure: Failure) -> bool:
    """Stop the publishing, and return whether this call did; what is visible stays visible."""
    bound = {"clip": clip_id, "code": failure.code, "detail": failure.detail}
    if (await tx.execute(_fail_unseen, bound)).rowcount:
        return True
    return (await tx.execute(_fail_visible, bound)).rowcount == 1


async def retry(tx: Tx, clip_id: ClipId, *, at: datetime, turn: int) -> bool:
    """Begin a failed publishing again, and return whether this call did."""
    bound = {"clip": clip_id, "at": at, "round": turn}
    if (await tx.execute(_retry_unseen, bound)).rowcount:
        return True
    return (await tx.execute(_retry_visible, bound)).rowcount == 1


async def obstacle(tx: Tx, clip_id: ClipId) -> Failure | None:
    """Return why nothing happens to a clip that is due; see ``stall``."""
    row = (await tx.execute(_obstacle, {"clip": clip_id})).first()
    return None if row is None or row.failure_code is None else Failure(row.failure_code, row.failure_detail)


async def progress(tx: Tx, clip_id: ClipId) -> Progress | None:
    """Return how far publishing is."""
    row = (await tx.execute(_progress, {"clip": clip_id})).first()
    if row is None:
        return None
    has_failed = row.step == PublishStep.FAILED.value
    failure = Failure(row.failure_code, row.failure_detail) if has_failed else None
    return Progress(
        PublishStep(row.step), row.progress_ratio, is_playable=bool(row.is_playable), failure=failure
    )
