"""Decide which sources are accepted, and say in a creator's words why one is not."""

from dataclasses import dataclass

from reelm.base import ReelmError
from reelm.media.errors import NoVideo, TooLargePicture, TooLong, TooManyStreams, TooShort, TooSmall
from reelm.media.model import Probe


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """Limits on a source that is accepted."""

    max_source_bytes: int = 2 * 1024**3  # at most 4 GiB - 1
    min_duration_ms: int = 300
    max_duration_ms: int = 180_000
    min_short_side: int = 64
    max_pixels: int = 4096 * 4096  # 4K and 5.3K pass, 8K does not
    max_streams: int = 16  # phones write up to eight: picture, sounds, depth, motion, place

    def __post_init__(self) -> None:
        if not 0 < self.max_source_bytes < 4 * 1024**3:
            raise ValueError("max_source_bytes is from 1 to 4 GiB - 1")
        if not 0 < self.min_duration_ms < self.max_duration_ms:
            raise ValueError("min_duration_ms is below max_duration_ms")


def check(probe: Probe, limits: SourceLimits) -> None:
    """Refuse what is outside the limits, the plainest reason first.

    Raises:
        NoVideo, TooLong, TooShort, TooSmall, TooLargePicture, TooManyStreams: see their titles.
    """
    problem = _problem(probe, limits)
    if problem is not None:
        raise problem


def _problem(probe: Probe, limits: SourceLimits) -> ReelmError | None:
    video = probe.video
    if probe.stream_count > limits.max_streams:
        return TooManyStreams(
            f"The file has {probe.stream_count} tracks; at most {limits.max_streams} are accepted. "
            "Export it again with one picture track and one sound track.",
            max_streams=limits.max_streams,
        )
    if video is None:
        return NoVideo("The file has sound but no picture. Choose a video instead.")
    short_side = min(video.width, video.height)
    if video.width * video.height > limits.max_pixels:
        return TooLargePicture(
            f"The picture is {video.width} by {video.height}; 4K (3840 by 2160) is the most that is "
            "accepted. Export it at 1080p or 4K.",
            width=video.width,
            height=video.height,
        )
    if short_side < limits.min_short_side:
        return TooSmall(
            f"The picture is {video.width} by {video.height}; its shorter side needs at least "
            f"{limits.min_short_side} pixels. Choose a larger version.",
            min_short_side=limits.min_short_side,
        )
    return _duration_problem(probe.duration_ms, limits)


def _duration_problem(duration_ms: int, limits: SourceLimits) -> ReelmError | None:
    if duration_ms > limits.max_duration_ms:
        found, most = _told_apart(duration_ms, limits.max_duration_ms)
        return TooLong(
            f"The video lasts {found}; clips may last up to {most}. Trim it and send it again.",
            duration_ms=duration_ms,
            max_duration_ms=limits.max_duration_ms,
        )
    if duration_ms < limits.min_duration_ms:
        found, least = _told_apart(duration_ms, limits.min_duration_ms)
        return TooShort(
            f"The video lasts {found}; clips need at least {least}.",
            duration_ms=duration_ms,
            min_duration_ms=limits.min_duration_ms,
        )
    return None


def _told_apart(found_ms: int, limit_ms: int) -> tuple[str, str]:
    """Return both in words, rounded no more than lets them differ: 180,060 ms is more than "3 min 0 s"."""
    for step_ms in (1_000, 100, 10):
        found, limit = _spoken(found_ms, step_ms), _spoken(limit_ms, step_ms)
        if found != limit:
            return found, limit
    return _spoken(found_ms, 1), _spoken(limit_ms, 1)


def _spoken(duration_ms: int, step_ms: int) -> str:
    if duration_ms >= 3_600_000 and step_ms == 1_000:  # beside hours, seconds say nothing
        minutes = round(duration_ms / 60_000)
        return f"{minutes // 60} h {minutes % 60} min"
    rounded_ms = round(duration_ms / step_ms) * step_ms
    hours, minutes, seconds = rounded_ms // 3_600_000, rounded_ms // 60_000 % 60, rounded_ms % 60_000 / 1000
    parts = [f"{hours} h"] if hours else []
    parts += [f"{minutes} min"] if hours or minutes else []
    return " ".join([*parts, f"{seconds:g} s"])
