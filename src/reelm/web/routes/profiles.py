"""Creators and who follows them."""

from litestar import delete, get, patch, put
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from reelm.web import schema
from reelm.web.problems import documented
from reelm.web.render import clip_page, profile
from reelm.web.routes import Asking, CursorQuery, HandlePath, Realm

PAGE_SIZE = 24


@get(
    "/api/profiles/{handle:str}",
    operation_id="read_profile",
    responses=documented(400, 404, 503),
    tags=["profiles"],
)
async def read_profile(realm: Realm, caller: Asking, handle: HandlePath) -> schema.Profile:
    """A creator's page."""
    async with realm.database.read() as tx:
        return profile(await realm.people.profile(tx, handle, await caller.viewer(tx)))


@patch(
    "/api/profile",
    operation_id="edit_profile",
    responses=documented(400, 401, 403, 413, 422, 503),
    tags=["profiles"],
)
async def edit_profile(realm: Realm, caller: Asking, data: JSONBody[schema.ProfileEdit]) -> schema.Profile:
    """Change the display name or the bio of the signed-in account."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        return profile(
            await realm.people.edit_profile(tx, account, display_name=data.display_name, bio=data.bio)
        )


@put(
    "/api/profiles/{handle:str}/follow",
    operation_id="follow",
    responses=documented(400, 401, 403, 404, 422, 503),
    tags=["profiles"],
)
async def follow(realm: Realm, caller: Asking, handle: HandlePath) -> schema.Profile:
    """Follow a creator. Safe to repeat."""
    async with realm.database.write() as tx:
        return profile(await realm.people.follow(tx, handle, await caller.account(tx)))


@delete(
    "/api/profiles/{handle:str}/follow",
    operation_id="unfollow",
    responses=documented(400, 401, 403, 404, 422, 503),
    tags=["profiles"],
    status_code=HTTP_200_OK,
)
async def unfollow(realm: Realm, caller: Asking, handle: HandlePath) -> schema.Profile:
    """Stop following a creator. Safe to repeat."""
    async with realm.database.write() as tx:
        return profile(await realm.people.unfollow(tx, handle, await caller.account(tx)))


@get(
    "/api/profiles/{handle:str}/clips",
    operation_id="list_clips_of",
    responses=documented(400, 404, 422, 503),
    tags=["profiles"],
)
async def list_clips_of(
    realm: Realm, caller: Asking, handle: HandlePath, cursor: CursorQuery = None
) -> schema.ClipPage:
    """A creator's clips, newest first; one's own include those still being prepared."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        return clip_page(await realm.clips.by_author(tx, handle, viewer, cursor=cursor, size=PAGE_SIZE))


ROUTES = [read_profile, edit_profile, follow, unfollow, list_clips_of]
