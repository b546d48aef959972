"""Do what a process owes its supervisor: end together with it, and give a sign of life without a port.

The supervisor may be killed with -9, and Granian's main process too; nothing runs after that in the one
killed, so each child watches by itself. Polling works everywhere; the kernel's own notice of a dead parent
is Linux only and tied to the thread that started the child.

The file of a heartbeat exists from the moment the process can do its work, is touched every second, and says
in one JSON object what ``./reelm status`` should know (how many jobs wait, for example). The supervisor
removes it before each start.
"""

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SUPERVISOR_VARIABLE = "REELM_SUPERVISOR"
_POLL_SECONDS = 0.2
BEAT_SECONDS = 1.0


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


class Heartbeat:
    """Writes the file from a thread of its own until ``stop()``.

    Args:
        path: ``DATA/run/NAME.ready``.
        facts: what to say; called in the thread once a second. If it blocks or raises, the beats end, and a
            file that grows old means a process that cannot work.
    """

    def __init__(self, path: Path, facts: Callable[[], Mapping[str, Any]] | None = None) -> None:
        self._path = path
        self._facts = facts or dict
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Say that this process is ready now."""
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        self._path.unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            self._beat()

    def _beat(self) -> None:
        fresh = self._path.with_suffix(".beat")
        fresh.write_text(json.dumps(dict(self._facts())), encoding="utf-8")
        os.replace(fresh, self._path)  # noqa: PTH105 - the rename is the point


def read_beat(path: Path) -> tuple[float, dict[str, Any]] | None:
    """Return (age in seconds, facts) of the last beat, or None without one."""
    try:
        age_seconds = time.time() - path.stat().st_mtime  # noqa: TID251 - compared with a file's own clock
        facts = json.loads(path.read_text(encoding="utf-8") or "{}")
    except (OSError, ValueError):
        return None
    return max(age_seconds, 0.0), facts if isinstance(facts, dict) else {}
