"""Count what makes the code long or hard to read: one figure a line.

Run ``python -m tools.house`` at the root of the repository; ``--at REVISION`` counts a commit instead, and
``--list FIGURE`` prints each place that a figure counts. ``tests/shape/test_house.py`` keeps the budgets.
"""

import argparse
import ast
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path

SHORT_FILE_LINES = 50

# A docstring that begins with one of these is a clause or a noun phrase: it does not say what is done.
_CLAUSE = re.compile(r"(What|Whatever|Whether|How|Who|Whoever|Whose|When|Where|Which|Why|If)\b")
_DETERMINER = re.compile(
    r"(A|An|The|This|That|These|Those|Its|Their|Our|One|Two|Each|Every|Everything|Everybody|Everyone|All|Any|"
    r"Anything|Nothing|Nobody|No|None|Some|Somebody|Someone|Something|It|They|There|As|For|In|On|From|By|Of|"
    r"At|To|With|Only|Same|True|False)\b"
)
_MOCKS = re.compile(r"unittest[.]mock|monkeypatch[.]setattr|\bmocker\b")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A parsed file of the product, with its dotted name below ``reelm``."""

    path: str
    name: str
    lines: int
    tree: ast.Module

    @property
    def package(self) -> str:
        """Return the package directly below ``reelm`` that the file is in."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class House:
    """The sources below a root folder, and what is counted in them; every figure is a list of places."""

    root: Path

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """Return every Python file of ``src/reelm``, migrations and front doors like any other."""
        top = self.root / "src" / "reelm"
        found = []
        for path in sorted(top.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            parts = path.relative_to(top).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            shown = path.relative_to(self.root).as_posix()
            found.append(Module(shown, name, text.count("\n"), ast.parse(text)))
        return tuple(found)

    def lines(self) -> int:
        """Return the number of lines of all sources."""
        return sum(module.lines for module in self.modules)

    def longest(self) -> Module:
        """Return the file with the most lines."""
        return max(self.modules, key=lambda module: module.lines)

    def long_files(self, limit: int) -> list[str]:
        """Return the files with more lines than the limit."""
        return [f"{each.path}: {each.lines} lines" for each in self.modules if each.lines > limit]

    def short_files(self) -> list[str]:
        """Return the files under 50 lines.

        Migrations and ``__init__`` are not counted: a migration is written once, a front door is only names.
        """
        return [
            f"{each.path}: {each.lines} lines"
            for each in self.modules
            if each.lines < SHORT_FILE_LINES
            and not each.path.endswith("/__init__.py")
            and "migrations" not in each.name.split(".")
        ]

    def passing_on(self) -> list[str]:
        """Return the functions whose only statement calls something with their own parameters alone.

        Attributes of a parameter count as the parameter. A function that adds a value of its own (a constant,
        a name of the module) or passes nothing is not counted, nor one with a decorator, nor a dunder.
        """
        return [
            f"{module.path}:{node.lineno} {node.name}"
            for module in self.modules
            for node in _functions(module.tree)
            if _passes_on(node)
        ]

    def doubled_classes(self) -> list[str]:
        """Return the public class names that two or more modules outside ``web`` define at top level."""
        homes: dict[str, list[str]] = defaultdict(list)
        for module in self.modules:
            if module.package != "web":
                for node in module.tree.body:
                    if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                        homes[node.name].append(module.name)
        return [f"{name}: {', '.join(homes[name])}" for name in sorted(homes) if len(homes[name]) > 1]

    def docstrings(self) -> Iterator[tuple[str, str, str]]:
        """Yield (place, "module" or "class" or "function", text) of every public docstring."""
        for module in self.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Module | ast.ClassDef | _Function):
                    text = ast.get_docstring(node)
                    name = "" if isinstance(node, ast.Module) else node.name
                    if text and not name.startswith("_"):
                        line = getattr(node, "lineno", 1)
                        yield f"{module.path}:{line} {name}".rstrip(), _sort(node), text

    def noun_clauses(self) -> list[str]:
        """Return the public docstrings that begin with a clause: "What ...", "Whether ...", "Who ..."."""
        return [
            f"{place}: {text.splitlines()[0]}" for place, _, text in self.docstrings() if _CLAUSE.match(text)
        ]

    def noun_functions(self) -> list[str]:
        """Return the public functions whose docstring begins with a clause, or a noun phrase, and no verb."""
        return [
            f"{place}: {text.splitlines()[0]}"
            for place, sort, text in self.docstrings()
            if sort == "function" and (_CLAUSE.match(text) or _DETERMINER.match(text))
        ]

    def exports(self) -> dict[str, int]:
        """Return the number of names in ``__all__`` of each package directly below ``reelm``."""
        return {
            module.name: len(node.value.elts)
            for module in self.modules
            if module.path.endswith("/__init__.py") and module.name.count(".") == 0 and module.name
            for node in module.tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Tuple)
            if any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
        }

    def widest(self) -> tuple[str, int]:
        """Return the package with the most exports, ``base`` aside, and their number."""
        return max(((name, n) for name, n in self.exports().items() if name != "base"), key=lambda it: it[1])

    def cycles(self) -> list[str]:
        """Return the groups of modules that import each other when they are loaded."""
        return _cycles({module.name: self._imports(module) for module in self.modules})

    def mocks(self) -> list[str]:
        """Return the lines of tests that put a mock in the place of something."""
        return [
            f"{path.relative_to(self.root)}:{number}"
            for path in sorted((self.root / "tests").rglob("*.py"))
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
            if _MOCKS.search(line)
        ]

    def _imports(self, module: Module) -> set[str]:
        known = {each.name for each in self.modules}
        found = set()
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reelm"):
                home = (node.module or "").removeprefix("reelm").removeprefix(".")
                for alias in node.names:
                    inner = f"{home}.{alias.name}".strip(".")
                    found.add(inner if inner in known else home)
            elif isinstance(node, ast.Import):
                found |= {alias.name.removeprefix("reelm.") for alias in node.names}
        return found & known - {module.name}


LISTS: Mapping[str, tuple[str, Callable[[House], list[str]]]] = {
    "short": ("files under 50 lines (migrations and __init__ aside)", House.short_files),
    "passing-on": ("functions that only pass their arguments on", House.passing_on),
    "doubled": ("class names in two or more modules outside web", House.doubled_classes),
    "clauses": ("public docstrings that begin with a noun clause", House.noun_clauses),
    "nouns": ("functions among them, and with a noun phrase", House.noun_functions),
    "cycles": ("import cycles", House.cycles),
    "mocks": ("mocks in tests", House.mocks),
}


def figures(house: House) -> Iterator[tuple[str, str]]:
    """Yield each figure: what is counted, and the number."""
    yield "lines of src", f"{house.lines():,}"
    for said, places in LISTS.values():
        yield said, f"{len(places(house)):,}"
    yield "public docstrings", f"{sum(1 for _ in house.docstrings()):,}"
    name, count = house.widest()
    yield "exports of the widest package, base aside", f"{count} ({name})"
    longest = house.longest()
    yield "lines of the longest file", f"{longest.lines} ({longest.path})"


def main(arguments: list[str]) -> None:
    """Print the figures of the files here, or of a revision."""
    parser = argparse.ArgumentParser(prog="python -m tools.house", description=__doc__)
    parser.add_argument("--at", metavar="REVISION", help="count a commit, not the files here")
    parser.add_argument("--list", choices=LISTS, help="print each place that a figure counts")
    chosen = parser.parse_args(arguments)
    here = Path(__file__).parents[1]
    if chosen.at is None:
        _print(House(here), chosen.list)
        return
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "archive", "--format=tar", chosen.at, "src", "tests"]
        packed = subprocess.run(command, cwd=here, capture_output=True, check=True)  # noqa: S603 - git itself
        with tarfile.open(fileobj=BytesIO(packed.stdout)) as archive:
            archive.extractall(folder, filter="data")
        _print(House(Path(folder)), chosen.list)


def _print(house: House, listed: str | None) -> None:
    if listed is not None:
        print("\n".join(LISTS[listed][1](house)))
        return
    for said, figure in figures(house):
        print(f"{figure:>40}  {said}")


def _sort(node: ast.AST) -> str:
    if isinstance(node, ast.Module):
        return "module"
    return "class" if isinstance(node, ast.ClassDef) else "function"


def _functions(tree: ast.Module) -> Iterator[_Function]:
    return (node for node in ast.walk(tree) if isinstance(node, _Function))


def _passes_on(node: _Function) -> bool:
    body = [each for each in node.body if not _is_docstring(each)]
    if node.decorator_list or node.name.startswith("__") or len(body) != 1:
        return False
    statement = body[0]
    value = statement.value if isinstance(statement, ast.Return | ast.Expr) else None
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call):
        return False
    given = node.args
    own = {
        each.arg
        for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg)
        if each
    }
    passed = [*call.args, *(keyword.value for keyword in call.keywords)]
    return bool(passed) and all(_is_own(value, own) for value in passed)


def _is_own(value: ast.expr, own: set[str]) -> bool:
    while isinstance(value, ast.Attribute | ast.Starred):
        value = value.value
    return isinstance(value, ast.Name) and value.id in own


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _cycles(edges: Mapping[str, set[str]]) -> list[str]:
    """Take away what imports nothing that is left, from both ends; what stays is in a cycle."""
    left = {name: set(targets) for name, targets in edges.items()}
    while True:
        wanted = set().union(*left.values()) if left else set()
        done = {name for name, targets in left.items() if not targets or name not in wanted}
        if not done:
            return sorted(left)
        left = {name: targets - done for name, targets in left.items() if name not in done}


if __name__ == "__main__":
    main(sys.argv[1:])
