"""Take and serve subtitles of clips: files in, WebVTT out."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, delete, get, put
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import PathParameter
from litestar.status_codes import HTTP_200_OK

from reelm.base import ClipId
from reelm.web.clips import shapes
from reelm.web.clips.render import clip
from reelm.web.parameters import Asking, IdPath, Realm
from reelm.web.problems import documented
from reelm.workflows.publish import remove_subtitles, subtitle
from reelm.workflows.watch import subtitles, unseal

VTT = "text/vtt"
LanguagePath = Annotated[str, PathParameter(max_length=35, description="BCP 47, such as en or pt-BR")]


@dataclass
class RawSubtitles(Operation):
    """Documents the raw request body."""

    def __post_init__(self) -> None:
        text = OpenAPIMediaType(schema=Schema(content_media_type=VTT))
        kinds = dict.fromkeys((VTT, "application/x-subrip", "text/plain"), text)
        self.request_body = RequestBody(
            content=kinds, required=True, description="WebVTT or SubRip, in UTF-8"
        )


@put(
    "/api/clips/{clip_id:str}/subtitles/{language:str}",
    operation_id="put_subtitles",
    operation_class=RawSubtitles,
    responses=documented(400, 401, 403, 404, 409, 410, 413, 422, 503),
    tags=["clips"],
)
async def put_subtitles(
    request: Request[Any, Any, Any], realm: Realm, caller: Asking, *, clip_id: IdPath, language: LanguagePath
) -> shapes.Subtitled:
    """Give one's own clip subtitles; they replace earlier ones of that language."""
    async with realm.database.read() as tx:
        account = await caller.account(tx)
    data = await request.body()
    found, left_out = await subtitle(ClipId(clip_id), language, data, by=account, realm=realm)
    return shapes.Subtitled(clip=clip(found), left_out=list(left_out))


@get(
    "/api/clips/{clip_id:str}/subtitles/{language:str}",
    operation_id="read_subtitles",
    responses=documented(400, 404, 410, 503),
    tags=["playback"],
    media_type=VTT,
)
async def read_subtitles(
    realm: Realm, caller: Asking, clip_id: IdPath, language: LanguagePath
) -> Response[bytes]:
    """Subtitles of a clip, as WebVTT."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        found = await subtitles(tx, ClipId(clip_id), language, viewer=viewer, realm=realm)
    return Response(await unseal(found, realm=realm), media_type=VTT, headers={"cache-control": "no-store"})


@delete(
    "/api/clips/{clip_id:str}/subtitles/{language:str}",
    operation_id="remove_subtitles",
    responses=documented(400, 401, 403, 404, 410, 503),
    tags=["clips"],
    status_code=HTTP_200_OK,
)
async def drop_subtitles(
    realm: Realm, caller: Asking, clip_id: IdPath, language: LanguagePath
) -> shapes.Clip:
    """Take subtitles back. Safe to repeat."""
    async with realm.database.read() as tx:
        account = await caller.account(tx)
    return clip(await remove_subtitles(ClipId(clip_id), language, by=account, realm=realm))


ROUTES = [put_subtitles, read_subtitles, drop_subtitles]
