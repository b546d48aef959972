"""The product's source, parsed once for all shape tests."""

import ast
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "reelm"


@dataclass(frozen=True, slots=True)
class Module:
    """One file: its dotted name below ``reelm`` and its syntax tree."""

    path: Path
    parts: tuple[str, ...]
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.parts[0] if self.parts else ""

    def at(self, line: int) -> str:
        return f"{self.path.relative_to(ROOT)}:{line}"


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file of the product."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        found.append(Module(path, parts, ast.parse(path.read_text(encoding="utf-8"))))
    return tuple(found)


@cache
def packages() -> tuple[str, ...]:
    """The rooms of the house: base, realm, ..."""
    return tuple(sorted(path.parent.name for path in SOURCE.glob("*/__init__.py")))


@cache
def committed() -> tuple[Path, ...]:
    """Every file that is, or is about to be, under version control."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git of this machine
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(path for path in paths if path.is_file())
