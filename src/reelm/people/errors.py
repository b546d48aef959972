"""Define what people can refuse.

::

    Invalid      BadHandle  BadText  FollowSelf
    TooLarge     TextTooLong
    NotFound     NoSuchProfile
    Conflict     HandleTaken  ProfileExists

The codes begin with ``social`` because clients know them so; a code never changes.
"""

from reelm.base import Conflict, Invalid, NotFound, TooLarge


class BadHandle(Invalid):
    code = "social.bad-handle"
    title = "Not a handle"
    field = "handle"


class BadText(Invalid):
    code = "social.bad-text"
    title = "Not a text we can keep"


class FollowSelf(Invalid):
    code = "social.follow-self"
    title = "Nobody follows themselves"


class TextTooLong(TooLarge):
    code = "social.text-too-long"
    title = "The text is too long"


class NoSuchProfile(NotFound):
    code = "social.no-such-profile"
    title = "No such profile"


class HandleTaken(Conflict):
    code = "social.handle-taken"
    title = "The handle is taken"
    field = "handle"


class ProfileExists(Conflict):
    code = "social.profile-exists"
    title = "The account has a profile"
