"""Hand out playlists, keys, pictures and subtitles of a clip, to those who may see it.

Segments need no workflow: they are ciphertext under unguessable names, and the origin serves them to anyone.
Each of these raises ``NoSuchClip`` when the clip does not exist for this viewer, and ``NoSuchRendition`` or
``NoSuchPoster``, ``NoSuchStrip`` or ``NoSuchSubtitles`` when it has nothing to show yet.
"""

import asyncio
from dataclasses import dataclass

from reelm.base import AccountId, ClipId, ObjectId, RenditionId, Secret, Tx
from reelm.vault import StoresAway, Wrapper
from reelm.workflows.realm import OpenRealm

PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class SealedObject:
    """Something small of a clip's that somebody may see, and its creator's key, which opens it."""

    object_id: ObjectId
    key: Wrapper


async def master_playlist(tx: Tx, clip_id: ClipId, *, viewer: AccountId | None, realm: OpenRealm) -> str:
    """Return the clip's multivariant playlist of what is stored so far, and whether more comes."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    is_growing = await realm.clips.publishing.is_under_way(tx, clip_id)
    return await realm.delivery.master(tx, clip_id, is_growing=is_growing)


async def media_playlist(
    tx: Tx, clip_id: ClipId, rendition_id: RenditionId, *, viewer: AccountId | None, realm: OpenRealm
) -> str:
    """Return the playlist of one rendition."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    return await realm.delivery.playlist(tx, clip_id, rendition_id)


async def key(
    tx: Tx, clip_id: ClipId, rendition_id: RenditionId, *, viewer: AccountId | None, realm: OpenRealm
) -> Secret:
    """Return the 16-byte key of one rendition."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    return await realm.delivery.key(tx, clip_id, rendition_id)


async def poster(tx: Tx, clip_id: ClipId, *, viewer: AccountId | None, realm: OpenRealm) -> SealedObject:
    """Find the clip's still picture, a JPEG."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    return await _found(tx, await realm.delivery.pictures.poster(tx, clip_id), realm)


async def storyboard(tx: Tx, clip_id: ClipId, *, viewer: AccountId | None, realm: OpenRealm) -> SealedObject:
    """Find the clip's storyboard, a JPEG of tiles."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    return await _found(tx, await realm.delivery.pictures.strip(tx, clip_id), realm)


async def subtitles(
    tx: Tx, clip_id: ClipId, language: str, *, viewer: AccountId | None, realm: OpenRealm
) -> SealedObject:
    """Find the clip's subtitles in this language, as WebVTT."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    return await _found(tx, await realm.delivery.subtitles.find(tx, clip_id, language), realm)


async def unseal(found: SealedObject, *, realm: OpenRealm) -> bytes:
    """Return the bytes of what was found; never inside a unit of work, which stores that hang would hold.

    Raises:
        StoresAway: the stores did not answer while somebody waits for a picture.
    """
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await realm.vault.read(found.object_id, key=found.key)
    except TimeoutError:
        raise StoresAway(
            "The stores that hold this do not answer. Nothing was lost. Try again in a few minutes."
        ) from None


async def _found(tx: Tx, kept: tuple[AccountId, ObjectId], realm: OpenRealm) -> SealedObject:
    owner, object_id = kept
    return SealedObject(object_id, await realm.identity.keys.user_key(tx, owner))
