"""End a child together with the process that started it.

The supervisor may be killed with -9, and Granian's main process too; nothing runs after that in the one
killed, so each child watches by itself. Polling works everywhere; the kernel's own notice of a dead parent
is Linux only and tied to the thread that started the child.
"""

import contextlib
import os
import signal
import threading
import time

SUPERVISOR_VARIABLE = "REELM_SUPERVISOR"
_POLL_SECONDS = 0.2


def exit_with_parent(*, grace_seconds: float = 5) -> None:
    """Let this process end when its parent does; call it first thing.

    It gets SIGTERM as from the supervisor, and what is left of it after ``grace_seconds`` is killed: the
    whole process group when the supervisor made one for it (encoders included), else this process alone.
    Below 10 s, because the next start waits that long.
    """
    # Taken away so that this process's own children do not mistake the supervisor for their parent.
    supervisor = os.environ.pop(SUPERVISOR_VARIABLE, "")
    parent = int(supervisor) if supervisor.isdigit() else os.getppid()
    threading.Thread(
        target=_watch,
        args=(parent, grace_seconds, bool(supervisor)),
        name="exit-with-parent",
        daemon=True,
    ).start()


def _watch(parent: int, grace_seconds: float, leads_group: bool) -> None:  # noqa: FBT001 - a thread's target
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace_seconds)
    if leads_group and os.getpgrp() == os.getpid():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)
