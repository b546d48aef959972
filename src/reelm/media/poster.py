"""One still picture of a clip, and its blurred placeholder."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import blurhash  # type: ignore[import-untyped]  # it ships no types
import numpy as np

from reelm.media.cut import Cut
from reelm.media.encode import encoder_problem
from reelm.media.errors import NoVideo
from reelm.media.ffmpeg import Encoder
from reelm.media.graph import TO_JPEG, picture_chain, reading
from reelm.media.model import Probe, Video
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
_SMALL_SIDE = 32
# Colours along the short side and along the long side; the text has 28 characters.
_SHORT_COLOURS, _LONG_COLOURS = 3, 4


@dataclass(frozen=True, slots=True)
class Poster:
    """A JPEG, and a BlurHash of it: the few characters from which a page paints it blurred."""

    path: Path
    blurhash: str


@dataclass(frozen=True, slots=True)
class Try:
    """From where to look for a frame, how far, and which to take."""

    at_seconds: float
    for_seconds: float
    choose: str


async def poster(source: Path, probe: Probe, *, into: Path, encoder: Encoder, cut: Cut) -> Poster:
    """Return a JPEG of the cover, of a frame at a tenth of the clip, or of the first one that is not black.

    Never of what the creator cut off. Written to ``into/poster.jpg``.

    Raises:
        Unreadable, TookTooLong, EncoderStopped, SpoolFull: as ``encode``.
    """
    video = probe.video
    if video is None:
        raise NoVideo("The file has sound but no picture. Choose a video instead.")
    await asyncio.to_thread(into.mkdir, mode=0o700, parents=True, exist_ok=True)
    path, part, small = into / "poster.jpg", into / "poster.part", into / "poster.small"
    bounds = encoder.effort.bounds(probe.duration_ms, file_bytes=_SIZE_BYTES)
    try:
        for each in tries(probe, cut):
            part.unlink(missing_ok=True)
            small.unlink(missing_ok=True)
            command = [
                str(encoder.program),
                *reading(source, seek_seconds=each.at_seconds, for_seconds=each.for_seconds),
                *_still(video, each.choose, part, small),
            ]
            outcome = await run(command, bounds=bounds)
            if outcome.status == 0 and all(made.is_file() and made.stat().st_size for made in (part, small)):
                blurred = await asyncio.to_thread(_blurred, small, video)
                part.replace(path)
                return Poster(path, blurred)
    finally:
        part.unlink(missing_ok=True)
        small.unlink(missing_ok=True)
    raise encoder_problem(outcome)


def tries(probe: Probe, cut: Cut) -> tuple[Try, ...]:
    """Return what is tried, best first; a seek finds the first frame at or after it."""
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


def _still(video: Video, choose: str, still: Path, small: Path) -> list[str]:
    width, height = _scaled(video, _SHORT_SIDE)
    small_width, small_height = _scaled(video, _SMALL_SIDE, most=True)
    chain = [*picture_chain(video, width=width, height=height), choose, TO_JPEG, "split"]
    plain = "in_color_matrix=bt601:in_range=full,format=rgb24"
    graph = [
        f"[0:{video.stream_index}]{','.join(chain)}[still][more]",
        f"[more]scale={small_width}:{small_height}:flags=area:{plain}[small]",
    ]
    return [
        *("-filter_complex", ";".join(graph)),
        *("-map", "[still]", "-frames:v", "1", "-map_metadata", "-1", "-fflags", "+bitexact"),
        *("-c:v", "mjpeg", "-q:v", str(_QUALITY), "-f", "image2", "-update", "1", f"file:{still}"),
        *("-map", "[small]", "-frames:v", "1", "-f", "rawvideo", f"file:{small}"),
    ]


def _scaled(video: Video, side: int, *, most: bool = False) -> tuple[int, int]:
    """Even and never above the video; ``side`` is the short one, or the long one when it is the ``most``."""
    of = max(video.width, video.height) if most else min(video.width, video.height)
    scale = min(1.0, side / of)
    return max(2, round(video.width * scale / 2) * 2), max(2, round(video.height * scale / 2) * 2)


def _blurred(small: Path, video: Video) -> str:
    width, height = _scaled(video, _SMALL_SIDE, most=True)
    pixels = np.frombuffer(small.read_bytes(), np.uint8).reshape(height, width, 3)
    across, down = (_SHORT_COLOURS, _LONG_COLOURS) if width < height else (_LONG_COLOURS, _SHORT_COLOURS)
    text: str = blurhash.encode(pixels.tolist(), across, down)
    return text
