"""One still picture of a clip."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from reelm.media.cut import Cut
from reelm.media.encode import encoder_problem
from reelm.media.errors import NoVideo
from reelm.media.ffmpeg import Encoder
from reelm.media.graph import picture_chain, reading
from reelm.media.model import Probe
from reelm.media.process import run

_SHORT_SIDE = 480
_QUALITY = 5  # of the JPEG encoder's 2 (best) to 31; about 75 of 100
_AT_RATIO = 0.1
# A frame with less than this share of dark pixels is worth showing.
_NOT_BLACK = (
    "blackframe=amount=0:threshold=40,metadata=mode=select:key=lavfi.blackframe.pblack:value=92:function=less"
)
_ANY = "null"
_SIZE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Try:
    """From where to look for a frame, how far, and which to take."""

    at_seconds: float
    for_seconds: float
    choose: str


async def poster(source: Path, probe: Probe, *, into: Path, encoder: Encoder, cut: Cut) -> Path:
    """A JPEG of the cover, or else of a frame at a tenth of the clip, or of the first one that is not black.

    Never of what the creator cut off. Written to ``into/poster.jpg``.

    Raises:
        Unreadable, TookTooLong, EncoderStopped, SpoolFull: as ``encode``.
    """
    await asyncio.to_thread(into.mkdir, mode=0o700, parents=True, exist_ok=True)
    path, part = into / "poster.jpg", into / "poster.part"
    bounds = encoder.effort.bounds(probe.duration_ms, file_bytes=_SIZE_BYTES)
    try:
        for each in tries(probe, cut):
            part.unlink(missing_ok=True)
            command = [
                str(encoder.program),
                *reading(source, seek_seconds=each.at_seconds, for_seconds=each.for_seconds),
                *_still(probe, each.choose, part),
            ]
            outcome = await run(command, bounds=bounds)
            if outcome.status == 0 and part.is_file() and part.stat().st_size:
                part.replace(path)
                return path
    finally:
        part.unlink(missing_ok=True)
    raise encoder_problem(outcome)


def tries(probe: Probe, cut: Cut) -> tuple[Try, ...]:
    """What is tried, best first; a seek finds the first frame at or after it."""
    start, end = cut.start_ms / 1000, cut.end_of(probe.duration_ms) / 1000
    tenth = start + (end - start) * _AT_RATIO
    usual = (
        Try(tenth, end - tenth, _NOT_BLACK),
        Try(start, end - start, _NOT_BLACK),
        Try(start, end - start, _ANY),
    )
    if cut.cover_ms is None or probe.video is None:
        return usual
    # Half a frame early, so that the nearest frame is the first one found; and never after the last.
    frame = 1 / probe.video.frame_rate
    cover = max(start, min(cut.cover_ms / 1000, end - frame) - frame / 2)
    return Try(cover, max(end - cover, 0.001), _ANY), *usual


def _still(probe: Probe, choose: str, output: Path) -> list[str]:
    video = probe.video
    if video is None:
        raise NoVideo("The file has sound but no picture. Choose a video instead.")
    scale = min(1.0, _SHORT_SIDE / min(video.width, video.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (video.width, video.height))
    chain = [*picture_chain(video, width=width, height=height), choose]
    # JPEG files are full-range BT.601 by definition.
    chain.append(
        "scale=in_color_matrix=bt709:in_range=limited:out_color_matrix=bt601:out_range=full,format=yuvj420p"
    )
    return [
        *("-map", f"0:{video.stream_index}", "-an", "-vf", ",".join(chain), "-frames:v", "1"),
        *("-map_metadata", "-1", "-fflags", "+bitexact"),
        *("-c:v", "mjpeg", "-q:v", str(_QUALITY), "-f", "image2", "-update", "1", f"file:{output}"),
    ]
