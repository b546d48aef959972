"""List the addresses of the pages, once for the server and for the interface.

``./reelm dev docs`` makes ``ui/src/lib/pages.ts`` from this table, which the interface's router reads.
"""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PageAddress:
    """One kind of page: its name, its path with at most one ``{field}``, and what must exist for it."""

    name: str
    path: str
    needs: Literal["clip", "sound"] | None = None


PAGES = (
    PageAddress("for-you", "/"),
    PageAddress("following", "/following"),
    PageAddress("local", "/local"),
    PageAddress("discover", "/discover"),
    PageAddress("tag", "/tag/{tag}"),
    PageAddress("sound", "/sounds/{id}", needs="sound"),
    PageAddress("clip", "/c/{id}", needs="clip"),
    PageAddress("profile", "/@{handle}"),
    PageAddress("me", "/me"),
    PageAddress("inbox", "/inbox"),
    PageAddress("upload", "/upload"),
    PageAddress("settings", "/settings"),
    PageAddress("sign-in", "/sign-in"),
    PageAddress("sign-up", "/sign-up"),
    PageAddress("storage", "/storage"),
    PageAddress("transparency", "/transparency"),
)


def find_page(path: str) -> tuple[PageAddress, str] | None:
    """Return the page at a path with the text in place of its field, or None; one slash may follow."""
    for page, pattern in _PATTERNS:
        if found := pattern.fullmatch(path):
            return page, "".join(found.groups())
    return None


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "([^/]+)", path.rstrip("/")) + "/?")


_PATTERNS = tuple((page, _pattern(page.path)) for page in PAGES)
