"""The launcher: stamps, messages, and a start that cannot reach anything."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tools.bootstrap.environment import Environment
from tools.bootstrap.page import Page
from tools.bootstrap.report import Report
from tools.bootstrap.stamp import Stamp, digest, outline
from tools.bootstrap.trouble import ToolFailed, Trouble, check_folder, check_space, explain

ROOT = Path(__file__).parents[3]


def test_the_launcher_needs_only_the_standard_library() -> None:
    for path in [ROOT / "reelm", *(ROOT / "tools" / "bootstrap").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names | {"tools"}, f"{path}: {name}"


def test_a_stamp_vouches_only_once_it_is_whole(tmp_path: Path) -> None:
    stamp = Stamp(tmp_path / "it.json")
    assert stamp.read() == {}
    stamp.write({"a": 1})
    assert stamp.read() == {"a": 1}
    (tmp_path / "it.json").write_text('{"a": ')
    assert stamp.read() == {}
    stamp.remove()
    stamp.remove()
    assert stamp.read() == {}


def test_an_outline_sees_changes_and_leaves_out_what_is_made(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.ts").write_text("1")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "b.js").write_text("1")
    before = outline(tmp_path, leave_out={"node_modules"})
    assert list(before) == ["src/a.ts"]
    (tmp_path / "src" / "a.ts").write_text("22")
    assert outline(tmp_path, leave_out={"node_modules"}) != before


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("error: Failed to connect: dns error", "could not be reached"),
        ("npm error code ECONNREFUSED", "could not be reached"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "could not be reached"),
        ("OSError: [Errno 28] No space left on device", "disk became full"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "must be"),
        ("ERROR: No matching distribution found for av==18.1.0", "not available for this system"),
        ("ensurepip is not\navailable", "python3-venv"),
        ("Segmentation fault", "Something went wrong while making it"),
    ],
)
def test_a_failure_is_explained_with_what_to_do_and_the_end_of_the_log(
    tmp_path: Path, output: str, said: str
) -> None:
    noise = "\n".join(f"line {number}" for number in range(40))
    trouble = str(explain(ToolFailed("Making it", tmp_path / "it.log", f"{noise}\n{output}")))
    assert said in trouble
    assert output.splitlines()[-1] in trouble
    assert "line 10" not in trouble
    assert str(tmp_path / "it.log") in trouble


def test_a_full_disk_is_told_before_anything_begins(tmp_path: Path) -> None:
    check_space(tmp_path, 1)
    with pytest.raises(Trouble, match="too full: preparing Reelm takes"):
        check_space(tmp_path, 10**18)


@pytest.mark.parametrize("letter", [":", "#", "?", "\\"])
def test_a_folder_in_which_the_tools_cannot_work_is_told_before_anything_begins(
    tmp_path: Path, letter: str
) -> None:
    check_folder(tmp_path / "it's 100% für 短视频 & more")
    folder = tmp_path / f"a{letter}b" / "reelm"
    with pytest.raises(Trouble) as refused:
        check_folder(folder)
    assert f"its name has {letter} in it" in str(refused.value)
    assert "Nothing was changed" in str(refused.value)


def test_a_tool_that_fails_keeps_its_words_in_its_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = Report(tmp_path / "logs")
    with pytest.raises(ToolFailed) as caught:
        report.run("Trying", [sys.executable, "-c", "print('why'); raise SystemExit(1)"], log="try")
    assert "why" in caught.value.output
    assert (tmp_path / "logs" / "try.log").read_text() == "why\n"
    shown = capsys.readouterr().err
    assert "Trying" in shown
    assert "why" not in shown


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository with nothing but what the launcher reads, in a path with a space."""
    folder = tmp_path / "a folder"
    for name in ("reelm", "tools/bootstrap", "requirements", "src/reelm/__init__.py"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, target)
    return folder


def test_packages_are_ready_only_for_the_locks_they_came_from(home: Path) -> None:
    environment = Environment(home, Report(home / ".tools"))
    assert not environment.is_ready("run")
    environment.python.parent.mkdir(parents=True)
    environment.python.symlink_to(sys.executable)
    locks = {name: digest(home / "requirements" / f"{name}.txt") for name in ("run", "dev")}
    stamp = Stamp(home / ".venv" / "reelm.json")
    made = {"folder": str(home), "python": os.path.realpath(sys.executable)}
    stamp.write({**made, "run": locks["run"]})
    assert environment.is_ready("run")
    assert not environment.is_ready("dev")
    stamp.write({**made, "folder": "elsewhere", **locks})
    assert not environment.is_ready("run"), "a moved folder has programs that name the old one"
    stamp.write({**made, **locks})
    (home / "requirements" / "run.txt").write_text("changed")
    assert not environment.is_ready("run")
    assert environment.is_ready("dev")


def test_the_page_is_ready_until_a_source_changes_but_not_when_it_is_only_touched(home: Path) -> None:
    report = Report(home / ".tools")
    page = Page(home, Environment(home, report), report)
    (home / "ui" / "src").mkdir(parents=True)
    source = home / "ui" / "src" / "main.ts"
    source.write_text("one")
    (home / "ui" / "package-lock.json").write_text("{}")
    built = home / "src" / "reelm" / "web" / "static"
    built.mkdir(parents=True)
    (built / "index.html").write_text("page")
    (home / ".tools").mkdir()
    assert not page.is_ready(with_tools=False)
    page._vouch()
    assert page.is_ready(with_tools=False)
    assert not page.is_ready(with_tools=True)
    os.utime(source, (1, 1))
    assert page.is_ready(with_tools=False)
    source.write_text("two")
    assert not page.is_ready(with_tools=False)


@pytest.mark.parametrize("name", [".venv", ".tools"])
def test_a_link_is_refused_before_what_it_leads_to_is_emptied(home: Path, name: str) -> None:
    other = home.parent / "another copy"
    other.mkdir()
    (other / "precious").write_text("kept")
    (home / name).symlink_to(other)
    before = outline(home.parent, leave_out={"__pycache__"})
    done = subprocess.run(  # noqa: S603 - our own launcher
        [sys.executable, str(home / "reelm"), "settings"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{home / name} is a symbolic link to {other}" in done.stderr
    assert "Remove the link" in done.stderr
    assert outline(home.parent, leave_out={"__pycache__"}) == before
    assert sorted(path.name for path in other.iterdir()) == ["precious"]


@pytest.mark.slow
@pytest.mark.every_python
def test_an_unreachable_registry_is_explained_and_leaves_nothing_half_installed(home: Path) -> None:
    nowhere = "http://127.0.0.1:9/simple"
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "UV_", "PYTHONPATH"))
    }
    environment |= {"PIP_INDEX_URL": nowhere, "PIP_CONFIG_FILE": os.devnull}
    done = subprocess.run(  # noqa: S603 - our own launcher
        [sys.executable, str(home / "reelm"), "settings"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "The package registry could not be reached while fetching the installer" in done.stderr
    assert "the same command begins this step again" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / ".venv" / "reelm.json").exists()
    assert not (home / ".tools" / "uv").exists()
