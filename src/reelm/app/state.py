"""Write and read what runs now: ``DATA/run/state.json``, for ``status``, ``down`` and the next start."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from reelm.app.paths import Paths


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildState:
    """One process of the realm; ``pid`` 0 while it does not run, for good when there is an ``ending``."""

    name: str
    pid: int
    argv: tuple[str, ...]
    started_at: datetime
    restart_count: int
    is_ready: bool
    ending: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """One supervisor and its children."""

    pid: int
    host: str
    port: int
    url: str
    started_at: datetime
    children: tuple[ChildState, ...] = ()


def supervisor_lock(paths: Paths) -> Path:
    return paths.run / "lock"


def child_lock(paths: Paths, name: str) -> Path:
    return paths.run / f"{name}.lock"


def ready_file(paths: Paths, name: str) -> Path:
    """Return where the heartbeat of child ``name`` is."""
    return paths.run / f"{name}.ready"


def now() -> datetime:
    """Return the time. Not by ``base.Clock``: that would load the database before the first child runs."""
    return datetime.now(UTC)  # noqa: TID251 - see above; nothing decides by it


def write_state(paths: Paths, state: RunState) -> None:
    """Replace the file in one step: a reader sees the old state or the new one."""
    fresh = paths.run / "state.json.new"
    fresh.write_text(json.dumps(asdict(state), default=datetime.isoformat), encoding="utf-8")
    os.replace(fresh, paths.run / "state.json")  # noqa: PTH105 - the rename is the point


def remove_state(paths: Paths) -> None:
    (paths.run / "state.json").unlink(missing_ok=True)


def read_state(paths: Paths) -> RunState | None:
    """Return what the last supervisor wrote, alive or not; None when it ended cleanly or never ran."""
    try:
        raw = json.loads((paths.run / "state.json").read_text(encoding="utf-8"))
        children = tuple(
            ChildState(
                **{
                    **child,
                    "argv": tuple(child["argv"]),
                    "started_at": datetime.fromisoformat(child["started_at"]),
                }
            )
            for child in raw.pop("children")
        )
        started_at = datetime.fromisoformat(raw.pop("started_at"))
        return RunState(**raw, started_at=started_at, children=children)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_command(pid: int, argv: Sequence[str]) -> bool:
    """Return whether ``pid`` lives and was started as ``argv``: the pid may have been given out again."""
    if pid <= 0:
        return False
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        asked = subprocess.run(  # noqa: S603 - a fixed program and a number
            ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)],
            capture_output=True,
            check=False,
        )
        return asked.stdout.decode(errors="replace").strip() == " ".join(argv)
    return raw.decode(errors="surrogateescape").rstrip("\0").split("\0") == list(argv)
