"""Read lists of clips page by page, the last published first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, select, tuple_

from reelm.base import Tx
from reelm.clips.store.tables import clips


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
