"""Define the values that people are made of."""

from dataclasses import dataclass
from datetime import datetime

from reelm.base import AccountId


@dataclass(frozen=True, slots=True)
class Profile:
    """An account's public face."""

    account_id: AccountId
    handle: str
    display_name: str
    bio: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ProfileView:
    """A profile as one viewer sees it; the counts are of visible clips."""

    handle: str
    display_name: str
    bio: str
    follower_count: int
    following_count: int
    clip_count: int
    like_count: int
    is_followed: bool
    is_self: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Author:
    """The person behind a clip or a comment, as one viewer sees them."""

    handle: str
    display_name: str
    is_followed: bool
