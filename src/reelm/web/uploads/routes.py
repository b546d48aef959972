"""Take source files in whole: raw bodies, streamed to disk, checked before they are accepted."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, delete, post
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_201_CREATED, HTTP_204_NO_CONTENT

from reelm.base import UploadId, account_key
from reelm.web.errors import BadFileName, BadLength, NotAVideoType
from reelm.web.parameters import Asking, IdPath, Limit, Realm
from reelm.web.problems import documented
from reelm.web.uploads import shapes
from reelm.web.uploads.render import upload
from reelm.web.uploads.resumable import body_blocks
from reelm.workflows.upload import discard, receive

MEDIA_TYPES = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "application/octet-stream")


@dataclass
class RawVideo(Operation):
    """Documents the raw request body, which the handler streams instead of parsing."""

    def __post_init__(self) -> None:
        binary = OpenAPIMediaType(schema=Schema(content_media_type="application/octet-stream"))
        self.request_body = RequestBody(
            content=dict.fromkeys(MEDIA_TYPES, binary), required=True, description="the file, as it is"
        )


@post(
    "/api/uploads",
    operation_id="upload",
    operation_class=RawVideo,
    responses=documented(400, 401, 403, 413, 415, 422, 423, 429, 503),
    tags=["uploads"],
    status_code=HTTP_201_CREATED,
    request_max_body_size=None,
)
async def take_upload(
    request: Request[Any, Any, Any],
    realm: Realm,
    caller: Asking,
    *,
    limits: Limit,
    name: Annotated[
        str | None, QueryParameter(name="name", description="what the file is called; not stored")
    ] = None,
) -> shapes.Upload:
    """Send a source file. It is checked at once; a file that cannot be published is refused and forgotten."""
    async with realm.database.read() as tx:
        account = await caller.account(tx)
    limits.uploads.take(account_key(account))
    _check_type(request.headers.get("content-type", ""))
    _check_name(name)
    declared_bytes = _length(request.headers.get("content-length"))
    return upload(
        await receive(body_blocks(request), declared_bytes=declared_bytes, owner=account, realm=realm)
    )


@delete(
    "/api/uploads/{upload_id:str}",
    operation_id="discard_upload",
    responses=documented(400, 401, 403, 404, 409, 503),
    tags=["uploads"],
    status_code=HTTP_204_NO_CONTENT,
)
async def discard_upload(realm: Realm, caller: Asking, upload_id: IdPath) -> None:
    """Forget an upload that was not published. Safe to repeat."""
    async with realm.database.read() as tx:
        account = await caller.account(tx)
    await discard(UploadId(upload_id), owner=account, realm=realm)


def _length(text: str | None) -> int | None:
    """Return the announced size; a body sent in chunks announces none."""
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,18}", text):
        raise BadLength(
            "The Content-Length header is not a number of bytes. Nothing was saved. Send it again."
        )
    return int(text)


def _check_type(content_type: str) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in MEDIA_TYPES:
        raise NotAVideoType(
            "Only MP4, MOV, WebM and MKV files can be published. Nothing was saved. Choose a video file."
        )


def _check_name(name: str | None) -> None:
    if name is None:
        return
    is_odd = name in {"", ".", ".."} or len(name) > 255 or any(part in name for part in "/\\")
    if is_odd or not name.isprintable():
        raise BadFileName(
            "A file name has 1 to 255 printable characters and no slash. Nothing was saved. Rename it."
        )


ROUTES = [take_upload, discard_upload]
