"""Original sounds of this realm: finding one, who else used it, and giving it to a clip."""

from enum import StrEnum
from typing import Annotated

from litestar import get, put
from litestar.params import JSONBody, QueryParameter

from reelm.base import ClipId
from reelm.web import schema
from reelm.web.problems import documented
from reelm.web.render import clip, clip_page, sound, sound_page
from reelm.web.routes import Asking, CursorQuery, IdPath, Realm
from reelm.workflows.publish import choose_sound

PAGE_SIZE = 24


class Order(StrEnum):
    """Which sounds come first."""

    RECENT = "recent"
    MOST_USED = "most-used"


OrderQuery = Annotated[Order, QueryParameter(name="order", description="which sounds come first")]
TextQuery = Annotated[
    str | None,
    QueryParameter(
        name="q",
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
    text: TextQuery = None,
    cursor: CursorQuery = None,
) -> schema.SoundPage:
    """Sounds that the caller may use. The most used are one page: of the newest clips."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        if text:
            found = await realm.clips.sounds.find(tx, text, viewer, cursor=cursor, size=PAGE_SIZE)
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
async def read_sound(realm: Realm, caller: Asking, clip_id: IdPath) -> schema.Sound:
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
) -> schema.ClipPage:
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
async def choose(
    realm: Realm, caller: Asking, clip_id: IdPath, data: JSONBody[schema.SoundChoice]
) -> schema.Clip:
    """Choose the sound of one's own draft, or of a clip that could not be published. Safe to repeat."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        sound_id = ClipId(data.sound_id) if data.sound_id else None
        return clip(await choose_sound(tx, ClipId(clip_id), sound_id, by=account, realm=realm))


ROUTES = [list_sounds, read_sound, list_clips_with_sound, choose]
