"""Store sounds of clips: which there are, who may use them, and which one a clip carries."""

from typing import Any

from sqlalchemy import BindParameter, Row, String, bindparam, func, or_, select, union, update

from reelm.base import AccountId, ClipId, Tx
from reelm.clips.lifecycle import ClipState
from reelm.clips.model import Sound
from reelm.clips.store.tables import clip_tags, clips
from reelm.clips.store.viewing import newest_first
from reelm.clips.store.visibility import VIEWER, bind_viewer, visible_to
from reelm.people import accounts_by_prefix, read_author, with_author

_limit: BindParameter[int] = bindparam("limit")
_carrying = clips.alias("carrying")
_uses = (
    select(func.count())
    .where(_carrying.c.sound_id == clips.c.id, visible_to(VIEWER, _carrying))
    .scalar_subquery()
)
_sound = with_author(
    select(
        clips.c.id,
        clips.c.account_id,
        clips.c.published_at,
        clips.c.sound_id,
        clips.c.allows_reuse,
        clips.c.caption,
        clips.c.duration_ms,
        visible_to(VIEWER).label("is_visible"),
        _uses.label("use_count"),
    ),
    clips.c.account_id,
    viewer=VIEWER,
)
_one = _sound.where(clips.c.id == bindparam("clip"))
_usable = _sound.where(
    visible_to(VIEWER),
    clips.c.sound_id == clips.c.id,
    or_(clips.c.allows_reuse, clips.c.account_id == VIEWER),
)

_down = (clips.c.published_at.desc(), clips.c.id.desc())
_place = (clips.c.published_at, clips.c.id)
_recent = newest_first(_usable, _place)

_window = (
    select(clips.c.sound_id).where(visible_to(VIEWER)).order_by(*_down).limit(bindparam("window")).subquery()
)
_heard = (
    select(_window.c.sound_id, func.count().label("times"))
    .where(_window.c.sound_id.is_not(None))
    .group_by(_window.c.sound_id)
    .subquery()
)
_most_used = (
    _usable.join(_heard, _heard.c.sound_id == clips.c.id)
    .order_by(_heard.c.times.desc(), *_down)
    .limit(_limit)
)

_named = accounts_by_prefix(bindparam("word", type_=String()), bindparam("word_end", type_=String()))
_made_by_named = select(clips.c.id).join_from(_named, clips, clips.c.account_id == _named.c.account_id)
_tagged = select(clip_tags.c.clip_id).where(clip_tags.c.tag == bindparam("tag"))
# No index has all sounds in this order, so that what was found is looked up, not all that is visible.
_found = newest_first(
    _usable.where(clips.c.id.in_(union(_made_by_named, _tagged))), (clips.c.listed_at, clips.c.id)
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
    """Return the sound of a clip that is or was visible; None when it never had its own to be heard."""
    row = (await tx.execute(_one, bind_viewer(viewer, clip=clip_id))).first()
    if row is None:
        return None
    has_other = row.sound_id not in {None, row.id}
    if row.published_at is None or has_other:
        return None
    is_silent = row.is_visible and row.sound_id is None
    return None if is_silent else _read(row, viewer)


async def recent(tx: Tx, viewer: AccountId | None, *, before: str | None, limit: int) -> tuple[Sound, ...]:
    """Return the newest that the viewer may use, from just below ``before``."""
    bound = bind_viewer(viewer, before=before, limit=limit)
    return tuple(_read(row, viewer) for row in await _recent.page(tx, bound))


async def most_used(tx: Tx, viewer: AccountId | None, *, window: int, limit: int) -> tuple[Sound, ...]:
    """Return those that most of the newest ``window`` visible clips carry, and that the viewer may use."""
    bound = bind_viewer(viewer, window=window, limit=limit)
    return tuple(_read(row, viewer) for row in await tx.execute(_most_used, bound))


async def found(
    tx: Tx, word: str | None, tag: str | None, viewer: AccountId | None, *, before: str | None, limit: int
) -> tuple[Sound, ...]:
    """Return those by people whose handle begins with the word, or of clips with the tag.

    The last published come first.
    """
    bound = bind_viewer(
        viewer,
        word=word or _LAST,
        word_end=(word or "") + _LAST,
        tag=tag or "",
        before=before,
        limit=limit,
    )
    return tuple(_read(row, viewer) for row in await _found.page(tx, bound))


async def choose(tx: Tx, clip_id: ClipId, sound_id: ClipId | None) -> bool:
    """Set the sound of a clip, and return whether it could still be changed."""
    return (await tx.execute(_choose, {"clip": clip_id, "sound": sound_id})).rowcount == 1


def _read(row: Row[*tuple[Any, ...]], viewer: AccountId | None) -> Sound:
    is_there = bool(row.is_visible)
    return Sound(
        id=row.id,
        author=read_author(row) if is_there else None,
        caption=row.caption if is_there else "",
        duration_ms=row.duration_ms if is_there else 0,
        use_count=row.use_count,
        may_use=is_there and (row.allows_reuse or row.account_id == viewer),
    )
