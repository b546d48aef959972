"""The auditor's distribution stands alone: it needs nothing of Reelm, and little besides Python."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

from support.machine.source import ROOT

HOME = ROOT / "audit"
ALLOWED = set(sys.stdlib_module_names) | {"reelm_audit", "cryptography", "cedarpy"}
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
