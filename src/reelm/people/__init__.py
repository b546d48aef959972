"""Profiles, handles and follows, and whom a viewer may see.

``visible_to`` is the one rule of whose content a viewer may see; every statement of a package above that
lists, counts or finds something by its author takes its condition from here. A repeated request counts once.
What happens to people is in ``facts``.

Nouns: ``People``, the way in; ``Profile`` with its ``ProfileView`` for one viewer and its ``ProfileEdit``;
``Author``, what is shown of the person behind a clip or a comment.
"""

from reelm.people import facts
from reelm.people.errors import (
    BadHandle,
    BadText,
    FollowSelf,
    HandleTaken,
    NoSuchProfile,
    ProfileExists,
    TextTooLong,
)
from reelm.people.model import Author, Profile, ProfileEdit, ProfileView
from reelm.people.people import People
from reelm.people.store import (
    NOBODY,
    accounts_by_prefix,
    followed_by,
    handle_of,
    read_author,
    visible_to,
    with_author,
)
from reelm.people.words import TextLimits, read_text

__all__ = [
    "NOBODY",
    "Author",
    "BadHandle",
    "BadText",
    "FollowSelf",
    "HandleTaken",
    "NoSuchProfile",
    "People",
    "Profile",
    "ProfileEdit",
    "ProfileExists",
    "ProfileView",
    "TextLimits",
    "TextTooLong",
    "accounts_by_prefix",
    "facts",
    "followed_by",
    "handle_of",
    "read_author",
    "read_text",
    "visible_to",
    "with_author",
]
