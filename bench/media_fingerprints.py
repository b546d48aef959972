"""Processor seconds of fingerprints and preview strip for a minute of a phone's video.

The limit in the same run is decoding alone: the same ffmpeg, threads and source, pictures and sound dropped.
Looking through the source is the fallback; the product looks through the lowest rung, which it has anyway.
"""

import asyncio
import resource
import subprocess
import tempfile
from collections.abc import Awaitable
from pathlib import Path

from bench.figure import Figure, report
from bench.media.footage import SECONDS, film

from reelm.base import SystemClock, SystemEntropy
from reelm.media import Footage, Media, MediaConfig, plan
from reelm.media.ffmpeg import find_ffmpeg
from reelm.media.graph import reading

REPEATS = 5
BAR_RATIO = 1.25


def spent_seconds() -> float:
    """Of processors, by this process and those that it has waited for."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in found)


async def a_minute_of(work: Awaitable[object]) -> float:
    """Processor seconds for a minute of video."""
    begun = spent_seconds()
    await work
    return (spent_seconds() - begun) * 60 / SECONDS


async def decode(program: Path, source: Path) -> None:
    command = [str(program), *reading(source), "-map", "0:v:0", "-map", "0:a:0", "-f", "null", "-"]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)


async def look(media: Media, footage: Footage, into: Path) -> None:
    await media.analyse(footage, into=into)


async def measure(folder: Path) -> list[Figure]:
    media = Media(MediaConfig(spool=folder / "spool"), clock=SystemClock(), entropy=SystemEntropy())
    source, program = film(folder / "phone.mp4", sound="aac"), await find_ffmpeg()
    planned = plan(await media.probe(source))
    (low,) = await media.encode(source, planned, planned.rungs[:1], into=folder, progress=lambda _: None)
    rung, whole = Footage.of_rung(low.path, low.rung, planned), Footage.of_source(source, planned)
    await look(media, rung, folder / "skim")  # ffmpeg is found, the figures' code is loaded
    decoding, in_rung, in_source = [], [], []
    for _ in range(REPEATS):
        decoding.append(await a_minute_of(decode(program, source)))
        in_rung.append(await a_minute_of(look(media, rung, folder / "skim")))
        in_source.append(await a_minute_of(look(media, whole, folder / "skim")))
    return figures(decoding, in_rung, in_source)


def figures(decoding: list[float], in_rung: list[float], in_source: list[float]) -> list[Figure]:
    unit, limit = "CPU s/min", "the limit: decoding the source alone"
    return [
        Figure(
            name="media.decode-alone", values=tuple(decoding), unit=unit, note="1080 by 1920, 30 fps, H.264"
        ),
        Figure(
            name="media.fingerprints-and-strip",
            values=tuple(in_rung),
            unit=unit,
            note="from the lowest rung, as the product does it; picture and sound",
        ),
        Figure(
            name="media.fingerprints-and-strip-to-decode",
            values=tuple(one / other for one, other in zip(in_rung, decoding, strict=True)),
            unit="ratio",
            bar=1.0,
            note=limit,
        ),
        Figure(
            name="media.fingerprints-of-source-to-decode",
            values=tuple(one / other for one, other in zip(in_source, decoding, strict=True)),
            unit="ratio",
            bar=BAR_RATIO,
            note=f"when no rung is at hand; {limit}",
        ),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as place:
        found = asyncio.run(measure(Path(place)))
    report(*found)


if __name__ == "__main__":
    main()
