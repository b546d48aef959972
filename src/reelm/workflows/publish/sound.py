"""Give a clip the sound of another clip of the realm, in place of its own.

``chosen → its use is allowed → its segments, opened as for a viewer, into the spool → encoded with the
picture``. The file lies in the workspace of the upload and is wiped with it. It has its name when it is
whole; a crash leaves only what the next try writes over. Whoever may not use the sound any more when
publishing begins reads why, and may choose another. Once people hear it, the clip has a copy of its own and
keeps it.
"""

import asyncio
from pathlib import Path

from reelm.base import AccountId, ClipId, NotFound, Tx
from reelm.clips import ClipState, ClipView
from reelm.workflows.publish.order import Order
from reelm.workflows.realm import OpenRealm


async def choose_sound(
    tx: Tx, clip_id: ClipId, sound_id: ClipId | None, *, by: AccountId, realm: OpenRealm
) -> ClipView:
    """Give a draft, or a clip that could not be published, a sound; None for what its file has.

    Raises:
        UploadMissing: its file has expired.
        NoSuchSound, SoundGone, SoundNotAllowed, WrongState, NotYours, ClipRemoved, NoSuchClip: see
            ``reelm.clips``.
    """
    upload = await realm.media.uploads.find(tx, await realm.clips.upload_of(tx, clip_id, by), owner=by)
    own = None if upload.cut.is_muted or upload.probe.audio is None else clip_id
    return await realm.clips.sounds.choose(tx, clip_id, by, sound_id=sound_id or own)


async def check_sound(order: Order, *, realm: OpenRealm) -> ClipId | None:
    """Return the other clip whose sound this one carries; None for a clip with its own, or without any.

    Raises:
        NoSuchSound, SoundGone, SoundNotAllowed: nobody hears it in this clip yet, and nobody will.
    """
    async with realm.database.read() as tx:
        clip = await realm.clips.view(tx, order.clip_id, order.owner)
        if clip.sound is None or clip.sound.id == order.clip_id:
            return None
        if clip.state is not ClipState.VISIBLE:
            await realm.clips.sounds.require_usable(tx, clip.sound.id, order.owner)
        return clip.sound.id


async def bring_sound(order: Order, *, realm: OpenRealm) -> Path | None:
    """Bring the other clip's sound into the workspace. Safe to repeat; as ``check_sound`` otherwise."""
    sound_id = await check_sound(order, realm=realm)
    if sound_id is None:
        return None
    path = realm.media.spool.workspace(order.upload_id) / f"sound-{sound_id}.mp4"
    if path.is_file():
        return path
    try:
        await _write(sound_id, path, realm)
    except NotFound:  # taken back, or replaced by better renditions, in this very moment
        async with realm.database.read() as tx:
            await realm.clips.sounds.require_usable(tx, sound_id, order.owner)
        await _write(sound_id, path, realm)
    return path


async def _write(sound_id: ClipId, path: Path, realm: OpenRealm) -> None:
    """Write the rendition in the clear, a piece at a time, by the way that players take."""
    async with realm.database.read() as tx:
        rendition = await realm.delivery.lightest(tx, sound_id)
        key = await realm.delivery.key(tx, sound_id, rendition.id)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as sink:
            for piece in rendition.pieces:
                sealed = await asyncio.to_thread((await realm.delivery.origin.segment(piece.name)).read_bytes)
                sink.write(await asyncio.to_thread(piece.unseal, sealed, key))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
