"""Profiles and who follows whom."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, select, update

from reelm.base import AccountId, Tx
from reelm.social.lifecycle import ClipState
from reelm.social.model import Profile, ProfileView
from reelm.social.store.once import InsertOnce
from reelm.social.store.tables import clips, follows, profiles

_insert_profile = InsertOnce(profiles)
_insert_follow = InsertOnce(follows)

_profile = select(
    profiles.c.account_id, profiles.c.handle, profiles.c.display_name, profiles.c.bio, profiles.c.created_at
)
_by_account = _profile.where(profiles.c.account_id == bindparam("account"))
_by_handle = _profile.where(profiles.c.handle == bindparam("handle"))

_visible = (clips.c.account_id == profiles.c.account_id) & (clips.c.state == ClipState.VISIBLE.value)
_view = select(
    profiles.c.handle,
    profiles.c.display_name,
    profiles.c.bio,
    profiles.c.follower_count,
    select(func.count())
    .select_from(follows)
    .where(follows.c.follower_id == profiles.c.account_id)
    .scalar_subquery(),
    select(func.count()).select_from(clips).where(_visible).scalar_subquery(),
    select(func.coalesce(func.sum(clips.c.like_count), 0)).where(_visible).scalar_subquery(),
    exists().where(
        follows.c.follower_id == bindparam("viewer"), follows.c.followed_id == profiles.c.account_id
    ),
    profiles.c.account_id == bindparam("viewer"),
    profiles.c.created_at,
).where(profiles.c.account_id == bindparam("account"))

_edit = update(profiles).where(profiles.c.account_id == bindparam("account"))
_unfollow = delete(follows).where(
    follows.c.follower_id == bindparam("follower"), follows.c.followed_id == bindparam("followed")
)
_count_follower = (
    update(profiles)
    .where(profiles.c.account_id == bindparam("account"))
    .values(follower_count=profiles.c.follower_count + bindparam("change"))
)


async def add(tx: Tx, profile: Profile) -> bool:
    """Whether the profile is new; False when its account or its handle has a row."""
    row = {
        "account_id": profile.account_id,
        "handle": profile.handle,
        "display_name": profile.display_name,
        "bio": profile.bio,
        "created_at": profile.created_at,
        "follower_count": 0,
    }
    return await _insert_profile.run(tx, row)


async def by_account(tx: Tx, account_id: AccountId) -> Profile | None:
    row = (await tx.execute(_by_account, {"account": account_id})).first()
    return None if row is None else Profile(*row)


async def by_handle(tx: Tx, handle: str) -> Profile | None:
    row = (await tx.execute(_by_handle, {"handle": handle})).first()
    return None if row is None else Profile(*row)


async def view(tx: Tx, account_id: AccountId, viewer: AccountId | None) -> ProfileView | None:
    row = (await tx.execute(_view, {"account": account_id, "viewer": viewer or ""})).first()
    if row is None:
        return None
    handle, name, bio, followers, following, clip_count, like_count, is_followed, is_self, created_at = row
    return ProfileView(
        handle=handle,
        display_name=name,
        bio=bio,
        follower_count=followers,
        following_count=following,
        clip_count=clip_count,
        like_count=int(like_count),
        is_followed=bool(is_followed),
        is_self=bool(is_self),
        created_at=created_at,
    )


async def edit(tx: Tx, account_id: AccountId, changes: dict[str, Any]) -> None:
    await tx.execute(_edit.values(**changes), {"account": account_id})


async def follow(tx: Tx, follower: AccountId, followed: AccountId, *, at: datetime) -> None:
    row = {"follower_id": follower, "followed_id": followed, "created_at": at}
    if await _insert_follow.run(tx, row):
        await tx.execute(_count_follower, {"account": followed, "change": 1})


async def unfollow(tx: Tx, follower: AccountId, followed: AccountId) -> None:
    result = await tx.execute(_unfollow, {"follower": follower, "followed": followed})
    if result.rowcount:
        await tx.execute(_count_follower, {"account": followed, "change": -1})
