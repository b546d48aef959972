"""Sign people up, in and out, and say who is signed in."""

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIResponse, Operation
from litestar.params import JSONBody, SkipValidation
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from reelm.accounts import SessionToken
from reelm.base import AccountId, Tx
from reelm.web.caller import SessionCookie
from reelm.web.parameters import Asking, Realm
from reelm.web.problems import documented
from reelm.web.session import shapes
from reelm.web.uploads.render import upload_limits
from reelm.workflows import OpenRealm
from reelm.workflows.join import join, sign_in

_NO_STORE = {"cache-control": "no-store"}
CookieRule = NamedDependency[SkipValidation[SessionCookie]]


@dataclass
class Emptied(Operation):
    """Documents an answer that has headers and no body."""

    def __post_init__(self) -> None:
        for status, answer in (self.responses or {}).items():
            if status == str(HTTP_204_NO_CONTENT) and isinstance(answer, OpenAPIResponse):
                answer.content = None


@get("/api/session", operation_id="read_session", responses=documented(400, 503), tags=["session"])
async def read_session(
    request: Request[Any, Any, Any], realm: Realm, caller: Asking, cookie: CookieRule
) -> Response[shapes.Session]:
    """Who is signed in, whose realm this is, and the token that whatever changes something has to carry."""
    async with realm.database.read() as tx:
        account = await caller.viewer(tx)
        visitor = caller.visitor or cookie.new_visitor(realm)
        session = await _session(tx, account, realm, page_token=cookie.page_token(caller.token, visitor))
    is_renamed = account is not None and cookie.name not in request.cookies
    cookies = [cookie.visiting(visitor)] if caller.token is None and caller.visitor is None else []
    if caller.token and (await _extend(caller.token, realm) or is_renamed):
        cookies.append(cookie.carrying(caller.token))
    return Response(session, cookies=cookies, headers=_NO_STORE)


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
    password = await realm.accounts.hash_password(data.password, email=data.email, network=caller.network)
    async with realm.database.write() as tx:
        account = await join(
            tx,
            email=data.email,
            password=password,
            handle=data.handle,
            display_name=data.display_name,
            realm=realm,
        )
        if caller.token is not None:
            await realm.accounts.close_session(tx, caller.token)
        token = await realm.accounts.open_session(tx, account.id)
        session = await _session(tx, account.id, realm, page_token=cookie.page_token(token, None))
    cookies = [cookie.carrying(token), cookie.knowing(data.email)]
    return Response(session, cookies=cookies, headers=_NO_STORE)


@post(
    "/api/session",
    operation_id="sign_in",
    responses=documented(400, 401, 403, 413, 429, 503),
    tags=["session"],
    status_code=HTTP_201_CREATED,
)
async def open_session(
    request: Request[Any, Any, Any],
    realm: Realm,
    caller: Asking,
    *,
    cookie: CookieRule,
    data: JSONBody[shapes.SignIn],
) -> Response[shapes.Session]:
    """Open a session; an earlier one of this browser ends. A wrong address looks like a wrong password."""
    made = await sign_in(
        data.email,
        data.password,
        network=caller.network,
        former=caller.token,
        is_known=cookie.knows(request, data.email),
        realm=realm,
    )
    async with realm.database.read() as tx:
        page_token = cookie.page_token(made.token, None)
        session = await _session(
            tx, made.account_id, realm, page_token=page_token, wrong_count=made.wrong_count
        )
    cookies = [cookie.carrying(made.token), cookie.knowing(data.email)]
    return Response(session, cookies=cookies, headers=_NO_STORE)


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


async def _session(
    tx: Tx, viewer: AccountId | None, realm: OpenRealm, *, page_token: str, wrong_count: int = 0
) -> shapes.Session:
    shown = shapes.Realm(
        name=realm.identity.manifest.realm.name,
        operator=realm.identity.manifest.operator.name,
        limits=upload_limits(realm.media.limits),
    )
    if viewer is None:
        return shapes.Session(account=None, realm=shown, page_token=page_token, wrong_sign_ins=0)
    account = await realm.accounts.account(tx, viewer)
    profile = await realm.people.profile_of(tx, viewer)
    return shapes.Session(
        account=shapes.Account(
            id=account.id, handle=profile.handle, display_name=profile.display_name, email=account.email
        ),
        realm=shown,
        page_token=page_token,
        wrong_sign_ins=wrong_count,
    )


ROUTES = [read_session, join_realm, open_session, sign_out]
