"""Write and read the sign of life of a process that answers no port.

The file exists from the moment the process can do its work, is touched every second, and says in one JSON
object what ``./reelm status`` should know (how many jobs wait, for example). The supervisor removes it
before each start.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

BEAT_SECONDS = 1.0


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
