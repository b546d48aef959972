"""Which steps a piece of code takes, in order: real calls of the system, or those of the simulated disk."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

# What makes something durable or undone on a real disk.
SYSTEM = {
    "pwritev": "write",
    "fsync": "flush",
    "fdatasync": "flush",
    "mkdir": "make directory",
    "rename": "rename",
    "unlink": "unlink",
}
SIMULATED = {
    "File.write": "write",
    "File.flush": "flush",
    "Directory.flush": "flush",
    "Disk.flush_root": "flush",
    "Disk.make_shard": "make directory",
    "Disk.rename": "rename",
}
Seen = Callable[[str, str], None]


def watch_system(seen: Seen, steps: Mapping[str, str] = SYSTEM) -> None:
    """Tell ``before`` and ``after`` of every such call, in this thread and in all that start from now on."""

    def profile(frame: FrameType, event: str, called: Any) -> None:
        del frame
        if event in {"c_call", "c_return"} and called.__name__ in steps:
            seen("before" if event == "c_call" else "after", steps[called.__name__])

    threading.setprofile(profile)
    sys.setprofile(profile)


def watch_simulated(seen: Seen, steps: Mapping[str, str] = SIMULATED) -> None:
    """The same for methods of the simulated disk, told before they run."""

    def profile(frame: FrameType, event: str, called: Any) -> None:
        del called
        if event == "call" and frame.f_code.co_qualname in steps:
            seen("before", steps[frame.f_code.co_qualname])

    sys.setprofile(profile)


@contextmanager
def recorded(watch: Callable[[Seen], None]) -> Iterator[list[str]]:
    """The steps taken in the block, each once, in order."""
    steps: list[str] = []
    watch(lambda when, step: steps.append(step) if when == "before" else None)
    try:
        yield steps
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
