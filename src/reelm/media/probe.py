"""Look at an untrusted file through a confined process, so that hostile bytes never reach this one."""

import asyncio
import json
import sys
from dataclasses import replace
from pathlib import Path

import msgspec

from reelm.base import ReelmError
from reelm.media.errors import Empty, InspectionFailed, NotAVideo, TooManyBytes, Truncated
from reelm.media.ffmpeg import DECODERS, FORMATS, PROTOCOLS, Encoder
from reelm.media.limits import SourceLimits, check
from reelm.media.model import Audio, Probe
from reelm.media.process import Bounds, Outcome, run
from reelm.media.qualify import qualify, unreadable

_OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": PROTOCOLS, "codec_whitelist": DECODERS}
_INSPECTION = str(Path(__file__).with_name("inspection.py"))


class _Answer(msgspec.Struct):
    fault: str | None
    probe: Probe | None
    sounds: tuple[Audio, ...] = ()


async def probe(path: Path, *, limits: SourceLimits, bounds: Bounds, encoder: Encoder) -> Probe:
    """Return facts about an accepted file; its end was decoded, and its beginning by the ``encoder`` too.

    Raises:
        Empty, NotAVideo, Truncated, Unreadable: what is wrong with the file.
        NoVideo, TooLong, TooShort, TooSmall, TooLargePicture, TooManyBytes, TooManyStreams: over a limit.
        TookTooLong: reading it was stopped.
        InspectionFailed: the installation is damaged.
    """
    size_bytes = (await asyncio.to_thread(path.stat)).st_size
    if size_bytes == 0:
        raise empty()
    if size_bytes > limits.max_source_bytes:
        raise too_many_bytes(limits)
    command = [
        sys.executable,
        "-I",
        "-B",
        _INSPECTION,
        str(path),
        json.dumps(_OPTIONS),
        json.dumps(_stops(limits)),
    ]
    outcome = await run(command, bounds=bounds)
    try:
        answer = msgspec.json.decode(outcome.output, type=_Answer)
    except msgspec.DecodeError:
        raise _silence(outcome) from None
    if answer.probe is None:
        raise _refusal(answer.fault or "unreadable")
    check(answer.probe, limits)
    encoding = replace(bounds, memory_bytes=encoder.effort.memory_bytes)
    return await qualify(path, answer.probe, answer.sounds, program=encoder.program, bounds=encoding)


def _silence(outcome: Outcome) -> ReelmError:
    """No answer: a signal means that the file crashed the decoder, anything else is our own fault."""
    problem = _refusal("unreadable")
    if outcome.status >= 0:
        problem = InspectionFailed(
            "The realm could not look at the file, which is not the file's fault. Nothing was kept. "
            "Try again; if it happens again, the operator has to repair the installation."
        )
    problem.add_note(f"inspection ended with {outcome.status}: {outcome.complaint[-500:]}")
    return problem


def _stops(limits: SourceLimits) -> dict[str, int]:
    return {
        "max_streams": limits.max_streams,
        "max_pixels": limits.max_pixels,
        "max_duration_ms": limits.max_duration_ms,
        "min_short_side": limits.min_short_side,
    }


def empty() -> Empty:
    return Empty("The file has no bytes in it. Nothing was kept. Choose the video again.")


def too_many_bytes(limits: SourceLimits) -> TooManyBytes:
    size = limits.max_source_bytes
    spoken = f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{max(size / 1024**2, 0.1):.1f} MiB"
    return TooManyBytes(
        f"The file is larger than {spoken}, which is the most that is accepted. Nothing was kept. "
        "Trim it or export it at a lower quality.",
        max_source_bytes=size,
    )


def _refusal(fault: str) -> ReelmError:
    match fault:
        case "not-a-video":
            return NotAVideo(
                "The file is not a video that can be read here. Send an MP4, MOV, WebM or MKV file; renaming "
                "another kind of file does not change what it is."
            )
        case "truncated":
            return Truncated(
                "The file ends before the video does, as if a download or a recording was cut off. "
                "Export it again, or copy it from the camera once more, and send that."
            )
        case _:
            return unreadable()
