"""A copy of this checkout, prepared by the launcher under a Python of its own, as a newcomer's is.

What the page is built with and the built page are lent by this checkout, since they are the same under every
Python; the Python packages are installed anew. The folder's name has spaces and letters of several scripts.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.machine.source import ROOT, committed

NAME = "Ein Ordner für 短视频 & more"
PREPARING_SECONDS = 300
_STACKS_SECONDS = 10
_LENT = (".tools/uv", ".tools/node", "ui/node_modules")
_COPIED = ("src/reelm/web/static", ".tools/page.json", ".tools/page-packages.json")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A folder with the product, and the Python that its launcher is started with."""

    folder: Path
    python: str

    @property
    def command(self) -> tuple[str, ...]:
        return (self.python, str(self.folder / "reelm"))

    def run(
        self, *arguments: str, seconds: float, environment: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run ``./reelm …`` to its end; what it prints is in ``stdout``, both streams in order.

        After ``seconds`` it is ended with all that it began, and its exit code is negative. A pytest among
        them adds where each of its threads was.
        """
        # A file: whoever was left behind and still holds it is not waited for, as at the end of a pipe.
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(  # noqa: S603 - the product itself
                [*self.command, *arguments],
                cwd=self.folder,
                # Two pytests that tidy up the same folder at once get in each other's way.
                env=_own() | {"PYTEST_DEBUG_TEMPROOT": str(self.folder.parent)}
                if environment is None
                else dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                _abort(process)
                output.write(f"\nIt was ended after {seconds:.0f} seconds.\n".encode())
            finally:
                _signal_group(process.pid, signal.SIGKILL)
                process.wait()
            output.seek(0)
            said = output.read().decode(errors="replace")
        return subprocess.CompletedProcess(process.args, process.returncode, said)


def copied(folder: Path, python: str) -> Checkout:
    """A copy below ``folder`` with nothing prepared but the page."""
    target = folder / NAME
    for path in committed():
        _copy(path, target / path.relative_to(ROOT))
    for name in _COPIED:
        _copy(ROOT / name, target / name)
    for name in _LENT:
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).symlink_to(ROOT / name)
    return Checkout(target, python)


def last_lines(text: str, count: int = 300) -> str:
    return "\n".join(text.splitlines()[-count:])


def _own() -> dict[str, str]:
    """This process's variables, without those by which a test runner would take another one for its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def _abort(leader: "subprocess.Popen[bytes]") -> None:
    """End a group by the signal on which pytest writes its stacks, and give it the time to."""
    _signal_group(leader.pid, signal.SIGABRT)
    deadline = time.monotonic() + _STACKS_SECONDS
    while leader.poll() is None or _signal_group(leader.pid, 0):
        if time.monotonic() > deadline:
            return
        time.sleep(0.05)


def _signal_group(leader: int, which: int) -> bool:
    """Return whether anyone is there to be signalled."""
    try:
        os.killpg(leader, which)
    except ProcessLookupError:
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    """With its times, by which the launcher knows that the page is that of these sources."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copy2(source, target)
