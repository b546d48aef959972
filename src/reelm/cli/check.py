"""Steps of ``./reelm dev check``: two at a time, one line each, the output only of those that fail."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from reelm.cli.console import say

_LANES = 2


@dataclass(frozen=True, slots=True)
class CheckStep:
    """One tool to run; ``folder`` is relative to the repository."""

    name: str
    command: tuple[str, ...]
    folder: str = "."


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    step: CheckStep
    is_passed: bool
    seconds: float
    output: str


def run_steps(steps: Sequence[CheckStep], *, root: Path, environment: Mapping[str, str]) -> int:
    """Run them all, the longest first in the list; 0 when every one passed, else 1."""
    begun = time.monotonic()
    failed = []
    with ThreadPoolExecutor(_LANES) as lanes:
        running = [lanes.submit(_run, step, root, environment) for step in steps]
        for future in as_completed(running):
            outcome = future.result()
            word = "ok" if outcome.is_passed else "FAILED"
            say(f"{word:<7} {outcome.seconds:5.1f} s  {outcome.step.name}")
            if not outcome.is_passed:
                failed.append(outcome.step.name)
                say(outcome.output.rstrip())
    verdict = f"failed: {', '.join(failed)}" if failed else "all passed"
    say(f"{verdict} in {time.monotonic() - begun:.1f} s")
    return 1 if failed else 0


def _run(step: CheckStep, root: Path, environment: Mapping[str, str]) -> CheckOutcome:
    begun = time.monotonic()
    done = subprocess.run(  # noqa: S603 - our own commands
        step.command,
        cwd=root / step.folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return CheckOutcome(
        step, done.returncode == 0, time.monotonic() - begun, done.stdout.decode(errors="replace")
    )
