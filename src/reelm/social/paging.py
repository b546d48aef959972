"""Places in lists that are ordered by id, newest first: a cursor is the id of the last entry shown."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from reelm.base import BadId, read_id
from reelm.social.errors import BadPlace

T = TypeVar("T")

# Sorts after every id, in every collation, so that "before this" is the whole list.
_TOP = "z"


def read_place(cursor: str | None) -> str:
    """The id to continue before.

    Raises:
        BadPlace: the cursor is none of ours.
    """
    if cursor is None:
        return _TOP
    try:
        read_id(cursor)
    except BadId:
        raise BadPlace("This place in the list does not exist. Start again from the beginning.") from None
    return cursor


def cut(entries: Sequence[T], size: int, id_of: Callable[[T], str]) -> tuple[tuple[T, ...], str | None]:
    """A page and its cursor, from ``size`` entries and one more where there is one."""
    page = tuple(entries[:size])
    return page, id_of(page[-1]) if len(entries) > size else None
