"""Visible clips in the order of publication, as a feed walks through them."""

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Join, Select, bindparam, select, true, tuple_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from reelm.base import AccountId, Moment, Tx
from reelm.social.lifecycle import ClipState
from reelm.social.model import Candidate, Place
from reelm.social.store.tables import clips, follows

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
_visible = clips.c.state == ClipState.VISIBLE.value
_down = (clips.c.published_at.desc(), clips.c.id.desc())
_up = (clips.c.published_at, clips.c.id)

_all = select(*_facts).where(_visible)
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
_followed_places = (
    select(clips.c.id)
    .select_from(_CrossJoin(follows, clips, true()))
    .where(
        follows.c.follower_id == bindparam("viewer"),
        clips.c.account_id == follows.c.followed_id,
        _visible,
    )
)


def _details(places: Select[Any], *order: ColumnElement[Any]) -> Select[Any]:
    wanted = places.order_by(*order).limit(_limit).subquery()
    return select(*_facts).join_from(wanted, clips, clips.c.id == wanted.c.id).order_by(*order)


_followed = _details(_followed_places, *_down)
_followed_older = _details(_followed_places.where(_place < _bound_place), *_down)
_followed_newer = _details(_followed_places.where(_place > _bound_place), *_up)


async def newest(tx: Tx, limit: int) -> tuple[Candidate, ...]:
    return await _ask(tx, _newest, {"limit": limit})


async def older(tx: Tx, limit: int, *, than: Place) -> tuple[Candidate, ...]:
    """Newest first, from just below the place."""
    return await _ask(tx, _older, {"limit": limit, "at": than.published_at, "clip": than.clip_id})


async def newer(tx: Tx, limit: int, *, than: Place) -> tuple[Candidate, ...]:
    """Oldest first, from just above the place."""
    return await _ask(tx, _newer, {"limit": limit, "at": than.published_at, "clip": than.clip_id})


async def followed(tx: Tx, viewer: AccountId, limit: int) -> tuple[Candidate, ...]:
    return await _ask(tx, _followed, {"viewer": viewer, "limit": limit})


async def followed_older(tx: Tx, viewer: AccountId, limit: int, *, than: Place) -> tuple[Candidate, ...]:
    bound = {"viewer": viewer, "limit": limit, "at": than.published_at, "clip": than.clip_id}
    return await _ask(tx, _followed_older, bound)


async def followed_newer(tx: Tx, viewer: AccountId, limit: int, *, than: Place) -> tuple[Candidate, ...]:
    bound = {"viewer": viewer, "limit": limit, "at": than.published_at, "clip": than.clip_id}
    return await _ask(tx, _followed_newer, bound)


async def _ask(tx: Tx, statement: Select[Any], bound: dict[str, object]) -> tuple[Candidate, ...]:
    rows = await tx.execute(statement, bound)
    return tuple(Candidate._make(row) for row in rows.all())
