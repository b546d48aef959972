"""Define the errors of media, each with its own code and words that a creator understands.

::

    ReelmError
    ├── Invalid      Empty, Truncated, TooShort, TooSmall, TooManyStreams, Unreadable, TookTooLong,
    │                ChecksumMismatch, NotWanted, BadEncoderName, BadCut, BadSubtitles, NoAv1Encoder
    ├── TooLarge     TooManyBytes, TooLong, TooLargePicture, BeyondLength, QuotaReached
    ├── Unsupported  NotAVideo, NoVideo
    ├── NotFound     UploadMissing
    ├── Gone         LeaseOver
    ├── Unauthenticated  EncoderUnknown
    ├── Conflict     UploadBusy, OffsetMismatch, EncoderExists
    ├── TooMany      TooManyOpen
    ├── Unavailable  SpoolFull, Interrupted, EncoderStopped
    └── Broken       NoEncoder, BadEncoding, BadDelivery, InspectionFailed, NoChromaprint
"""

from reelm.base import (
    Broken,
    Conflict,
    Gone,
    Invalid,
    NotFound,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unsupported,
)


class Empty(Invalid):
    code = "media.empty"
    title = "The file is empty"


class NotAVideo(Unsupported):
    code = "media.not-a-video"
    title = "Not a video file"


class NoVideo(Unsupported):
    code = "media.no-video"
    title = "There is no picture in it"


class Truncated(Invalid):
    code = "media.truncated"
    title = "A part of the file is missing"


class Unreadable(Invalid):
    code = "media.unreadable"
    title = "The video cannot be read"


class TooShort(Invalid):
    code = "media.too-short"
    title = "The video is too short"


class TooLong(TooLarge):
    code = "media.too-long"
    title = "The video is too long"


class TooSmall(Invalid):
    code = "media.too-small"
    title = "The picture is too small"


class TooLargePicture(TooLarge):
    code = "media.too-large-picture"
    title = "The picture is too large"


class TooManyBytes(TooLarge):
    code = "media.too-many-bytes"
    title = "The file is too large"


class TooManyStreams(Invalid):
    code = "media.too-many-streams"
    title = "Too many tracks"


class TookTooLong(Invalid):
    """A time limit; the machine may have been busy, so the same file may pass later."""

    code = "media.took-too-long"
    title = "It took too long"
    is_retryable = True


class BadCut(Invalid):
    """A start, end or cover that the file does not have."""

    code = "media.bad-cut"
    title = "Not a part of this video"


class BadSubtitles(Invalid):
    """The line is in the facts."""

    code = "media.bad-subtitles"
    title = "Not subtitles that can be kept"


class UploadMissing(NotFound):
    code = "media.upload-missing"
    title = "No such upload"


class UploadBusy(Conflict):
    code = "media.upload-busy"
    title = "This upload is already being received"
    is_retryable = True


class OffsetMismatch(Conflict):
    """The sender and the realm disagree on how much has arrived; the realm's answer is in the facts."""

    code = "media.offset-mismatch"
    title = "Not where the upload stands"


class ChecksumMismatch(Invalid):
    """Changed on the way: the same bytes may pass when they are sent again."""

    code = "media.checksum-mismatch"
    title = "The bytes were changed on the way"
    is_retryable = True


class BeyondLength(TooLarge):
    code = "media.beyond-length"
    title = "More bytes than announced"


class QuotaReached(TooLarge):
    code = "media.quota-reached"
    title = "Too much is waiting"


class TooManyOpen(TooMany):
    code = "media.too-many-open"
    title = "Too many unfinished uploads"


class Interrupted(Unavailable):
    code = "media.interrupted"
    title = "The upload was interrupted"


class LeaseOver(Gone):
    code = "media.lease-over"
    title = "The lease has ended"


class NotWanted(Invalid):
    code = "media.not-wanted"
    title = "Something else was asked for"


class BadDelivery(Broken):
    code = "media.bad-delivery"
    title = "An encoder sent something else"


class BadEncoderName(Invalid):
    code = "media.bad-encoder-name"
    title = "Not a name for an encoder"


class EncoderExists(Conflict):
    code = "media.encoder-exists"
    title = "There is such an encoder already"


class EncoderUnknown(Unauthenticated):
    code = "media.encoder-unknown"
    title = "No such encoder"


class SpoolFull(Unavailable):
    code = "media.disk-full"
    title = "No room for another upload"


class EncoderStopped(Unavailable):
    code = "media.encoder-stopped"
    title = "The encoder was stopped"


class NoEncoder(Broken):
    code = "media.no-encoder"
    title = "No usable ffmpeg"


class NoAv1Encoder(Invalid):
    code = "media.no-av1-encoder"
    title = "No ffmpeg that makes AV1"


class BadEncoding(Broken):
    code = "media.bad-encoding"
    title = "The encoder's output is not usable"


class InspectionFailed(Broken):
    code = "media.inspection-failed"
    title = "Files cannot be looked at"


class NoChromaprint(Broken):
    """Never raised: the reason why a clip has no fingerprint of its sound."""

    code = "media.no-chromaprint"
    title = "Sounds cannot be recognised here"
