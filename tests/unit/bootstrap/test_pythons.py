"""Which Python runs Reelm: the first that can, and words for each that cannot."""

import ast
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from tools.bootstrap import pythons
from tools.bootstrap.environment import Environment
from tools.bootstrap.report import Report
from tools.bootstrap.stamp import Stamp, digest
from tools.bootstrap.trouble import Trouble

from reelm.base.sqlite import OLDEST

ROOT = Path(__file__).parents[3]
GOOD: dict[str, Any] = {
    "version": [3, 12, 1],
    "implementation": "cpython",
    "is_threaded_free": False,
    "bits": 64,
    "system": "linux",
    "machine": "x86_64",
    "libc": ["glibc", "2.36"],
    "macos": "",
    "missing": [],
    "sqlite": [3, 40, 1],
}
MAC = {"system": "darwin", "machine": "arm64", "libc": ["", ""], "macos": "14.5"}


@pytest.mark.parametrize("name", ["reelm", "tools/bootstrap/pythons.py", "tools/bootstrap/trouble.py"])
def test_an_old_python_can_read_the_launcher_far_enough_to_find_a_newer_one_or_complain(name: str) -> None:
    ast.parse((ROOT / name).read_text(), feature_version=(3, 6))


@pytest.mark.parametrize(
    "facts", [{}, {"machine": "aarch64"}, MAC, {"version": [3, 11, 0], "sqlite": [3, 35, 0]}]
)
def test_what_there_are_packages_for_will_do(facts: dict[str, Any]) -> None:
    assert pythons.obstacle(GOOD | facts) == ""


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"version": [3, 10, 13]}, "it is 3.10.13, and the oldest that works is 3.11"),
        ({"version": [3, 15, 0]}, "it is 3.15.0, and the newest that was tried is 3.14"),
        ({"implementation": "pypy"}, "it is pypy"),
        ({"is_threaded_free": True}, "built without the global lock"),
        ({"bits": 32}, "32-bit"),
        ({"machine": "riscv64"}, "no packages for this kind of machine (linux, riscv64)"),
        ({"system": "freebsd14"}, "no packages for this kind of machine (freebsd14"),
        ({"libc": ["", ""]}, "it may be musl"),
        ({"libc": ["glibc", "2.27"]}, "glibc is 2.27, and the packages need 2.28"),
        (MAC | {"machine": "x86_64"}, "no packages for this kind of machine (darwin, x86_64)"),
        (MAC | {"macos": "13.7.1"}, "macOS 13.7.1"),
        (
            {"missing": ["ensurepip"]},
            "it has no ensurepip (Debian's package python3-venv brings venv and ensurepip)",
        ),
        ({"missing": ["sqlite3"], "sqlite": []}, "it has no sqlite3"),
        ({"sqlite": [3, 34, 1]}, "its SQLite is 3.34.1, and Reelm needs 3.35 or newer"),
    ],
)
def test_what_stands_in_the_way_is_said_with_both_versions(facts: dict[str, Any], said: str) -> None:
    assert said in pythons.obstacle(GOOD | facts)


def test_the_launcher_and_the_realm_ask_for_the_same_sqlite() -> None:
    assert pythons.OLDEST_SQLITE == OLDEST


def test_this_python_answers_for_itself() -> None:
    facts = pythons.ask(sys.executable)
    assert facts is not None
    assert tuple(facts["version"]) == sys.version_info[:3]
    assert facts["missing"] == []
    assert pythons.obstacle(facts) == ""


def python(folder: Path, name: str, **facts: Any) -> str:
    """A program that answers as a Python with these facts would."""
    program = folder / name
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(GOOD | facts)}\nEND\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def broken(folder: Path, name: str) -> str:
    """What a version manager leaves on PATH for a Python that is not chosen."""
    program = folder / name
    program.write_text("#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_a_python_that_works_comes_before_a_newer_one_that_does_not(tmp_path: Path) -> None:
    newer = python(tmp_path, "python3.14", version=[3, 14, 0], sqlite=[3, 34, 1])
    shim = broken(tmp_path, "python3.13")
    older = python(tmp_path, "python3.12")
    assert pythons.choose([newer, shim, older]) == (
        older,
        [
            f"  {newer}: its SQLite is 3.34.1, and Reelm needs 3.35 or newer",
            f"  {shim}: it does not run",
        ],
    )


def test_where_no_python_will_do_each_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    old = python(tmp_path, "python3", version=[3, 9, 2])
    with pytest.raises(Trouble) as refused:
        pythons.choose([old])
    assert "Reelm needs Python 3.11 to 3.14, and no Python here will do. Nothing was changed." in str(
        refused.value
    )
    assert f"  {old}: it is 3.9.2" in str(refused.value)


def test_an_environment_is_made_anew_when_its_python_became_another_one(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    lock = tmp_path / "requirements" / "run.txt"
    lock.write_text("nothing\n")
    environment = Environment(tmp_path, Report(tmp_path / ".tools"))
    environment.python.parent.mkdir(parents=True)
    link = tmp_path / "python3"
    link.symlink_to(sys.executable)
    environment.python.symlink_to(link)
    stamp = Stamp(tmp_path / ".venv" / "reelm.json")
    stamp.write({"folder": str(tmp_path), "python": os.path.realpath(sys.executable), "run": digest(lock)})
    assert environment.is_ready("run")
    link.unlink()
    link.symlink_to(python(tmp_path, "python3.13"))
    assert not environment.is_ready("run"), "the system was updated: that Python has none of the packages"


@pytest.mark.parametrize("name", ["pyproject.toml", "README.md"])
def test_what_is_promised_is_what_the_launcher_takes(name: str) -> None:
    oldest, newest = (".".join(map(str, version)) for version in (pythons.OLDEST, pythons.NEWEST))
    promised = {
        "pyproject.toml": f'requires-python = ">={oldest},<3.{pythons.NEWEST[1] + 1}"',
        "README.md": f"Python {oldest} to {newest}",
    }
    assert promised[name] in (ROOT / name).read_text(encoding="utf-8")
