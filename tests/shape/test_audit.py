"""The auditor's distribution stands alone: it needs nothing of Reelm, and little besides Python."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.machine.source import ROOT, modules

HOME = ROOT / "audit"
ALLOWED = set(sys.stdlib_module_names) | {"reelm_audit", "cryptography", "cedarpy"}
# Threads and processes, whose end a block waits for.
WAITED_FOR = re.compile(r"Executor\(|Popen\(|spread\(")
MODULES = sorted((HOME / "src" / "reelm_audit").rglob("*.py"))


def imported(tree: ast.Module) -> set[str]:
    """The packages that a module imports, also by name at run time."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "write the whole name, not a relative import"
            found.add((node.module or "").split(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "importlib.import_module":
            (name,) = node.args
            assert isinstance(name, ast.Constant)
            found.add(str(name.value).split(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_a_module_of_the_auditor_imports_nothing_of_reelm(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert imported(tree) - ALLOWED == set()
    assert ast.get_docstring(tree)


def test_the_distribution_declares_what_it_needs_and_no_more() -> None:
    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {line.partition(">")[0] for line in project["dependencies"]} == {"cryptography", "cedarpy"}
    assert set(project["scripts"]) == {"reelm-audit", "reelm-witness"}


def test_the_auditor_knows_the_kinds_that_realms_write() -> None:
    """A copy, since the auditor's distribution holds all it needs; the realm's code makes the other."""
    kept = HOME / "src" / "reelm_audit" / "kinds.json"
    made = ROOT / "docs" / "reference" / "ledger-kinds.json"
    assert kept.read_text(encoding="utf-8") == made.read_text(encoding="utf-8"), f"copy {made} over {kept}"


def test_nothing_that_has_to_be_waited_for_is_left_to_the_garbage_collector() -> None:
    """That ends what was not read to its end in the midst of anything, also of the start of a thread."""
    trees = [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in MODULES]
    trees += [(module.path, module.tree) for module in modules()]
    held = [f"{path.relative_to(ROOT)}:{line}" for path, tree in trees for line in waiting(tree)]
    assert held == []


def waiting(tree: ast.Module) -> Iterator[int]:
    """Lines at which a generator has threads or processes while it waits for whoever reads it."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and not function.decorator_list:
            for block in ast.walk(function):
                if isinstance(block, ast.With) and WAITED_FOR.search(" ".join(map(ast.unparse, block.items))):
                    yield from (
                        each.lineno for each in ast.walk(block) if isinstance(each, ast.Yield | ast.YieldFrom)
                    )
