"""The shapes that cross the wire. The OpenAPI document and the UI's types are generated from these."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

IdText = Annotated[str, Meta(description="26 lower-case letters and digits, sorting by creation time")]
Count = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Ratio = Annotated[float, Meta(ge=0, le=1)]


class Problem(Struct, frozen=True):
    """Why a request failed (RFC 9457), with a stable ``code`` and, where it helps, facts."""

    type: Annotated[str, Meta(description="where the code is documented")]
    title: str
    status: int
    code: Annotated[str, Meta(description="stable name of the situation, such as `social.handle-taken`")]
    detail: Annotated[str, Meta(description="what happened, what state things are in, what to do")]
    retryable: bool
    facts: dict[str, str | float | bool | None]


class Account(Struct, frozen=True):
    """The signed-in account, as only its owner sees it."""

    id: IdText
    handle: str
    display_name: str
    email: str


class UploadLimits(Struct, frozen=True):
    """What a source file may be, so that a page can refuse one before it is sent."""

    max_bytes: Count
    min_duration_ms: Count
    max_duration_ms: Count
    min_short_side: Count
    max_pixels: Count


class Realm(Struct, frozen=True):
    """Whose realm this is, and what it accepts."""

    name: str
    operator: str
    limits: UploadLimits


class Session(Struct, frozen=True):
    """Who is signed in, if anyone."""

    account: Account | None
    realm: Realm


class Join(Struct, frozen=True):
    """A new account."""

    email: str
    password: Annotated[str, Meta(description="10 to 128 characters")]
    handle: Annotated[str, Meta(description="3 to 24 of a-z, 0-9, _ and .")]
    display_name: str | None = None


class SignIn(Struct, frozen=True):
    """Proof of who someone is."""

    email: str
    password: str


class Profile(Struct, frozen=True):
    """A creator's public page."""

    handle: str
    display_name: str
    bio: str
    follower_count: Count
    following_count: Count
    clip_count: Count
    like_count: Count
    is_followed: bool
    is_self: bool
    created_at: datetime


class ProfileEdit(Struct, frozen=True):
    """What to change; absent fields stay as they are."""

    display_name: str | None = None
    bio: str | None = None


class Author(Struct, frozen=True):
    """Who posted."""

    handle: str
    display_name: str
    is_followed: bool


class Failure(Struct, frozen=True):
    """Why publishing stopped, in words for the creator."""

    code: str
    detail: str


class Strip(Struct, frozen=True):
    """Many moments of a clip in one picture: tiles of the clip's shape, row by row."""

    url: str
    interval_ms: Annotated[int, Meta(gt=0, description="from one tile to the next; the first is of 0")]
    count: Annotated[int, Meta(gt=0)]
    columns: Annotated[int, Meta(gt=0)]


class Subtitles(Struct, frozen=True):
    """Subtitles of a clip, as WebVTT."""

    language: Annotated[str, Meta(description="BCP 47, such as `en` or `pt-BR`")]
    url: str


class Carried(Struct, frozen=True):
    """The sound that a clip carries: an original sound of this realm."""

    id: Annotated[str, Meta(description="of the clip it comes from; the clip's own id for its own sound")]
    handle: Annotated[str | None, Meta(description="who made it; null when it is no longer available")]


class Clip(Struct, frozen=True):
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
    created_at: datetime
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


class Subtitled(Struct, frozen=True):
    """What became of a subtitle file."""

    clip: Clip
    left_out: Annotated[
        list[str], Meta(description="what else was in the file and is not kept, such as `2 positions`")
    ]


class ClipPage(Struct, frozen=True):
    """Some clips, and how to ask for more; ``cursor`` is null at the end."""

    clips: list[Clip]
    cursor: str | None


class FeedPage(Struct, frozen=True):
    """The next clips to watch; ``cursor`` is null when the viewer has seen everything."""

    clips: list[Clip]
    cursor: str | None


class NewClip(Struct, frozen=True):
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


class Plan(Struct, frozen=True):
    """When to publish a draft."""

    publish_at: Annotated[
        datetime | None, Meta(description="at most 90 days away; null waits for its creator")
    ]


class ClipEdit(Struct, frozen=True):
    """What to change; absent fields stay as they are."""

    caption: str | None = None
    alt_text: str | None = None
    allows_reuse: Annotated[
        bool | None, Meta(description="clips that carry the sound already keep it either way")
    ] = None


class Sound(Struct, frozen=True):
    """An original sound of this realm: that of one clip, whose id it has."""

    id: IdText
    author: Annotated[Author | None, Meta(description="null when it is no longer available")]
    caption: Annotated[str, Meta(description="of the clip it comes from")]
    duration_ms: Count
    use_count: Annotated[int, Meta(ge=0, description="clips that carry it, the one it comes from included")]
    may_use: Annotated[bool, Meta(description="whether you may make a clip with it")]
    playlist_url: Annotated[str | None, Meta(description="to hear it: HLS, with the clip's picture")]
    poster_url: str | None


class SoundPage(Struct, frozen=True):
    """Some sounds, and how to ask for more; ``cursor`` is null at the end."""

    sounds: list[Sound]
    cursor: str | None


class SoundChoice(Struct, frozen=True):
    """Which sound a clip gets."""

    sound_id: Annotated[IdText | None, Meta(description="a clip's; null for what the file itself has")]


class Upload(Struct, frozen=True):
    """A source file that was checked and can be published until ``expires_at``."""

    id: IdText
    duration_ms: Count
    width: Count
    height: Count
    has_audio: bool
    plays_as_it_is: Annotated[bool, Meta(description="untrimmed, it is live without being encoded first")]
    size_bytes: Count
    expires_at: datetime


class Arrival(Struct, frozen=True):
    """A file that comes in pieces; once it is whole, ``upload`` or ``refusal`` says what became of it."""

    id: IdText
    length_bytes: Count
    offset_bytes: Annotated[int, Meta(ge=0, description="every byte before it is stored durably")]
    expires_at: datetime
    upload: Upload | None
    refusal: Problem | None


class Waiting(Struct, frozen=True):
    """Why nothing happens to a clip yet: its place in the queue, and what the realm lacks, if anything."""

    ahead: Count
    seconds: Count | None
    obstacle: str | None


class Progress(Struct, frozen=True):
    """How far publishing has come. It never goes back."""

    step: Literal["preparing", "storing", "live", "improving", "done", "failed"]
    ratio: Ratio
    is_playable: bool
    failure: Failure | None
    waiting: Waiting | None


class View(Struct, frozen=True):
    """A viewer leaves a clip."""

    watched_ms: Annotated[int, Meta(ge=0, le=86_400_000)]


class Comment(Struct, frozen=True):
    """What somebody said about a clip."""

    id: IdText
    author: Author
    text: str
    created_at: datetime
    is_own: bool


class CommentPage(Struct, frozen=True):
    """Comments, newest first."""

    comments: list[Comment]
    cursor: str | None


class NewComment(Struct, frozen=True):
    """A comment to post, 1 to 500 characters."""

    text: str


class Health(Struct, frozen=True):
    """Whether this process can answer."""

    status: Literal["ok", "degraded"]
    problems: list[str]


class StorePrice(Struct, frozen=True):
    """What a store costs, in decimals of ``currency`` (ISO 4217)."""

    currency: str
    per_gib_month: Annotated[str, Meta(description="declared: of 1,073,741,824 bytes kept for a month")]
    per_month: Annotated[str, Meta(description="that price times the bytes that lie there now")]


class StoreDeclaration(Struct, frozen=True):
    """What the operator says of a store in the manifest; countries are ISO 3166-1 codes, or ZZ."""

    host: Annotated[str, Meta(description="who runs the machines")]
    parent: Annotated[str, Meta(description="who controls the host; its own name when nobody else does")]
    host_country: str
    tenure: Annotated[
        Literal["owned", "leased", "colocated", "cloud"],
        Meta(description="by what right the host has the machines"),
    ]
    city: str
    country: Annotated[str, Meta(description="where the machines are")]
    price: StorePrice | None


class Store(Struct, frozen=True):
    """One place where fragments lie, or lay. All but ``declared`` was counted or tried by the realm."""

    id: str
    declared: Annotated[
        StoreDeclaration | None, Meta(description="null when the manifest does not name it any more")
    ]
    stage: Literal["active", "no-new", "draining", "verified", "deleted", "withdrawn"]
    is_hostile: Annotated[bool, Meta(description="left without another request to it")]
    is_answering: bool
    fragments: Annotated[int, Meta(ge=0, description="that lie there, or should")]
    bytes_held: Count
    waiting: Annotated[int, Meta(ge=0, description="fragments of those that wait for repair")]
    unchecked: Annotated[
        int, Meta(ge=0, description="fragments of those that were not read in full since they were written")
    ]
    oldest_check_at: Annotated[
        datetime | None, Meta(description="when the longest unchecked of the others was read in full")
    ]
    reads_alone: Annotated[
        int, Meta(ge=0, description="sealed objects of which it, its host, parent or site could decode alone")
    ]
    moved: Annotated[int, Meta(ge=0, description="fragments that lie elsewhere since it is being left")]
    copies_deleted: Annotated[int, Meta(ge=0, description="former copies that it deleted since then")]
    copies_owed: Annotated[int, Meta(ge=0, description="former copies that it still has, or may keep")]


class Margin(Struct, frozen=True):
    """Objects that wait for repair."""

    spare: Annotated[int, Meta(description="good fragments they have more than they need; lost below 0")]
    objects: Count


class Storage(Struct, frozen=True):
    """Where the data is, counted in the realm's own records."""

    counted_at: datetime
    k: Annotated[int, Meta(ge=2, description="fragments that bring an object back")]
    n: Annotated[int, Meta(ge=3, description="fragments an object is kept as")]
    is_one_site: Annotated[bool, Meta(description="all stores are folders at one site: no independence")]
    stores: list[Store]
    queue: Annotated[list[Margin], Meta(description="what waits for repair, the closest to loss first")]
    objects_at_risk: Annotated[
        int, Meta(ge=0, description="that one more loss would make unreadable, or that are unreadable now")
    ]
    objects_unreadable: Annotated[
        int, Meta(ge=0, description="of which too few fragments can be fetched until a store answers again")
    ]
    coalitions: Annotated[
        list[list[str]],
        Meta(
            description="the smallest sets of stores that together hold enough to decode some sealed object; "
            "to read it they would still need its owner's key"
        ),
    ]


class Access(Struct, frozen=True):
    """That a member of staff saw something of yours."""

    looked_at: datetime
    action: Annotated[
        str, Meta(description="`access.read`, or `access.export` when it was taken away as a file")
    ]
    purpose: str
    role: str
    handle: Annotated[str, Meta(description="a pseudonym: the same person has the same one")]
    data: Annotated[str, Meta(description="what was seen, such as `email`")]
    leaf_index: Annotated[int, Meta(ge=0)] | None
    receipt: Annotated[str, Meta(description="proves it to anyone: a C2SP tlog-proof")] | None


class Accesses(Struct, frozen=True):
    """Who looked at your data, newest first."""

    accesses: list[Access]


class Volunteer(Struct, frozen=True):
    """An encoder that asks for work."""

    version: Annotated[str, Meta(max_length=40, description="of the program; has to be the realm's own")]


class Lease(Struct, frozen=True):
    """One encoding, lent for as long as it is renewed."""

    id: IdText
    probe: Annotated[dict[str, Any], Meta(description="what the source is, as the realm found it")]
    cut: Annotated[dict[str, Any], Meta(description="what is taken of it")]
    keys: Annotated[
        dict[str, str], Meta(description="the rungs to make, each with its AES-128 key in Base64")
    ]
    source_bytes: Count
    lease_seconds: Annotated[int, Meta(ge=1, description="it ends after so long without a word of progress")]


class Work(Struct, frozen=True):
    """What there is to do, if anything."""

    lease: Lease | None


class EncodingProgress(Struct, frozen=True):
    """How far an encoding is."""

    ratio: Ratio


class SentPiece(Struct, frozen=True):
    """One piece of a rendition that was sent."""

    length_bytes: Annotated[int, Meta(ge=1, le=2**31)]
    iv: Annotated[str, Meta(max_length=24, description="16 bytes in Base64")]


class EncodingDelivery(Struct, frozen=True):
    """The pieces of each rung, in order; the first is the initialisation part."""

    renditions: Annotated[dict[str, Annotated[list[SentPiece], Meta(max_length=4096)]], Meta(max_length=8)]
