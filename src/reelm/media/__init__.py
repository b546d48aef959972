"""From any phone file to pieces that any player can play and no server can read.

Every file is hostile until proven otherwise: it is looked at and encoded by other programs, confined and
watched, and what is refused leaves nothing behind.

Nouns: ``Media`` does the work, and its parts know what waits: spool, uploads, arrivals, fingerprints,
lending. A ``Probe`` is what a source is, a ``Cut`` what its creator takes of it, a ``Plan`` what will be
made of it, a ``Rung`` one encoding of the plan. An ``EncryptedRendition`` is a rung cut into encrypted
pieces that are named by their digest. An ``Upload`` is a received file that waits to be posted, an
``Arrival`` one that is still on its way in. A ``Fingerprint`` is what a clip is recognised by, a
``Storyboard`` the layout of its preview pictures. An ``Encoding`` is what an encoder on another machine may
take, through ``Lending``; ``KeptMedia.encoders`` knows those machines.
"""

from reelm.media.analysis import Footage, Storyboard
from reelm.media.append import Checksum
from reelm.media.arrivals import Allowance, Body, refusal_of
from reelm.media.cut import Cut
from reelm.media.elsewhere import EncoderId, Encoding, LeaseId, Sent, Wanted
from reelm.media.errors import (
    BadDelivery,
    BadEncoding,
    ChecksumMismatch,
    EncoderStopped,
    EncoderUnknown,
    Interrupted,
    SpoolFull,
    Unreadable,
    UploadBusy,
    UploadMissing,
)
from reelm.media.facts import UploadRefused
from reelm.media.fingerprint import FingerprintScheme
from reelm.media.limits import SourceLimits
from reelm.media.media import KeptMedia, Media, MediaConfig
from reelm.media.model import Plan, Probe, Rung, plan
from reelm.media.package import EncryptedRendition, Piece
from reelm.media.poster import Poster
from reelm.media.remuxable import obstacle_to_remux
from reelm.media.store import Arrival, Upload
from reelm.media.subtitles import Subtitles
from reelm.media.upload_lock import UploadLock

__all__ = [
    "Allowance",
    "Arrival",
    "BadDelivery",
    "BadEncoding",
    "Body",
    "Checksum",
    "ChecksumMismatch",
    "Cut",
    "EncoderId",
    "EncoderStopped",
    "EncoderUnknown",
    "Encoding",
    "EncryptedRendition",
    "FingerprintScheme",
    "Footage",
    "Interrupted",
    "KeptMedia",
    "LeaseId",
    "Media",
    "MediaConfig",
    "Piece",
    "Plan",
    "Poster",
    "Probe",
    "Rung",
    "Sent",
    "SourceLimits",
    "SpoolFull",
    "Storyboard",
    "Subtitles",
    "Unreadable",
    "Upload",
    "UploadBusy",
    "UploadLock",
    "UploadMissing",
    "UploadRefused",
    "Wanted",
    "obstacle_to_remux",
    "plan",
    "refusal_of",
]
