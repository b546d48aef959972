"""A sound of the realm in place of a file's own: that of another clip, as players get it."""

from dataclasses import replace
from pathlib import Path

from reelm.media.model import Audio, Plan

# What every encoded rung has. One that was remuxed may be mono or slower; it is decoded in any case.
_OF_A_RUNG = Audio(stream_index=0, codec="aac", channels=2, sample_rate=48_000, profile="LC")


def with_sound(plan: Plan, path: Path) -> Plan:
    """The same with the sound of the file at ``path``: from its beginning, cut or followed by silence."""
    return replace(plan, probe=replace(plan.probe, audio=_OF_A_RUNG), sound=str(path))
