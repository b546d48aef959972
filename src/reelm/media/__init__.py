"""From any phone file to pieces that any player can play and no server can read.

Every file is hostile until proven otherwise: it is looked at and encoded by other programs, confined and
watched, and what is refused leaves nothing behind.

Nouns: ``Media`` does the work. A ``Probe`` is what a source is, a ``Cut`` what its creator takes of it, a
``Plan`` what will be made of it, a ``Rung`` one encoding of the plan. An ``EncryptedRendition`` is a rung
cut into encrypted pieces that are named by their digest. An ``Upload`` is a received file that waits to be
posted, an ``Arrival`` one that is still on its way in. A ``Fingerprint`` is what a clip is recognised by, a
``Storyboard`` the layout of its preview pictures. An ``Encoding`` is what an encoder on another machine may
take, through ``Lending``; ``Encoders`` knows those machines.
"""

from reelm.media.analysis import Analysis, Footage, rung_footage, source_footage
from reelm.media.append import CHECKSUMS, Checksum, FlushPolicy
from reelm.media.arrivals import Allowance, Body, refusal_of
from reelm.media.av1 import av1_rung, every_rung
from reelm.media.cut import WHOLE, Cut
from reelm.media.elsewhere import EncoderId, Encoding, LeaseId, Sent, Stand, Terms, Wanted
from reelm.media.encode import Encoded
from reelm.media.encoders import Encoders
from reelm.media.errors import (
    BadCut,
    BadDelivery,
    BadEncoderName,
    BadEncoding,
    BadSubtitles,
    BeyondLength,
    ChecksumMismatch,
    Empty,
    EncoderExists,
    EncoderStopped,
    EncoderUnknown,
    Interrupted,
    LeaseOver,
    NoAv1Encoder,
    NoChromaprint,
    NoEncoder,
    NotAVideo,
    NotWanted,
    OffsetMismatch,
    QuotaReached,
    SpoolFull,
    TookTooLong,
    TooManyBytes,
    TooManyOpen,
    Truncated,
    Unreadable,
    UploadBusy,
    UploadMissing,
)
from reelm.media.facts import UploadRefused
from reelm.media.ffmpeg import Effort, find_ffmpeg
from reelm.media.fingerprint import Fingerprint, FingerprintScheme
from reelm.media.lending import Lending
from reelm.media.media import Media, MediaConfig
from reelm.media.model import Audio, Plan, Probe, Rung, SourceLimits, Video, plan
from reelm.media.package import EncryptedRendition, Piece, unseal
from reelm.media.poster import Poster
from reelm.media.remuxable import REMUXED, obstacle_to_remux, remuxed_rung
from reelm.media.sound import with_sound
from reelm.media.spool import Spooled
from reelm.media.store import Arrival, Upload
from reelm.media.storyboard import Storyboard
from reelm.media.subtitles import Subtitles, read_subtitles, write_vtt
from reelm.media.upload_lock import UploadLock, interrupted

__all__ = [
    "CHECKSUMS",
    "REMUXED",
    "WHOLE",
    "Allowance",
    "Analysis",
    "Arrival",
    "Audio",
    "BadCut",
    "BadDelivery",
    "BadEncoderName",
    "BadEncoding",
    "BadSubtitles",
    "BeyondLength",
    "Body",
    "Checksum",
    "ChecksumMismatch",
    "Cut",
    "Effort",
    "Empty",
    "Encoded",
    "EncoderExists",
    "EncoderId",
    "EncoderStopped",
    "EncoderUnknown",
    "Encoders",
    "Encoding",
    "EncryptedRendition",
    "Fingerprint",
    "FingerprintScheme",
    "FlushPolicy",
    "Footage",
    "Interrupted",
    "LeaseId",
    "LeaseOver",
    "Lending",
    "Media",
    "MediaConfig",
    "NoAv1Encoder",
    "NoChromaprint",
    "NoEncoder",
    "NotAVideo",
    "NotWanted",
    "OffsetMismatch",
    "Piece",
    "Plan",
    "Poster",
    "Probe",
    "QuotaReached",
    "Rung",
    "Sent",
    "SourceLimits",
    "SpoolFull",
    "Spooled",
    "Stand",
    "Storyboard",
    "Subtitles",
    "Terms",
    "TooManyBytes",
    "TooManyOpen",
    "TookTooLong",
    "Truncated",
    "Unreadable",
    "Upload",
    "UploadBusy",
    "UploadLock",
    "UploadMissing",
    "UploadRefused",
    "Video",
    "Wanted",
    "av1_rung",
    "every_rung",
    "find_ffmpeg",
    "interrupted",
    "obstacle_to_remux",
    "plan",
    "read_subtitles",
    "refusal_of",
    "remuxed_rung",
    "rung_footage",
    "source_footage",
    "unseal",
    "with_sound",
    "write_vtt",
]
