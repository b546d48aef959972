"""Who may import what, where import-linter cannot say it."""

import ast
import importlib
from collections.abc import Iterator

import pytest

from support.machine.source import Module, modules, packages

# The subjects of the workflows; the rest of that package is shared by them and shown by its own door.
SUBJECT_PACKAGES = ("encode", "operate", "publish", "upload")
SUBJECTS = (*SUBJECT_PACKAGES, "join", "staff", "watch")


def imported(module: Module) -> Iterator[tuple[str, int]]:
    """(dotted name, line) of everything of the product that a module imports."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.at(node.lineno)}: write the whole name, not a relative import"
            yield node.module or "", node.lineno
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno


def test_packages_are_entered_by_the_front_door() -> None:
    inside = [
        f"{module.at(line)} imports {name}"
        for module in modules()
        for name, line in imported(module)
        if name.startswith("reelm.") and _is_inside(name.split(".")[1:], module.package)
    ]
    assert inside == []


def _is_inside(parts: list[str], home: str) -> bool:
    package, *rest = parts
    if not rest or package == home or package not in packages():
        return False
    # The composition root chooses implementations, so it alone may name them.
    if rest[0] == "adapters":
        return home != "app"
    # Each subject of the workflows has a front door of its own.
    return package != "workflows" or rest[0] not in SUBJECTS or len(rest) > 1


@pytest.mark.parametrize("package", [*packages(), *(f"workflows.{name}" for name in SUBJECT_PACKAGES)])
def test_a_front_door_lists_exactly_what_it_shows(package: str) -> None:
    module = next(module for module in modules() if ".".join(module.parts) == package)
    listed = list(importlib.import_module(f"reelm.{package}").__all__)
    shown = {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reelm")
        for alias in node.names
    }
    assert sorted(set(listed)) == sorted(listed), "a name is listed twice"
    assert set(listed) == shown
    for name in listed:
        assert hasattr(importlib.import_module(f"reelm.{package}"), name)


@pytest.mark.parametrize("package", packages())
def test_a_model_knows_only_rules(package: str) -> None:
    for module in modules():
        if module.parts == (package, "model"):
            for name, line in imported(module):
                parts = name.split(".")
                inner = parts[2:3] if parts[:2] == ["reelm", package] else []
                assert inner not in (["store"], ["adapters"], ["ports"]), module.at(line)
