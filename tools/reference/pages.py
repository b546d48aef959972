"""Which pages there are, and whether the committed ones are current."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from tools.reference.addresses import page_addresses
from tools.reference.columns import classes_page
from tools.reference.commands import commands_page
from tools.reference.errors import errors_page
from tools.reference.floors import floors_page
from tools.reference.ledger import kinds_page, kinds_schemas
from tools.reference.limits import text_limits
from tools.reference.openapi import document
from tools.reference.settings import settings_page

ROOT = Path(__file__).parents[2]
NOTICE = "<!-- Made from the code by `./reelm dev docs`; change the code, not this page. -->"


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/reference/commands.md": commands_page,
    "docs/reference/data-classes.md": classes_page,
    "docs/reference/errors.md": errors_page,
    "docs/reference/floors.md": floors_page,
    "docs/reference/ledger-kinds.json": kinds_schemas,
    "docs/reference/ledger-kinds.md": kinds_page,
    "docs/reference/openapi.json": document,
    "docs/reference/settings.md": settings_page,
    "ui/src/lib/pages.ts": page_addresses,
    "ui/src/lib/limits.ts": text_limits,
}


def stale() -> list[str]:
    """The names of pages that differ from what the code says now."""
    return [name for name in PAGES if is_stale(name)]


def is_stale(name: str) -> bool:
    return _committed(name) != _text(name)


def write() -> list[str]:
    """Rewrite the stale pages; their names."""
    names = stale()
    for name in names:
        (ROOT / name).write_text(_text(name), encoding="utf-8")
    return names


@cache
def _text(name: str) -> str:
    if not name.endswith(".md"):
        return PAGES[name]()
    title, _, rest = PAGES[name]().partition("\n")
    return f"{title}\n\n{NOTICE}\n{rest.rstrip()}\n"


def _committed(name: str) -> str:
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""
