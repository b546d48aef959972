"""Sounds of clips: which there are, who may use them, and which one a clip carries."""

from typing import Any

from sqlalchemy import BindParameter, Row, String, bindparam, exists, func, or_, select, tuple_, union, update

from reelm.base import AccountId, ClipId, Tx
from reelm.social.lifecycle import ClipState
from reelm.social.model import Author, Sound
from reelm.social.store.tables import clip_tags, clips, follows, profiles
from reelm.social.store.viewing import NOBODY

_viewer: BindParameter[str] = bindparam("viewer")
_limit: BindParameter[int] = bindparam("limit")
_word = bindparam("word", type_=String())
_carrying = clips.alias("carrying")
_uses = (
    select(func.count())
    .where(_carrying.c.sound_id == clips.c.id, _carrying.c.state == ClipState.VISIBLE.value)
    .scalar_subquery()
)
_sound = select(
    clips.c.id,
    clips.c.state,
    clips.c.published_at,
    clips.c.sound_id,
    clips.c.allows_reuse,
    clips.c.account_id,
    clips.c.caption,
    clips.c.duration_ms,
    profiles.c.handle,
    profiles.c.display_name,
    exists().where(follows.c.follower_id == _viewer, follows.c.followed_id == clips.c.account_id),
    _uses,
).join_from(clips, profiles, profiles.c.account_id == clips.c.account_id)
_one = _sound.where(clips.c.id == bindparam("clip"))
_usable = _sound.where(
    clips.c.state == ClipState.VISIBLE.value,
    clips.c.sound_id == clips.c.id,
    or_(clips.c.allows_reuse, clips.c.account_id == _viewer),
)

_down = (clips.c.published_at.desc(), clips.c.id.desc())
_recent = _usable.order_by(*_down).limit(_limit)
_last = clips.alias("last")
_older = _recent.where(
    tuple_(clips.c.published_at, clips.c.id)
    < select(_last.c.published_at, _last.c.id).where(_last.c.id == bindparam("before")).scalar_subquery()
)

_window = (
    select(clips.c.sound_id)
    .where(clips.c.state == ClipState.VISIBLE.value)
    .order_by(*_down)
    .limit(bindparam("window"))
    .subquery()
)
_heard = (
    select(_window.c.sound_id, func.count().label("times"))
    .where(_window.c.sound_id.is_not(None))
    .group_by(_window.c.sound_id)
    .subquery()
)
_most_used = (
    _usable.join(_heard, _heard.c.sound_id == clips.c.id)
    .order_by(_heard.c.times.desc(), clips.c.id.desc())
    .limit(_limit)
)

_made_by_named = (
    select(clips.c.id)
    .join_from(profiles, clips, profiles.c.account_id == clips.c.account_id)
    .where(
        # Between these in every collation, so that an index finds them; some find a little more.
        profiles.c.handle.between(_word, bindparam("word_end")),
        func.substr(profiles.c.handle, 1, func.length(_word)) == _word,
    )
)
_tagged = select(clip_tags.c.clip_id).where(clip_tags.c.tag == bindparam("tag"))
_found = (
    _usable.where(clips.c.id.in_(union(_made_by_named, _tagged)), clips.c.id < bindparam("before"))
    .order_by(clips.c.id.desc())
    .limit(_limit)
)

_choose = (
    update(clips)
    .where(
        clips.c.id == bindparam("clip"),
        clips.c.state.in_([ClipState.DRAFT.value, ClipState.FAILED.value]),
    )
    .values(sound_id=bindparam("sound"))
)
# Longer than a handle, of the last letter that one may have.
_LAST = "z" * 25


async def one(tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> Sound | None:
    """The sound of a clip that is visible, or was; None when it never had its own for everyone to hear."""
    row = (await tx.execute(_one, {"clip": clip_id, "viewer": viewer or NOBODY})).first()
    if row is None:
        return None
    has_other = row.sound_id not in {None, row.id}
    if row.published_at is None or has_other:
        return None
    is_silent = row.state == ClipState.VISIBLE.value and row.sound_id is None
    return None if is_silent else _read(row, viewer)


async def recent(tx: Tx, viewer: AccountId | None, *, before: str | None, limit: int) -> tuple[Sound, ...]:
    """The newest that the viewer may use, from just below ``before``."""
    bound = {"viewer": viewer or NOBODY, "limit": limit}
    rows = await (tx.execute(_older, {**bound, "before": before}) if before else tx.execute(_recent, bound))
    return tuple(_read(row, viewer) for row in rows)


async def most_used(tx: Tx, viewer: AccountId | None, *, window: int, limit: int) -> tuple[Sound, ...]:
    """Those that most of the newest ``window`` visible clips carry, and that the viewer may use."""
    bound = {"viewer": viewer or NOBODY, "window": window, "limit": limit}
    return tuple(_read(row, viewer) for row in await tx.execute(_most_used, bound))


async def found(
    tx: Tx, word: str | None, tag: str | None, viewer: AccountId | None, *, before: str, limit: int
) -> tuple[Sound, ...]:
    """By people whose handle begins with the word, or of clips with the tag; newest first."""
    bound = {
        "word": word or _LAST,
        "word_end": (word or "") + _LAST,
        "tag": tag or "",
        "viewer": viewer or NOBODY,
        "before": before,
        "limit": limit,
    }
    return tuple(_read(row, viewer) for row in await tx.execute(_found, bound))


async def choose(tx: Tx, clip_id: ClipId, sound_id: ClipId | None) -> bool:
    """Whether the clip could still change its sound."""
    return (await tx.execute(_choose, {"clip": clip_id, "sound": sound_id})).rowcount == 1


def _read(row: Row[*tuple[Any, ...]], viewer: AccountId | None) -> Sound:
    (
        clip_id, state, _, _, allows_reuse, account_id, caption, duration_ms,
        handle, display_name, is_followed, use_count,
    ) = row  # fmt: skip
    is_there = state == ClipState.VISIBLE.value
    return Sound(
        id=clip_id,
        author=Author(handle, display_name, bool(is_followed)) if is_there else None,
        caption=caption if is_there else "",
        duration_ms=duration_ms if is_there else 0,
        use_count=use_count,
        may_use=is_there and (allows_reuse or account_id == viewer),
    )
