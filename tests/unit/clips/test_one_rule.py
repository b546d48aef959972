"""Who may see a clip is said in one place, from which every statement about clips takes it."""

import ast
from pathlib import Path

import reelm.clips

STORE = Path(reelm.clips.__file__).parent / "store"
RULE = "visibility.py"
# Where statements move clips between states, or show that one was moved, and so name the states themselves.
MOVES = {("publishing.py", "_reveal")}


def _names_what_is_visible(tree: ast.AST) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr == "VISIBLE" for each in ast.walk(tree))


def test_no_statement_outside_the_rule_asks_for_the_state_that_is_visible() -> None:
    found = set()
    for path in sorted(STORE.glob("*.py")):
        for statement in ast.parse(path.read_text()).body:
            if path.name == RULE or not _names_what_is_visible(statement):
                continue
            targets = statement.targets if isinstance(statement, ast.Assign) else []
            named = [each.id for each in targets if isinstance(each, ast.Name)]
            found.add((path.name, named[0] if named else ast.dump(statement)))
    assert found == MOVES


def test_only_counts_and_moves_go_by_the_bare_state() -> None:
    """``is_public`` is for what changes a clip: no statement that lists clips uses it."""
    users = {
        path.name for path in STORE.glob("*.py") if path.name != RULE and "is_public" in path.read_text()
    }
    assert users == {"clips.py", "comments.py", "publishing.py", "reactions.py"}
