"""From nothing to a clip that plays: clone, one command, first picture; then the same realm started again.

Caches of pip, uv and npm are empty folders, so everything is fetched as on a fresh machine. Peers in the same
run: pip with the same lock, and Python loading the same code.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.figure import Figure, report
from bench.house.guest import Guest, Refused
from bench.house.realm import ROOT, free_port, process, wait_for

from reelm.app import Paths, state

REPEATS = 5
WARM_BAR_SECONDS = 3
PICTURE_BAR_SECONDS = 30
CONTENT_BAR_SECONDS = 180
_COLD_SECONDS = 900
_POLL_SECONDS = 0.05
_LOAD = "import reelm.web.__main__, reelm.web.application"


@dataclass(frozen=True, slots=True)
class Cold:
    """Seconds since ``git clone`` began; ``disk_bytes`` is the clone, its tools and the realm.

    Attributes:
        ready: the realm answers.
        first_clip: a stranger could watch the first clip.
        content: all sample clips are there.
    """

    ready: float
    first_clip: float
    content: float
    disk_bytes: int


def git_clone(folder: Path) -> None:
    command = ["git", "clone", "--quiet", "--depth", "1", ROOT.as_uri(), str(folder)]
    subprocess.run(command, check=True)  # noqa: S603 - git, of our own repository


def base_python() -> str:
    """The Python that a stranger has: not the one of our own environment."""
    return str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))


def cold(folder: Path) -> Cold:
    """Clone and start the demo as the README says it, up to its last sample clip."""
    begun = time.monotonic()
    home = folder / "reelm"
    git_clone(home)
    port, data, log = free_port(), folder / "data", folder / "demo.log"
    command = [base_python(), "reelm", "demo", "--port", str(port), "--data", str(data)]
    with process(command, log=log, folder=home):
        wait_for(port, "/health/ready", log, seconds=_COLD_SECONDS)
        ready = time.monotonic() - begun
        _until(lambda: _can_be_watched(port), log)
        first_clip = time.monotonic() - begun
        _until(lambda: _has_content(data), log)
        return Cold(ready, first_clip, time.monotonic() - begun, _size(home) + _size(data))


def pip_alone(folder: Path) -> float:
    """Seconds of what everybody knows: a venv, and pip with the same lock."""
    begun = time.monotonic()
    environment = folder / "venv"
    subprocess.run([base_python(), "-m", "venv", str(environment)], check=True)  # noqa: S603 - the same Python
    command = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--require-hashes", "-r", str(ROOT / "requirements" / "run.txt")]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - the pip just made
    return time.monotonic() - begun


def warm(folder: Path) -> float:
    """Seconds from the command until the realm is ready and its page is served."""
    port, log = free_port(), folder / "up.log"
    begun = time.monotonic()
    command = [base_python(), "reelm", "up", "--port", str(port), "--data", str(folder / "data")]
    with process(command, log=log, folder=folder / "reelm"):
        wait_for(port, "/health/ready", log)
        wait_for(port, "/", log)
        return time.monotonic() - begun


def loading(folder: Path) -> float:
    """Seconds in which Python merely loads the code of the web process; no start can be shorter."""
    home = folder / "reelm"
    begun = time.monotonic()
    command = [str(home / ".venv" / "bin" / "python"), "-P", "-c", _LOAD]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(home / "src")})  # noqa: S603 - ours
    return time.monotonic() - begun


@contextlib.contextmanager
def empty_caches(folder: Path) -> Iterator[None]:
    """Nothing that was fetched before is found again."""
    places = {"PIP_CACHE_DIR": "pip", "UV_CACHE_DIR": "uv", "npm_config_cache": "npm"}
    before = {name: os.environ.get(name) for name in places}
    os.environ.update({name: str(folder / "caches" / place) for name, place in places.items()})
    yield
    shutil.rmtree(folder / "caches", ignore_errors=True)
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def _can_be_watched(port: int) -> bool:
    """Whether a stranger gets everything that a first picture needs."""
    try:
        guest = Guest(port)
        clips = guest.tell("GET", "/api/feed?tab=for-you")["clips"]
        if not clips:
            return False
        initial, first, *_ = guest.renditions(clips[0]["id"])[0]
        return bool(guest.ask("GET", initial.path)) and bool(guest.ask("GET", first.path))
    except (OSError, Refused):
        return False


def _has_content(data: Path) -> bool:
    recorded = state.read_state(Paths(data))
    return recorded is not None and any(child.name == "seed" and child.ending for child in recorded.children)


def _until(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + _COLD_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing within {_COLD_SECONDS} s; {log}:\n{log.read_text()[-2000:]}")
        time.sleep(_POLL_SECONDS)


def _size(folder: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="reelm-bench-") as place:
        folder = Path(place)
        with empty_caches(folder / "ours"):
            found = cold(folder)
        with empty_caches(folder / "pip"):
            pip_seconds = pip_alone(folder)
        starts = [warm(folder) for _ in range(REPEATS)]
        loads = [loading(folder) for _ in range(REPEATS)]
    report(*figures(found, pip_seconds, starts, loads))


def figures(found: Cold, pip_seconds: float, starts: list[float], loads: list[float]) -> list[Figure]:
    disk = f"{found.disk_bytes / 2**30:.2f} GiB on disk when it is done"
    first, content = found.first_clip - found.ready, found.content - found.ready
    return [
        Figure(name="house.cold-first-clip", values=(found.first_clip,), unit="s", note=disk),
        Figure(
            name="house.cold-ready", values=(found.ready,), unit="s", note="of that: clone, install, build"
        ),
        Figure(
            name="house.cold-pip", values=(pip_seconds,), unit="s", note="the peer: pip with the same lock"
        ),
        Figure(name="house.demo-first-clip", values=(first,), unit="s", bar=PICTURE_BAR_SECONDS),
        Figure(name="house.demo-content", values=(content,), unit="s", bar=CONTENT_BAR_SECONDS),
        Figure(name="house.warm-start", values=tuple(starts), unit="s", bar=WARM_BAR_SECONDS),
        Figure(
            name="house.warm-loading",
            values=tuple(loads),
            unit="s",
            note="the limit: Python loads the code of the web process and ends",
        ),
    ]


if __name__ == "__main__":
    main()
