"""Start, watch, restart and stop one child process of the supervisor."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from reelm.app import state
from reelm.app.lock import Lock
from reelm.app.logfile import LogFile
from reelm.app.paths import Paths
from reelm.app.readiness import Ready
from reelm.app.supervised import SUPERVISOR_VARIABLE

# A child that ends with this code has said what is wrong with its settings or its data: starting it again
# is no use.
EXIT_CONFIG = 78
_SOURCE = Path(__file__).parents[2]
# The auditor's distribution, where this is a copy of the repository.
AUDIT_SOURCE = _SOURCE.parent / "audit" / "src"
# The sample content of the demo, as above.
DEMO_SOURCE = _SOURCE.parent / "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process to keep running.

    Attributes:
        name: also the name of its log and its lock.
        argv: the whole command.
        ready: the sign that it can work; None means as soon as it runs.
        is_task: started once the others are ready and over when it ends with 0; after a failure started again
            a few times, then given up while the realm runs on.
        is_shown: all of its output goes to the terminal, not only warnings and errors.
    """

    name: str
    argv: tuple[str, ...]
    ready: Ready | None = None
    is_task: bool = False
    is_shown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The time limits of the supervisor; tests have shorter ones."""

    stop_seconds: float = 10
    leftover_seconds: float = 10
    healthy_seconds: float = 30
    first_delay_seconds: float = 0.2
    last_delay_seconds: float = 2
    start_attempts: int = 5


def child_environment() -> dict[str, str]:
    """Return the supervisor's own environment, plus what ties a child to it and lets it find the packages."""
    ours = [str(folder) for folder in (_SOURCE, AUDIT_SOURCE, DEMO_SOURCE) if folder.is_dir()]
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = [*ours, *(entry for entry in inherited if entry not in {"", *ours})]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONUNBUFFERED": "1",
        SUPERVISOR_VARIABLE: str(os.getpid()),
    }


@dataclass(slots=True, kw_only=True)
class Keeper:
    """Keeps one child running; asked to look after it many times a second."""

    child: Child
    paths: Paths
    patience: Patience
    say: Callable[[str], None]
    environment: Mapping[str, str] = field(default_factory=child_environment)
    process: subprocess.Popen[bytes] | None = None
    is_ready: bool = False
    was_ready: bool = False
    ending: str = ""
    failure_count: int = 0
    restart_count: int = 0
    exit_code: int = 0
    started_at: datetime = field(default_factory=state.now)
    log: LogFile = field(init=False)
    _started_seconds: float = 0
    _next_start_seconds: float = 0

    def __post_init__(self) -> None:
        self.log = LogFile(self.paths.logs / f"{self.child.name}.log")

    def look(self, now_seconds: float) -> bool:
        """Do what is due; return whether anything changed that ``state.json`` tells."""
        self.mirror()
        if self.process is None:
            return now_seconds >= self._next_start_seconds and not self.ending and self._start(now_seconds)
        if self.process.poll() is not None:
            self._ended(now_seconds)
            return True
        if self.failure_count and now_seconds - self._started_seconds > self.patience.healthy_seconds:
            self.failure_count = 0
        if not self.is_ready and (self.child.ready is None or self.child.ready.is_met()):
            self.is_ready = self.was_ready = True
            return True
        return False

    def has_given_up(self) -> bool:
        """Return whether starting again is no use: it said so, or never became ready in several attempts."""
        if self.exit_code == EXIT_CONFIG:
            return True
        return (
            self.child.is_task or not self.was_ready
        ) and self.failure_count >= self.patience.start_attempts

    def terminate(self) -> None:
        """Ask the child to end; its own children are its business until ``kill()``."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """End the child and everything it started, now."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def mirror(self) -> None:
        """Show on the terminal what the child's log has to say."""
        for line in self.log.fresh_lines(only_important=not self.child.is_shown):
            self.say(line if self.child.is_shown else f"{self.child.name}: {line}")

    def state(self) -> state.ChildState:
        return state.ChildState(
            name=self.child.name,
            pid=self.process.pid if self.process is not None else 0,
            argv=self.child.argv,
            started_at=self.started_at,
            restart_count=self.restart_count,
            is_ready=self.is_ready,
            ending=self.ending,
        )

    def _start(self, now_seconds: float) -> bool:
        # Held by the child from its first moment and dropped by the kernel at its last, this lock tells the
        # next start whether anything of this child is left.
        lock = Lock.take(state.child_lock(self.paths, self.child.name))
        if lock is None:
            return False
        if self.child.ready is not None:
            self.child.ready.clear()
        log = self.log.open()
        try:
            self.process = subprocess.Popen(  # noqa: S603 - our own commands
                self.child.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.environment),
                pass_fds=(lock.descriptor,),
                process_group=0,
            )
        finally:
            os.close(log)
            lock.release()
        self._started_seconds = now_seconds
        self.started_at = state.now()
        return True

    def _ended(self, now_seconds: float) -> None:
        assert self.process is not None  # noqa: S101 - the caller looked
        self.exit_code = self.process.returncode
        self.kill()
        self.mirror()
        self.process = None
        self.is_ready = False
        if self.child.is_task and self.exit_code == 0:
            self.ending = "finished"
            return
        longest = self.patience.last_delay_seconds
        delay = min(longest, self.patience.first_delay_seconds * 2**self.failure_count)
        self._next_start_seconds = now_seconds + delay
        self.failure_count += 1
        self.restart_count += 1
        reason = f"{self.child.name} stopped ({_reason(self.exit_code)})"
        if not self.has_given_up():
            self.say(f"{reason}; starting it again in {delay:.1f} s. Its log: {self.log.path}")
        elif self.child.is_task:
            self.ending = "given up"
            self.say(f"{reason} and is given up; the realm runs on without it. Its log: {self.log.path}")


def _reason(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"


def python(*arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module of the product in this same environment."""
    return (sys.executable, "-P", "-m", *arguments)
