"""A creator posts an upload: from here on it is a clip, and the worker publishes it."""

from reelm.base import AccountId, Tx, UploadId
from reelm.social import ClipView, Shape
from reelm.workflows.realm import OpenRealm


async def post(
    tx: Tx, upload_id: UploadId, *, caption: str, by: AccountId, at: OpenRealm, alt_text: str = ""
) -> ClipView:
    """The clip of an upload, due to be published once ``tx`` is durable.

    Safe to repeat: one upload, one clip.

    Raises:
        UploadMissing: it expired, was discarded, or belongs to someone else.
        BadText, CaptionTooLong, TextTooLong: a text breaks a rule; the upload waits for a better one.
    """
    upload = await at.media.upload(tx, upload_id, owner=by)
    video = upload.probe.video
    assert video is not None  # noqa: S101 - a source without a picture is refused before it is recorded
    shape = Shape(upload.probe.duration_ms, video.width, video.height)
    clip, _ = await at.social.create_clip(
        tx, by, upload_id=upload_id, caption=caption, alt_text=alt_text, shape=shape
    )
    return await at.social.clip(tx, clip.id, by)
