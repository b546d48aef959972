"""docs/reference/data-classes.md: what each class may do, and where every column belongs."""

from collections import defaultdict

from tools.reference.modules import all_modules

from reelm.base import DataClass, metadata
from reelm.events.adapters.sqlite_log import log_metadata

_RULES = {
    DataClass.PUBLIC: ("published clip, caption, handle", "by a declared flow", "plain rows", "removed"),
    DataClass.INTEROP: ("ids, public counts", "by a declared flow", "rows", "removed"),
    DataClass.PROTECTED: (
        "e-mail, watch history, drafts",
        "never",
        "sealed under the user key",
        "user key destroyed",
    ),
    DataClass.SECRET: (
        "keys, password hashes, session tokens",
        "never",
        "sealed under the realm, or a keyed hash",
        "destroyed",
    ),
    DataClass.OPERATIONAL: ("job rows, opaque ids, times", "never", "rows", "expires"),
}

_INTRODUCTION = """\
# Data classes and inventory

Every column says once what it holds; a test fails on one that does not. `protected` and `secret` columns
only take ciphertext or keyed hashes: the type checker refuses anything else first, the column refuses it
again at run time.

| class | examples | may leave the realm | at rest | on erasure |
|---|---|---|---|---|"""


def classes_page() -> str:
    all_modules()
    lines = [_INTRODUCTION]
    lines += [f"| `{klass}` | {' | '.join(_RULES[klass])} |" for klass in DataClass]
    lines += ["", "## Inventory"]
    by_table: dict[str, list[str]] = defaultdict(list)
    for table in [*metadata.sorted_tables, *log_metadata.sorted_tables]:
        for column in table.columns:
            kind = type(column.type).__name__
            by_table[table.name].append(
                f"| `{column.name}` | `{column.info.get('class', 'none')}` | {kind} |"
            )
    for name in sorted(by_table):
        lines += ["", f"### {name}", "", "| column | class | stored as |", "|---|---|---|", *by_table[name]]
    return "\n".join(lines)
