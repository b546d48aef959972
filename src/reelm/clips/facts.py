"""Declare what happens to clips, as facts of the realm's log. ``author_id`` is the creator of the clip."""

from dataclasses import dataclass
from datetime import datetime

from reelm.base import AccountId, ClipId, CommentId
from reelm.events import Fact, fact


@fact("clips.posted", subjects=("clip_id", "author_id"))
@dataclass(frozen=True, slots=True)
class ClipPosted(Fact):
    """An upload became a clip, which is due to be published unless it is a draft."""

    clip_id: ClipId
    author_id: AccountId
    is_draft: bool
    at: datetime


@fact("clips.due", subjects=("clip_id",))
@dataclass(frozen=True, slots=True)
class ClipDue(Fact):
    """A draft is to be published now, or what failed is to be tried again."""

    clip_id: ClipId
    at: datetime


@fact("clips.published", subjects=("clip_id", "author_id"))
@dataclass(frozen=True, slots=True)
class ClipPublished(Fact):
    """A clip became visible."""

    clip_id: ClipId
    author_id: AccountId
    at: datetime


@fact("clips.failed", subjects=("clip_id",))
@dataclass(frozen=True, slots=True)
class PublishingFailed(Fact):
    """The publishing of a clip stopped, for the reason that ``code`` names."""

    clip_id: ClipId
    code: str
    at: datetime


@fact("clips.edited", subjects=("clip_id", "author_id"))
@dataclass(frozen=True, slots=True)
class ClipEdited(Fact):
    """The creator of a clip changed its words, or who may use its sound."""

    clip_id: ClipId
    author_id: AccountId
    at: datetime


@fact("clips.removed", subjects=("clip_id", "author_id"))
@dataclass(frozen=True, slots=True)
class ClipRemovedByAuthor(Fact):
    """A clip was taken back, with the likes that it had."""

    clip_id: ClipId
    author_id: AccountId
    was_visible: bool
    like_count: int
    at: datetime


@fact("clips.liked", subjects=("clip_id", "author_id", "account_id"))
@dataclass(frozen=True, slots=True)
class ClipLiked(Fact):
    """Somebody likes a clip that they did not like before."""

    clip_id: ClipId
    author_id: AccountId
    account_id: AccountId
    at: datetime


@fact("clips.unliked", subjects=("clip_id", "author_id", "account_id"))
@dataclass(frozen=True, slots=True)
class ClipUnliked(Fact):
    """Somebody took a like back."""

    clip_id: ClipId
    author_id: AccountId
    account_id: AccountId
    at: datetime


@fact("clips.commented", subjects=("comment_id", "clip_id", "account_id"))
@dataclass(frozen=True, slots=True)
class ClipCommented(Fact):
    """Somebody commented on a clip."""

    comment_id: CommentId
    clip_id: ClipId
    account_id: AccountId
    at: datetime


@fact("clips.comment-removed", subjects=("comment_id", "clip_id"))
@dataclass(frozen=True, slots=True)
class CommentRemoved(Fact):
    """A comment was taken away, by its author or by the creator of the clip: ``by_id``."""

    comment_id: CommentId
    clip_id: ClipId
    by_id: AccountId
    at: datetime
