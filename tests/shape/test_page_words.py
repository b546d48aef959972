"""The page has words for what the realm says by a kind or a code, and for nothing else."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.reference.errors import error_classes

from reelm.base import ReelmError, TooMany
from reelm.ledger import schemas
from reelm.web.problems import STATUSES, status_of
from reelm.web.transparency.kept import KEPT
from support.machine.source import ROOT

PAGE = ROOT / "ui" / "src" / "trust" / "leaves.ts"
MESSAGES = ROOT / "ui" / "messages"
LANGUAGES = sorted({path.stem for path in MESSAGES.glob("*.json")} - {"en"})
PARTS = ("title", "detail")
CODES = {kind.code: kind for kind in error_classes()}
# Whose reader runs the realm, works for it, or is a program: a viewer is told what the status means.
OPERATORS = ("app", "base", "events", "ledger", "realm", "vault")
OTHERS = {
    "accounts.access-refused",
    "accounts.role-taken",
    "accounts.role-unknown",
    "accounts.staff-only",
    "media.bad-delivery",
    "media.bad-encoder-name",
    "media.encoder-exists",
    "media.encoder-unknown",
    "media.lease-over",
    "media.no-av1-encoder",
    "media.no-chromaprint",
    "media.no-encoder",
    "media.not-wanted",
    "web.bad-length",
    "web.bad-tus-header",
    "web.method-not-allowed",
    "web.not-a-tus-body",
    "web.other-version",
    "web.wrong-tus-version",
}
# A class that is called by another name.
ALIASES = {"too_long": {"TextTooLong", "CaptionTooLong"}}


def test_every_kind_of_leaf_has_a_sentence_that_uses_its_own_fields() -> None:
    said = dict(re.findall(r'^  "([a-z.]+)": (.*),$', PAGE.read_text(), re.MULTILINE))
    kinds = schemas()
    assert sorted(said) == sorted(kinds)
    for kind, sentence in said.items():
        assert set(re.findall(r'f\["(\w+)"\]', sentence)) <= set(kinds[kind]["properties"]), kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_viewer_reads_of_every_code_in_their_language(language: str) -> None:
    words = catalogue(language)
    named = {code for code in CODES if code.split(".")[0] not in OPERATORS and code not in OTHERS}
    needed = named | {str(int(status)) for status in STATUSES.values()}
    assert [
        f"{code}.{part}" for code in needed for part in PARTS if f"problem.{code}.{part}" not in words
    ] == []
    told = {key.removeprefix("problem.").rpartition(".")[0] for key in words if key.startswith("problem.")}
    assert told - needed - set(CODES) == set(), "there is no such code"
    assert {str(status_of(kind.__new__(kind))) for kind in CODES.values()} <= told


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_translated_problem_names_is_among_its_facts(language: str) -> None:
    given = facts()
    for key, text in catalogue(language).items():
        code = key.removeprefix("problem.").rpartition(".")[0]
        assert set(re.findall(r"\{(\w+)\}", text)) <= given.get(code, set()), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_kept_is_told_in_every_language(language: str) -> None:
    needed = {f"kept.{each.id}.{part}" for each in KEPT for part in ("what", "why", "until")}
    assert {key for key in catalogue(language) if key.startswith("kept.")} == needed


def catalogue(language: str) -> dict[str, str]:
    """Return the words for what the realm says, by code."""
    found: dict[str, str] = json.loads((MESSAGES / "server" / f"{language}.json").read_text(encoding="utf-8"))
    return found


def facts() -> dict[str, set[str]]:
    """Return the facts that each code has wherever it is raised."""
    always = {code: {"retry_after_seconds"} for code, kind in CODES.items() if issubclass(kind, TooMany)}
    codes: dict[str, list[type[ReelmError]]] = {}
    for kind in CODES.values():
        codes.setdefault(kind.__name__, []).append(kind)
    found: dict[str, set[str]] = {}
    for name, given in raised():
        for each in ALIASES.get(name, {name}):
            for kind in codes.get(each, []):
                found[kind.code] = found.get(kind.code, given) & given
    return found | always


def raised() -> Iterator[tuple[str, set[str]]]:
    """Yield the name of what is called in the code, with the names of its arguments."""
    for path in sorted(Path(ROOT / "src" / "reelm").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                yield name, {each.arg for each in node.keywords if each.arg}
