"""A wheel says nothing of where, when and by whom it was made, and an ordinary pip installs it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tools.release.project import Project
from tools.release.wheel import write_wheel

from support.machine.source import ROOT

PYPROJECT = """
[project]
name = "one-thing"
version = "1.2"
description = "One thing."
readme = "README.md"
license = "Apache-2.0"
requires-python = ">=3.11"
dynamic = ["dependencies"]

[project.scripts]
one = "one_thing:main"

[tool.hatch.build.targets.wheel]
packages = ["src/one_thing"]
"""


def project(home: Path, *, order: int = 1) -> Project:
    files = {
        "pyproject.toml": PYPROJECT,
        "README.md": "# One thing\n",
        "LICENSE": "As you like.\n",
        "requirements/run.in": "httpx\nattrs  # why\n",
        "src/one_thing/__init__.py": "def main() -> None:\n    print('one')\n",
        "src/one_thing/b/data.bin": "x" * 1000,
        "src/one_thing/a.py": "",
        "src/one_thing/__pycache__/a.pyc": str(home),
    }
    for name, text in list(files.items())[::order]:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project.read(home)


def test_the_same_files_in_two_folders_make_the_same_wheel(tmp_path: Path) -> None:
    first = write_wheel(project(tmp_path / "a"), tmp_path / "a")
    other = project(tmp_path / "b" / "deeper", order=-1)
    for path in sorted((tmp_path / "b").rglob("*")):
        os.utime(path, (1_500_000_000, 1_500_000_000))
        path.chmod(0o700)
    second = write_wheel(other, tmp_path / "b")
    assert first.name == second.name == "one_thing-1.2-py3-none-any.whl"
    assert first.read_bytes() == second.read_bytes()
    assert str(tmp_path).encode() not in first.read_bytes()


def test_a_wheel_names_each_of_its_files_and_what_it_needs(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_wheel(project(tmp_path), tmp_path)) as archive:
        names = archive.namelist()
        record = archive.read("one_thing-1.2.dist-info/RECORD").decode()
        metadata = archive.read("one_thing-1.2.dist-info/METADATA").decode()
    assert [line.partition(",")[0] for line in record.splitlines()] == names
    assert "one_thing/a.py" in names
    assert not [name for name in names if "__pycache__" in name]
    assert "Requires-Dist: attrs\nRequires-Dist: httpx\n" in metadata
    assert metadata.endswith("\n\n# One thing\n")


@pytest.mark.slow
def test_pip_installs_it_and_its_program_runs(tmp_path: Path) -> None:
    wheel = write_wheel(project(tmp_path), tmp_path)
    target = tmp_path / "installed"
    install = ["pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target), str(wheel)]
    subprocess.run([sys.executable, "-m", *install], check=True)  # noqa: S603 - the environment's own pip
    program = [sys.executable, str(target / "bin" / "one")]
    said = subprocess.run(program, env={"PYTHONPATH": str(target)}, capture_output=True, check=True)  # noqa: S603 - just installed
    assert said.stdout == b"one\n"


def test_what_the_distributions_of_this_repository_say_of_themselves() -> None:
    reelm, auditor = Project.read(ROOT), Project.read(ROOT / "audit")
    assert "litestar" in reelm.requires
    assert set(auditor.scripts) == {"reelm-audit", "reelm-witness"}
    assert reelm.package == ROOT / "src" / "reelm"
