"""Serve playlists, keys and pictures. Segments are served by ``reelm.web.front`` from files."""

from litestar import Response, get

from reelm.base import ClipId, RenditionId
from reelm.web.parameters import Asking, IdPath, Realm
from reelm.web.problems import documented
from reelm.workflows.watch import key, master_playlist, media_playlist, poster, storyboard, unseal

HLS = "application/vnd.apple.mpegurl"
OCTETS = "application/octet-stream"
_PRIVATE = {"cache-control": "no-store"}
_KEPT_AN_HOUR = {"cache-control": "private, max-age=3600"}


@get(
    "/hls/{clip_id:str}/master.m3u8",
    operation_id="read_master_playlist",
    responses=documented(400, 404, 410, 503),
    tags=["playback"],
    media_type=HLS,
)
async def read_master(realm: Realm, caller: Asking, clip_id: IdPath) -> Response[str]:
    """The clip's HLS multivariant playlist."""
    async with realm.database.read() as tx:
        text = await master_playlist(tx, ClipId(clip_id), viewer=await caller.viewer(tx), realm=realm)
    return Response(text, media_type=HLS, headers=_PRIVATE)


@get(
    "/hls/{clip_id:str}/{rendition_id:str}/media.m3u8",
    operation_id="read_media_playlist",
    responses=documented(400, 404, 410, 503),
    tags=["playback"],
    media_type=HLS,
)
async def read_playlist(realm: Realm, caller: Asking, clip_id: IdPath, rendition_id: IdPath) -> Response[str]:
    """The playlist of one rendition; its segments are AES-128 ciphertext."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        text = await media_playlist(
            tx, ClipId(clip_id), RenditionId(rendition_id), viewer=viewer, realm=realm
        )
    return Response(text, media_type=HLS, headers=_PRIVATE)


@get(
    "/hls/{clip_id:str}/{rendition_id:str}/key",
    operation_id="read_key",
    responses=documented(400, 404, 410, 503),
    tags=["playback"],
    media_type=OCTETS,
)
async def read_key(realm: Realm, caller: Asking, clip_id: IdPath, rendition_id: IdPath) -> Response[bytes]:
    """The 16-byte AES-128 key of one rendition, for those who may watch the clip."""
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
        secret = await key(tx, ClipId(clip_id), RenditionId(rendition_id), viewer=viewer, realm=realm)
    return Response(secret.reveal(), media_type=OCTETS, headers=_PRIVATE)


@get(
    "/api/clips/{clip_id:str}/poster",
    operation_id="read_poster",
    responses=documented(400, 404, 410, 503),
    tags=["playback"],
    media_type="image/jpeg",
)
async def read_poster(realm: Realm, caller: Asking, clip_id: IdPath) -> Response[bytes]:
    """The clip's still picture."""
    async with realm.database.read() as tx:
        found = await poster(tx, ClipId(clip_id), viewer=await caller.viewer(tx), realm=realm)
    return Response(await unseal(found, realm=realm), media_type="image/jpeg", headers=_KEPT_AN_HOUR)


@get(
    "/api/clips/{clip_id:str}/strip",
    operation_id="read_strip",
    responses=documented(400, 404, 410, 503),
    tags=["playback"],
    media_type="image/jpeg",
)
async def read_strip(realm: Realm, caller: Asking, clip_id: IdPath) -> Response[bytes]:
    """The clip's preview strip; how it is laid out is in the clip."""
    async with realm.database.read() as tx:
        found = await storyboard(tx, ClipId(clip_id), viewer=await caller.viewer(tx), realm=realm)
    return Response(await unseal(found, realm=realm), media_type="image/jpeg", headers=_KEPT_AN_HOUR)


ROUTES = [read_master, read_playlist, read_key, read_poster, read_strip]
