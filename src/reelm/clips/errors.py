"""Define what clips can refuse.

::

    Invalid      BadPlace  BadMoment
    TextTooLong  CaptionTooLong
    NotFound     NoSuchClip  NoSuchComment  NoSuchSound
    Gone         ClipRemoved  SoundGone
    Forbidden    NotYours  SoundNotAllowed
    Conflict     WrongState

The codes begin with ``social`` because clients know them so; a code never changes.
"""

from reelm.base import Conflict, Forbidden, Gone, Invalid, NotFound
from reelm.people import TextTooLong


class BadPlace(Invalid):
    """A pagination cursor that was not handed out by this package."""

    code = "social.bad-cursor"
    title = "Not a place in this list"
    field = "cursor"


class BadMoment(Invalid):
    code = "social.bad-moment"
    title = "Not a time to publish at"
    field = "publish_at"


class CaptionTooLong(TextTooLong):
    code = "social.caption-too-long"
    title = "The caption is too long"


class NoSuchClip(NotFound):
    code = "social.no-such-clip"
    title = "No such clip"


class NoSuchComment(NotFound):
    code = "social.no-such-comment"
    title = "No such comment"


class NoSuchSound(NotFound):
    code = "social.no-such-sound"
    title = "No such sound"


class SoundGone(Gone):
    code = "social.sound-gone"
    title = "The sound is no longer available"
    field = "sound_id"


class SoundNotAllowed(Forbidden):
    code = "social.sound-not-allowed"
    title = "Its creator keeps the sound to themselves"
    field = "sound_id"


class ClipRemoved(Gone):
    code = "social.clip-removed"
    title = "The clip was removed"


class NotYours(Forbidden):
    code = "social.not-yours"
    title = "It belongs to someone else"


class WrongState(Conflict):
    code = "social.wrong-state"
    title = "The clip is not in a state for this"
