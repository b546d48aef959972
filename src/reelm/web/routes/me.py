"""What only the person themselves is shown."""

from litestar import Response, get

from reelm.web import schema
from reelm.web.problems import documented
from reelm.web.routes import Asking, Realm
from reelm.workflows.staff import ProvenRead, reads_shown


@get("/api/me/access", operation_id="list_my_accesses", responses=documented(400, 401, 503), tags=["me"])
async def list_my_accesses(realm: Realm, caller: Asking) -> Response[schema.Accesses]:
    """Who of this realm's staff looked at my data, newest first, at most the last 100."""
    async with realm.database.read() as tx:
        viewer = await caller.account(tx)
    shown = await reads_shown(viewer, realm=realm)
    return Response(
        schema.Accesses(accesses=[_access(each) for each in shown]), headers={"cache-control": "no-store"}
    )


def _access(shown: ProvenRead) -> schema.Access:
    look = shown.read
    return schema.Access(
        looked_at=look.looked_at,
        action=look.action,
        purpose=look.purpose,
        role=look.role,
        handle=look.handle,
        data=look.data,
        leaf_index=look.leaf_index,
        receipt=shown.receipt,
    )


ROUTES = [list_my_accesses]
