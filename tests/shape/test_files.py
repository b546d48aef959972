"""What a committed file may hold, and how long it may get."""

import contextlib
import re
from functools import cache
from pathlib import Path

import pytest

from support.machine.source import ROOT, committed, modules, packages

# Written apart, so that this file does not find itself.
MARKERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")
UNFINISHED = re.compile("NotImplemented" + "Error|pytest[.]mark[.]" + r"skip\b|@" + r"skip\b")
HOSTS = re.compile(
    "|".join(
        (
            r"pypi[.]" + "org",
            "pythonhosted[.]" + "org",
            "registry[.]npmjs" + "[.]org",
            "registry[.]" + "yarnpkg",
            "deb[.]debian" + "[.]org",
            "archive[.]" + "ubuntu",
        )
    )
)
MACHINE = re.compile(r"(?<![\w.~$}\"'/-])/(work|root|farm|home/\w+|Users/\w+)/")
EXCEPTIONS = ROOT / "tools" / "shape-exceptions.txt"
LONG_LINES = 500


@cache
def texts() -> list[tuple[Path, str]]:
    """Every committed file that is text; pictures, clips and format vectors are not."""
    found = []
    for path in committed():
        raw = path.read_bytes()
        if b"\0" not in raw:
            with contextlib.suppress(UnicodeDecodeError):
                found.append((path.relative_to(ROOT), raw.decode()))
    return found


def found(pattern: re.Pattern[str], *, below: tuple[str, ...] = ("",)) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts()
        if path.as_posix().startswith(below)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def test_nothing_is_marked_as_unfinished() -> None:
    assert found(MARKERS, below=("src/", "tests/", "ui/src/", "tools/", "bench/")) == []
    assert found(UNFINISHED, below=("src/", "tests/", "ui/src/")) == []


def test_no_file_names_a_package_registry() -> None:
    assert found(HOSTS) == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert found(MACHINE) == []


def test_every_text_ends_with_one_line_break() -> None:
    assert [
        str(path) for path, text in texts() if text and (not text.endswith("\n") or text.endswith("\n\n"))
    ] == []


def test_a_long_file_has_a_written_reason() -> None:
    """Each line of the exceptions: a path, two spaces, the reason."""
    entries = dict(
        line.split("  ", 1)
        for line in EXCEPTIONS.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    )
    long = {
        path.as_posix()
        for path, text in texts()
        if path.suffix in {".py", ".ts", ".svelte"} and text.count("\n") > LONG_LINES
    }
    assert long - set(entries) == set(), (
        "split it where it has a seam, or say why not in tools/shape-exceptions.txt"
    )
    assert set(entries) - long == set(), "an exception that is no longer needed"
    assert all(reason.strip() for reason in entries.values())


@pytest.mark.parametrize("package", packages())
def test_every_module_says_what_it_is(package: str) -> None:
    import ast  # noqa: PLC0415 - only this test

    silent = [
        str(module.path.relative_to(ROOT))
        for module in modules()
        if module.package == package and not ast.get_docstring(module.tree) and module.tree.body
    ]
    assert silent == []
