"""Run a source's first moment through the very filters that make rungs of it, before it is accepted.

Two programs read a source: the one that looks at it and the one that encodes it. Only the second one knows
what it can decode and convert, so it has the last word, at upload, where the creator still reads why.
"""

import re
from dataclasses import replace
from pathlib import Path

from reelm.media.errors import Unreadable
from reelm.media.graph import picture_chain, reading, stereo
from reelm.media.model import Audio, Plan, Probe, plan
from reelm.media.process import Bounds, run
from reelm.media.remuxable import remuxed_rung

_HEARD = re.compile(r"Parsed_ashowinfo_\d+ @ .* channels:(\d+) .* rate:(\d+) ")


async def qualify(
    source: Path, probe: Probe, sounds: tuple[Audio, ...], *, program: Path, bounds: Bounds
) -> Probe:
    """Return the probe with the first of ``sounds`` that becomes stereo; without sound when none does.

    Raises:
        Unreadable: the picture does not become one.
        TookTooLong: a limit.
    """
    silent = replace(probe, audio=None)
    # The picture that players take as it is is also the one that every encoder takes, and people wait for it.
    if remuxed_rung(plan(silent)) is None:
        outcome = await run(_command(program, source, _picture(plan(silent))), bounds=bounds)
        if outcome.status != 0:
            raise unreadable()
    for sound in sounds:
        for each in (sound, replace(sound, takes_first_two=True)):
            outcome = await run(_command(program, source, _sound(each)), bounds=bounds)
            heard = _HEARD.findall(outcome.complaint)
            if outcome.status == 0 and outcome.output and heard:
                channels, rate = heard[-1]
                return replace(probe, audio=replace(each, channels=int(channels), sample_rate=int(rate)))
    return silent


def _command(program: Path, source: Path, options: list[str]) -> list[str]:
    # Several threads would decode as many pictures, and one is wanted.
    return [str(program), *reading(source, log_level="info", threads="1"), *options]


def _picture(plan: Plan) -> list[str]:
    """Return options that make one picture of the first rung."""
    rung, video = plan.rungs[0], plan.video
    chain = picture_chain(video, width=rung.width, height=rung.height)
    options = ["-map", f"0:{video.stream_index}", "-vf", ",".join(chain), "-frames:v", "1"]
    return [*options, "-c:v", "wrapped_avframe", "-f", "null", "-"]


def _sound(audio: Audio) -> list[str]:
    """Return options that write a little sound to the output; ``ashowinfo`` says, in the log, what it is."""
    return [*stereo(audio, ["ashowinfo"]), "-frames:a", "1", "-f", "s16le", "pipe:1"]


def unreadable() -> Unreadable:
    return Unreadable(
        "The file looks like a video, but its picture cannot be decoded. Export it as MP4 with H.264 "
        "and send that."
    )
