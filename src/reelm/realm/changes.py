"""Describe the differences between two versions of a manifest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

ChangeKind: TypeAlias = Literal[
    "entry-added", "entry-removed", "field-added", "field-removed", "field-altered", "reordered"
]

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


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two manifests.

    Attributes:
        table: as the manifest calls it, such as ``providers``.
        entry: names the entry of the table; empty where there is only one, as of the operator.
        field: as the manifest calls it; empty when it is about an entry or a table as a whole.
        before: the value in words, or all of an entry; empty where there was none.
        after: the same, of the later manifest.
    """

    kind: ChangeKind
    table: str
    entry: str = ""
    field: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        """Return it as a sentence in English."""
        words = _SINGLE.get(self.table) or f'{_TABLES[self.table][0]} "{self.entry}"'
        match self.kind:
            case "entry-added":
                return f"{words} is new: {self.after}."
            case "entry-removed":
                return f"{words} is gone. It was: {self.before}."
            case "field-added":
                return f"{words} now has a {_say(self.field)}: {self.after}."
            case "field-removed":
                return f"{words} has no {_say(self.field)} any more. It was {self.before}."
            case "field-altered":
                return f"{words} has another {_say(self.field)}: {self.before} became {self.after}."
            case "reordered":
                return f"The order of {self.table} is another."


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the differences between two manifests as JSON has them."""
    found: list[Change] = []
    for table in _SINGLE:
        found += _fields(table, "", before.get(table, {}), after.get(table, {}))
    for table, (_, name) in _TABLES.items():
        found += _entries(table, _by_name(before, table, name), _by_name(after, table, name))
    return found or [
        Change("reordered", table)
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
    table: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    for name in before:
        if name not in after:
            yield Change("entry-removed", table, name, before=_describe(before[name]))
    for name, entry in after.items():
        if name not in before:
            yield Change("entry-added", table, name, after=_describe(entry))
        else:
            yield from _fields(table, name, before[name], entry)


def _fields(table: str, entry: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None:
            yield Change("field-added", table, entry, name, after=_value(new))
        elif new is None:
            yield Change("field-removed", table, entry, name, before=_value(old))
        else:
            yield Change("field-altered", table, entry, name, _value(old), _value(new))


def _describe(entry: Mapping[str, Any]) -> str:
    return ", ".join(f"{_say(name)} {_value(value)}" for name, value in entry.items() if name != "id")


def _say(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
