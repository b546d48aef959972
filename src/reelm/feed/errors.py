"""Define what a feed can refuse."""

from reelm.base import Invalid


class BadCursor(Invalid):
    code = "feed.bad-cursor"
    title = "Not a place in this feed"
    field = "cursor"
