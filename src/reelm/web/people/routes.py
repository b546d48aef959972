"""Serve creators' profiles and who follows them; show people who looked at their own data."""

import msgspec
from litestar import Response, delete, get, patch, put
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK

from reelm import people
from reelm.web.parameters import Asking, HandlePath, Realm
from reelm.web.people import shapes
from reelm.web.people.render import access, profile
from reelm.web.problems import documented
from reelm.workflows.staff import reads_shown


@get(
    "/api/profiles/{handle:str}",
    operation_id="read_profile",
    responses=documented(400, 404, 503),
    tags=["profiles"],
)
async def read_profile(realm: Realm, caller: Asking, handle: HandlePath) -> shapes.Profile:
    """A creator's page."""
    async with realm.database.read() as tx:
        return profile(await realm.people.profile(tx, handle, await caller.viewer(tx)))


@patch(
    "/api/profile",
    operation_id="edit_profile",
    responses=documented(400, 401, 403, 413, 422, 503),
    tags=["profiles"],
)
async def edit_profile(realm: Realm, caller: Asking, data: JSONBody[shapes.ProfileEdit]) -> shapes.Profile:
    """Change what the signed-in account says on its profile."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        edit = people.ProfileEdit(**msgspec.structs.asdict(data))
        return profile(await realm.people.edit_profile(tx, account, edit))


@put(
    "/api/profiles/{handle:str}/follow",
    operation_id="follow",
    responses=documented(400, 401, 403, 404, 422, 503),
    tags=["profiles"],
)
async def follow(realm: Realm, caller: Asking, handle: HandlePath) -> shapes.Profile:
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
async def unfollow(realm: Realm, caller: Asking, handle: HandlePath) -> shapes.Profile:
    """Stop following a creator. Safe to repeat."""
    async with realm.database.write() as tx:
        return profile(await realm.people.unfollow(tx, handle, await caller.account(tx)))


@get("/api/me/access", operation_id="list_my_accesses", responses=documented(400, 401, 503), tags=["me"])
async def list_my_accesses(realm: Realm, caller: Asking) -> Response[shapes.Accesses]:
    """Who of this realm's staff looked at my data, newest first, at most the last 100."""
    async with realm.database.read() as tx:
        viewer = await caller.account(tx)
    shown = await reads_shown(viewer, realm=realm)
    return Response(
        shapes.Accesses(accesses=[access(each) for each in shown]), headers={"cache-control": "no-store"}
    )


ROUTES = [read_profile, edit_profile, follow, unfollow, list_my_accesses]
