"""All SQL of delivery: of renditions, pictures and subtitles, and of the objects that hold them."""

from reelm.delivery.store.objects import StoredObjects, Withdrawn
from reelm.delivery.store.pictures import Pictures
from reelm.delivery.store.renditions import Renditions, SegmentPlace, place
from reelm.delivery.store.subtitles import Subtitled, SubtitleTracks

__all__ = [
    "Pictures",
    "Renditions",
    "SegmentPlace",
    "StoredObjects",
    "SubtitleTracks",
    "Subtitled",
    "Withdrawn",
    "place",
]
