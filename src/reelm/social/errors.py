"""What people and clips can refuse.

::

    Invalid      BadHandle  BadText  BadPlace  BadMoment  FollowSelf
    TooLarge     TextTooLong ── CaptionTooLong
    NotFound     NoSuchClip  NoSuchProfile  NoSuchComment  NoSuchSound
    Gone         ClipRemoved  SoundGone
    Forbidden    NotYours  SoundNotAllowed
    Conflict     HandleTaken  ProfileExists  WrongState
"""

from reelm.base import Conflict, Forbidden, Gone, Invalid, NotFound, TooLarge


class BadHandle(Invalid):
    code = "social.bad-handle"
    title = "Not a handle"


class BadText(Invalid):
    code = "social.bad-text"
    title = "Not a text we can keep"


class BadPlace(Invalid):
    """A pagination cursor that was not handed out by this package."""

    code = "social.bad-cursor"
    title = "Not a place in this list"


class BadMoment(Invalid):
    code = "social.bad-moment"
    title = "Not a time to publish at"


class FollowSelf(Invalid):
    code = "social.follow-self"
    title = "Nobody follows themselves"


class TextTooLong(TooLarge):
    code = "social.text-too-long"
    title = "The text is too long"


class CaptionTooLong(TextTooLong):
    code = "social.caption-too-long"
    title = "The caption is too long"


class NoSuchClip(NotFound):
    code = "social.no-such-clip"
    title = "No such clip"


class NoSuchProfile(NotFound):
    code = "social.no-such-profile"
    title = "No such profile"


class NoSuchComment(NotFound):
    code = "social.no-such-comment"
    title = "No such comment"


class NoSuchSound(NotFound):
    code = "social.no-such-sound"
    title = "No such sound"


class SoundGone(Gone):
    code = "social.sound-gone"
    title = "The sound is no longer available"


class SoundNotAllowed(Forbidden):
    code = "social.sound-not-allowed"
    title = "Its creator keeps the sound to themselves"


class ClipRemoved(Gone):
    code = "social.clip-removed"
    title = "The clip was removed"


class NotYours(Forbidden):
    code = "social.not-yours"
    title = "It belongs to someone else"


class HandleTaken(Conflict):
    code = "social.handle-taken"
    title = "The handle is taken"


class ProfileExists(Conflict):
    code = "social.profile-exists"
    title = "The account has a profile"


class WrongState(Conflict):
    code = "social.wrong-state"
    title = "The clip is not in a state for this"
