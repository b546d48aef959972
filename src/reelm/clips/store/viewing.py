"""Read clips as viewers see them. Each question is one statement, whatever the number of clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, select, tuple_

from reelm.base import AccountId, ClipId, SealedBytes, Tx
from reelm.clips.lifecycle import ClipState, PublishStep
from reelm.clips.model import Carried, ClipView, Failure
from reelm.clips.store.tables import clip_tags, clips, likes
from reelm.clips.store.visibility import VIEWER, bind_viewer, visible_to
from reelm.clips.words import read_tags
from reelm.media import Storyboard
from reelm.people import Author, handle_of, read_author, with_author


@dataclass(frozen=True)
class Listing:
    """A list as its two statements: the first page, and the one behind a clip that was on the page before."""

    first: Select[Any]
    following: Select[Any]

    async def page(self, tx: Tx, bound: dict[str, Any]) -> list[Row[*tuple[Any, ...]]]:
        """Return the rows of a page.

        Args:
            tx: as everywhere.
            bound: ``limit``; ``before``, the last clip of the page before, or None; what the list is of.
        """
        statement = self.first if bound["before"] is None else self.following
        return list(await tx.execute(statement, bound))


def newest_first(statement: Select[Any], place: tuple[ColumnElement[Any], ColumnElement[Any]]) -> Listing:
    """Return a list of what the statement selects.

    A clip that was removed since keeps its bare row, so that the page behind it is still found.

    Args:
        statement: without order and limit.
        place: a moment and a clip's id, which put what is selected into order.
    """
    at, clip_id = place
    ordered = statement.order_by(at.desc(), clip_id.desc()).limit(bindparam("limit"))
    last = select(clips.c.listed_at, clips.c.id).where(clips.c.id == bindparam("before")).correlate(None)
    return Listing(ordered, ordered.where(tuple_(at, clip_id) < last.scalar_subquery()))


_origin = clips.alias("origin")
# Nobody, once the clip that the sound comes from is no longer visible.
_made_by = (
    select(handle_of(_origin.c.account_id))
    .where(_origin.c.id == clips.c.sound_id, visible_to(VIEWER, _origin))
    .scalar_subquery()
)
_view = with_author(
    select(
        clips.c.id,
        clips.c.account_id,
        clips.c.state,
        clips.c.caption,
        clips.c.alt_text,
        clips.c.words_sealed,
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
        _made_by.label("sound_handle"),
        clips.c.allows_reuse,
        clips.c.like_count,
        clips.c.comment_count,
        clips.c.view_count,
        clips.c.due_at,
        clips.c.step,
        clips.c.failure_code,
        clips.c.failure_detail,
        exists().where(likes.c.clip_id == clips.c.id, likes.c.account_id == VIEWER).label("is_liked"),
    ),
    clips.c.account_id,
    viewer=VIEWER,
)


_some = _view.where(clips.c.id.in_(bindparam("ids", expanding=True)), visible_to(VIEWER, includes_own=True))
_by_author = newest_first(
    _view.where(clips.c.account_id == bindparam("account"), visible_to(VIEWER, includes_own=True)),
    (clips.c.listed_at, clips.c.id),
)
_tagged = newest_first(
    _view.join(clip_tags, clip_tags.c.clip_id == clips.c.id).where(
        clip_tags.c.tag == bindparam("tag"), clip_tags.c.published_at.is_not(None), visible_to(VIEWER)
    ),
    (clip_tags.c.published_at, clip_tags.c.clip_id),
)
_with_sound = newest_first(
    _view.where(clips.c.sound_id == bindparam("sound"), visible_to(VIEWER)),
    (clips.c.published_at, clips.c.id),
)


class FoundClip(NamedTuple):
    """A clip, and its words as long as they are sealed."""

    view: ClipView
    sealed_words: SealedBytes | None


async def some(tx: Tx, clip_ids: Sequence[ClipId], viewer: AccountId | None) -> tuple[FoundClip, ...]:
    """Return those of the clips that the viewer may see, in the order asked for."""
    if not clip_ids:
        return ()
    rows = await tx.execute(_some, bind_viewer(viewer, ids=clip_ids))
    found = {row.id: row for row in rows}
    return tuple(_found(found[each], viewer) for each in clip_ids if each in found)


async def by_author(
    tx: Tx, author: AccountId, viewer: AccountId | None, *, before: str | None, limit: int
) -> tuple[FoundClip, ...]:
    """Return clips, the last published first; an author also sees their own that are not visible yet."""
    bound = bind_viewer(viewer, account=author, before=before, limit=limit)
    return tuple(_found(row, viewer) for row in await _by_author.page(tx, bound))


async def tagged(
    tx: Tx, tag: str, viewer: AccountId | None, *, before: str | None, limit: int
) -> tuple[ClipView, ...]:
    """Return visible clips with a tag, the last published first."""
    return await _list(tx, _tagged, bind_viewer(viewer, tag=tag, before=before, limit=limit), viewer)


async def with_sound(
    tx: Tx, sound_id: ClipId, viewer: AccountId | None, *, before: str | None, limit: int
) -> tuple[ClipView, ...]:
    """Return visible clips that carry a sound, the last published first."""
    return await _list(
        tx, _with_sound, bind_viewer(viewer, sound=sound_id, before=before, limit=limit), viewer
    )


async def _list(
    tx: Tx, listing: Listing, bound: dict[str, Any], viewer: AccountId | None
) -> tuple[ClipView, ...]:
    return tuple(_read(row, viewer) for row in await listing.page(tx, bound))


def _found(row: Row[*tuple[Any, ...]], viewer: AccountId | None) -> FoundClip:
    return FoundClip(_read(row, viewer), row.words_sealed)


def _read(row: Row[*tuple[Any, ...]], viewer: AccountId | None) -> ClipView:
    author, is_own = read_author(row), row.account_id == viewer
    has_failed = is_own and row.step == PublishStep.FAILED.value
    return ClipView(
        id=row.id,
        state=ClipState(row.state),
        author=author,
        caption=row.caption,
        alt_text=row.alt_text,
        edited_at=row.edited_at,
        subtitles=tuple(row.subtitles.split(",")) if row.subtitles else (),
        tags=read_tags(row.caption),
        # How long it was a draft is its author's business.
        created_at=row.created_at if is_own else row.published_at,
        published_at=row.published_at,
        duration_ms=row.duration_ms,
        width=row.width,
        height=row.height,
        blurhash=row.blurhash,
        strip=_read_strip(row),
        sound=_read_sound(row, author),
        allows_reuse=row.allows_reuse,
        like_count=row.like_count,
        comment_count=row.comment_count,
        view_count=row.view_count,
        is_liked=bool(row.is_liked),
        is_own=is_own,
        publish_at=row.due_at if row.state == ClipState.DRAFT.value else None,
        failure=Failure(row.failure_code, row.failure_detail) if has_failed else None,
    )


def _read_strip(row: Row[*tuple[Any, ...]]) -> Storyboard | None:
    if row.strip_interval_ms is None:
        return None
    return Storyboard(row.strip_interval_ms, row.strip_count, row.strip_columns)


def _read_sound(row: Row[*tuple[Any, ...]], author: Author) -> Carried | None:
    if row.sound_id is None:
        return None
    return Carried(ClipId(row.sound_id), author.handle if row.sound_id == row.id else row.sound_handle)
