"""Draw docs/reference/floors.md: the packages from top to bottom, by the contract of import-linter."""

import importlib
import tomllib
from pathlib import Path

from tools.reference.modules import summary

_PROJECT = Path(__file__).parents[2] / "pyproject.toml"
_INTRODUCTION = """\
# Floors

The packages of `src/reelm`, the highest first. A package imports only from floors below its own, never from a
package beside it. import-linter checks this on every change.
"""


def floors_page() -> str:
    """Return the page: a row for each floor, with the first line of each package's docstring."""
    rows = [
        f"| {number} | `{name}` | {summary(importlib.import_module(f'reelm.{name}').__doc__)} |"
        for number, floor in _numbered(_floors())
        for name in floor
    ]
    return "\n".join([_INTRODUCTION, "| floor | package | what it does |", "|---|---|---|", *rows])


def _numbered(floors: list[list[str]]) -> list[tuple[int, list[str]]]:
    return [(len(floors) - above, floor) for above, floor in enumerate(floors)]


def _floors() -> list[list[str]]:
    contracts = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    (stack,) = (each for each in contracts if each["id"] == "stack")
    return [[name.strip() for name in floor.split("|")] for floor in stack["layers"]]
