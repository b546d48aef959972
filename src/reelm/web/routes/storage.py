"""Where the data is: for everybody, without an account."""

from litestar import Response, get

from reelm.web import schema
from reelm.web.problems import documented
from reelm.web.routes import Kept


@get("/api/storage", operation_id="read_storage", responses=documented(400, 503), tags=["storage"])
async def read_storage(inventory: Kept) -> Response[schema.Storage]:
    """What each store holds, whether it answers and what it could read, and who runs it.

    Stores that are away and objects at risk are part of the answer, not a failure of it.
    """
    return Response(await inventory.read(), headers={"cache-control": "no-store"})


ROUTES = [read_storage]
