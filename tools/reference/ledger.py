"""docs/reference/ledger-kinds.md and .json: what a leaf of the ledger may say."""

import json
from collections.abc import Iterator
from typing import Any

from reelm.ledger import schemas

_INTRODUCTION = """\
# Kinds of leaves

What a realm puts in its public ledger. The bytes around it are in
[the ledger's specification](../spec/ledger.md); [ledger-kinds.json](ledger-kinds.json) has the same as JSON
schemas of the `public` member, by kind. `?` marks a field that may be absent.
"""


def kinds_page() -> str:
    return "\n".join([_INTRODUCTION, *(line for kind in schemas().items() for line in _section(*kind))])


def kinds_schemas() -> str:
    return json.dumps(schemas(), indent=1, ensure_ascii=False) + "\n"


def _section(kind: str, schema: dict[str, Any]) -> Iterator[str]:
    yield from (f"## `{kind}`", "", schema["description"], "", "| field | value |", "|---|---|")
    for name, field in schema["properties"].items():
        optional = "" if name in schema.get("required", ()) else " ?"
        yield f"| `{name}`{optional} | {_value(field)} |"
    yield ""


def _value(field: dict[str, Any]) -> str:
    if "enum" in field:
        return " or ".join(f"`{word}`" for word in field["enum"])
    return str(field["description"])
