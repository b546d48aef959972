"""Render source files on their way in, and what may come."""

from reelm import media
from reelm.web.problems import problem
from reelm.web.uploads import shapes
from reelm.workflows.upload import Arrived


def upload_limits(limits: media.SourceLimits) -> shapes.UploadLimits:
    return shapes.UploadLimits(
        max_bytes=limits.max_source_bytes,
        min_duration_ms=limits.min_duration_ms,
        max_duration_ms=limits.max_duration_ms,
        min_short_side=limits.min_short_side,
        max_pixels=limits.max_pixels,
    )


def upload(found: media.Upload) -> shapes.Upload:
    probe = found.probe
    assert probe.video is not None  # noqa: S101 - a source without a picture is refused before it is recorded
    return shapes.Upload(
        id=found.id,
        duration_ms=probe.duration_ms,
        width=probe.video.width,
        height=probe.video.height,
        has_audio=probe.audio is not None,
        audio_left_out=probe.audio is None and probe.has_sound,
        plays_as_it_is=media.obstacle_to_remux(media.plan(probe)) is None,
        size_bytes=found.size_bytes,
        expires_at=found.expires_at,
    )


def arrival(found: media.Arrival) -> shapes.Arrival:
    return arrived(Arrived(found, None))


def arrived(found: Arrived) -> shapes.Arrival:
    refusal = media.refusal_of(found.arrival)
    return shapes.Arrival(
        id=found.arrival.id,
        length_bytes=found.arrival.length_bytes,
        offset_bytes=found.arrival.offset_bytes,
        expires_at=found.arrival.expires_at,
        upload=upload(found.upload) if found.upload else None,
        refusal=problem(refusal) if refusal else None,
    )
