"""Sign people up, in and out, and say who is signed in."""

from dataclasses import dataclass

from litestar import Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIResponse, Operation
from litestar.params import JSONBody, SkipValidation
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from reelm.accounts import SessionToken, WrongCredentials
from reelm.base import AccountId, Tx
from reelm.web.caller import SessionCookie
from reelm.web.parameters import Asking, Realm
from reelm.web.problems import documented
from reelm.web.session import shapes
from reelm.web.uploads.render import upload_limits
from reelm.workflows import OpenRealm
from reelm.workflows.join import join

CookieRule = NamedDependency[SkipValidation[SessionCookie]]


@dataclass
class Emptied(Operation):
    """Documents an answer that has headers and no body."""

    def __post_init__(self) -> None:
        for status, answer in (self.responses or {}).items():
            if status == str(HTTP_204_NO_CONTENT) and isinstance(answer, OpenAPIResponse):
                answer.content = None


@get("/api/session", operation_id="read_session", responses=documented(400, 503), tags=["session"])
async def read_session(realm: Realm, caller: Asking, cookie: CookieRule) -> Response[shapes.Session]:
    """Who is signed in, and whose realm this is. Also hands out the csrftoken cookie."""
    async with realm.database.read() as tx:
        session = await _session(tx, await caller.viewer(tx), realm)
    cookies = [cookie.carrying(caller.token)] if caller.token and await _extend(caller.token, realm) else []
    return Response(session, cookies=cookies, headers={"cache-control": "no-store"})


@post(
    "/api/accounts",
    operation_id="join",
    responses=documented(400, 403, 409, 413, 422, 429, 503),
    tags=["session"],
    status_code=HTTP_201_CREATED,
)
async def join_realm(
    realm: Realm, caller: Asking, cookie: CookieRule, data: JSONBody[shapes.Join]
) -> Response[shapes.Session]:
    """Create an account and sign it in."""
    realm.accounts.allow_sign_up(caller.address)
    password = await realm.accounts.hash_password(data.password, email=data.email)
    async with realm.database.write() as tx:
        account = await join(
            tx,
            email=data.email,
            password=password,
            handle=data.handle,
            display_name=data.display_name,
            realm=realm,
        )
        token = await realm.accounts.open_session(tx, account.id)
        session = await _session(tx, account.id, realm)
    return Response(session, cookies=[cookie.carrying(token)], headers={"cache-control": "no-store"})


@post(
    "/api/session",
    operation_id="sign_in",
    responses=documented(400, 401, 403, 413, 429, 503),
    tags=["session"],
    status_code=HTTP_201_CREATED,
)
async def sign_in(
    realm: Realm, caller: Asking, cookie: CookieRule, data: JSONBody[shapes.SignIn]
) -> Response[shapes.Session]:
    """Open a session. A wrong address and a wrong password look the same and take the same time."""
    realm.accounts.allow_sign_in(data.email, caller.address)
    async with realm.database.read() as tx:
        credential = await realm.accounts.credential(tx, data.email)
    if not await realm.accounts.verify(credential, data.password) or credential is None:
        raise WrongCredentials(
            "The e-mail address or the password is wrong. Nobody was signed in. Try again."
        )
    async with realm.database.write() as tx:
        token = await realm.accounts.open_session(tx, credential.account_id)
        session = await _session(tx, credential.account_id, realm)
    return Response(session, cookies=[cookie.carrying(token)], headers={"cache-control": "no-store"})


@delete(
    "/api/session",
    operation_id="sign_out",
    operation_class=Emptied,
    responses=documented(400, 403, 503),
    tags=["session"],
    status_code=HTTP_204_NO_CONTENT,
)
async def sign_out(realm: Realm, caller: Asking, cookie: CookieRule) -> Response[None]:
    """Close the session. Safe to repeat."""
    if caller.token is not None:
        async with realm.database.write() as tx:
            await realm.accounts.close_session(tx, caller.token)
    return Response(None, status_code=HTTP_204_NO_CONTENT, cookies=[cookie.cleared()])


async def _extend(token: SessionToken, realm: OpenRealm) -> bool:
    """Prolong a session that is used, at most once a day; return whether it was."""
    async with realm.database.write() as tx:
        return await realm.accounts.touch(tx, token)


async def _session(tx: Tx, viewer: AccountId | None, realm: OpenRealm) -> shapes.Session:
    shown = shapes.Realm(
        name=realm.identity.manifest.realm.name,
        operator=realm.identity.manifest.operator.name,
        limits=upload_limits(realm.media.limits),
    )
    if viewer is None:
        return shapes.Session(account=None, realm=shown)
    account = await realm.accounts.account(tx, viewer)
    profile = await realm.people.profile_of(tx, viewer)
    return shapes.Session(
        account=shapes.Account(
            id=account.id, handle=profile.handle, display_name=profile.display_name, email=account.email
        ),
        realm=shown,
    )


ROUTES = [read_session, join_realm, sign_in, sign_out]
