"""From any phone file to pieces that any player can play and no server can read.

Every file is hostile until proven otherwise: it is looked at and encoded by other programs, confined and
watched, and what is refused leaves nothing behind.

Nouns: ``Media`` does the work. A ``Probe`` is what a source is, a ``Plan`` what will be made of it, a
``Rung`` one encoding of the plan. A ``Rendition`` is an encrypted rung, cut into pieces that are named by
their digest. An ``Upload`` is a received file that waits to be posted.
"""

from reelm.media.encode import Encoded
from reelm.media.errors import (
    BadEncoding,
    Empty,
    EncoderStopped,
    InspectionFailed,
    NoEncoder,
    NotAVideo,
    NoVideo,
    SpoolFull,
    TookTooLong,
    TooLargePicture,
    TooLong,
    TooManyBytes,
    TooManyStreams,
    TooShort,
    TooSmall,
    Truncated,
    Unreadable,
    UploadBusy,
    UploadMissing,
)
from reelm.media.ffmpeg import Effort, find_ffmpeg
from reelm.media.media import Config, Media
from reelm.media.model import Audio, Coding, Limits, Plan, Probe, Rung, Video, plan
from reelm.media.package import Piece, Rendition
from reelm.media.remuxable import REMUXED, obstacle_to_remux, remuxed_rung
from reelm.media.spool import Spooled
from reelm.media.store import Upload

__all__ = [
    "REMUXED",
    "Audio",
    "BadEncoding",
    "Coding",
    "Config",
    "Effort",
    "Empty",
    "Encoded",
    "EncoderStopped",
    "InspectionFailed",
    "Limits",
    "Media",
    "NoEncoder",
    "NoVideo",
    "NotAVideo",
    "Piece",
    "Plan",
    "Probe",
    "Rendition",
    "Rung",
    "SpoolFull",
    "Spooled",
    "TooLargePicture",
    "TooLong",
    "TooManyBytes",
    "TooManyStreams",
    "TooShort",
    "TooSmall",
    "TookTooLong",
    "Truncated",
    "Unreadable",
    "Upload",
    "UploadBusy",
    "UploadMissing",
    "Video",
    "find_ffmpeg",
    "obstacle_to_remux",
    "plan",
    "remuxed_rung",
]
