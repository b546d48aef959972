"""People and clips: who posted what, who follows whom, who liked and said what.

What this package calls visible may be shown to anyone; nothing else is ever shown to anyone but its owner.
Counts change in the unit of work that changes what they count, and a repeated request counts once.

Nouns: ``Social``, the way in; ``Clip`` and its ``ClipView`` for one viewer; ``ProfileView``; ``Publication``,
a clip on its way to being visible; ``Candidate``, a visible clip that a feed may show.
"""

from reelm.social.errors import (
    BadHandle,
    BadMoment,
    BadPlace,
    BadText,
    CaptionTooLong,
    ClipRemoved,
    FollowSelf,
    HandleTaken,
    NoSuchClip,
    NoSuchComment,
    NoSuchProfile,
    NotYours,
    ProfileExists,
    TextTooLong,
    WrongState,
)
from reelm.social.lifecycle import ClipState, Step
from reelm.social.model import (
    Author,
    Candidate,
    Clip,
    ClipPage,
    ClipView,
    CommentPage,
    CommentView,
    Config,
    Details,
    Failure,
    Place,
    Profile,
    ProfileView,
    Progress,
    Publication,
    Shape,
)
from reelm.social.queue import Waiting
from reelm.social.social import Social

__all__ = [
    "Author",
    "BadHandle",
    "BadMoment",
    "BadPlace",
    "BadText",
    "Candidate",
    "CaptionTooLong",
    "Clip",
    "ClipPage",
    "ClipRemoved",
    "ClipState",
    "ClipView",
    "CommentPage",
    "CommentView",
    "Config",
    "Details",
    "Failure",
    "FollowSelf",
    "HandleTaken",
    "NoSuchClip",
    "NoSuchComment",
    "NoSuchProfile",
    "NotYours",
    "Place",
    "Profile",
    "ProfileExists",
    "ProfileView",
    "Progress",
    "Publication",
    "Shape",
    "Social",
    "Step",
    "TextTooLong",
    "Waiting",
    "WrongState",
]
