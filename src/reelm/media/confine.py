"""Started as a program: give up what the real program must not have, then become it.

    python -I -S confine.py LIMITS PROGRAM ARGUMENT…

LIMITS is JSON: ``{"memory_bytes", "cpu_seconds", "file_bytes", "niceness", "parent"}``. A program of its own,
because code that runs between fork and exec in a threaded parent can deadlock. Standard library only, so that
it starts in about 15 ms.
"""

import ctypes
import json
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def main() -> None:
    """Confine this process and replace it by the program named on the command line."""
    limits: dict[str, int] = json.loads(sys.argv[1])
    for kind, value in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        _lower(kind, value)
    # Soft limit: SIGXCPU names the cause. Hard limit one second later: SIGKILL for a program that ignores it.
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"] + 1))
    os.nice(limits["niceness"])
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # Dies with its parent: after a kill -9 of a worker nothing goes on writing into a folder that the
        # next worker is about to replace.
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != limits["parent"]:
            raise SystemExit("the parent ended before its death could be watched")
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - the parent, which is ours, chose the program


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (wanted, wanted))


if __name__ == "__main__":
    main()
