"""Which Python can run Reelm: one question to each that is here, and why one does not do.

This file stays readable to Python 3.6, so that an old one can find a newer one or say what is wrong.
"""

import json
import shutil
import subprocess
import sys
from typing import Any, Dict, List, Optional, Sequence, Tuple  # noqa: UP035 - for Python 3.6

from tools.bootstrap.trouble import Trouble

OLDEST, NEWEST = (3, 11), (3, 14)
# It has INSERT … RETURNING.
OLDEST_SQLITE = (3, 35)
# What the packages are built for: manylinux_2_28, and macOS 14 on Apple's own processors.
OLDEST_GLIBC = (2, 28)
OLDEST_MACOS = (14,)
_MACHINES = {"linux": ("x86_64", "aarch64"), "darwin": ("arm64",)}
_VENV_PACKAGE = "Debian's package python3-venv brings venv and ensurepip"
_ASK_SECONDS = 20

Facts = Dict[str, Any]  # noqa: UP006 - for Python 3.6

# Answered by the Python in question, in a process of its own.
_QUESTION = """
import importlib.util, json, platform, sys, sysconfig
def has(name):
    try:
        return importlib.util.find_spec(name) is not None and bool(__import__(name))
    except Exception:
        return False
print(json.dumps({
    "version": list(sys.version_info[:3]),
    "implementation": sys.implementation.name,
    "is_threaded_free": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "bits": 64 if sys.maxsize > 2 ** 32 else 32,
    "system": sys.platform,
    "machine": platform.machine(),
    "libc": list(platform.libc_ver()),
    "macos": platform.mac_ver()[0],
    "missing": [name for name in ("venv", "ensurepip", "ssl", "sqlite3", "zlib") if not has(name)],
    "sqlite": list(__import__("sqlite3").sqlite_version_info) if has("sqlite3") else [],
}))
"""


def ask(program: str) -> Optional[Facts]:  # noqa: UP045 - for Python 3.6
    """Return the facts about a Python; None when it does not run, as programs that version managers leave."""
    try:
        answer = subprocess.check_output(  # noqa: S603 - a Python found on PATH
            [program, "-I", "-c", _QUESTION],
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=_ASK_SECONDS,
        )
        return dict(json.loads(answer.decode()))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def obstacle(facts: Facts) -> str:
    """Return why Reelm does not run under a Python with these facts; empty when it does."""
    version = tuple(facts["version"])
    system, machine, (libc, libc_version) = facts["system"], facts["machine"], facts["libc"]
    has_glibc = system != "linux" or libc == "glibc"
    for is_so, why in (
        (facts["implementation"] != "cpython", f"it is {facts['implementation']}, not CPython"),
        (version[:2] < OLDEST, f"it is {_dotted(version)}, and the oldest that works is {_dotted(OLDEST)}"),
        (
            version[:2] > NEWEST,
            f"it is {_dotted(version)}, and the newest that was tried is {_dotted(NEWEST)}",
        ),
        (facts["is_threaded_free"], "it is built without the global lock, which the packages need"),
        (facts["bits"] < 64, "it is a 32-bit program, and the packages are for 64 bits"),
        (
            machine not in _MACHINES.get(system, ()),
            f"there are no packages for this kind of machine ({system}, {machine})",
        ),
        (not has_glibc, "this system's C library is not glibc (it may be musl), which the packages need"),
        (
            _is_older(libc_version, OLDEST_GLIBC),
            f"glibc is {libc_version}, and the packages need {_dotted(OLDEST_GLIBC)} or newer",
        ),
        (
            _is_older(facts["macos"], OLDEST_MACOS),
            f"this is macOS {facts['macos']}, and the packages need {_dotted(OLDEST_MACOS)} or newer",
        ),
        (
            facts["missing"],
            f"it has no {' and no '.join(facts['missing'])} ({_VENV_PACKAGE})",
        ),
        (
            tuple(facts["sqlite"]) < OLDEST_SQLITE,
            f"its SQLite is {_dotted(facts['sqlite'])}, and Reelm needs {_dotted(OLDEST_SQLITE)} or newer",
        ),
    ):
        if is_so:
            return why
    return ""


def candidates() -> List[str]:  # noqa: UP006 - for Python 3.6
    """Return the programs to try, best first: the one that runs this, then the newest on PATH."""
    minors = range(NEWEST[1], OLDEST[1] - 1, -1)
    found = [shutil.which(f"python3.{minor}") for minor in minors]
    programs = [sys.executable] + [program for program in found if program]
    return sorted(set(programs), key=programs.index)


def choose(programs: Sequence[str]) -> Tuple[str, List[str]]:  # noqa: UP006 - for Python 3.6
    """Return the first Python that Reelm runs under, and a line for each better one that it does not.

    Raises:
        Trouble: there is none; it names each that was tried, and why not.
    """
    refused: List[str] = []  # noqa: UP006 - for Python 3.6
    for program in programs:
        facts = ask(program)
        why = "it does not run" if facts is None else obstacle(facts)
        if not why:
            return program, refused
        refused.append(f"  {program}: {why}")
    tried = "\n".join(refused)
    raise Trouble(
        f"Reelm needs Python {_dotted(OLDEST)} to {_dotted(NEWEST)}, and no Python here will do. Nothing was "
        f"changed.\n{tried}\n"
        "Install one of these with your system's package manager and run this again, or name one yourself:\n"
        "/path/to/python3.12 ./reelm up"
    )


def _is_older(version: str, oldest: Sequence[int]) -> bool:
    """Whether a version that may be unknown is older than it may be."""
    return bool(version) and tuple(int(part) for part in version.split(".")[:2]) < tuple(oldest)


def _dotted(version: Sequence[int]) -> str:
    return ".".join(str(part) for part in version)
