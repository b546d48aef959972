"""Say who may see a clip: the one rule, as conditions that every statement about clips takes from here."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, FromClause, bindparam, or_, select

from reelm import people
from reelm.base import AccountId, ClipId, Tx
from reelm.clips.lifecycle import ClipState
from reelm.clips.store.tables import clips
from reelm.people import NOBODY

# Who looks; every statement that shows clips binds it, to ``NOBODY`` for someone who is not signed in.
VIEWER: BindParameter[str] = bindparam("viewer")

# What counts are kept of, whoever looks: no part of the rule, but the state that it begins with.
is_public = clips.c.state == ClipState.VISIBLE.value


@dataclass(frozen=True, slots=True)
class Standing:
    """A clip's owner and state, and what they mean for one viewer.

    Attributes:
        owner: who posted it.
        state: of the clip.
        was_published: whether it ever was visible.
        is_visible: whether the viewer finds it in lists and may react to it.
        may_see: whether the viewer may open it: also their own, before it is visible.
    """

    owner: AccountId
    state: ClipState
    was_published: bool
    is_visible: bool
    may_see: bool


def visible_to(
    viewer: ColumnElement[str], clip: FromClause = clips, *, includes_own: bool = False
) -> ColumnElement[bool]:
    """Return the condition that a viewer may see a clip: its state allows it, and its author may be seen.

    Args:
        viewer: who looks, ``NOBODY`` when not signed in.
        clip: the table of clips in the statement that asks, or its alias.
        includes_own: whether the viewer's own clips belong to it that others do not see yet; removed clips
            belong to nobody.
    """
    to_all = (clip.c.state == ClipState.VISIBLE.value) & people.visible_to(viewer, author=clip.c.account_id)
    if not includes_own:
        return to_all
    return or_(to_all, (clip.c.account_id == viewer) & (clip.c.state != ClipState.REMOVED.value))


_standing = select(
    clips.c.account_id,
    clips.c.state,
    clips.c.published_at,
    visible_to(VIEWER).label("is_visible"),
    visible_to(VIEWER, includes_own=True).label("may_see"),
).where(clips.c.id == bindparam("clip"))


def bind_viewer(viewer: AccountId | None, **others: Any) -> dict[str, Any]:
    """Return the parameters of a statement with the viewer among them."""
    return {"viewer": viewer or NOBODY, **others}


async def standing(tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> Standing | None:
    """Return a clip's owner and state and whether the viewer may see it; one lookup by key."""
    row = (await tx.execute(_standing, bind_viewer(viewer, clip=clip_id))).first()
    if row is None:
        return None
    return Standing(
        owner=row.account_id,
        state=ClipState(row.state),
        was_published=row.published_at is not None,
        is_visible=bool(row.is_visible),
        may_see=bool(row.may_see),
    )
