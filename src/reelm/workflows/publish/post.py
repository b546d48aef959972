"""Post an upload as a clip, at once or as a draft that is published later, and take a clip back.

From the post on it is a clip, and the worker publishes it. A draft that becomes due is a clip like any other
from then on, in one unit of work; so it is published once, however often this runs, and late when the worker
was away at its moment.
"""

from dataclasses import dataclass, field

from reelm.base import AccountId, ClipId, Tx, UploadId
from reelm.clips import ClipShape, ClipView, Details
from reelm.media import Cut
from reelm.workflows.realm import OpenRealm


@dataclass(frozen=True, slots=True)
class Posting:
    """The words that a creator gives a clip, and the part of the file that it shows."""

    caption: str = ""
    details: Details = field(default_factory=Details)
    cut: Cut = field(default_factory=Cut)


async def post(tx: Tx, upload_id: UploadId, posting: Posting, *, by: AccountId, realm: OpenRealm) -> ClipView:
    """Make an upload a clip, due to be published once ``tx`` is durable, unless it is a draft.

    Safe to repeat: one upload, one clip, as it was asked for first.

    Raises:
        UploadMissing: it expired, was discarded, or belongs to someone else.
        BadCut: the file has no such part; the upload waits for a better one.
        NoSuchSound, SoundGone, SoundNotAllowed: the upload waits for another sound.
        BadMoment: the time to publish at has passed, or is too far away.
        BadText, CaptionTooLong, TextTooLong: a text breaks a rule; the upload waits for a better one.
    """
    upload = await realm.media.uploads.find(tx, upload_id, owner=by)
    video = upload.probe.video
    assert video is not None  # noqa: S101 - a source without a picture is refused before it is recorded
    clip, is_new = await realm.clips.create(
        tx,
        by,
        upload_id=upload_id,
        caption=posting.caption,
        details=posting.details,
        shape=ClipShape(
            posting.cut.lasts_ms(upload.probe.duration_ms),
            video.width,
            video.height,
            has_sound=upload.probe.audio is not None and not posting.cut.is_muted,
        ),
    )
    if is_new:
        if posting.details.sound_id is not None:
            await realm.clips.sounds.require_usable(tx, posting.details.sound_id, by)
        await realm.media.uploads.cut(tx, upload, posting.cut)
    return await realm.clips.view(tx, clip.id, by)


async def publish_now(tx: Tx, clip_id: ClipId, *, by: AccountId, realm: OpenRealm) -> ClipView:
    """Publish a draft. Safe to repeat.

    Raises:
        NotYours, ClipRemoved, NoSuchClip: there is no such draft of theirs.
    """
    upload_id = await realm.clips.drafts.publish(tx, clip_id, by)
    if upload_id is not None:
        await realm.media.uploads.prolong(tx, upload_id)
    return await realm.clips.own(tx, clip_id, by)


async def publish_ripe(*, realm: OpenRealm) -> None:
    """Publish what was planned for now or earlier. Safe to repeat, and at the same time."""
    async with realm.database.read() as tx:
        if not await realm.clips.drafts.has_due(tx):
            return
    async with realm.database.write() as tx:
        for upload_id in await realm.clips.drafts.publish_due(tx):
            await realm.media.uploads.prolong(tx, upload_id)


async def remove(clip_id: ClipId, *, by: AccountId, realm: OpenRealm) -> None:
    """Remove a clip for everyone. Safe to repeat.

    The row changes first, in one unit of work: from then on playlists, keys, pictures and segments are
    refused. The bytes follow in ``tidy``; a crash in between leaves them listed as withdrawn, and the next
    ``tidy`` deletes them.

    Raises:
        NoSuchClip: it does not exist, or not for this account.
        NotYours: it belongs to someone else.
    """
    async with realm.database.write() as tx:
        await realm.clips.remove(tx, clip_id, by)
        names = await realm.delivery.objects.withdraw(tx, clip_id)
        await realm.media.kept.fingerprints.forget(tx, clip_id)
        await realm.delivery.subtitles.withdraw(tx, clip_id)
    realm.delivery.origin.forget(names)
