"""Every promise of the README and of the page is listed beside a test that proves it."""

import ast
import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "promises.md"
CATALOGUES = ("en", "proof/en", "shell/en")
_TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")
# What a sentence has in it that promises something: of secrecy, of durability, of proof.
_PROMISING = re.compile(
    r"\b(nobody|no one|never|encrypted|sealed|cannot be|erased|destroyed|only you|no store|no key|unnoticed"
    r"|whoever kept|nothing (?:is|was) lost|proven|bring it back|can be left out|fails a test)\b",
    re.IGNORECASE,
)


@cache
def section(title: str) -> str:
    """The part of the page below a heading."""
    return PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


@cache
def texts() -> dict[str, str]:
    """The English texts of the page; of several forms, that for many."""
    found: dict[str, str] = {}
    for name in CATALOGUES:
        raw = json.loads((ROOT / "ui" / "messages" / f"{name}.json").read_text(encoding="utf-8"))
        found |= {key: text if isinstance(text, str) else text["other"] for key, text in raw.items()}
    return found


def readme() -> list[str]:
    """What the README says that one gets, each by its first words."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    gets = text.partition("\n## What you get\n")[2].partition("\n## ")[0]
    return re.findall(r"^- \*\*([^*]+)\.\*\*", gets, re.MULTILINE)


@cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8")) if (ROOT / path).is_file() else ast.parse("")
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


def test_every_promise_of_the_readme_is_listed_and_no_other() -> None:
    assert [row[0] for row in rows("The README")] == readme()


def test_every_promise_of_the_page_is_listed_in_its_very_words() -> None:
    listed = {row[0].strip("`"): row[1] for row in rows("The page")}
    harmless = set(re.findall(r"`([a-z.-]+)`", section("Words of promises that promise nothing")))
    promising = {key for key, text in texts().items() if _PROMISING.search(text)}
    assert promising - harmless - listed.keys() == set()
    assert harmless - promising == set()
    assert listed == {key: texts()[key].strip() for key in listed}


def test_every_promise_has_a_test_that_exists() -> None:
    promised = [*rows("The README"), *rows("The page")]
    named = {row[0]: _TEST.findall(row[2]) for row in promised}
    assert len(named) > 35
    assert [promise for promise, tests in named.items() if not tests] == []
    gone = [
        f"{path}::{name}" for tests in named.values() for path, name in tests if name not in named_in(path)
    ]
    assert gone == []
