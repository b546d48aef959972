"""A creator posts an upload: from here on it is a clip, and the worker publishes it."""

from dataclasses import dataclass

from reelm.base import AccountId, Tx, UploadId
from reelm.media import WHOLE, Cut
from reelm.social import ClipView, Shape
from reelm.workflows.realm import OpenRealm


@dataclass(frozen=True, slots=True)
class Posting:
    """What its creator says of a clip, and takes of the file."""

    caption: str = ""
    alt_text: str = ""
    cut: Cut = WHOLE


async def post(tx: Tx, upload_id: UploadId, posting: Posting, *, by: AccountId, at: OpenRealm) -> ClipView:
    """The clip of an upload, due to be published once ``tx`` is durable.

    Safe to repeat: one upload, one clip, as it was asked for first.

    Raises:
        UploadMissing: it expired, was discarded, or belongs to someone else.
        BadCut: the file has no such part; the upload waits for a better one.
        BadText, CaptionTooLong, TextTooLong: a text breaks a rule; the upload waits for a better one.
    """
    upload = await at.media.upload(tx, upload_id, owner=by)
    video = upload.probe.video
    assert video is not None  # noqa: S101 - a source without a picture is refused before it is recorded
    clip, is_new = await at.social.create_clip(
        tx,
        by,
        upload_id=upload_id,
        caption=posting.caption,
        alt_text=posting.alt_text,
        shape=Shape(posting.cut.lasts_ms(upload.probe.duration_ms), video.width, video.height),
    )
    if is_new:
        await at.media.cut(tx, upload, posting.cut)
    return await at.social.clip(tx, clip.id, by)
