"""Read visible clips in the order of publication, as a feed walks through them."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Join, Select, bindparam, select, true, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from reelm.base import AccountId, Moment, Tx
from reelm.clips.model import Candidate, ClipPlace
from reelm.clips.store.tables import clips
from reelm.clips.store.visibility import VIEWER, bind_viewer, visible_to
from reelm.people import followed_by

_place = tuple_(clips.c.published_at, clips.c.id)
_bound_place = tuple_(bindparam("at", type_=Moment()), bindparam("clip"))
_limit: BindParameter[int] = bindparam("limit")
_facts = (
    clips.c.id,
    clips.c.account_id,
    clips.c.published_at,
    clips.c.like_count,
    clips.c.comment_count,
    clips.c.view_count,
)
_down = (clips.c.published_at.desc(), clips.c.id.desc())
_up = (clips.c.published_at, clips.c.id)

_all = select(*_facts).where(visible_to(VIEWER))
_newest = _all.order_by(*_down).limit(_limit)
_older = _all.where(_place < _bound_place).order_by(*_down).limit(_limit)
_newer = _all.where(_place > _bound_place).order_by(*_up).limit(_limit)


class _CrossJoin(Join):
    """A join that keeps SQLite from turning it round; to PostgreSQL it is a join like any other.

    Without statistics SQLite would rather walk through all visible clips in search of followed ones: for
    someone who follows nobody, through every clip there is.

    Source: sqlite.org/optoverview.html, "Manual Control Of Query Plans Using CROSS JOIN".
    """

    inherit_cache = True


@compiles(_CrossJoin)
def _write_cross_join(element: _CrossJoin, compiler: SQLCompiler, **options: Any) -> str:
    left, right = (compiler.process(side, **options) for side in (element.left, element.right))
    return f"{left} CROSS JOIN {right}"


# The ids come from the index alone; only the few that are wanted are looked up.
_authors = followed_by(VIEWER)
_followed_places = (
    select(clips.c.id)
    .select_from(_CrossJoin(_authors, clips, true()))
    .where(clips.c.account_id == _authors.c.account_id, visible_to(VIEWER))
)


def _details(places: Select[Any], *order: ColumnElement[Any]) -> Select[Any]:
    wanted = places.order_by(*order).limit(_limit).subquery()
    return select(*_facts).join_from(wanted, clips, clips.c.id == wanted.c.id).order_by(*order)


_followed = _details(_followed_places, *_down)
_followed_older = _details(_followed_places.where(_place < _bound_place), *_down)
_followed_newer = _details(_followed_places.where(_place > _bound_place), *_up)


async def newest(tx: Tx, limit: int) -> tuple[Candidate, ...]:
    """Return the newest clips that everyone may see, newest first."""
    return await _ask(tx, _newest, bind_viewer(None, limit=limit))


async def older(tx: Tx, limit: int, *, than: ClipPlace) -> tuple[Candidate, ...]:
    """Return clips from just below the place, newest first."""
    return await _ask(tx, _older, _bind_place(None, limit, than))


async def newer(tx: Tx, limit: int, *, than: ClipPlace) -> tuple[Candidate, ...]:
    """Return clips from just above the place, oldest first."""
    return await _ask(tx, _newer, _bind_place(None, limit, than))


async def followed(tx: Tx, viewer: AccountId, limit: int) -> tuple[Candidate, ...]:
    """Return the newest clips of those the viewer follows, newest first."""
    return await _ask(tx, _followed, bind_viewer(viewer, limit=limit))


async def followed_older(tx: Tx, viewer: AccountId, limit: int, *, than: ClipPlace) -> tuple[Candidate, ...]:
    """Return clips as ``followed`` does, from just below the place."""
    return await _ask(tx, _followed_older, _bind_place(viewer, limit, than))


async def followed_newer(tx: Tx, viewer: AccountId, limit: int, *, than: ClipPlace) -> tuple[Candidate, ...]:
    """Return clips as ``followed`` does, from just above the place, oldest first."""
    return await _ask(tx, _followed_newer, _bind_place(viewer, limit, than))


def _bind_place(viewer: AccountId | None, limit: int, place: ClipPlace) -> dict[str, Any]:
    return bind_viewer(viewer, limit=limit, at=place.published_at, clip=place.clip_id)


async def _ask(tx: Tx, statement: Select[Any], bound: dict[str, Any]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            clip_id=row.id,
            account_id=row.account_id,
            published_at=row.published_at,
            like_count=row.like_count,
            comment_count=row.comment_count,
            view_count=row.view_count,
        )
        for row in await tx.execute(statement, bound)
    )
