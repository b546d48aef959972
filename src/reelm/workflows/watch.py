"""Hand out playlists, keys, pictures and subtitles of a clip, to those who may see it.

Segments need no workflow: they are ciphertext under unguessable names, and the origin serves them to anyone.
Each of these raises ``NoSuchClip`` when the clip does not exist for this viewer, and ``NoSuchRendition`` or
``NoSuchPoster``, ``NoSuchStrip`` or ``NoSuchSubtitles`` when it has nothing to show yet.
"""

from reelm.base import AccountId, ClipId, ObjectId, RenditionId, Secret, Tx
from reelm.workflows.realm import OpenRealm


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


async def poster(tx: Tx, clip_id: ClipId, *, viewer: AccountId | None, realm: OpenRealm) -> bytes:
    """Return the clip's still picture, a JPEG, opened with its creator's key."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    return await _open(tx, await realm.delivery.pictures.poster(tx, clip_id), realm)


async def storyboard(tx: Tx, clip_id: ClipId, *, viewer: AccountId | None, realm: OpenRealm) -> bytes:
    """Return the clip's storyboard, a JPEG of tiles, opened with its creator's key."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    return await _open(tx, await realm.delivery.pictures.strip(tx, clip_id), realm)


async def subtitles(
    tx: Tx, clip_id: ClipId, language: str, *, viewer: AccountId | None, realm: OpenRealm
) -> bytes:
    """Return the clip's subtitles in this language, as WebVTT."""
    await realm.clips.require_watchable(tx, clip_id, viewer)
    return await _open(tx, await realm.delivery.subtitles.find(tx, clip_id, language), realm)


async def _open(tx: Tx, sealed: tuple[AccountId, ObjectId], realm: OpenRealm) -> bytes:
    owner, object_id = sealed
    user_key = await realm.identity.keys.user_key(tx, owner)
    return await realm.vault.read(object_id, key=user_key)
