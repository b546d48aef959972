"""The Pythons of this machine that Reelm promises to run under."""

import os
import shutil
import sys
from functools import cache
from pathlib import Path

from tools.bootstrap import pythons

SUPPORTED = tuple(range(pythons.OLDEST[1], pythons.NEWEST[1] + 1))
RUNNING = sys.version_info.minor


@cache
def installed() -> dict[int, str]:
    """Minor version -> a program that Reelm runs under; the one that runs this is among them."""
    found = {RUNNING: os.path.realpath(sys.executable)}
    for minor in SUPPORTED:
        for program in _candidates(minor):
            facts = pythons.ask(program)
            if minor not in found and facts and facts["version"][1] == minor and not pythons.obstacle(facts):
                found[minor] = program
    return found


def too_old() -> str | None:
    """A Python 3 that is too old for Reelm and can read its launcher."""
    for minor in range(pythons.OLDEST[1] - 1, 5, -1):
        for program in _candidates(minor):
            if pythons.ask(program):
                return program
    return None


def _candidates(minor: int) -> list[str]:
    name = f"python3.{minor}"
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    managed = sorted(root.glob(f"versions/3.{minor}.*/bin/{name}"), reverse=True)
    on_path = shutil.which(name)
    return [*([on_path] if on_path else []), *map(str, managed)]
