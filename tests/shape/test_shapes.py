"""Values become shapes of the wire by name: a field that is added or moved changes no other field."""

import ast

from support.machine.source import modules


def test_the_shapes_of_the_interface_are_made_by_name() -> None:
    positional = [
        f"{module.at(node.lineno)} {node.name}"
        for module in modules()
        if module.package == "web"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id == "Struct" for base in node.bases)
        and "kw_only" not in {keyword.arg for keyword in node.keywords}
    ]
    assert positional == []
