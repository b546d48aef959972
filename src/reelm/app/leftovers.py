"""End what a supervisor that was killed left running.

Its children end by themselves (``parent.exit_with_parent``); the next start waits for that, and ends those
that hang.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable

from reelm.app import state
from reelm.app.lock import holder, is_held
from reelm.app.paths import Paths

_POLL_SECONDS = 0.1


def clear_leftovers(
    paths: Paths, names: Iterable[str], *, wait_seconds: float, say: Callable[[str], None]
) -> None:
    """Return when nothing of an earlier start runs any more.

    Raises:
        LeftoverRuns: something holds a child's lock and is not a process that an earlier start recorded.
    """
    held = _held(paths, names)
    if held:
        say(f"Waiting for {' and '.join(held)} of an earlier start to end ...")
    if held and not _wait(paths, held, wait_seconds):
        _kill(paths, held)
        if not _wait(paths, held, 2):
            _refuse(paths, _held(paths, held))
    state.remove_state(paths)


def _held(paths: Paths, names: Iterable[str]) -> list[str]:
    return [name for name in names if is_held(state.child_lock(paths, name))]


def _wait(paths: Paths, names: list[str], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _held(paths, names):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _kill(paths: Paths, names: list[str]) -> None:
    recorded = state.read_state(paths)
    for child in recorded.children if recorded else ():
        if child.name in names and state.is_command(child.pid, child.argv):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)


def _refuse(paths: Paths, names: list[str]) -> None:
    from reelm.app.errors import LeftoverRuns  # noqa: PLC0415 - reelm.base costs a warm start half a second

    notes = [holder(state.child_lock(paths, name)) or {} for name in names]
    pids = ", ".join(str(note.get("pid", "unknown")) for note in notes)
    raise LeftoverRuns(
        f"{' and '.join(names)} of an earlier start still runs on {paths.data} and could not be ended "
        f"(started by process {pids}). Nothing was started. End it yourself, then start again."
    )
