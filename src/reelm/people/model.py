"""Define the values that people are made of."""

from dataclasses import dataclass, field, fields
from datetime import datetime

from reelm.base import AccountId
from reelm.people.words import TextLimits, read_text

DISPLAY_NAME = TextLimits("display name", "display_name", 1, 50, has_lines=False)
BIO = TextLimits("bio", "bio", 0, 300)


@dataclass(frozen=True, slots=True)
class Profile:
    """An account's public face."""

    account_id: AccountId
    handle: str
    display_name: str
    created_at: datetime
    bio: str = ""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEdit:
    """A change of a profile; None leaves a field as it is. Each field has its ``limits``."""

    display_name: str | None = field(default=None, metadata={"limits": DISPLAY_NAME})
    bio: str | None = field(default=None, metadata={"limits": BIO})

    def read(self) -> dict[str, str]:
        """Return the given fields as they are stored.

        Raises:
            BadText, TextTooLong: the rules are in the message.
        """
        typed = ((each.name, getattr(self, each.name), each.metadata["limits"]) for each in fields(self))
        return {name: read_text(text, limits) for name, text, limits in typed if text is not None}


@dataclass(frozen=True, slots=True)
class Author:
    """The person behind a clip or a comment, as one viewer sees them."""

    handle: str
    display_name: str
    is_followed: bool
