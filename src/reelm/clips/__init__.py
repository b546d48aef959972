"""Clips, and what people say and do about them.

What this package calls visible may be shown to anyone; nothing else is ever shown to anyone but its owner:
``visible_to`` is the one rule, which composes the state of a clip with the rule of ``reelm.people`` about its
author. Counts change in the unit of work that changes what they count, and a repeated request counts once.

Nouns: ``Clips``, the way in; ``Clip`` and its ``ClipView`` for one viewer; ``Publication``, a clip on its way
to being visible; ``Candidate``, a visible clip that a feed may show.
"""

from reelm.clips import facts
from reelm.clips.clips import Clips
from reelm.clips.draft_words import seal_unpublished
from reelm.clips.errors import (
    BadMoment,
    BadPlace,
    CaptionTooLong,
    ClipRemoved,
    NoSuchClip,
    NoSuchComment,
    NoSuchSound,
    NotYours,
    SoundGone,
    SoundNotAllowed,
    WrongState,
)
from reelm.clips.lifecycle import ClipState, PublishStep
from reelm.clips.model import (
    Candidate,
    Carried,
    Clip,
    ClipPage,
    ClipPlace,
    ClipsConfig,
    ClipShape,
    ClipView,
    CommentPage,
    CommentView,
    Details,
    Failure,
    Progress,
    Publication,
    Sound,
    SoundPage,
)
from reelm.clips.profile_counts import ProfileCounts
from reelm.clips.queue import QueueWait
from reelm.clips.store.visibility import visible_to

__all__ = [
    "BadMoment",
    "BadPlace",
    "Candidate",
    "CaptionTooLong",
    "Carried",
    "Clip",
    "ClipPage",
    "ClipPlace",
    "ClipRemoved",
    "ClipShape",
    "ClipState",
    "ClipView",
    "Clips",
    "ClipsConfig",
    "CommentPage",
    "CommentView",
    "Details",
    "Failure",
    "NoSuchClip",
    "NoSuchComment",
    "NoSuchSound",
    "NotYours",
    "ProfileCounts",
    "Progress",
    "Publication",
    "PublishStep",
    "QueueWait",
    "Sound",
    "SoundGone",
    "SoundNotAllowed",
    "SoundPage",
    "WrongState",
    "facts",
    "seal_unpublished",
    "visible_to",
]
