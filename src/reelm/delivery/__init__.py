"""Deliver segments to players.

A ``Rendition`` is one encoding of a clip: an object in the vault plus the list of its pieces. ``Delivery``
writes playlists and hands out keys, both only to viewers the caller has cleared; its parts know renditions,
pictures, subtitles and the objects that hold them. ``Origin`` serves the pieces
themselves, which are ciphertext under unguessable names, so it asks nobody.
"""

from reelm.delivery.delivery import Delivery
from reelm.delivery.errors import NoSuchPoster, NoSuchRendition, NoSuchSegment, NoSuchStrip, NoSuchSubtitles
from reelm.delivery.model import Rendition, master_playlist, media_playlist
from reelm.delivery.origin import Origin, OriginConfig
from reelm.delivery.store import Subtitled, Withdrawn

__all__ = [
    "Delivery",
    "NoSuchPoster",
    "NoSuchRendition",
    "NoSuchSegment",
    "NoSuchStrip",
    "NoSuchSubtitles",
    "Origin",
    "OriginConfig",
    "Rendition",
    "Subtitled",
    "Withdrawn",
    "master_playlist",
    "media_playlist",
]
