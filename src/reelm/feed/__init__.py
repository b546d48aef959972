"""Choose what is shown next: three tabs, page by page, and no clip twice in a session.

A session lives in its cursor, so it goes on after a restart and on any web process, signed in or not. Within
a session every visible clip is shown once, and a page without clips means that everything was shown. A clip
that is removed is gone from the next page on.

Nouns: ``Feed``, the way in; ``Tab``, which feed; ``Page``, clips and the cursor that continues.
"""

from reelm.feed.cursor import BadCursor
from reelm.feed.feed import Feed, FeedConfig
from reelm.feed.model import Page, Tab

__all__ = ["BadCursor", "Feed", "FeedConfig", "Page", "Tab"]
