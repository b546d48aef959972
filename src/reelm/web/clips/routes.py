"""Publish, edit, remove, like and view clips; stream how publishing goes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import delete, get, patch, put
from litestar import post as post_to
from litestar.params import HeaderParameter, JSONBody
from litestar.response import ServerSentEvent, ServerSentEventMessage
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from reelm.base import AccountId, ClipId, ReelmError, UploadId, account_key
from reelm.web.clips import shapes
from reelm.web.clips.render import clip, posting, progress
from reelm.web.parameters import Asking, IdPath, Limit, Realm
from reelm.web.problems import documented
from reelm.workflows import OpenRealm
from reelm.workflows.publish import post, publish_now, remove

WATCH_EVERY_SECONDS = 0.25
KEEP_ALIVE_SECONDS = 15
LONGEST_WATCH_SECONDS = 1800


@post_to(
    "/api/clips",
    operation_id="publish_clip",
    responses=documented(400, 401, 403, 404, 409, 410, 413, 422, 429, 503),
    tags=["clips"],
    status_code=HTTP_201_CREATED,
)
async def publish_clip(
    realm: Realm, caller: Asking, limits: Limit, data: JSONBody[shapes.NewClip]
) -> shapes.Clip:
    """Publish an upload. Repeating it with the same upload gives the same clip."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        limits.posts.take(account_key(account))
        found = await post(tx, UploadId(data.upload_id), posting(data), by=account, realm=realm)
        return clip(found)


@get(
    "/api/clips/{clip_id:str}",
    operation_id="read_clip",
    responses=documented(400, 404, 410, 503),
    tags=["clips"],
)
async def read_clip(realm: Realm, caller: Asking, clip_id: IdPath) -> shapes.Clip:
    """One clip."""
    async with realm.database.read() as tx:
        return clip(await realm.clips.view(tx, ClipId(clip_id), await caller.viewer(tx)))


@patch(
    "/api/clips/{clip_id:str}",
    operation_id="edit_clip",
    responses=documented(400, 401, 403, 404, 410, 413, 422, 503),
    tags=["clips"],
)
async def edit_clip(
    realm: Realm, caller: Asking, clip_id: IdPath, data: JSONBody[shapes.ClipEdit]
) -> shapes.Clip:
    """Change the words of one's own clip, or who may use its sound. Safe to repeat."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        found = await realm.clips.edit(
            tx,
            ClipId(clip_id),
            account,
            caption=data.caption,
            alt_text=data.alt_text,
            allows_reuse=data.allows_reuse,
        )
        return clip(found)


@put(
    "/api/clips/{clip_id:str}/plan",
    operation_id="plan_draft",
    responses=documented(400, 401, 403, 404, 409, 410, 413, 422, 503),
    tags=["clips"],
)
async def plan_draft(
    realm: Realm, caller: Asking, clip_id: IdPath, data: JSONBody[shapes.Plan]
) -> shapes.Clip:
    """Choose when one's own draft is published. Safe to repeat."""
    async with realm.database.write() as tx:
        account = await caller.account(tx)
        return clip(await realm.clips.drafts.plan(tx, ClipId(clip_id), account, publish_at=data.publish_at))


@post_to(
    "/api/clips/{clip_id:str}/publish",
    operation_id="publish_draft",
    responses=documented(400, 401, 403, 404, 410, 503),
    tags=["clips"],
    status_code=HTTP_200_OK,
)
async def publish_draft(realm: Realm, caller: Asking, clip_id: IdPath) -> shapes.Clip:
    """Publish one's own draft now. Safe to repeat."""
    async with realm.database.write() as tx:
        return clip(await publish_now(tx, ClipId(clip_id), by=await caller.account(tx), realm=realm))


@delete(
    "/api/clips/{clip_id:str}",
    operation_id="remove_clip",
    responses=documented(400, 401, 403, 404, 503),
    tags=["clips"],
    status_code=HTTP_204_NO_CONTENT,
)
async def remove_clip(realm: Realm, caller: Asking, clip_id: IdPath) -> None:
    """Take one's own clip back, for everyone and for good. Safe to repeat."""
    async with realm.database.read() as tx:
        account = await caller.account(tx)
    await remove(ClipId(clip_id), by=account, realm=realm)


@post_to(
    "/api/clips/{clip_id:str}/retry",
    operation_id="retry_clip",
    responses=documented(400, 401, 403, 404, 409, 410, 503),
    tags=["clips"],
    status_code=HTTP_200_OK,
)
async def retry_clip(realm: Realm, caller: Asking, clip_id: IdPath) -> shapes.Clip:
    """Try publishing again after a failure."""
    async with realm.database.write() as tx:
        return clip(await realm.clips.publishing.retry(tx, ClipId(clip_id), await caller.account(tx)))


@get(
    "/api/clips/{clip_id:str}/progress",
    operation_id="watch_progress",
    responses=documented(400, 401, 403, 404, 410, 429, 503),
    tags=["clips"],
    media_type="text/event-stream",
)
async def watch_progress(
    realm: Realm,
    caller: Asking,
    *,
    limits: Limit,
    clip_id: IdPath,
    seen: Annotated[str | None, HeaderParameter(name="Last-Event-ID", max_length=64)] = None,
) -> ServerSentEvent:
    """How publishing goes: events named `progress`, each a Progress, until it is done or has failed.

    An event's id stands for what it says: who comes back with the newest one is told nothing twice.
    """
    async with realm.database.read() as tx:
        account = await caller.account(tx)
        await realm.clips.publishing.progress(tx, ClipId(clip_id), account)
    who = account_key(account)
    limits.streams.check(who)
    return ServerSentEvent(limits.streams.counted(who, _events(ClipId(clip_id), account, realm, seen=seen)))


@put(
    "/api/clips/{clip_id:str}/like",
    operation_id="like",
    responses=documented(400, 401, 403, 404, 410, 503),
    tags=["clips"],
)
async def like(realm: Realm, caller: Asking, clip_id: IdPath) -> shapes.Clip:
    """Like a clip. Safe to repeat."""
    async with realm.database.write() as tx:
        return clip(await realm.clips.reactions.like(tx, ClipId(clip_id), await caller.account(tx)))


@delete(
    "/api/clips/{clip_id:str}/like",
    operation_id="unlike",
    responses=documented(400, 401, 403, 404, 410, 503),
    tags=["clips"],
    status_code=HTTP_200_OK,
)
async def unlike(realm: Realm, caller: Asking, clip_id: IdPath) -> shapes.Clip:
    """Take a like back. Safe to repeat."""
    async with realm.database.write() as tx:
        return clip(await realm.clips.reactions.unlike(tx, ClipId(clip_id), await caller.account(tx)))


@post_to(
    "/api/clips/{clip_id:str}/views",
    operation_id="count_view",
    responses=documented(400, 403, 413, 429, 503),
    tags=["clips"],
    status_code=HTTP_204_NO_CONTENT,
)
async def count_view(
    realm: Realm, caller: Asking, *, limits: Limit, clip_id: IdPath, data: JSONBody[shapes.View]
) -> None:
    """Report that a viewer leaves a clip; docs/explanation/feed.md says what counts as a view."""
    limits.reports.take(caller.network)
    async with realm.database.read() as tx:
        viewer = await caller.viewer(tx)
    if not limits.views.try_take(viewer, caller.network, ClipId(clip_id)):
        return
    has_counted = False
    try:
        async with realm.database.write() as tx:
            has_counted = await realm.clips.reactions.count_view(
                tx, ClipId(clip_id), watched_ms=data.watched_ms, viewer=viewer
            )
    finally:
        if not has_counted:
            limits.views.give_back(viewer, caller.network, ClipId(clip_id))


async def _events(
    clip_id: ClipId, owner: AccountId, realm: OpenRealm, *, seen: str | None
) -> AsyncIterator[ServerSentEventMessage]:
    last = seen
    started = quiet_since = realm.clock.monotonic_seconds()
    while realm.clock.monotonic_seconds() - started < LONGEST_WATCH_SECONDS:
        try:
            async with realm.database.read() as tx:
                places = realm.gates.encode.places
                now = progress(await realm.clips.publishing.progress(tx, clip_id, owner, places=places))
        except ReelmError:
            return  # the clip was removed meanwhile: there is nothing more to tell
        said = msgspec.json.encode(now)
        name = hashlib.sha256(said).hexdigest()[:16]
        if name != last:
            last, quiet_since = name, realm.clock.monotonic_seconds()
            yield ServerSentEventMessage(event="progress", id=name, data=said.decode())
        elif realm.clock.monotonic_seconds() - quiet_since > KEEP_ALIVE_SECONDS:
            quiet_since = realm.clock.monotonic_seconds()
            yield ServerSentEventMessage(comment="still here")
        if now.step in {"done", "failed"}:
            return
        await asyncio.sleep(WATCH_EVERY_SECONDS)


ROUTES = [
    publish_clip,
    read_clip,
    edit_clip,
    plan_draft,
    publish_draft,
    remove_clip,
    retry_clip,
    watch_progress,
    like,
    unlike,
    count_view,
]
