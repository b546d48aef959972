"""Name the shapes of people's profiles, and of accesses to their data."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from reelm.web.parameters import Count


class Author(Struct, frozen=True, kw_only=True):
    """Who posted."""

    handle: str
    display_name: str
    is_followed: bool


class Profile(Struct, frozen=True, kw_only=True):
    """A creator's public page."""

    handle: str
    display_name: str
    bio: str
    follower_count: Count
    following_count: Count
    clip_count: Count
    like_count: Count
    is_followed: bool
    is_self: bool
    created_at: datetime


class ProfileEdit(Struct, frozen=True, kw_only=True):
    """What to change; absent fields stay as they are."""

    display_name: str | None = None
    bio: str | None = None


class Access(Struct, frozen=True, kw_only=True):
    """That a member of staff saw something of yours."""

    looked_at: datetime
    action: Annotated[
        str, Meta(description="`access.read`, or `access.export` when it was taken away as a file")
    ]
    purpose: str
    role: str
    handle: Annotated[str, Meta(description="a pseudonym: the same person has the same one")]
    data: Annotated[str, Meta(description="what was seen, such as `email`")]
    leaf_index: Annotated[int, Meta(ge=0)] | None
    receipt: Annotated[str, Meta(description="proves it to anyone: a C2SP tlog-proof")] | None


class Accesses(Struct, frozen=True, kw_only=True):
    """Who looked at your data, newest first."""

    accesses: list[Access]
