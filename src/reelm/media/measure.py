"""Measure a source before it is encoded: how hard its picture is to encode, and how loud its sound is.

The picture is tried at a few moments, as the lowest rung would be. The sound is brought to the loudness of
every clip. Sources: ITU-R BS.1770, EBU R 128.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from reelm.media.errors import TookTooLong
from reelm.media.ffmpeg import Encoder
from reelm.media.graph import Levels, reading, sampling, sound_chain, steady_sound
from reelm.media.model import Plan
from reelm.media.process import run
from reelm.media.rates import SAMPLE_CRF, Frames, Sample, sample_of

# Each costs what opening the file does; the encoding itself is a fifth of the whole.
_MOMENTS = 2
_MOMENT_SECONDS = 0.3
_FRAMES = re.compile(r"frame ([IP]):(\d+) +Avg QP: *[\d.]+ +size: *(\d+)")
_LIKENESS = re.compile(r"SSIM Mean Y:[\d.]+ \( *([\d.]+)db\)")

TARGET_LUFS = -14.0
# Below it there is only the room; turning it up would turn up noise.
_SILENT_LUFS = -50.0
# Quiet recordings are turned up, but not until their noise is what one hears.
_MAX_GAIN_DB = 20.0
_SHORTEST_MS = 1_000  # what is shorter has too few blocks of 400 ms to be measured
_CLOSE_ENOUGH_DB = 0.3
_SUMMARY = re.compile(r"Integrated loudness:\s+I:\s+(-?[\d.]+|-?inf|nan) LUFS")


@dataclass(frozen=True, slots=True)
class Moments:
    """The seconds of the source at which to look, and the frames of the first rung to take at each."""

    at_seconds: tuple[float, ...]
    frames: int


async def sample(source: Path, plan: Plan, *, encoder: Encoder) -> Sample | None:
    """Encode a few moments and return how they came out; None when the usual rate factors have to do.

    Writes no file. Each moment begins at the keyframe before it: nothing is decoded to be thrown away.
    """
    moments = moments_of(plan)
    command = [str(encoder.program)]
    for at in moments.at_seconds:
        command += ["-noaccurate_seek", *reading(source, seek_seconds=at, log_level="info"), "-nostats"]
    command += sampling(plan, moments=len(moments.at_seconds), frames=moments.frames, crf=SAMPLE_CRF)
    bounds = encoder.effort.bounds(round(_MOMENTS * _MOMENT_SECONDS * 1000), file_bytes=0)
    try:
        outcome = await run(command, bounds=bounds)
    except TookTooLong:
        return None
    return sample_in(outcome.complaint, plan) if outcome.status == 0 else None


def moments_of(plan: Plan) -> Moments:
    """Spread moments evenly over the part that is taken; all of it when it is shorter than they are."""
    start, length = float(plan.start_seconds), float(plan.duration_seconds)
    each = min(_MOMENT_SECONDS, length / _MOMENTS)
    middles = [start + length * (2 * place + 1) / (2 * _MOMENTS) for place in range(_MOMENTS)]
    return Moments(tuple(middle - each / 2 for middle in middles), max(1, round(each * plan.frame_rate)))


def sample_in(account: str, plan: Plan) -> Sample | None:
    """Return what x264 said at its end; the last word counts, because a file's own notes come earlier."""
    frames = {kind: Frames(int(count), int(size)) for kind, count, size in _FRAMES.findall(account)}
    likeness = _LIKENESS.findall(account)
    if "I" not in frames or not likeness:
        return None
    return sample_of(frames["I"], frames.get("P"), float(likeness[-1]), rate=float(plan.frame_rate))


async def levels(source: Path, plan: Plan, *, encoder: Encoder) -> Levels | None:
    """Return the change to make to the planned sound of a source; None when it stays as it is.

    Decodes the sound once, on its own. Sound that cannot be measured stays as it is.

    Raises:
        TookTooLong: a limit.
    """
    if plan.probe.audio is None or plan.duration_seconds * 1000 < _SHORTEST_MS:
        return None
    if plan.sound is not None:
        pad, options = "[0:a:0]", reading(Path(plan.sound), log_level="info")
    else:
        pad, options = "[dec:0]", reading(source, log_level="info")
        options += steady_sound(plan.probe.audio, output=0)
    measure = f"{pad}{sound_chain(plan)},ebur128=framelog=quiet[m]"
    command = [str(encoder.program), *options]
    command += ["-filter_complex", measure, "-map", "[m]", "-f", "null", "-"]
    outcome = await run(command, bounds=encoder.effort.bounds(plan.probe.duration_ms, file_bytes=0))
    found = _SUMMARY.search(outcome.complaint)
    if outcome.status != 0 or found is None:
        return None
    return levels_for(float(found[1]))


def levels_for(measured_lufs: float) -> Levels | None:
    """Return the change for a measured loudness; None for silence and for what is right already."""
    if not measured_lufs > _SILENT_LUFS:
        return None
    gain_db = min(TARGET_LUFS - measured_lufs, _MAX_GAIN_DB)
    return Levels(gain_db=gain_db) if abs(gain_db) > _CLOSE_ENOUGH_DB else None
