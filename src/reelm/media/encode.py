"""Make rungs of a source with one ffmpeg process."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from reelm.base import ReelmError
from reelm.media.errors import BadEncoding, EncoderStopped, SpoolFull, Unreadable
from reelm.media.ffmpeg import Encoder
from reelm.media.graph import encoding, reading, reading_sound
from reelm.media.measure import levels
from reelm.media.model import Plan, Rung
from reelm.media.process import Outcome, run


@dataclass(frozen=True, slots=True)
class Encoded:
    """A rung in the clear: fragmented MP4, one fragment per piece, still to be packaged."""

    rung: Rung
    path: Path
    size_bytes: int


async def encode(
    source: Path,
    plan: Plan,
    rungs: tuple[Rung, ...],
    *,
    into: Path,
    encoder: Encoder,
    progress: Callable[[float], None],
) -> tuple[Encoded, ...]:
    """Encode ``rungs`` into files named after them and return those; an earlier try's files are replaced.

    Raises:
        Unreadable: the source broke off in a way that probing did not see.
        TookTooLong, EncoderStopped, SpoolFull: the machine's limits.
    """
    if not rungs:
        return ()
    await asyncio.to_thread(into.mkdir, mode=0o700, parents=True, exist_ok=True)
    final = tuple(into / f"{rung.name}.mp4" for rung in rungs)
    # A crash leaves only these; the next try writes over them.
    parts = tuple(path.with_suffix(".part") for path in final)
    made = encoding(plan, rungs, parts, levels=await levels(source, plan, encoder=encoder))
    opened = [*reading(source), *reading_sound(plan)]
    command = [str(encoder.program), *opened, *_progressing(), *made]
    bounds = encoder.effort.bounds(plan.probe.duration_ms, file_bytes=_most_bytes(plan, rungs))
    try:
        outcome = await run(command, bounds=bounds, on_line=_meter(plan, progress))
        if outcome.status != 0:
            raise encoder_problem(outcome)
        sizes = [part.stat().st_size for part in parts]
        if not all(sizes):
            raise BadEncoding("The encoder wrote nothing. The upload is kept. Try again.")
        for part, path in zip(parts, final, strict=True):
            part.replace(path)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    progress(1.0)
    return tuple(
        Encoded(rung=rung, path=path, size_bytes=size)
        for rung, path, size in zip(rungs, final, sizes, strict=True)
    )


def _progressing() -> list[str]:
    return ["-progress", "pipe:1", "-nostats", "-stats_period", "0.2"]


def _most_bytes(plan: Plan, rungs: tuple[Rung, ...]) -> int:
    """Twice the cap, the sound, and room for a first picture: beyond it something is wrong."""
    most_bits = max(rung.max_bits_per_second for rung in rungs)
    return int(float(plan.duration_seconds) * (most_bits * 2 + 200_000) / 8) + 16 * 1024 * 1024


def _meter(plan: Plan, progress: Callable[[float], None]) -> Callable[[bytes], None]:
    total_us = float(plan.duration_seconds) * 1_000_000
    furthest = 0.0

    def read(line: bytes) -> None:
        nonlocal furthest
        name, _, value = line.strip().partition(b"=")
        if name == b"out_time_us" and value.isdigit():
            ratio = min(0.99, int(value) / total_us)
            if ratio > furthest:
                furthest = ratio
                progress(ratio)

    return read


def encoder_problem(outcome: Outcome) -> ReelmError:
    """Return why ffmpeg ended badly, in a creator's words; its own words are a note for the log."""
    problem: ReelmError
    if outcome.status < 0:
        problem = EncoderStopped(
            "The encoder was stopped by the machine before it was done. The upload is kept. Try again."
        )
    elif "File too large" in outcome.complaint:
        problem = BadEncoding(
            "The video became larger than it may while it was prepared. The upload is kept. Export it again "
            "at a lower quality and send that."
        )
    elif "No space left" in outcome.complaint:
        problem = SpoolFull(
            "The realm ran out of disk space while preparing the video. The upload is kept. Try again later."
        )
    else:
        problem = Unreadable(
            "The video could be opened but not converted: a part of it is damaged. "
            "Export it as MP4 with H.264 and send that."
        )
    problem.add_note(f"ffmpeg ended with {outcome.status}: {outcome.complaint[-1000:]}")
    return problem
