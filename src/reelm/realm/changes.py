"""Describe the differences between two versions of a manifest, in plain words."""

from collections.abc import Iterator, Mapping
from typing import Any

# How people call an entry of each table, and what tells its entries apart.
_TABLES = {
    "owners": ("Owner", "name"),
    "providers": ("Provider", "id"),
    "sites": ("Site", "id"),
    "stores": ("Store", "id"),
    "pathways": ("Pathway", "id"),
    "destinations": ("Destination", "id"),
    "keys": ("Signing key", "id"),
}
_SINGLE = {"realm": "The realm", "operator": "The operator"}


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return one sentence per difference between two manifests as JSON has them."""
    found: list[str] = []
    for table, words in _SINGLE.items():
        found += _fields(words, before.get(table, {}), after.get(table, {}))
    for table, (words, name) in _TABLES.items():
        found += _entries(words, _by_name(before, table, name), _by_name(after, table, name))
    return found or [
        f"The order of {table} is another."
        for table in sorted({*before, *after})
        if before.get(table) != after.get(table)
    ]


def _by_name(manifest: Mapping[str, Any], table: str, name: str) -> dict[str, Mapping[str, Any]]:
    """Entries by name; of several owners with one name, each gets a number."""
    named: dict[str, Mapping[str, Any]] = {}
    for entry in manifest.get(table, ()):
        key = str(entry[name])
        count = sum(known == key or known.startswith(f"{key} (") for known in named)
        named[f"{key} ({count + 1})" if count else key] = entry
    return named


def _entries(
    words: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for name in before:
        if name not in after:
            yield f'{words} "{name}" is gone. It was: {_describe(before[name])}.'
    for name, entry in after.items():
        if name not in before:
            yield f'{words} "{name}" is new: {_describe(entry)}.'
        else:
            yield from _fields(f'{words} "{name}"', before[name], entry)


def _fields(words: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None:
            yield f"{words} now has a {_say(name)}: {_value(new)}."
        elif new is None:
            yield f"{words} has no {_say(name)} any more. It was {_value(old)}."
        else:
            yield f"{words} has another {_say(name)}: {_value(old)} became {_value(new)}."


def _describe(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{_say(name)} {_value(value)}" for name, value in entry.items() if name != "id")


def _say(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
