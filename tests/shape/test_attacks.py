"""The page of attacks names tests that exist, and each attack has one."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "attacks.md"
_TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")


def attacks() -> list[tuple[str, list[tuple[str, str]]]]:
    """Each attack of the page with the tests that are named for it."""
    rows = [
        line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")
    ]
    cells = [[cell.strip() for cell in row[1:-1]] for row in rows]
    return [(cell[0], _TEST.findall(cell[2])) for cell in cells if cell[0] != "attack"]


@cache
def named_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


def test_every_attack_has_a_test() -> None:
    assert len(attacks()) > 30
    assert [attack for attack, tests in attacks() if not tests] == []


def test_every_test_that_is_named_exists() -> None:
    named = [test for _, tests in attacks() for test in tests]
    assert [f"{path}::{name}" for path, name in named if name not in named_in(path)] == []
