"""The whole build, twice: another folder, other times, the same bytes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest
from tools.release.project import Project

from conftest import missing
from support.machine.source import ROOT

SOURCES = ("LICENSE", "README.md", "audit", "pyproject.toml", "reelm", "requirements", "src", "tools", "ui")
TOOLS = (Path("ui") / "node_modules", Path(".tools") / "node")
WHEEL, AUDITOR = (f"{Project.read(home).stem}-py3-none-any.whl" for home in (ROOT, ROOT / "audit"))
MADE = shutil.ignore_patterns("__pycache__", "static", "node_modules", ".vite")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def copy(home: Path) -> Path:
    """The repository without what was made of it; its tools are the very files, under other names."""
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, home / name, ignore=MADE, copy_function=shutil.copyfile)
        else:
            home.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, home / name)
    for folder in TOOLS:
        shutil.copytree(ROOT / folder, home / folder, symlinks=True, copy_function=_link)
    return home


def build(home: Path) -> Mapping[str, bytes]:
    """What ``./reelm dev build`` makes there, by name."""
    path = os.pathsep.join((str(home / "src"), str(home)))
    variables = {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": path}
    command = [sys.executable, "-P", "-m", "reelm", "dev", "build"]
    done = subprocess.run(command, cwd=home, env=variables, capture_output=True, check=False)  # noqa: S603 - the product itself
    assert done.returncode == 0, done.stderr.decode()
    return {path.name: path.read_bytes() for path in (home / "dist").iterdir()}


@pytest.mark.slow
def test_two_folders_make_the_same_wheels_and_the_same_page(tmp_path: Path) -> None:
    if not all((ROOT / folder).is_dir() for folder in TOOLS):
        missing("The page's build tool (./reelm up fetches it)")
    first = build(copy(tmp_path / "one"))
    second = build(copy(tmp_path / "two" / "elsewhere and deeper"))
    assert sorted(first) == [WHEEL, AUDITOR, "release.json"]
    for name, content in first.items():
        assert content == second[name], f"{name} differs"
        for place in (tmp_path, ROOT, Path.home()):
            assert f"{place}/".encode() not in content, f"{name} names {place}"
    described = json.loads(first["release.json"])
    assert described["artifact_digest"] == sha256(first[WHEEL]).hexdigest()
    page = tmp_path / "one" / "src" / "reelm" / "web" / "static" / "asset-manifest.json"
    assert described["page_digest"] == sha256(page.read_bytes()).hexdigest()


def _link(source: str, target: str) -> None:
    """As good as a copy for what is only read; across file systems, a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
