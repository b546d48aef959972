"""Serve members of staff. Each answer with somebody's data is on the ledger before it is given."""

from collections.abc import Iterable

from litestar import Response, get, post
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from reelm.base import AccountId, account_key
from reelm.web.caller import Caller
from reelm.web.limits import Limits
from reelm.web.parameters import Asking, Limit, Realm
from reelm.web.problems import documented
from reelm.web.staff import shapes
from reelm.workflows import OpenRealm
from reelm.workflows.staff import access_to_email, export_email_list, read_email

CSV = "text/csv"
_NO_STORE = {"cache-control": "no-store"}


@get("/api/staff/role", operation_id="read_my_role", responses=documented(400, 401, 403, 503), tags=["staff"])
async def read_my_role(realm: Realm, caller: Asking) -> Response[shapes.Role]:
    """My role among the staff of this realm, and what it may do at most."""
    async with realm.database.read() as tx:
        standing = await realm.access.role_of(tx, await caller.account(tx))
    member = standing.member
    role = shapes.Role(
        pseudonym=member.handle,
        role=member.role,
        employer=member.employer,
        country=member.country,
        is_revoked=member.is_revoked,
        may_at_most=list(standing.may_at_most),
    )
    return Response(role, headers=_NO_STORE)


@post(
    "/api/staff/looks",
    operation_id="look_at_email",
    responses=documented(400, 401, 403, 404, 410, 413, 422, 429, 503),
    tags=["staff"],
    status_code=HTTP_200_OK,
)
async def see_email(
    realm: Realm, caller: Asking, limits: Limit, data: JSONBody[shapes.EmailLook]
) -> Response[shapes.SeenEmail]:
    """See somebody's e-mail address. A refusal is in the public ledger too."""
    by, (subject,) = await _about([data.subject], realm, caller, limits)
    seen = await read_email(
        subject, purpose=data.purpose, ticket=data.ticket, approval_id=data.approval_id, by=by, realm=realm
    )
    return Response(shapes.SeenEmail(email=seen.email, leaf_index=seen.leaf_index), headers=_NO_STORE)


@post(
    "/api/staff/approvals",
    operation_id="approve_access",
    responses=documented(400, 401, 403, 404, 413, 422, 429, 503),
    tags=["staff"],
    status_code=HTTP_201_CREATED,
)
async def approve_access(
    realm: Realm, caller: Asking, limits: Limit, data: JSONBody[shapes.NewApproval]
) -> Response[shapes.GivenApproval]:
    """Approve that another member of staff has exactly this, once, within a quarter of an hour."""
    by, subjects = await _about(data.subjects, realm, caller, limits)
    asked = access_to_email(data.action, purpose=data.purpose, ticket=data.ticket, realm=realm)
    approval_id = await realm.access.approve(realm.database, by, data.asker, asked, subjects=subjects)
    return Response(
        shapes.GivenApproval(approval_id=approval_id), status_code=HTTP_201_CREATED, headers=_NO_STORE
    )


@post(
    "/api/staff/exports",
    operation_id="export_emails",
    responses=documented(400, 401, 403, 404, 410, 413, 422, 429, 503),
    tags=["staff"],
    status_code=HTTP_200_OK,
    media_type=CSV,
)
async def export_emails(
    realm: Realm, caller: Asking, limits: Limit, data: JSONBody[shapes.EmailExport]
) -> Response[bytes]:
    """Take e-mail addresses away as a marked file, which says in its name which export it is."""
    by, subjects = await _about(data.subjects, realm, caller, limits)
    taken = await export_email_list(
        subjects, purpose=data.purpose, ticket=data.ticket, approval_id=data.approval_id, by=by, realm=realm
    )
    name = f'attachment; filename="export-{taken.export_id}.csv"'
    return Response(taken.file, media_type=CSV, headers={**_NO_STORE, "content-disposition": name})


@post(
    "/api/staff/emergencies",
    operation_id="break_glass",
    responses=documented(400, 401, 403, 413, 422, 429, 503),
    tags=["staff"],
    status_code=HTTP_201_CREATED,
)
async def break_glass(
    realm: Realm, caller: Asking, limits: Limit, data: JSONBody[shapes.NewEmergency]
) -> Response[shapes.Emergency]:
    """Begin an hour in which, for this purpose, no second person is needed. Everybody can see that."""
    by, _ = await _about([], realm, caller, limits)
    index = await realm.access.break_glass(realm.database, by, data.purpose)
    return Response(shapes.Emergency(leaf_index=index), status_code=HTTP_201_CREATED, headers=_NO_STORE)


@post(
    "/api/staff/reviews",
    operation_id="review_emergency",
    responses=documented(400, 401, 403, 413, 422, 429, 503),
    tags=["staff"],
    status_code=HTTP_204_NO_CONTENT,
)
async def review_emergency(
    realm: Realm, caller: Asking, limits: Limit, data: JSONBody[shapes.Review]
) -> None:
    """Say what somebody else's emergency was, once; in public."""
    by, _ = await _about([], realm, caller, limits)
    async with realm.database.write() as tx:
        await realm.access.review(tx, by, data.emergency, data.finding)


async def _about(
    handles: Iterable[str], realm: OpenRealm, caller: Caller, limits: Limits
) -> tuple[AccountId, list[AccountId]]:
    """Return who asks, counted, and about whom."""
    async with realm.database.read() as tx:
        by = await caller.account(tx)
        limits.staff.take(account_key(by))
        return by, [await realm.people.account_of(tx, handle) for handle in handles]


ROUTES = [read_my_role, see_email, approve_access, export_emails, break_glass, review_emergency]
