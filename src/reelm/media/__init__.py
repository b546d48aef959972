"""From any phone file to pieces that any player can play and no server can read.

Every file is hostile until proven otherwise: it is looked at and encoded by other programs, confined and
watched, and what is refused leaves nothing behind.

Nouns: ``Media`` does the work. A ``Probe`` is what a source is, a ``Cut`` what its creator takes of it, a
``Plan`` what will be made of it, a ``Rung`` one encoding of the plan. A ``Rendition`` is an encrypted rung,
cut into pieces that are named by their digest. An ``Upload`` is a received file that waits to be posted, an
``Arrival`` one that is still on its way in.
"""

from reelm.media.append import CHECKSUMS, Checksum, Pace
from reelm.media.arrivals import Allowance, Arrivals, Body, refusal_of
from reelm.media.cut import WHOLE, Cut
from reelm.media.encode import Encoded
from reelm.media.errors import (
    BadCut,
    BadEncoding,
    BadSubtitles,
    BeyondLength,
    ChecksumMismatch,
    Empty,
    EncoderStopped,
    InspectionFailed,
    Interrupted,
    NoEncoder,
    NotAVideo,
    NoVideo,
    OffsetMismatch,
    QuotaReached,
    SpoolFull,
    TookTooLong,
    TooLargePicture,
    TooLong,
    TooManyBytes,
    TooManyOpen,
    TooManyStreams,
    TooShort,
    TooSmall,
    Truncated,
    Unreadable,
    UploadBusy,
    UploadMissing,
)
from reelm.media.ffmpeg import Effort, find_ffmpeg
from reelm.media.hold import Hold, interrupted
from reelm.media.media import Config, Media
from reelm.media.model import Audio, Coding, Limits, Plan, Probe, Rung, Video, plan
from reelm.media.package import Piece, Rendition
from reelm.media.remuxable import REMUXED, obstacle_to_remux, remuxed_rung
from reelm.media.spool import Spooled
from reelm.media.store import Arrival, Upload
from reelm.media.subtitles import Subtitles, read_subtitles, write_vtt

__all__ = [
    "CHECKSUMS",
    "REMUXED",
    "WHOLE",
    "Allowance",
    "Arrival",
    "Arrivals",
    "Audio",
    "BadCut",
    "BadEncoding",
    "BadSubtitles",
    "BeyondLength",
    "Body",
    "Checksum",
    "ChecksumMismatch",
    "Coding",
    "Config",
    "Cut",
    "Effort",
    "Empty",
    "Encoded",
    "EncoderStopped",
    "Hold",
    "InspectionFailed",
    "Interrupted",
    "Limits",
    "Media",
    "NoEncoder",
    "NoVideo",
    "NotAVideo",
    "OffsetMismatch",
    "Pace",
    "Piece",
    "Plan",
    "Probe",
    "QuotaReached",
    "Rendition",
    "Rung",
    "SpoolFull",
    "Spooled",
    "Subtitles",
    "TooLargePicture",
    "TooLong",
    "TooManyBytes",
    "TooManyOpen",
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
    "interrupted",
    "obstacle_to_remux",
    "plan",
    "read_subtitles",
    "refusal_of",
    "remuxed_rung",
    "write_vtt",
]
