"""List clips: the feed, those with a hashtag, and those of a creator."""

from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from reelm.feed import Tab
from reelm.web.clips import shapes
from reelm.web.clips.render import clip_page, feed_page
from reelm.web.parameters import Asking, CursorQuery, HandlePath, Realm, TagPath
from reelm.web.problems import documented

PAGE_SIZE = 24

TabQuery = Annotated[Tab, QueryParameter(name="tab", description="which feed")]


@get("/api/feed", operation_id="read_feed", responses=documented(400, 422, 503), tags=["feed"])
async def read_feed(
    realm: Realm, caller: Asking, tab: TabQuery = Tab.FOR_YOU, cursor: CursorQuery = None
) -> Response[shapes.FeedPage]:
    """The next clips. Nothing comes twice while the cursor is carried along."""
    async with realm.database.read() as tx:
        page = await realm.feed.page(tx, tab=tab, viewer=await caller.viewer(tx), cursor=cursor)
    return Response(feed_page(page), headers={"cache-control": "no-store"})


@get(
    "/api/tags/{tag:str}/clips",
    operation_id="list_tagged",
    responses=documented(400, 422, 503),
    tags=["clips"],
)
async def list_tagged(
    realm: Realm, caller: Asking, tag: TagPath, cursor: CursorQuery = None
) -> shapes.ClipPage:
    """Clips with a hashtag, newest first."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        return clip_page(await realm.clips.tagged(tx, tag, viewer, cursor=cursor, size=PAGE_SIZE))


@get(
    "/api/profiles/{handle:str}/clips",
    operation_id="list_clips_of",
    responses=documented(400, 404, 422, 503),
    tags=["profiles"],
)
async def list_clips_of(
    realm: Realm, caller: Asking, handle: HandlePath, cursor: CursorQuery = None
) -> shapes.ClipPage:
    """A creator's clips, newest first; one's own include those still being prepared."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        return clip_page(await realm.clips.by_author(tx, handle, viewer, cursor=cursor, size=PAGE_SIZE))


ROUTES = [read_feed, list_tagged, list_clips_of]
