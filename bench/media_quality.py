"""How good each rung looks; the peer: x264 `slow`, two passes, at the bit rate that the rung came to.

VMAF compares every third frame with the source's, at the source's size, as a viewer sees it: what a rung
lacks in size counts. The peer has B-frames, and keyframes where it likes: the difference is the price of a
quick preset and of pieces. The sources are generated, one easy and two hard ones, and their scores say
nothing about other pictures; name files of your own to have theirs: ``python -m bench.media_quality FILE…``.
"""

import asyncio
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from bench.figure import Figure, report
from bench.media.footage import DRAWN, MANIFOLD, NOISY, film, sampled

from reelm.base import SystemClock, SystemEntropy
from reelm.media import Media, MediaConfig, Plan, Rung
from reelm.media.encode import Encoded
from reelm.media.ffmpeg import find_ffmpeg
from reelm.media.graph import picture_chain

_PICTURES = {"drawn": DRAWN, "noisy": NOISY, "manifold": MANIFOLD}
_SECONDS = 6
# Said of everything that is compared: ffmpeg would convert what says nothing, and the scores be of that.
_COLOURS = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
_SCORE = re.compile(r"VMAF score: ([\d.]+)")


@dataclass(frozen=True, slots=True)
class Score:
    """VMAF of one rung and of its peer, 0 to 100, and the rate of both."""

    source: str
    rung: str
    crf: int | None
    ours: float
    slow: float
    bits_per_second: float


def _picture(made: Plan, rung: Rung, *, width: int, height: int) -> str:
    """A source as its rungs see it, but for their size."""
    chain = picture_chain(made.video, width=width, height=height)
    return ",".join([f"fps={rung.frame_rate}", *chain, _COLOURS])


class Lab:
    """Runs the project's ffmpeg in a folder of its own."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder

    def slow(self, source: Path, made: Plan, encoded: Encoded, bits_per_second: float) -> Path:
        """The peer of a rung."""
        rung, path = encoded.rung, self._folder / f"slow-{encoded.rung.name}.mp4"
        chain = _picture(made, rung, width=rung.width, height=rung.height)
        stop = ("-t", f"{float(made.duration_seconds):.6f}", "-an", "-pix_fmt", "yuv420p")
        rate = ("-c:v", "libx264", "-preset", "slow", "-b:v", str(round(bits_per_second)))
        log = ("-passlogfile", str(self._folder / rung.name))
        self._run("-i", str(source), "-vf", chain, *stop, *rate, *log, "-pass", "1", "-f", "null", "-")
        self._run("-i", str(source), "-vf", chain, *stop, *rate, *log, "-pass", "2", str(path))
        return path

    def vmaf(self, path: Path, source: Path, made: Plan, encoded: Encoded) -> float:
        width, height = made.video.width, made.video.height
        seen, times = (
            _picture(made, encoded.rung, width=width, height=height),
            "settb=AVTB,setpts=PTS-STARTPTS",
        )
        chains = [
            f"[0:v]{_COLOURS},scale={width}:{height}:flags=bicubic,{times}[made]",
            f"[1:v]{seen},{times}[source]",
            "[made][source]libvmaf=n_threads=2:n_subsample=3:shortest=1",
        ]
        said = self._run("-i", str(path), "-i", str(source), "-lavfi", ";".join(chains), "-f", "null", "-")
        found = _SCORE.search(said)
        if found is None:
            raise RuntimeError("this ffmpeg has no libvmaf")
        return float(found[1])

    def _run(self, *arguments: str) -> str:
        command = [str(self._program), "-nostdin", "-hide_banner", "-nostats", "-loglevel", "info", "-y"]
        done = subprocess.run([*command, *arguments], check=True, capture_output=True, text=True)  # noqa: S603 - our own program and arguments
        return done.stderr


async def score(source: Path, media: Media, lab: Lab, into: Path) -> list[Score]:
    """Every rung of one source."""
    made = await sampled(source, media)
    scores = []
    for encoded in await media.encode(source, made, made.rungs, into=into, progress=lambda _: None):
        bits_per_second = _picture_bytes(encoded.path) * 8 / float(made.duration_seconds)
        peer = await asyncio.to_thread(lab.slow, source, made, encoded, bits_per_second)
        ours, slow = [
            await asyncio.to_thread(lab.vmaf, path, source, made, encoded) for path in (encoded.path, peer)
        ]
        rung = encoded.rung
        scores.append(Score(source.stem, rung.name, rung.crf, ours, slow, bits_per_second))
    return scores


def _picture_bytes(path: Path) -> int:
    with av.open(str(path), mode="r") as container:
        return sum(packet.size for packet in container.demux(video=0))


async def measure(paths: Sequence[Path], folder: Path) -> list[Score]:
    media = Media(MediaConfig(spool=folder / "spool"), clock=SystemClock(), entropy=SystemEntropy())
    lab = Lab(await find_ffmpeg(), folder)
    sources = paths or [await asyncio.to_thread(_generated, name, folder) for name in _PICTURES]
    return [each for source in sources for each in await score(source, media, lab, folder / "work")]


def _generated(name: str, folder: Path) -> Path:
    return film(folder / f"{name}.mp4", sound="aac", picture=_PICTURES[name], seconds=_SECONDS)


def figures(scores: Sequence[Score]) -> list[Figure]:
    """Per rung the rate, ours and the peer's; the value is the median of the sources, the notes have each."""
    made = []
    for rung in sorted({each.rung for each in scores}, key=lambda name: int(name[:-1])):
        of_rung = [each for each in scores if each.rung == rung]
        rates = tuple(each.bits_per_second / 1000 for each in of_rung)
        ours, slow = tuple(each.ours for each in of_rung), tuple(each.slow for each in of_rung)
        note = ", ".join(f"{each.source} {rate:,.0f}" for each, rate in zip(of_rung, rates, strict=True))
        made.append(Figure(name=f"media.rate-{rung}", values=rates, unit="kbit/s", note=note))
        note = ", ".join(f"{each.source} {each.ours:.1f} (rate factor {each.crf})" for each in of_rung)
        made.append(Figure(name=f"media.vmaf-{rung}", values=ours, unit="VMAF", note=note))
        note = ", ".join(f"{each.source} {each.slow:.1f}" for each in of_rung)
        note = f"the peer: x264 slow, two passes, same rate: {note}"
        made.append(Figure(name=f"media.vmaf-{rung}-slow", values=slow, unit="VMAF", note=note))
    return made


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as folder:
        scores = asyncio.run(measure([Path(name) for name in sys.argv[1:]], Path(folder)))
    report(*figures(scores))


if __name__ == "__main__":
    main()
