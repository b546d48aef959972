"""Look through a clip once, a picture a second: what it is recognised by, and its storyboard."""

import asyncio
import math
from dataclasses import dataclass, replace
from pathlib import Path

from reelm.media.chromaprint import Chromaprint
from reelm.media.encode import encoder_problem
from reelm.media.errors import BadEncoding, NoChromaprint
from reelm.media.ffmpeg import Encoder
from reelm.media.fingerprint import Fingerprint, Fingerprinter, FingerprintScheme
from reelm.media.graph import TO_JPEG, picture_chain, reading, steady_picture
from reelm.media.model import Plan, Rung, Video
from reelm.media.pdq import SIDE, Pdq
from reelm.media.process import run

_QUALITY = 6  # of the JPEG encoder's 2 (best) to 31
_FILE_BYTES = 64 * 1024 * 1024
_MAX_TILES = 60
_COLUMNS = 10
_SHORT_SIDE, _MAX_LONG_SIDE = 90, 224
_MOST_SHORT_SIDE = 480


@dataclass(frozen=True, slots=True)
class Storyboard:
    """The layout of tiles in the picture: row by row, the first one of the clip's first picture.

    ``interval_ms`` is from one tile to the next.
    """

    interval_ms: int
    count: int
    columns: int

    @property
    def rows(self) -> int:
        return math.ceil(self.count / self.columns)


@dataclass(frozen=True, slots=True)
class Footage:
    """A file to look through, or a part of it: a rung in the clear, or a source.

    Attributes:
        sound_index: of its stream of sound.
        start_seconds: where the part begins.
    """

    path: Path
    video: Video
    sound_index: int | None
    duration_ms: int
    start_seconds: float = 0.0

    @classmethod
    def of_rung(cls, path: Path, rung: Rung, plan: Plan) -> "Footage":
        """Return a rung in the clear, as ``encode`` and ``remux`` make it: one picture, then one sound."""
        video = replace(plan.video, stream_index=0, width=rung.width, height=rung.height)
        if rung.crf is not None:
            video = _evened(video)
        sound_index = None if plan.probe.audio is None else 1
        return cls(path, video, sound_index, round(plan.duration_seconds * 1000))

    @classmethod
    def of_source(cls, path: Path, plan: Plan) -> "Footage":
        """Return the kept part of a source, for when no rung is at hand; it takes several times as long."""
        sound = plan.probe.audio
        sound_index = None if sound is None or plan.sound is not None else sound.stream_index
        duration_ms = round(plan.duration_seconds * 1000)
        return cls(path, plan.video, sound_index, duration_ms, float(plan.start_seconds))


@dataclass(frozen=True, slots=True)
class Analysis:
    """The result of one look through a clip.

    Attributes:
        path: the storyboard, a JPEG.
        absent: ways of recognising that this machine's ffmpeg was built without.
    """

    path: Path
    storyboard: Storyboard
    fingerprints: tuple[Fingerprint, ...]
    absent: tuple[FingerprintScheme, ...]

    @property
    def missing(self) -> dict[FingerprintScheme, str]:
        """Return the absent ways of recognising, each with the code of the reason."""
        return dict.fromkeys(self.absent, NoChromaprint.code)


async def analyse(footage: Footage, *, into: Path, encoder: Encoder) -> Analysis:
    """Return fingerprints and make ``into/strip.jpg``, from one decoding; nothing else is left in the folder.

    Raises:
        Unreadable, TookTooLong, EncoderStopped, SpoolFull: as ``encode``.
        BadEncoding: ffmpeg ended well and made no picture.
    """
    await asyncio.to_thread(into.mkdir, mode=0o700, parents=True, exist_ok=True)
    storyboard = storyboard_for(footage.duration_ms)
    path, part = into / "strip.jpg", into / "strip.part"
    hears = footage.sound_index is not None and encoder.knows_sounds
    asked = {into / f"{each.scheme}.marks": each for each in _fingerprinters(footage, hears=hears)}
    part_of = reading(
        footage.path, seek_seconds=footage.start_seconds, for_seconds=footage.duration_ms / 1000
    )
    even = _evened(footage.video)
    each_second = ["fps=1:round=up", *picture_chain(footage.video, width=even.width, height=even.height)]
    command = [str(encoder.program), *part_of, *steady_picture(footage.video, each_second, output=0)]
    command += ["-filter_complex", _graph(even, footage.duration_ms, storyboard)]
    for file, each in asked.items():
        command += each.output(file)
    command += ["-map", "[strip]", "-frames:v", "1", "-map_metadata", "-1", "-fflags", "+bitexact"]
    command += ["-c:v", "mjpeg", "-q:v", str(_QUALITY), "-f", "image2", "-update", "1", f"file:{part}"]
    try:
        outcome = await run(
            command, bounds=encoder.effort.bounds(footage.duration_ms, file_bytes=_FILE_BYTES)
        )
        if outcome.status != 0:
            raise encoder_problem(outcome)
        found = await asyncio.to_thread(_read, asked)
        if not part.is_file() or not part.stat().st_size:
            raise BadEncoding("The preview could not be made. The clip plays without it.")
        part.replace(path)
    finally:
        for file in (part, *asked):
            file.unlink(missing_ok=True)
    if footage.sound_index is None:
        found += (Fingerprint(FingerprintScheme.CHROMAPRINT, b""),)
    return Analysis(
        path, storyboard, found, tuple(sorted(set(FingerprintScheme) - {each.scheme for each in found}))
    )


def _fingerprinters(footage: Footage, *, hears: bool) -> list[Fingerprinter]:
    sound = [Chromaprint(footage.sound_index)] if hears and footage.sound_index is not None else []
    return [Pdq(), *sound]


def _read(asked: dict[Path, Fingerprinter]) -> tuple[Fingerprint, ...]:
    return tuple(each.read(file.read_bytes()) for file, each in asked.items())


def _evened(video: Video) -> Video:
    """The same picture as ``picture_chain`` leaves it, and no larger than the lowest rung."""
    scale = min(1.0, _MOST_SHORT_SIDE / min(video.width, video.height))
    return replace(
        video,
        width=_even(video.width * scale),
        height=_even(video.height * scale),
        pixel_format="yuv420p",
        bit_depth=8,
        color_transfer="sdr",
        color_matrix="bt709",
        color_primaries="bt709",
        is_interlaced=False,
    )


def _graph(video: Video, duration_ms: int, storyboard: Storyboard) -> str:
    """Return filters for the picture of each second: grey for fingerprints, small for the storyboard."""
    seconds = seconds_of(duration_ms)
    grey = [*picture_chain(video, width=SIDE, height=SIDE, is_stretched=True), TO_JPEG, "extractplanes=y"]
    every = storyboard.interval_ms // 1000
    width, height = tile_of(video.width, video.height)
    tiles = [
        f"select=not(mod(n\\,{every}))",
        *picture_chain(video, width=width, height=height),
        TO_JPEG,
        f"tile={storyboard.columns}x{storyboard.rows}",
    ]
    return ";".join(
        (
            f"[dec:0]fps=1:start_time=0:round=up,trim=end_frame={seconds},split[once][again]",
            f"[once]{','.join(grey)}[grey]",
            f"[again]{','.join(tiles)}[strip]",
        )
    )


def seconds_of(duration_ms: int) -> int:
    """Return how many whole seconds of a clip begin before it ends."""
    return max(1, math.ceil(duration_ms / 1000))


def storyboard_for(duration_ms: int) -> Storyboard:
    """Lay out a tile per second, or per so many seconds that 60 tiles are enough."""
    seconds = seconds_of(duration_ms)
    every = math.ceil(seconds / _MAX_TILES)
    count = math.ceil(seconds / every)
    return Storyboard(interval_ms=every * 1000, count=count, columns=min(count, _COLUMNS))


def tile_of(width: int, height: int) -> tuple[int, int]:
    """Return the size of a tile for a picture of a size."""
    scale = min(_SHORT_SIDE / min(width, height), _MAX_LONG_SIDE / max(width, height))
    return _even(width * scale), _even(height * scale)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
