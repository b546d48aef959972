"""Make a rendition of a source's own picture and sound, without encoding either.

Only sound that players do not take, or that takes the place of the source's own, is encoded; that takes a
moment, and the picture none.
"""

import asyncio
from pathlib import Path

from reelm.media.encode import Encoded, encoder_problem
from reelm.media.errors import BadEncoding
from reelm.media.ffmpeg import Encoder
from reelm.media.graph import AAC, Levels, reading, reading_sound, sound_graph, steady_sound
from reelm.media.measure import levels
from reelm.media.model import Plan, Rung
from reelm.media.process import run
from reelm.media.remuxable import encodes_sound

# Sound and picture of the same stretch in one fragment per keyframe, as ``encode`` makes them. Edit lists cut
# the sound's start-up samples and what B-frames delay; display matrices stay. Browsers honour both.
_MOVFLAGS = "+frag_keyframe+delay_moov+default_base_moof+skip_trailer"
_MIN_PIECE_SECONDS = 0.4  # shorter groups of pictures share a piece
# Slices and what they are decoded by, and no other kind of unit: cameras and editors write notes into the
# stream itself (SEI, kinds that no standard names), and pad it.
_PICTURE_ONLY = "filter_units=pass_types=1|5|7|8"
_ROOM_BYTES = 4 * 1024 * 1024  # for what a container of fragments has more than the source's


async def remux(source: Path, plan: Plan, rung: Rung, *, into: Path, encoder: Encoder) -> Encoded:
    """Copy a source's packets into ``into/source.mp4``, one fragment per piece; replaces an earlier try's.

    Args:
        source: an accepted file.
        plan: what was planned for it.
        rung: what ``remuxed_rung`` says of the plan.
        into: private; made when missing.
        encoder: the ffmpeg that does it.

    Raises:
        BadEncoding, Unreadable: the container cannot be taken apart; encoding may still work.
        TookTooLong, EncoderStopped, SpoolFull: the machine's limits.
    """
    await asyncio.to_thread(into.mkdir, mode=0o700, parents=True, exist_ok=True)
    path = into / f"{rung.name}.mp4"
    part = path.with_suffix(".part")
    louder = await levels(source, plan, encoder=encoder) if encodes_sound(plan) else None
    command = [str(encoder.program), *reading(source), *reading_sound(plan), *_copying(plan, part, louder)]
    most_bytes = (await asyncio.to_thread(source.stat)).st_size + _ROOM_BYTES
    bounds = encoder.effort.bounds(plan.probe.duration_ms, file_bytes=most_bytes)
    try:
        outcome = await run(command, bounds=bounds)
        if outcome.status != 0:
            raise encoder_problem(outcome)
        size_bytes = part.stat().st_size
        if not size_bytes:
            raise BadEncoding("Nothing of the video could be copied. The upload is kept. Try again.")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Encoded(rung=rung, path=path, size_bytes=size_bytes)


def _copying(plan: Plan, output: Path, louder: Levels | None) -> list[str]:
    audio = plan.probe.audio
    copied = ["-map", f"0:{plan.video.stream_index}", "-c", "copy", "-bsf:v", _PICTURE_ONLY]
    if audio is None:
        options = copied
    elif encodes_sound(plan):
        options = [] if plan.sound else steady_sound(audio, output=0)
        graph = sound_graph(plan, louder, pad="[1:a:0]" if plan.sound else "[dec:0]", count=1)
        options += [*copied, "-filter_complex", graph, "-map", "[a0]", *AAC]
    else:
        options = [*copied, "-map", f"0:{audio.stream_index}"]
    # Metadata stays behind: cameras write the place and the owner into it.
    options += ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"]
    options += ["-min_frag_duration", str(round(_MIN_PIECE_SECONDS * 1_000_000))]
    return [*options, "-movflags", _MOVFLAGS, "-f", "mp4", f"file:{output}"]
