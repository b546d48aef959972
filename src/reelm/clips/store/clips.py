"""Create, edit and remove clips."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from reelm.base import AccountId, ClipId, InsertOnce, SealedBytes, Tx, UploadId
from reelm.clips.lifecycle import ClipState, PublishStep, states_before
from reelm.clips.model import Clip, ClipShape, Words
from reelm.clips.store.publishing import next_round
from reelm.clips.store.tables import clip_tags, clips, comments, likes
from reelm.clips.store.visibility import is_public


@dataclass(frozen=True, slots=True)
class RemovedClip:
    """The numbers that a clip counted for until it was removed."""

    owner: AccountId
    was_public: bool
    like_count: int


_insert_clip = InsertOnce(clips, clips.c.upload_id)
_insert_tags = insert(clip_tags)
_clip = select(
    clips.c.id,
    clips.c.account_id,
    clips.c.upload_id,
    clips.c.state,
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
_published_at = select(clips.c.published_at).where(clips.c.id == bindparam("clip"))
_by_upload = _clip.where(clips.c.upload_id == bindparam("upload"))

_counted = (
    select(clips.c.account_id, clips.c.like_count, is_public.label("was_public"))
    .where(clips.c.id == bindparam("clip"))
    .with_for_update(key_share=True)  # the lock that an update takes: likes still refer to the clip
)
_remove = (
    update(clips)
    .where(
        clips.c.id == bindparam("clip"),
        clips.c.state.in_([state.value for state in states_before(ClipState.REMOVED)]),
    )
    .values(
        state=ClipState.REMOVED.value,
        caption="",
        words_sealed=None,
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
_reword = (
    update(clips)
    .where(clips.c.id == bindparam("clip"), clips.c.caption != bindparam("to"))
    .values(caption=bindparam("to"), edited_at=bindparam("at"))
)
_sealed_words = (
    select(clips.c.account_id, clips.c.words_sealed)
    .where(clips.c.id == bindparam("clip"))
    .with_for_update(key_share=True)  # publishing opens them for good
)
_seal_words = (
    update(clips)
    .where(clips.c.id == bindparam("clip"))
    .values(caption="", alt_text="", words_sealed=bindparam("to"))
)
_unsealed = select(clips.c.id, clips.c.account_id, clips.c.caption, clips.c.alt_text).where(
    clips.c.state.in_([ClipState.DRAFT.value, ClipState.PROCESSING.value, ClipState.FAILED.value]),
    clips.c.published_at.is_(None),
    (clips.c.caption != "") | (clips.c.alt_text != ""),
)
_open_words = (
    update(clips)
    .where(clips.c.id == bindparam("clip"))
    .values(caption=bindparam("to_caption"), alt_text=bindparam("to_alt_text"), words_sealed=None)
)
_describe = update(clips).where(clips.c.id == bindparam("clip")).values(alt_text=bindparam("to"))
_allow = update(clips).where(clips.c.id == bindparam("clip")).values(allows_reuse=bindparam("to"))
_set_subtitles = (
    update(clips)
    .where(clips.c.id == bindparam("clip"), clips.c.state != ClipState.REMOVED.value)
    .values(subtitles=bindparam("to"))
)
_untag = delete(clip_tags).where(clip_tags.c.clip_id == bindparam("clip"))
_wipe = tuple(
    delete(table).where(table.c.clip_id == bindparam("clip")) for table in (clip_tags, likes, comments)
)


async def add(tx: Tx, clip: Clip, words: SealedBytes) -> bool:
    """Insert a clip with its words, and return whether it is new; False when its upload has a clip."""
    row: dict[str, Any] = {
        "id": clip.id,
        "account_id": clip.account_id,
        "upload_id": clip.upload_id,
        "state": clip.state.value,
        "caption": "",
        "alt_text": "",
        "words_sealed": words,
        "subtitles": "",
        "duration_ms": clip.shape.duration_ms,
        "width": clip.shape.width,
        "height": clip.shape.height,
        "created_at": clip.created_at,
        "listed_at": clip.created_at,
        "queue_round": await next_round(tx, clip.account_id),
        "due_at": clip.due_at,
        "sound_id": clip.sound_id,
        "allows_reuse": clip.allows_reuse,
        "attempt": clip.attempt,
        "step": PublishStep.PREPARING.value,
    }
    return await _insert_clip.run(tx, row)


async def sealed_words(tx: Tx, clip_id: ClipId) -> tuple[AccountId, SealedBytes] | None:
    """Return the owner and the words of a clip as long as they are sealed, and hold them as they are."""
    row = (await tx.execute(_sealed_words, {"clip": clip_id})).first()
    return None if row is None or row.words_sealed is None else (row.account_id, row.words_sealed)


async def unsealed_words(tx: Tx) -> list[tuple[AccountId, ClipId, Words]]:
    """Return the words of clips that were not published, as far as they are plain."""
    rows = await tx.execute(_unsealed)
    return [
        (AccountId(row.account_id), ClipId(row.id), Words(row.caption, row.alt_text)) for row in rows.all()
    ]


async def seal_words(tx: Tx, clip_id: ClipId, words: SealedBytes | None) -> None:
    """Set the words of a clip that is not published; None leaves it without."""
    await tx.execute(_seal_words, {"clip": clip_id, "to": words})


async def open_words(tx: Tx, clip_id: ClipId, words: Words, tags: tuple[str, ...], *, at: datetime) -> None:
    """Let everybody read the words of a clip that is published now."""
    bound = {"clip": clip_id, "to_caption": words.caption, "to_alt_text": words.alt_text}
    await tx.execute(_open_words, bound)
    await _add_tags(tx, clip_id, tags, published_at=at)


async def reword(tx: Tx, clip_id: ClipId, caption: str, tags: tuple[str, ...], *, at: datetime) -> None:
    """Change the caption of a published clip with its tags; the same caption changes nothing."""
    if (await tx.execute(_reword, {"clip": clip_id, "to": caption, "at": at})).rowcount:
        await tx.execute(_untag, {"clip": clip_id})
        await _add_tags(tx, clip_id, tags, published_at=await tx.scalar(_published_at, {"clip": clip_id}))


async def describe(tx: Tx, clip_id: ClipId, alt_text: str) -> None:
    """Set the alt text."""
    await tx.execute(_describe, {"clip": clip_id, "to": alt_text})


async def allow_reuse(tx: Tx, clip_id: ClipId, *, allows: bool) -> None:
    """Set whether others may use the sound."""
    await tx.execute(_allow, {"clip": clip_id, "to": allows})


async def by_upload(tx: Tx, upload_id: UploadId) -> Clip | None:
    """Return the clip of an upload."""
    row = (await tx.execute(_by_upload, {"upload": upload_id})).first()
    if row is None:
        return None
    return Clip(
        id=row.id,
        account_id=row.account_id,
        upload_id=row.upload_id,
        state=ClipState(row.state),
        shape=ClipShape(row.duration_ms, row.width, row.height, has_sound=row.sound_id == row.id),
        created_at=row.created_at,
        published_at=row.published_at,
        attempt=row.attempt,
        due_at=row.due_at,
        sound_id=row.sound_id,
        allows_reuse=row.allows_reuse,
    )


async def set_subtitles(tx: Tx, clip_id: ClipId, languages: tuple[str, ...]) -> bool:
    """Set the languages, and return whether the clip is still there."""
    bound = {"clip": clip_id, "to": ",".join(languages)}
    return (await tx.execute(_set_subtitles, bound)).rowcount == 1


async def remove(tx: Tx, clip_id: ClipId) -> RemovedClip | None:
    """Remove a clip, and return what it counted for; None when it was removed already.

    The bare row stays: without it, a late repeat of the upload would bring the clip back.
    """
    # The lock comes first, so that no like is counted between this look and the removal.
    row = (await tx.execute(_counted, {"clip": clip_id})).first()
    if row is None or not (await tx.execute(_remove, {"clip": clip_id})).rowcount:
        return None
    for statement in _wipe:
        await tx.execute(statement, {"clip": clip_id})
    return RemovedClip(row.account_id, was_public=bool(row.was_public), like_count=row.like_count)


async def _add_tags(tx: Tx, clip_id: ClipId, tags: tuple[str, ...], *, published_at: datetime | None) -> None:
    if tags:
        rows = [{"tag": tag, "clip_id": clip_id, "published_at": published_at} for tag in tags]
        await tx.execute(_insert_tags, rows)
