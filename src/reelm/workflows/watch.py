"""Somebody watches: playlists, keys, pictures and subtitles, for those who may see the clip.

Segments need no story: they are ciphertext under unguessable names, and the origin serves them to anyone.
Each of these raises ``NoSuchClip`` when the clip does not exist for this viewer, and ``NoSuchRendition`` or
``NoSuchPoster``, ``NoSuchStrip`` or ``NoSuchSubtitles`` when it has nothing to show yet.
"""

from reelm.base import AccountId, ClipId, ObjectId, RenditionId, Secret, Tx
from reelm.workflows.realm import OpenRealm


async def master_playlist(tx: Tx, clip_id: ClipId, *, viewer: AccountId | None, at: OpenRealm) -> str:
    """The clip's multivariant playlist, with the renditions that are stored so far, and whether more come."""
    await at.social.require_watchable(tx, clip_id, viewer)
    is_growing = await at.social.is_under_way(tx, clip_id)
    return await at.delivery.master(tx, clip_id, is_growing=is_growing)


async def media_playlist(
    tx: Tx, clip_id: ClipId, rendition_id: RenditionId, *, viewer: AccountId | None, at: OpenRealm
) -> str:
    """The playlist of one rendition."""
    await at.social.require_watchable(tx, clip_id, viewer)
    return await at.delivery.playlist(tx, clip_id, rendition_id)


async def key(
    tx: Tx, clip_id: ClipId, rendition_id: RenditionId, *, viewer: AccountId | None, at: OpenRealm
) -> Secret:
    """The 16-byte key of one rendition."""
    await at.social.require_watchable(tx, clip_id, viewer)
    return await at.delivery.key(tx, clip_id, rendition_id)


async def poster(tx: Tx, clip_id: ClipId, *, viewer: AccountId | None, at: OpenRealm) -> bytes:
    """The clip's still picture, a JPEG, opened with its creator's key."""
    await at.social.require_watchable(tx, clip_id, viewer)
    return await _open(tx, await at.delivery.poster(tx, clip_id), at)


async def strip(tx: Tx, clip_id: ClipId, *, viewer: AccountId | None, at: OpenRealm) -> bytes:
    """The clip's preview strip, a JPEG of tiles, opened with its creator's key."""
    await at.social.require_watchable(tx, clip_id, viewer)
    return await _open(tx, await at.delivery.strip(tx, clip_id), at)


async def subtitles(
    tx: Tx, clip_id: ClipId, language: str, *, viewer: AccountId | None, at: OpenRealm
) -> bytes:
    """The clip's subtitles in this language, as WebVTT."""
    await at.social.require_watchable(tx, clip_id, viewer)
    return await _open(tx, await at.delivery.subtitles(tx, clip_id, language), at)


async def _open(tx: Tx, sealed: tuple[AccountId, ObjectId], at: OpenRealm) -> bytes:
    owner, object_id = sealed
    user_key = await at.keys.user_key(tx, owner)
    return await at.vault.read(object_id, key=user_key)
