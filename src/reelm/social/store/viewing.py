"""Clips as viewers see them. Each question is one statement, whatever the number of clips."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BindParameter, Row, Select, bindparam, exists, or_, select

from reelm.base import AccountId, ClipId, Tx
from reelm.media import Storyboard
from reelm.social.lifecycle import ClipState, Step
from reelm.social.model import Author, Carried, ClipView, Failure
from reelm.social.store.tables import clip_tags, clips, follows, likes, profiles
from reelm.social.words import read_tags

_viewer: BindParameter[str] = bindparam("viewer")
# Nobody has the empty id, so a viewer who is not signed in follows nobody, likes nothing and owns nothing.
NOBODY = ""

_may_see = or_(
    clips.c.state == ClipState.VISIBLE.value,
    (clips.c.account_id == _viewer) & (clips.c.state != ClipState.REMOVED.value),
)
_origin, _maker = clips.alias("origin"), profiles.alias("maker")
# Nobody, once the clip that the sound comes from is no longer visible.
_made_by = (
    select(_maker.c.handle)
    .join_from(_origin, _maker, _maker.c.account_id == _origin.c.account_id)
    .where(_origin.c.id == clips.c.sound_id, _origin.c.state == ClipState.VISIBLE.value)
    .scalar_subquery()
)
_view = select(
    clips.c.id,
    clips.c.state,
    clips.c.caption,
    clips.c.alt_text,
    clips.c.edited_at,
    clips.c.subtitles,
    clips.c.created_at,
    clips.c.published_at,
    clips.c.duration_ms,
    clips.c.width,
    clips.c.height,
    clips.c.blurhash,
    clips.c.strip_interval_ms,
    clips.c.strip_count,
    clips.c.strip_columns,
    clips.c.sound_id,
    _made_by,
    clips.c.allows_reuse,
    clips.c.like_count,
    clips.c.comment_count,
    clips.c.view_count,
    clips.c.due_at,
    clips.c.step,
    clips.c.failure_code,
    clips.c.failure_detail,
    clips.c.account_id,
    profiles.c.handle,
    profiles.c.display_name,
    exists().where(follows.c.follower_id == _viewer, follows.c.followed_id == clips.c.account_id),
    exists().where(likes.c.clip_id == clips.c.id, likes.c.account_id == _viewer),
).join_from(clips, profiles, profiles.c.account_id == clips.c.account_id)

_some = _view.where(clips.c.id.in_(bindparam("ids", expanding=True)), _may_see)


def _newest_first(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(clips.c.id.desc()).limit(bindparam("limit"))


_before = clips.c.id < bindparam("before")
_by_author = _newest_first(
    _view.where(clips.c.account_id == bindparam("account"), clips.c.state == ClipState.VISIBLE.value, _before)
)
_own = _newest_first(
    _view.where(clips.c.account_id == bindparam("account"), clips.c.state != ClipState.REMOVED.value, _before)
)
_tagged = (
    _view.join(clip_tags, clip_tags.c.clip_id == clips.c.id)
    .where(
        clip_tags.c.tag == bindparam("tag"),
        clips.c.state == ClipState.VISIBLE.value,
        clip_tags.c.clip_id < bindparam("before"),
    )
    .order_by(clip_tags.c.clip_id.desc())
    .limit(bindparam("limit"))
)

_sounding = _newest_first(
    _view.where(clips.c.sound_id == bindparam("sound"), clips.c.state == ClipState.VISIBLE.value, _before)
)

_standing = select(clips.c.account_id, clips.c.state, clips.c.published_at).where(
    clips.c.id == bindparam("clip")
)


async def some(tx: Tx, clip_ids: Sequence[ClipId], viewer: AccountId | None) -> tuple[ClipView, ...]:
    """Those of the clips that the viewer may see, in the order asked for."""
    if not clip_ids:
        return ()
    rows = await tx.execute(_some, {"ids": clip_ids, "viewer": viewer or NOBODY})
    found = {row[0]: row for row in rows.all()}
    return tuple(_read(found[each], viewer) for each in clip_ids if each in found)


async def of_author(
    tx: Tx, author: AccountId, viewer: AccountId | None, *, before: str, limit: int
) -> tuple[ClipView, ...]:
    """Newest first; an author also sees their own clips that are processing or failed."""
    statement = _own if author == viewer else _by_author
    bound = {"account": author, "viewer": viewer or NOBODY, "before": before, "limit": limit}
    return tuple(_read(row, viewer) for row in (await tx.execute(statement, bound)).all())


async def tagged(
    tx: Tx, tag: str, viewer: AccountId | None, *, before: str, limit: int
) -> tuple[ClipView, ...]:
    bound = {"tag": tag, "viewer": viewer or NOBODY, "before": before, "limit": limit}
    return tuple(_read(row, viewer) for row in (await tx.execute(_tagged, bound)).all())


async def sounding(
    tx: Tx, sound_id: ClipId, viewer: AccountId | None, *, before: str, limit: int
) -> tuple[ClipView, ...]:
    """Visible clips that carry a sound, newest first."""
    bound = {"sound": sound_id, "viewer": viewer or NOBODY, "before": before, "limit": limit}
    return tuple(_read(row, viewer) for row in (await tx.execute(_sounding, bound)).all())


async def standing(tx: Tx, clip_id: ClipId) -> tuple[AccountId, ClipState, bool] | None:
    """The clip's owner, its state, and whether it was ever published; one lookup by key."""
    row = (await tx.execute(_standing, {"clip": clip_id})).first()
    return None if row is None else (row[0], ClipState(row[1]), row[2] is not None)


def _read(row: Row[*tuple[Any, ...]], viewer: AccountId | None) -> ClipView:
    (
        clip_id, state, caption, alt_text, edited_at, subtitles,
        created_at, published_at, duration_ms, width, height, blurhash,
        interval_ms, tile_count, columns, sound_id, made_by, allows_reuse,
        like_count, comment_count, view_count, due_at, step, code, detail,
        account_id, handle, display_name, is_followed, is_liked,
    ) = row  # fmt: skip
    is_own = account_id == viewer
    has_failed = is_own and step == Step.FAILED.value
    return ClipView(
        id=clip_id,
        state=ClipState(state),
        author=Author(handle, display_name, bool(is_followed)),
        caption=caption,
        alt_text=alt_text,
        edited_at=edited_at,
        subtitles=tuple(subtitles.split(",")) if subtitles else (),
        tags=read_tags(caption),
        created_at=created_at,
        published_at=published_at,
        duration_ms=duration_ms,
        width=width,
        height=height,
        blurhash=blurhash,
        strip=None if interval_ms is None else Storyboard(interval_ms, tile_count, columns),
        sound=_carried(sound_id, handle if sound_id == clip_id else made_by),
        allows_reuse=allows_reuse,
        like_count=like_count,
        comment_count=comment_count,
        view_count=view_count,
        is_liked=bool(is_liked),
        is_own=is_own,
        publish_at=due_at if state == ClipState.DRAFT.value else None,
        failure=Failure(code, detail) if has_failed else None,
    )


def _carried(sound_id: str | None, handle: str | None) -> Carried | None:
    return None if sound_id is None else Carried(ClipId(sound_id), handle)
