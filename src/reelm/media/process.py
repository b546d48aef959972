"""Run one program on hostile input: limited, watched, and gone when the caller is."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reelm.media.errors import TookTooLong

_CONFINE = str(Path(__file__).with_name("confine.py"))
_MAX_OUTPUT_BYTES = 1024 * 1024
_MAX_COMPLAINT_BYTES = 4096
_BLOCK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits on a program. ``file_bytes`` is per file written."""

    wall_seconds: float
    cpu_seconds: int
    memory_bytes: int
    file_bytes: int
    niceness: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a program: its status (negative: the signal), its output, the last of its complaints."""

    status: int
    output: bytes
    complaint: str


async def run(
    command: Sequence[str], *, bounds: Bounds, on_line: Callable[[bytes], None] | None = None
) -> Outcome:
    """Run ``command`` and return how it ended; its process group is killed when the caller is cancelled.

    Args:
        command: absolute path of the program, then its arguments.
        bounds: limits, enforced by the kernel where it can.
        on_line: called with each line of standard output, which is then not kept.

    Raises:
        TookTooLong: a time limit was reached.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-S",
        _CONFINE,
        _limits(bounds),
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={"PATH": os.defpath, "LC_ALL": "C", "MALLOC_ARENA_MAX": "2"},
    )
    try:
        async with asyncio.timeout(bounds.wall_seconds):
            outcome = await _watch(process, on_line)
    except TimeoutError:
        raise _too_long() from None
    finally:
        await _end(process)
    if outcome.status == -signal.SIGXCPU:
        raise _too_long()
    return outcome


def _limits(bounds: Bounds) -> str:
    return json.dumps(
        {
            "memory_bytes": bounds.memory_bytes,
            "cpu_seconds": bounds.cpu_seconds,
            "file_bytes": bounds.file_bytes,
            "niceness": bounds.niceness,
            "parent": os.getpid(),
        }
    )


def _too_long() -> TookTooLong:
    return TookTooLong(
        "Working on the video took longer than is allowed, so it was stopped and nothing was kept. "
        "Try again; if it happens again, export the video at 1080p and send that."
    )


async def _watch(process: asyncio.subprocess.Process, on_line: Callable[[bytes], None] | None) -> Outcome:
    stdout, stderr = process.stdout, process.stderr
    if stdout is None or stderr is None:
        raise RuntimeError("a process was started without its pipes")
    output, complaint = await asyncio.gather(_listen(stdout, on_line), _tail(stderr))
    return Outcome(status=await process.wait(), output=output, complaint=complaint)


async def _listen(stream: asyncio.StreamReader, on_line: Callable[[bytes], None] | None) -> bytes:
    """Return the beginning of the output, or pass its lines on, each with its beginning."""
    kept = bytearray()
    while block := await stream.read(_BLOCK_BYTES):
        if on_line is None:
            kept += block[: _MAX_OUTPUT_BYTES - len(kept)]
            continue
        *lines, kept = (kept + block).split(b"\n")
        for line in lines:
            on_line(bytes(line) + b"\n")
        del kept[_BLOCK_BYTES:]
    return bytes(kept) if on_line is None else b""


async def _tail(stream: asyncio.StreamReader) -> str:
    kept = b""
    while block := await stream.read(_MAX_COMPLAINT_BYTES):
        kept = (kept + block)[-_MAX_COMPLAINT_BYTES:]
    return kept.decode("utf-8", "replace")


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing running and no pipe open, not even when this is itself cancelled."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        pipes = [stream.read() for stream in (process.stdout, process.stderr) if stream is not None]
        await asyncio.shield(asyncio.gather(process.wait(), *pipes))
