"""All SQL of people: their tables, and the parts of statements that packages above take from here.

Statements are built once, at import, and run on SQLite and PostgreSQL alike. A count changes right after the
row that it counts, in the same unit of work, and only when that row did change.
"""

from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Integer,
    Row,
    ScalarSelect,
    Select,
    String,
    Subquery,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    func,
    select,
    true,
    update,
)

from reelm.base import ID_LENGTH, AccountId, DataClass, InsertOnce, Moment, Tx, column, metadata
from reelm.people.model import Author, Profile, ProfileView

# Nobody has the empty id, so a viewer who is not signed in follows nobody, likes nothing and owns nothing.
NOBODY = ""

_ID = String(ID_LENGTH)

profiles = Table(
    "profiles",
    metadata,
    column("account_id", _ID, ForeignKey("accounts.id"), klass=DataClass.INTEROP, primary_key=True),
    column("handle", String(24), klass=DataClass.PUBLIC, nullable=False, unique=True),
    column("display_name", String(50), klass=DataClass.PUBLIC, nullable=False),
    column("bio", Text, klass=DataClass.PUBLIC, nullable=False),
    # Of those who follow; how many they follow themselves is counted over an index when asked for.
    column("follower_count", Integer, klass=DataClass.INTEROP, nullable=False, default=0),
    # Visible clips, and the likes on them; ``add_counts`` alone changes these two.
    column("clip_count", Integer, klass=DataClass.INTEROP, nullable=False, default=0),
    column("like_count", Integer, klass=DataClass.INTEROP, nullable=False, default=0),
    column("created_at", Moment, klass=DataClass.PUBLIC, nullable=False),
)

follows = Table(
    "follows",
    metadata,
    column("follower_id", _ID, ForeignKey("profiles.account_id"), klass=DataClass.INTEROP, primary_key=True),
    column("followed_id", _ID, ForeignKey("profiles.account_id"), klass=DataClass.INTEROP, primary_key=True),
    column("created_at", Moment, klass=DataClass.INTEROP, nullable=False),
    CheckConstraint("follower_id <> followed_id", name="not_self"),
)

_insert_profile = InsertOnce(profiles)
_insert_follow = InsertOnce(follows)


def _columns(model: type[Profile | ProfileView], **derived: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Return what a row of the model is made of, in the order of its fields: columns by name, or derived."""
    return [derived[each.name] if each.name in derived else profiles.c[each.name] for each in fields(model)]


_profile = select(*_columns(Profile))
_by_account = _profile.where(profiles.c.account_id == bindparam("account"))
_by_handle = _profile.where(profiles.c.handle == bindparam("handle"))

_view = select(
    *_columns(
        ProfileView,
        following_count=select(func.count())
        .select_from(follows)
        .where(follows.c.follower_id == profiles.c.account_id)
        .scalar_subquery(),
        is_followed=exists().where(
            follows.c.follower_id == bindparam("viewer"), follows.c.followed_id == profiles.c.account_id
        ),
        is_self=profiles.c.account_id == bindparam("viewer"),
    )
).where(profiles.c.account_id == bindparam("account"))

_edit = update(profiles).where(profiles.c.account_id == bindparam("account"))
_unfollow = delete(follows).where(
    follows.c.follower_id == bindparam("follower"), follows.c.followed_id == bindparam("followed")
)
_count_follower = _edit.values(follower_count=profiles.c.follower_count + bindparam("change"))
_add_counts = _edit.values(
    clip_count=profiles.c.clip_count + bindparam("clips"),
    like_count=profiles.c.like_count + bindparam("likes"),
)


def visible_to(viewer: ColumnElement[str], *, author: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a viewer may see what an author made: the one rule about authors.

    Whoever has a profile is seen by everyone, and an author has one: their account refers to it by a foreign
    key. So the condition is true of every row, and costs nothing.

    Args:
        viewer: who looks, ``NOBODY`` when not signed in.
        author: the account column of the statement that asks.
    """
    del viewer, author
    return true()


def with_author(
    statement: Select[Any], account: ColumnElement[str], *, viewer: ColumnElement[str]
) -> Select[Any]:
    """Return the statement with the columns that ``read_author`` reads, of the account of each row."""
    is_followed = exists().where(follows.c.follower_id == viewer, follows.c.followed_id == account)
    return statement.add_columns(
        profiles.c.handle.label("author_handle"),
        profiles.c.display_name.label("author_name"),
        is_followed.label("author_is_followed"),
    ).join(profiles, profiles.c.account_id == account)


def read_author(row: Row[*tuple[Any, ...]]) -> Author:
    """Return the author in a row of a statement that ``with_author`` extended."""
    return Author(row.author_handle, row.author_name, bool(row.author_is_followed))


def handle_of(account: ColumnElement[str]) -> ScalarSelect[str]:
    """Return the handle of an account of the enclosing statement, as a subquery."""
    named = profiles.alias()
    return select(named.c.handle).where(named.c.account_id == account).scalar_subquery()


def followed_by(viewer: ColumnElement[str]) -> Subquery:
    """Return the accounts that the viewer follows, as a table with the column ``account_id``."""
    return select(follows.c.followed_id.label("account_id")).where(follows.c.follower_id == viewer).subquery()


def accounts_by_prefix(prefix: ColumnElement[str], end: ColumnElement[str]) -> Subquery:
    """Return the accounts whose handle begins with ``prefix``, as a table with the column ``account_id``.

    ``end`` sorts after every such handle, in every collation. The range lets an index find them; some
    collations put a little more into it, which the comparison of the beginning leaves out.
    """
    found = select(profiles.c.account_id).where(
        profiles.c.handle.between(prefix, end),
        func.substr(profiles.c.handle, 1, func.length(prefix)) == prefix,
    )
    return found.subquery()


async def add(tx: Tx, profile: Profile) -> bool:
    """Return whether the profile is new; False when its account or its handle has a row."""
    row = asdict(profile) | {"follower_count": 0, "clip_count": 0, "like_count": 0}
    return await _insert_profile.run(tx, row)


async def by_account(tx: Tx, account_id: AccountId) -> Profile | None:
    """Return the profile of an account."""
    return _read_profile((await tx.execute(_by_account, {"account": account_id})).first())


async def by_handle(tx: Tx, handle: str) -> Profile | None:
    """Return the profile under a handle in lower case."""
    return _read_profile((await tx.execute(_by_handle, {"handle": handle})).first())


async def view(tx: Tx, account_id: AccountId, viewer: AccountId | None) -> ProfileView | None:
    """Return the profile of an account as the viewer sees it."""
    row = (await tx.execute(_view, {"account": account_id, "viewer": viewer or NOBODY})).first()
    return None if row is None else ProfileView(*row)


async def edit(tx: Tx, account_id: AccountId, changes: dict[str, Any]) -> None:
    """Set the given columns of a profile."""
    await tx.execute(_edit.values(**changes), {"account": account_id})


async def follow(tx: Tx, follower: AccountId, followed: AccountId, *, at: datetime) -> bool:
    """Store a follow, count it when it is new, and return whether it is."""
    row = {"follower_id": follower, "followed_id": followed, "created_at": at}
    is_new = await _insert_follow.run(tx, row)
    if is_new:
        await tx.execute(_count_follower, {"account": followed, "change": 1})
    return is_new


async def unfollow(tx: Tx, follower: AccountId, followed: AccountId) -> bool:
    """Delete a follow, take it off the count, and return whether there was one."""
    result = await tx.execute(_unfollow, {"follower": follower, "followed": followed})
    if result.rowcount:
        await tx.execute(_count_follower, {"account": followed, "change": -1})
    return bool(result.rowcount)


async def add_counts(tx: Tx, account_id: AccountId, *, clips: int, likes: int) -> None:
    """Add to the numbers of visible clips and of likes on them."""
    await tx.execute(_add_counts, {"account": account_id, "clips": clips, "likes": likes})


def _read_profile(row: Row[*tuple[Any, ...]] | None) -> Profile | None:
    return None if row is None else Profile(*row)
