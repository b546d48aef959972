"""The pages of docs/reference that are made from the code; ``./reelm dev docs`` rewrites them.

Each page is a function that returns its text, so that a test can say which committed page is stale.
"""

from tools.reference.pages import PAGES, is_stale, stale, write

__all__ = ["PAGES", "is_stale", "stale", "write"]
