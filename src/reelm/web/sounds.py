"""Find original sounds of this realm and their clips, and give one to a clip: shapes, rendering, routes."""

from enum import StrEnum
from typing import Annotated

from litestar import get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta, Struct

from reelm import clips
from reelm.base import ClipId
from reelm.web.clips.render import clip, clip_page
from reelm.web.clips.shapes import Clip, ClipPage
from reelm.web.parameters import Asking, Count, CursorQuery, IdPath, IdText, Realm
from reelm.web.people.render import author
from reelm.web.people.shapes import Author
from reelm.web.problems import documented
from reelm.workflows.publish import choose_sound

PAGE_SIZE = 24


class Sound(Struct, frozen=True, kw_only=True):
    """An original sound of this realm: that of one clip, whose id it has."""

    id: IdText
    author: Annotated[Author | None, Meta(description="null when it is no longer available")]
    caption: Annotated[str, Meta(description="of the clip it comes from")]
    duration_ms: Count
    use_count: Annotated[int, Meta(ge=0, description="clips that carry it, the one it comes from included")]
    may_use: Annotated[bool, Meta(description="whether you may make a clip with it")]
    playlist_url: Annotated[str | None, Meta(description="to hear it: HLS, with the clip's picture")]
    poster_url: str | None


class SoundPage(Struct, frozen=True, kw_only=True):
    """Some sounds, and how to ask for more; ``cursor`` is null at the end."""

    sounds: list[Sound]
    cursor: str | None


class SoundChoice(Struct, frozen=True, kw_only=True):
    """Which sound a clip gets."""

    sound_id: Annotated[IdText | None, Meta(description="a clip's; null for what the file itself has")]


def sound(found: clips.Sound) -> Sound:
    return Sound(
        id=found.id,
        author=author(found.author) if found.author else None,
        caption=found.caption,
        duration_ms=found.duration_ms,
        use_count=found.use_count,
        may_use=found.may_use,
        playlist_url=f"/hls/{found.id}/master.m3u8" if found.is_available else None,
        poster_url=f"/api/clips/{found.id}/poster" if found.is_available else None,
    )


def sound_page(page: clips.SoundPage) -> SoundPage:
    return SoundPage(sounds=[sound(each) for each in page.sounds], cursor=page.cursor)


class Order(StrEnum):
    """Which sounds come first."""

    RECENT = "recent"
    MOST_USED = "most-used"


OrderQuery = Annotated[Order, QueryParameter(name="order", description="which sounds come first")]
TextQuery = Annotated[
    str | None,
    QueryParameter(
        max_length=64,
        description="only those by people whose handle begins so, or of clips with that hashtag",
    ),
]


@get("/api/sounds", operation_id="list_sounds", responses=documented(400, 422, 503), tags=["sounds"])
async def list_sounds(
    realm: Realm,
    caller: Asking,
    *,
    order: OrderQuery = Order.RECENT,
    q: TextQuery = None,
    cursor: CursorQuery = None,
) -> SoundPage:
    """Sounds that the caller may use. The most used are one page: of the newest clips."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        if q:
            found = await realm.clips.sounds.find(tx, q, viewer, cursor=cursor, size=PAGE_SIZE)
        elif order is Order.MOST_USED:
            found = await realm.clips.sounds.most_used(tx, viewer, size=PAGE_SIZE)
        else:
            found = await realm.clips.sounds.recent(tx, viewer, cursor=cursor, size=PAGE_SIZE)
        return sound_page(found)


@get(
    "/api/sounds/{clip_id:str}",
    operation_id="read_sound",
    responses=documented(400, 404, 503),
    tags=["sounds"],
)
async def read_sound(realm: Realm, caller: Asking, clip_id: IdPath) -> Sound:
    """One sound, also when it is no longer available and clips still carry it."""
    async with realm.database.read() as tx:
        return sound(await realm.clips.sounds.view(tx, ClipId(clip_id), await caller.viewer(tx)))


@get(
    "/api/sounds/{clip_id:str}/clips",
    operation_id="list_clips_with_sound",
    responses=documented(400, 422, 503),
    tags=["sounds"],
)
async def list_clips_with_sound(
    realm: Realm, caller: Asking, clip_id: IdPath, cursor: CursorQuery = None
) -> ClipPage:
    """Clips that carry a sound, newest first."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        page = await realm.clips.with_sound(tx, ClipId(clip_id), viewer, cursor=cursor, size=PAGE_SIZE)
        return clip_page(page)


@put(
    "/api/clips/{clip_id:str}/sound",
    operation_id="choose_sound",
    responses=documented(400, 401, 403, 404, 409, 410, 413, 422, 503),
    tags=["sounds"],
)
async def choose(realm: Realm, caller: Asking, clip_id: IdPath, data: JSONBody[SoundChoice]) -> Clip:
    """Choose the sound of one's own draft, or of a clip that could not be published. Safe to repeat."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        sound_id = ClipId(data.sound_id) if data.sound_id else None
        return clip(await choose_sound(tx, ClipId(clip_id), sound_id, by=account, realm=realm))


ROUTES = [list_sounds, read_sound, list_clips_with_sound, choose]
