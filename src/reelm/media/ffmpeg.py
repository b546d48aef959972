"""Find the ffmpeg to run: the one that is installed with Reelm, or else the system's.

It is a program of its own under the GPL, always run as a process and never linked
(docs/adr/imageio-ffmpeg.md).
"""

import asyncio
import contextlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types

from reelm.media.errors import NoAv1Encoder, NoEncoder
from reelm.media.process import Bounds, run

_BOUNDS = Bounds(wall_seconds=20, cpu_seconds=10, memory_bytes=2 * 1024**3, file_bytes=0)
_OLDEST = 7  # Debian 13 has 7.1, which passes the tests; 5.1 cuts segments where no player expects it
_NEEDED = (b"--enable-libx264", b"--enable-libzimg")
_AV1 = b"--enable-libsvtav1"

# The parts of ffmpeg that a stranger's file may reach, in probing and in encoding alike.
# ffmpeg's names of the MP4/MOV and the Matroska/WebM demuxer.
FORMATS = "mov,matroska"
PROTOCOLS = "file"
# Names of decoders: what phones, cameras, screen recorders and browsers write.
_PICTURE = "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,mpeg4,h263,prores,mjpeg,mpeg2video"
_SOUND = (
    "aac,aac_fixed,mp2,mp2float,mp3,mp3float,opus,libopus,vorbis,flac,alac,ac3,eac3,amrnb,amrwb,"
    "libopencore_amrnb,libopencore_amrwb"
)
_PCM = "s8 s16le s16be s24le s24be s32le s32be f32le f32be f64le f64be u8 mulaw alaw"
DECODERS = f"{_PICTURE},{_SOUND},{','.join(f'pcm_{kind}' for kind in _PCM.split())}"


@dataclass(frozen=True, slots=True)
class Effort:
    """Limits on the time and memory of encoding.

    Attributes:
        base_seconds: time allowed for any source.
        seconds_per_second: more time for each second of the source.
        memory_bytes: address space; three rungs of a 4K source take about half of the default.
        niceness: 0 (as urgent as the rest) to 19.
    """

    base_seconds: float = 60.0
    seconds_per_second: float = 40.0
    memory_bytes: int = 6 * 1024**3
    niceness: int = 10

    def bounds(self, duration_ms: int, *, file_bytes: int) -> Bounds:
        """Return the bounds for one run over a source."""
        wall_seconds = self.base_seconds + self.seconds_per_second * duration_ms / 1000
        return Bounds(
            wall_seconds=wall_seconds,
            cpu_seconds=int(wall_seconds) * 4,
            memory_bytes=self.memory_bytes,
            file_bytes=file_bytes,
            niceness=self.niceness,
        )


@dataclass(frozen=True, slots=True)
class Encoder:
    """The ffmpeg to run, and its limits.

    ``knows_sounds``: it can make fingerprints of sound; not every build can.
    """

    program: Path
    effort: Effort
    knows_sounds: bool = False


async def find_ffmpeg(places: Sequence[Path] | None = None, *, with_av1: bool = False) -> Path:
    """Return the first usable ffmpeg of ``places``: with x264, and zimg for high dynamic range.

    Args:
        places: best first; as a rule the one that was installed with Reelm, then the system's.
        with_av1: it must also make AV1.

    Raises:
        NoEncoder: there is none.
        NoAv1Encoder: there is one, and it lacks SVT-AV1, which was asked for.
    """
    places = _places() if places is None else places
    found = await first_usable(places, with_av1=with_av1)
    if found is None and with_av1 and await first_usable(places) is not None:
        raise NoAv1Encoder(
            "The ffmpeg of this machine was built without SVT-AV1 (libsvtav1), so no AV1 can be made. Set "
            'av1 = "off", or install the project\'s requirements again; they bring an ffmpeg that has it.'
        )
    if found is None:
        raise NoEncoder(
            f"There is no ffmpeg {_OLDEST} or newer with x264 and zimg on this machine, so no video can be "
            "prepared. Uploads are kept. Install the project's requirements again; they bring one."
        )
    return found


async def knows_sounds(program: Path) -> bool:
    """Return whether an ffmpeg was built with Chromaprint."""
    outcome = await run([str(program), "-hide_banner", "-version"], bounds=_BOUNDS)
    return b"--enable-chromaprint" in outcome.output


async def first_usable(places: Sequence[Path], *, with_av1: bool = False) -> Path | None:
    """Return the first program that has what is needed; None when none has."""
    needed = (*_NEEDED, _AV1) if with_av1 else _NEEDED
    fits = await asyncio.gather(*(_is_usable(path, needed) for path in places))
    return next((path for path, fit in zip(places, fits, strict=True) if fit), None)


def _places() -> list[Path]:
    """Return the installed one first, even beside a newer one: this release was tested with exactly that."""
    places = []
    with contextlib.suppress(RuntimeError):  # no build for this platform: the system's may do
        places.append(Path(imageio_ffmpeg.get_ffmpeg_exe()))
    found = shutil.which("ffmpeg")
    if found is not None:
        places.append(Path(found))
    return places


async def _is_usable(path: Path, needed: Sequence[bytes]) -> bool:
    outcome = await run([str(path), "-hide_banner", "-version"], bounds=_BOUNDS)
    match = re.match(rb"ffmpeg version n?(\d+)\.", outcome.output)
    if outcome.status != 0 or match is None or int(match[1]) < _OLDEST:
        return False
    return all(part in outcome.output for part in needed)
