"""Define the values that clips are made of, and the pure rules about them."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from reelm.base import AccountId, BadId, ClipId, CommentId, UploadId, read_id
from reelm.clips.errors import BadMoment, BadPlace
from reelm.clips.lifecycle import ClipState, PublishStep
from reelm.clips.queue import QueueWait
from reelm.media import Storyboard
from reelm.people import Author

T = TypeVar("T")

VIEW_MS = 3_000
LONGEST_PLAN_DAYS = 90
AGE_OFFSET_HOURS = 2.0
GRAVITY = 1.5
FAILURE_DETAIL_LENGTH = 500


@dataclass(frozen=True, slots=True)
class ClipsConfig:
    """The settings of clips that an operator may choose."""

    # How many of the newest visible clips compete for being popular; older ones are reached by their tags,
    # their authors and the end of the feed.
    popular_window_count: int = 1_000
    # The most entries a page of clips or comments may have, whatever is asked for.
    max_page_count: int = 50

    def page_count(self, size: int) -> int:
        """Return how many entries a page has when ``size`` is asked for."""
        return max(1, min(size, self.max_page_count))


DEFAULTS = ClipsConfig()


@dataclass(frozen=True, slots=True)
class ClipShape:
    """A clip's picture as it is shown, after rotation, and whether the file's own sound goes with it."""

    duration_ms: int
    width: int
    height: int
    has_sound: bool = True


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason why publishing stopped, in words its creator understands."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Details:
    """The choices of a clip's creator beside its caption.

    Attributes:
        alt_text: what the picture shows, for those who do not see it.
        is_draft: not to be published yet.
        publish_at: when it will be; None for a draft that waits for its creator.
        sound_id: the clip whose sound takes the place of the file's own.
        allows_reuse: others may make clips with the sound of this one.
    """

    alt_text: str = ""
    is_draft: bool = False
    publish_at: datetime | None = None
    sound_id: ClipId | None = None
    allows_reuse: bool = True


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as it is stored, without anyone's view of it."""

    id: ClipId
    account_id: AccountId
    upload_id: UploadId
    state: ClipState
    shape: ClipShape
    created_at: datetime
    published_at: datetime | None
    attempt: int
    due_at: datetime | None
    sound_id: ClipId | None
    allows_reuse: bool


@dataclass(frozen=True, slots=True)
class Words:
    """Text of a clip by its author."""

    caption: str
    alt_text: str


@dataclass(frozen=True, slots=True)
class Carried:
    """The sound that a clip carries: ``id`` is the clip it comes from, its own id for an own sound.

    ``handle`` is of who made it; None once that clip is no longer there.
    """

    id: ClipId
    handle: str | None


@dataclass(frozen=True, slots=True)
class Sound:
    """The sound of a visible clip, or of one that is gone, as one viewer sees it.

    Attributes:
        id: of the clip that it comes from.
        author: None once that clip is no longer there; the facts about it are gone with it.
        use_count: visible clips that carry it, the one it comes from among them.
        may_use: whether this viewer may make a clip with it.
    """

    id: ClipId
    author: Author | None
    caption: str
    duration_ms: int
    use_count: int
    may_use: bool

    @property
    def is_available(self) -> bool:
        return self.author is not None


@dataclass(frozen=True, slots=True)
class SoundPage:
    """``cursor`` continues, None at the end."""

    sounds: tuple[Sound, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class ClipView:
    """A clip as one viewer sees it. ``failure`` is for its owner alone.

    ``alt_text`` says what the picture shows, for those who do not see it; ``edited_at`` is when the caption
    last changed after people could read it; ``subtitles`` are languages. ``publish_at`` is of a
    draft that will be published by itself. ``blurhash`` is of its poster;
    ``allows_reuse`` of its own sound.
    """

    id: ClipId
    state: ClipState
    author: Author
    caption: str
    alt_text: str
    edited_at: datetime | None
    subtitles: tuple[str, ...]
    tags: tuple[str, ...]
    created_at: datetime
    published_at: datetime | None
    duration_ms: int
    width: int
    height: int
    blurhash: str | None
    strip: Storyboard | None
    sound: Carried | None
    allows_reuse: bool
    like_count: int
    comment_count: int
    view_count: int
    is_liked: bool
    is_own: bool
    publish_at: datetime | None
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class ClipPage:
    """Newest first; ``cursor`` continues, None at the end."""

    clips: tuple[ClipView, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment as one viewer sees it."""

    id: CommentId
    author: Author
    text: str
    created_at: datetime
    is_own: bool


@dataclass(frozen=True, slots=True)
class CommentPage:
    """Newest first; ``cursor`` continues, None at the end."""

    comments: tuple[CommentView, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Publication:
    """One attempt at publishing a clip; ``attempt`` counts from 1, ``round`` is when it is served."""

    clip_id: ClipId
    upload_id: UploadId
    account_id: AccountId
    attempt: int
    round: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """``ratio`` is of the current step, 0 to 1; ``is_playable`` says that people can watch it already."""

    step: PublishStep
    ratio: float
    is_playable: bool
    failure: Failure | None
    waiting: QueueWait | None = None


class ClipPlace(NamedTuple):
    """The place of a visible clip in the order of publication; later is greater."""

    published_at: datetime
    clip_id: ClipId


class Candidate(NamedTuple):
    """A visible clip that a feed may show."""

    clip_id: ClipId
    account_id: AccountId
    published_at: datetime
    like_count: int
    comment_count: int
    view_count: int

    @property
    def place(self) -> ClipPlace:
        return ClipPlace(self.published_at, self.clip_id)


def popularity(candidate: Candidate, *, now: datetime) -> float:
    """Return a score of what people did with a clip, which fades with its age.

    A like weighs four views and a comment six: they take more of a person than letting a clip run. Age counts
    from two hours on, so that the first minutes are no lottery.

    Source: the shape is Hacker News' ranking, points / (age + 2) ** gravity.
    """
    points = candidate.view_count + 4 * candidate.like_count + 6 * candidate.comment_count
    age_hours = max(0.0, (now - candidate.published_at).total_seconds() / 3_600)
    return (1 + points) / math.pow(age_hours + AGE_OFFSET_HOURS, GRAVITY)


def most_popular(candidates: Iterable[Candidate], limit: int, *, now: datetime) -> tuple[Candidate, ...]:
    """Return the ``limit`` most popular, best first; the newer wins a tie."""
    ranked = sorted(candidates, key=lambda each: (popularity(each, now=now), each.place), reverse=True)
    return tuple(ranked[:limit])


def longest_viewed_ms(watched_ms: int) -> int | None:
    """Return the duration up to which ``watched_ms`` is a view; None when it is a view of any clip.

    A view is three seconds, or the whole of a shorter clip.
    """
    return None if watched_ms >= VIEW_MS else watched_ms


def check_moment(publish_at: datetime, *, now: datetime) -> None:
    """Raise BadMoment unless it is in the future, at most 90 days away."""
    if publish_at.tzinfo is None:
        raise BadMoment(
            "The time has no time zone. Nothing was changed. Say which, as in 2027-01-31T18:00:00Z."
        )
    if publish_at <= now:
        raise BadMoment("This time has passed. Nothing was changed. Choose a later one, or publish now.")
    if publish_at > now + timedelta(days=LONGEST_PLAN_DAYS):
        raise BadMoment(
            f"This is more than {LONGEST_PLAN_DAYS} days away. Nothing was changed. Choose an earlier time."
        )


def read_place(cursor: str | None) -> str | None:
    """Return the id that a list, newest first, continues behind; None for its beginning.

    A cursor is the id of the last entry shown.

    Raises:
        BadPlace: the cursor is none of ours.
    """
    if cursor is None:
        return None
    try:
        read_id(cursor)
    except BadId:
        raise BadPlace("This place in the list does not exist. Start again from the beginning.") from None
    return cursor


def cut(entries: Sequence[T], size: int, id_of: Callable[[T], str]) -> tuple[tuple[T, ...], str | None]:
    """Return a page and its cursor, from ``size`` entries and one more where there is one."""
    page = tuple(entries[:size])
    return page, id_of(page[-1]) if len(entries) > size else None
