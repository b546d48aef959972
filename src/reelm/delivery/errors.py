"""Name what can go wrong between a clip and a player.

::

    NotFound
    ├── NoSuchRendition
    ├── NoSuchSegment
    ├── NoSuchPoster
    ├── NoSuchStrip
    └── NoSuchSubtitles
    Broken
    └── SegmentDamaged
"""

from reelm.base import Broken, NotFound


class NoSuchRendition(NotFound):
    code = "delivery.no-such-rendition"
    title = "No such rendition"


class NoSuchSegment(NotFound):
    code = "delivery.no-such-segment"
    title = "No such segment"


class NoSuchPoster(NotFound):
    code = "delivery.no-such-poster"
    title = "No such poster"


class NoSuchStrip(NotFound):
    code = "delivery.no-such-strip"
    title = "No such preview strip"


class NoSuchSubtitles(NotFound):
    code = "delivery.no-such-subtitles"
    title = "No such subtitles"


class SegmentDamaged(Broken):
    code = "delivery.segment-damaged"
    title = "A stored segment is damaged"
