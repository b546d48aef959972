"""Measure a source's loudness, and bring it to that of every clip. Sources: ITU-R BS.1770, EBU R 128."""

import re
from pathlib import Path

from reelm.media.ffmpeg import Encoder
from reelm.media.graph import Levels, reading, sound_chain
from reelm.media.model import Plan
from reelm.media.process import run

TARGET_LUFS = -14.0
# Below it there is only the room; turning it up would turn up noise.
_SILENT_LUFS = -50.0
# Quiet recordings are turned up, but not until their noise is what one hears.
_MAX_GAIN_DB = 20.0
_SHORTEST_MS = 1_000  # what is shorter has too few blocks of 400 ms to be measured
_CLOSE_ENOUGH_DB = 0.3
_SUMMARY = re.compile(r"Integrated loudness:\s+I:\s+(-?[\d.]+|-?inf|nan) LUFS")


async def levels(source: Path, plan: Plan, *, encoder: Encoder) -> Levels | None:
    """Return the change to make to the planned sound of a source; None when it stays as it is.

    Decodes the sound once, on its own. Sound that cannot be measured stays as it is.

    Raises:
        TookTooLong: a limit.
    """
    if plan.probe.audio is None or plan.duration_seconds * 1000 < _SHORTEST_MS:
        return None
    pad, path = f"[0:{plan.probe.audio.stream_index}]", source
    if plan.sound is not None:
        pad, path = "[0:a:0]", Path(plan.sound)
    measure = f"{pad}{sound_chain(plan)},ebur128=framelog=quiet[m]"
    command = [str(encoder.program), *reading(path, log_level="info")]
    command += ["-vn", "-filter_complex", measure, "-map", "[m]", "-f", "null", "-"]
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
