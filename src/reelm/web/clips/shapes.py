"""Name the shapes of clips, of pages of them, and of how publishing goes."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from reelm.web.parameters import Count, IdText, Ratio, Seconds
from reelm.web.people.shapes import Author


class Failure(Struct, frozen=True, kw_only=True):
    """Why publishing stopped, in words for the creator."""

    code: str
    detail: str


class Strip(Struct, frozen=True, kw_only=True):
    """Many moments of a clip in one picture: tiles of the clip's shape, row by row."""

    url: str
    interval_ms: Annotated[int, Meta(gt=0, description="from one tile to the next; the first is of 0")]
    count: Annotated[int, Meta(gt=0)]
    columns: Annotated[int, Meta(gt=0)]


class Subtitles(Struct, frozen=True, kw_only=True):
    """Subtitles of a clip, as WebVTT."""

    language: Annotated[str, Meta(description="BCP 47, such as `en` or `pt-BR`")]
    url: str


class Carried(Struct, frozen=True, kw_only=True):
    """The sound that a clip carries: an original sound of this realm."""

    id: Annotated[str, Meta(description="of the clip it comes from; the clip's own id for its own sound")]
    handle: Annotated[str | None, Meta(description="who made it; null when it is no longer available")]


class Clip(Struct, frozen=True, kw_only=True):
    """A clip as this viewer sees it."""

    id: IdText
    state: Literal["draft", "processing", "visible", "failed"]
    author: Author
    caption: str
    alt_text: Annotated[str, Meta(description="what the picture shows, for those who do not see it")]
    edited_at: Annotated[
        datetime | None, Meta(description="when the caption last changed after people could read it")
    ]
    tags: list[str]
    created_at: Annotated[datetime, Meta(description="to others when it was published")]
    published_at: Annotated[datetime | None, Meta(description="when it was first visible; lists go by it")]
    duration_ms: Count
    width: Count
    height: Count
    like_count: Count
    comment_count: Count
    view_count: Count
    is_liked: bool
    is_own: bool
    playlist_url: str | None
    poster_url: str | None
    blurhash: Annotated[str | None, Meta(description="the poster, blurred, in a few characters")]
    strip: Annotated[Strip | None, Meta(description="null until the clip was looked through")]
    subtitles: list[Subtitles]
    sound: Annotated[Carried | None, Meta(description="null for a clip without sound")]
    allows_reuse: Annotated[bool, Meta(description="others may make clips with this clip's own sound")]
    publish_at: Annotated[datetime | None, Meta(description="when a draft will be published by itself")]
    failure: Failure | None


class Subtitled(Struct, frozen=True, kw_only=True):
    """What became of a subtitle file."""

    clip: Clip
    left_out: Annotated[
        list[str], Meta(description="what else was in the file and is not kept, such as `2 positions`")
    ]


class ClipPage(Struct, frozen=True, kw_only=True):
    """Some clips, and how to ask for more; ``cursor`` is null at the end."""

    clips: list[Clip]
    cursor: str | None


class FeedPage(Struct, frozen=True, kw_only=True):
    """The next clips to watch; ``cursor`` is null when the viewer has seen everything."""

    clips: list[Clip]
    cursor: str | None


class NewClip(Struct, frozen=True, kw_only=True):
    """An upload to publish."""

    upload_id: IdText
    caption: Annotated[str, Meta(description="up to 2,200 characters; words after # become tags")] = ""
    alt_text: Annotated[
        str, Meta(description="what the picture shows, for those who do not see it; up to 1,000 characters")
    ] = ""
    start_seconds: Annotated[
        Seconds, Meta(description="where the clip begins in the file, to the nearest frame")
    ] = 0.0
    end_seconds: Annotated[
        Seconds | None,
        Meta(description="where it ends in the file; null for the end of the file"),
    ] = None
    cover_seconds: Annotated[
        Seconds | None,
        Meta(description="the moment of the file whose picture stands for the clip"),
    ] = None
    is_muted: Annotated[bool, Meta(description="leave the file's own sound out")] = False
    sound_id: Annotated[
        IdText | None,
        Meta(description="put the original sound of this clip in place of the file's own"),
    ] = None
    allows_reuse: Annotated[
        bool, Meta(description="whether others may make clips with this clip's own sound")
    ] = True
    is_draft: Annotated[bool, Meta(description="keep it; `publish_draft` publishes it")] = False
    publish_at: Annotated[
        datetime | None, Meta(description="keep it, and publish it then; at most 90 days away")
    ] = None


class Plan(Struct, frozen=True, kw_only=True):
    """When to publish a draft."""

    publish_at: Annotated[
        datetime | None, Meta(description="at most 90 days away; null waits for its creator")
    ]


class ClipEdit(Struct, frozen=True, kw_only=True):
    """What to change; absent fields stay as they are."""

    caption: str | None = None
    alt_text: str | None = None
    allows_reuse: Annotated[
        bool | None, Meta(description="clips that carry the sound already keep it either way")
    ] = None


class Waiting(Struct, frozen=True, kw_only=True):
    """Why nothing happens to a clip yet: its place in the queue, and what the realm lacks, if anything."""

    ahead: Count
    seconds: Count | None
    obstacle: str | None
    obstacle_code: str | None


class Progress(Struct, frozen=True, kw_only=True):
    """How far publishing has come. It never goes back."""

    step: Literal["preparing", "storing", "live", "improving", "done", "failed"]
    ratio: Ratio
    is_playable: bool
    failure: Failure | None
    waiting: Waiting | None


class View(Struct, frozen=True, kw_only=True):
    """A viewer leaves a clip."""

    watched_ms: Annotated[int, Meta(ge=0, le=86_400_000)]
