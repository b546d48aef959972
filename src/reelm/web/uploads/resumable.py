"""Take uploads that survive a lost connection, by the tus protocol; any tus client works."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from litestar import HttpMethod, Request, Response, delete, get, head, patch, post, route
from litestar.exceptions import InternalServerException
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
)
from litestar.params import PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from reelm.base import AccountId, ReelmError, UploadId, account_key
from reelm.media import UploadLock
from reelm.web.caller import Caller
from reelm.web.parameters import Asking, IdPath, Limit, Realm
from reelm.web.problems import documented
from reelm.web.uploads import shapes, tus
from reelm.web.uploads.render import arrival, arrived
from reelm.workflows import OpenRealm
from reelm.workflows.upload import append, create_upload, delete_upload, follow, metadata_of, offset_of

Asked = Request[Any, Any, Any]
AnyPath = Annotated[str, PathParameter(description="whatever a client was given")]

_HEADERS = {
    "Tus-Resumable": f"`{tus.VERSION}`",
    "Upload-Length": "the size of the whole file in bytes",
    "Upload-Offset": "where these bytes go",
    "Upload-Checksum": "`sha256` or `sha1`, a space, and the digest of these bytes in Base64",
    "Upload-Metadata": "keys and values in Base64; kept sealed",
}


@dataclass
class Spoken(Operation):
    """Documents the headers that are read from the request itself, and answers that have headers only."""

    told: ClassVar[tuple[str, ...]] = ("Tus-Resumable",)

    def __post_init__(self) -> None:
        told = [Parameter(name=name, param_in="header", description=_HEADERS[name]) for name in self.told]
        for parameter in told:
            parameter.schema = Schema(type=OpenAPIType.STRING)
        self.parameters = [*(self.parameters or ()), *told]
        for status, answer in (self.responses or {}).items():
            if status in {str(HTTP_200_OK), str(HTTP_204_NO_CONTENT)} and isinstance(answer, OpenAPIResponse):
                answer.content = None


@dataclass
class Begun(Spoken):
    """Documents the announcement of a file, which may bring its first bytes."""

    told = ("Tus-Resumable", "Upload-Length", "Upload-Metadata", "Upload-Checksum")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.request_body = _bytes(is_required=False)


@dataclass
class Appended(Spoken):
    """Documents the bytes of a file."""

    told = ("Tus-Resumable", "Upload-Offset", "Upload-Checksum")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.request_body = _bytes(is_required=True)


@route(
    tus.PATH,
    operation_id="read_abilities",
    http_method=[HttpMethod.OPTIONS],
    operation_class=Spoken,
    responses=documented(400),
    tags=["uploads"],
    status_code=HTTP_204_NO_CONTENT,
)
async def read_abilities(realm: Realm) -> Response[None]:
    """Which version and extensions of tus are spoken, and how large a file may be."""
    return _bare(HTTP_204_NO_CONTENT, tus.abilities(realm.media.limits.max_source_bytes))


@route(
    f"{tus.PATH}/{{upload_id:str}}",
    operation_id="read_abilities_again",
    http_method=[HttpMethod.OPTIONS],
    operation_class=Spoken,
    responses=documented(400),
    tags=["uploads"],
    status_code=HTTP_204_NO_CONTENT,
)
async def read_abilities_again(realm: Realm, upload_id: AnyPath) -> Response[None]:
    """The same, for whoever asks at an upload; it need not be there."""
    del upload_id
    return _bare(HTTP_204_NO_CONTENT, tus.abilities(realm.media.limits.max_source_bytes))


@post(
    tus.PATH,
    operation_id="begin_upload",
    operation_class=Begun,
    responses=documented(400, 401, 403, 412, 413, 415, 422, 423, 429, 460, 503),
    tags=["uploads"],
    status_code=HTTP_201_CREATED,
    request_max_body_size=None,
)
async def begin_upload(
    request: Asked, realm: Realm, caller: Asking, *, limits: Limit
) -> Response[shapes.Arrival]:
    """Announce a file; a body is its first bytes. What could never be taken in whole is refused at once."""
    headers = request.headers
    tus.check_version(headers)
    account = await _account(caller, realm)
    length_bytes, said = tus.length_of(headers), tus.metadata_of(headers)
    body = tus.body_of(headers, start_bytes=0) if tus.has_body(headers) else None
    limits.uploads.take(account_key(account))
    made = await create_upload(length_bytes, metadata=said, owner=account, realm=realm)
    if body is not None:
        try:
            made = await append(made.id, body, body_blocks(request), owner=account, realm=realm)
        except BaseException:
            with suppress(ReelmError):  # nobody was told where it is
                await delete_upload(made.id, owner=account, realm=realm)
            raise
    return Response(arrival(made), headers={"location": f"{tus.PATH}/{made.id}", **tus.state_of(made)})


@head(
    f"{tus.PATH}/{{upload_id:str}}",
    operation_id="read_offset",
    operation_class=Spoken,
    responses=documented(400, 401, 404, 412, 423, 503),
    tags=["uploads"],
)
async def read_offset(request: Asked, realm: Realm, caller: Asking, upload_id: IdPath) -> Response[None]:
    """Where to go on. Another connection that is silent is ended for this."""
    tus.check_version(request.headers)
    account = await _account(caller, realm)
    found = await offset_of(UploadId(upload_id), owner=account, realm=realm)
    said = await metadata_of(found, realm=realm)
    return _bare(HTTP_200_OK, tus.state_of(found) | ({"upload-metadata": said} if said else {}))


@get(
    f"{tus.PATH}/{{upload_id:str}}",
    operation_id="follow_upload",
    responses=documented(400, 401, 404, 503),
    tags=["uploads"],
)
async def follow_upload(realm: Realm, caller: Asking, upload_id: IdPath) -> Response[shapes.Arrival]:
    """How far it has come and, once it is whole, what became of it. Disturbs nobody; needs no tus client."""
    account = await _account(caller, realm)
    found = await follow(UploadId(upload_id), owner=account, realm=realm)
    return Response(arrived(found), headers=tus.state_of(found.arrival))


@patch(
    f"{tus.PATH}/{{upload_id:str}}",
    operation_id="append_to_upload",
    operation_class=Appended,
    responses=documented(400, 401, 403, 404, 409, 412, 413, 415, 422, 423, 460, 503),
    tags=["uploads"],
    status_code=HTTP_204_NO_CONTENT,
    request_max_body_size=None,
)
async def append_to_upload(request: Asked, realm: Realm, caller: Asking, upload_id: IdPath) -> Response[None]:
    """Send bytes. The last one has the file looked at: it is an upload of the same id then, or refused."""
    tus.check_version(request.headers)
    account = await _account(caller, realm)
    body = tus.body_of(request.headers)
    found = await append(UploadId(upload_id), body, body_blocks(request), owner=account, realm=realm)
    return _bare(HTTP_204_NO_CONTENT, tus.state_of(found))


@delete(
    f"{tus.PATH}/{{upload_id:str}}",
    operation_id="terminate_upload",
    operation_class=Spoken,
    responses=documented(400, 401, 403, 404, 409, 412, 423, 503),
    tags=["uploads"],
    status_code=HTTP_204_NO_CONTENT,
)
async def terminate_upload(request: Asked, realm: Realm, caller: Asking, upload_id: IdPath) -> Response[None]:
    """Forget an upload, finished or not, unless it was published."""
    tus.check_version(request.headers)
    account = await _account(caller, realm)
    await delete_upload(UploadId(upload_id), owner=account, realm=realm)
    return _bare(HTTP_204_NO_CONTENT, {})


async def _account(caller: Caller, realm: OpenRealm) -> AccountId:
    async with realm.database.read() as tx:
        return await caller.account(tx)


async def body_blocks(request: Asked) -> AsyncIterator[bytes]:
    """Yield a request's body as it comes; raises ``Interrupted`` when its sender hangs up."""
    try:
        async for block in request.stream():
            yield block
    except InternalServerException:  # the framework's word for a sender who hung up
        raise UploadLock.interrupted() from None


def _bare(status: int, headers: dict[str, str]) -> Response[None]:
    return Response(None, status_code=status, headers=headers)


def _bytes(*, is_required: bool) -> RequestBody:
    binary = OpenAPIMediaType(schema=Schema(content_media_type="application/octet-stream"))
    return RequestBody(content={tus.BODY_TYPE: binary}, required=is_required, description="the bytes")


ROUTES = [
    read_abilities,
    read_abilities_again,
    begin_upload,
    read_offset,
    follow_upload,
    append_to_upload,
    terminate_upload,
]
