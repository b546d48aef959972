"""``ui/src/lib/pages.ts``: the addresses that the interface opens and links to."""

from reelm.web.pages import PAGES

_HEAD = """\
// Made from src/reelm/web/pages.py by `./reelm dev docs`; change that table, not this file.

/** The path of every page; a name in braces stands for one part of it. */
export const PAGES = {
"""


def page_addresses() -> str:
    """Return the table of page addresses as TypeScript."""
    return _HEAD + "".join(f'  "{page.name}": "{page.path}",\n' for page in PAGES) + "} as const;\n"
