"""Adding a field to a profile touches few files, and its page names each of them."""

import re

from tools.reference import PAGES

from support.machine.source import ROOT, committed

PAGE = ROOT / "docs" / "how-to" / "add-a-field-to-a-profile.md"
MIGRATIONS = "src/reelm/app/migrations/versions"
MOST_FILES = 9

_FIELD = re.compile(r"(?<![a-z])bio(?![a-z])", re.IGNORECASE)
_STEP = re.compile(r"^\d+\. `([^`]+)`")
_FOLDERS = ("src/", "ui/", "demo/", "audit/", "tools/")
_MADE = {*PAGES, "ui/src/lib/api.d.ts"}


def steps() -> dict[str, list[str]]:
    """Return the file of each step of the page, with the lines of code that are shown for it."""
    found: dict[str, list[str]] = {}
    is_code = False
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if step := _STEP.match(line):
            found[step[1]] = shown = []
        elif line.strip().startswith("```"):
            is_code = not is_code
        elif is_code and line.strip():
            shown.append(line.strip())
    return found


def naming() -> list[str]:
    """Return the files written by hand that name the field; all migrations are one step."""
    found = set()
    for path in committed():
        name = str(path.relative_to(ROOT))
        if not name.startswith(_FOLDERS) or name.startswith("ui/tests/") or name in _MADE:
            continue
        if _FIELD.search(path.read_bytes().decode(errors="ignore")):
            found.add(MIGRATIONS if name.startswith(MIGRATIONS) else name)
    return sorted(found)


def test_few_files_name_a_field_of_a_profile() -> None:
    assert len(naming()) <= MOST_FILES, "\n".join(naming())


def test_the_page_names_the_files_that_name_the_field() -> None:
    assert sorted(steps()) == naming()


def test_the_code_on_the_page_is_in_the_files() -> None:
    for name, lines in steps().items():
        assert lines, name
        if name != MIGRATIONS:  # shows a new one
            there = {line.strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()}
            assert set(lines) <= there, name
