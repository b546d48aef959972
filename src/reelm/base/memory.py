"""Keeping freed memory, so that streams do not wait for the system to hand the same pages out again."""

import ctypes
import sys
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_KEPT_BYTES: Final = 16 << 20


def keep_freed_memory() -> None:
    """Let this process keep up to 16 MiB of freed memory per thread instead of giving it back at once.

    A stream allocates and frees a few MiB per step. By default glibc returns those to the system, which
    clears and maps them again page by page: measured, more than half of the processor time of storing a
    stream. Does nothing where the allocator is another one.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
