"""Making clips and taking them back."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, select, update

from reelm.base import ClipId, Moment, Tx, UploadId
from reelm.social.lifecycle import ClipState, Step, states_before
from reelm.social.model import Clip, Shape
from reelm.social.store.once import InsertOnce
from reelm.social.store.publishing import next_round
from reelm.social.store.tables import clip_tags, clips, comments, likes

_insert_clip = InsertOnce(clips, clips.c.upload_id)
_insert_tags = insert(clip_tags)
_clip = select(
    clips.c.id,
    clips.c.account_id,
    clips.c.upload_id,
    clips.c.state,
    clips.c.caption,
    clips.c.alt_text,
    clips.c.duration_ms,
    clips.c.width,
    clips.c.height,
    clips.c.created_at,
    clips.c.published_at,
    clips.c.attempt,
    clips.c.due_at,
    clips.c.sound_id,
    clips.c.allows_reuse,
)
_by_upload = _clip.where(clips.c.upload_id == bindparam("upload"))

_remove = (
    update(clips)
    .where(
        clips.c.id == bindparam("clip"),
        clips.c.state.in_([state.value for state in states_before(ClipState.REMOVED)]),
    )
    .values(
        state=ClipState.REMOVED.value,
        caption="",
        blurhash=None,
        strip_interval_ms=None,
        strip_count=None,
        strip_columns=None,
        alt_text="",
        subtitles="",
        sound_id=None,
        like_count=0,
        comment_count=0,
        view_count=0,
        due_at=None,
        failure_code=None,
        failure_detail=None,
    )
)
_caption = update(clips).where(clips.c.id == bindparam("clip"), clips.c.caption != bindparam("to"))
# What nobody else could read yet was not edited, but written.
_reword = _caption.values(
    caption=bindparam("to"),
    edited_at=case((clips.c.published_at.is_not(None), bindparam("at", type_=Moment())), else_=None),
)
_describe = update(clips).where(clips.c.id == bindparam("clip")).values(alt_text=bindparam("to"))
_allow = update(clips).where(clips.c.id == bindparam("clip")).values(allows_reuse=bindparam("to"))
_list_subtitles = (
    update(clips)
    .where(clips.c.id == bindparam("clip"), clips.c.state != ClipState.REMOVED.value)
    .values(subtitles=bindparam("to"))
)
_untag = delete(clip_tags).where(clip_tags.c.clip_id == bindparam("clip"))
_wipe = tuple(
    delete(table).where(table.c.clip_id == bindparam("clip")) for table in (clip_tags, likes, comments)
)


async def add(tx: Tx, clip: Clip, tags: tuple[str, ...]) -> bool:
    """Whether the clip is new; False when its upload has a clip."""
    row: dict[str, Any] = {
        "id": clip.id,
        "account_id": clip.account_id,
        "upload_id": clip.upload_id,
        "state": clip.state.value,
        "caption": clip.caption,
        "alt_text": clip.alt_text,
        "subtitles": "",
        "duration_ms": clip.shape.duration_ms,
        "width": clip.shape.width,
        "height": clip.shape.height,
        "created_at": clip.created_at,
        "queue_round": await next_round(tx, clip.account_id),
        "due_at": clip.due_at,
        "sound_id": clip.sound_id,
        "allows_reuse": clip.allows_reuse,
        "attempt": clip.attempt,
        "step": Step.PREPARING.value,
    }
    is_new = await _insert_clip.run(tx, row)
    if is_new:
        await _add_tags(tx, clip.id, tags)
    return is_new


async def reword(tx: Tx, clip_id: ClipId, caption: str, tags: tuple[str, ...], *, at: datetime) -> None:
    """Change the caption with its tags; the same caption changes nothing."""
    if (await tx.execute(_reword, {"clip": clip_id, "to": caption, "at": at})).rowcount:
        await tx.execute(_untag, {"clip": clip_id})
        await _add_tags(tx, clip_id, tags)


async def describe(tx: Tx, clip_id: ClipId, alt_text: str) -> None:
    await tx.execute(_describe, {"clip": clip_id, "to": alt_text})


async def allow_reuse(tx: Tx, clip_id: ClipId, *, allows: bool) -> None:
    await tx.execute(_allow, {"clip": clip_id, "to": allows})


async def by_upload(tx: Tx, upload_id: UploadId) -> Clip | None:
    row = (await tx.execute(_by_upload, {"upload": upload_id})).first()
    if row is None:
        return None
    (
        clip_id,
        account_id,
        upload,
        state,
        caption,
        alt_text,
        *shape,
        created_at,
        published_at,
        attempt,
        due_at,
        sound_id,
        allows_reuse,
    ) = row
    return Clip(
        clip_id,
        account_id,
        upload,
        ClipState(state),
        caption,
        alt_text,
        Shape(shape[0], shape[1], shape[2], has_sound=sound_id == clip_id),
        created_at,
        published_at,
        attempt,
        due_at,
        sound_id,
        allows_reuse,
    )


async def list_subtitles(tx: Tx, clip_id: ClipId, languages: tuple[str, ...]) -> bool:
    """Whether the clip is still there."""
    bound = {"clip": clip_id, "to": ",".join(languages)}
    return (await tx.execute(_list_subtitles, bound)).rowcount == 1


async def remove(tx: Tx, clip_id: ClipId) -> None:
    """Leave only the bare row: without it, a late repeat of the upload would bring the clip back."""
    result = await tx.execute(_remove, {"clip": clip_id})
    if result.rowcount:
        for statement in _wipe:
            await tx.execute(statement, {"clip": clip_id})


async def _add_tags(tx: Tx, clip_id: ClipId, tags: tuple[str, ...]) -> None:
    if tags:
        await tx.execute(_insert_tags, [{"tag": tag, "clip_id": clip_id} for tag in tags])
