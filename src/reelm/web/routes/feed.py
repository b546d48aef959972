"""What to watch next."""

from typing import Annotated

from litestar import Response, get
from litestar.params import QueryParameter

from reelm.feed import Tab
from reelm.web import schema
from reelm.web.problems import documented
from reelm.web.render import feed_page
from reelm.web.routes import Asking, CursorQuery, Realm

TabQuery = Annotated[Tab, QueryParameter(name="tab", description="which feed")]


@get("/api/feed", operation_id="read_feed", responses=documented(400, 422, 503), tags=["feed"])
async def read_feed(
    realm: Realm, caller: Asking, tab: TabQuery = Tab.FOR_YOU, cursor: CursorQuery = None
) -> Response[schema.FeedPage]:
    """The next clips. Nothing comes twice while the cursor is carried along."""
    async with realm.database.read() as tx:
        page = await realm.feed.page(tx, tab=tab, viewer=await caller.viewer(tx), cursor=cursor)
    return Response(feed_page(page), headers={"cache-control": "no-store"})


ROUTES = [read_feed]
