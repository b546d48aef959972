"""Nothing is limited, locked or counted by what a client says of itself."""

import ast

from support.machine.source import modules

MAPS = {"Counter", "LruCache", "OrderedDict", "SingleFlight", "WeakValueDictionary", "defaultdict"}


def test_only_the_module_of_limits_makes_their_keys() -> None:
    made = [
        module.at(node.lineno)
        for module in modules()
        if module.parts != ("base", "limits")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "LimitKey"
    ]
    assert made == []


def test_what_grows_with_its_callers_in_the_ways_in_is_keyed_by_such_a_key() -> None:
    """A map that lives as long as the process, in ``web`` or ``accounts``, names its kind of key."""
    loose = [
        module.at(node.lineno)
        for module in modules()
        if module.package in {"web", "accounts"}
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and _kind(node.func) in MAPS and not _is_keyed(node.func)
    ]
    assert loose == []


def _kind(made: ast.expr) -> str:
    named = made.value if isinstance(made, ast.Subscript) else made
    return named.id if isinstance(named, ast.Name) else ""


def _is_keyed(made: ast.expr) -> bool:
    return isinstance(made, ast.Subscript) and ast.unparse(made.slice).startswith("LimitKey")
