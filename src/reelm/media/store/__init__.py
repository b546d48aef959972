"""All SQL of media: of files that are on their way in, and of those that were received."""

from reelm.media.store.arriving import Arrival, Refusal
from reelm.media.store.lending import (
    EncoderRecord,
    add_encoder,
    add_encoding,
    all_encoders,
    change,
    encoder_with,
    encoding_leased,
    encoding_of,
    has_encoders,
    lendable,
    mark_seen,
    remove_encoder,
    remove_encodings,
)
from reelm.media.store.received import (
    Upload,
    expired_uploads,
    known_uploads,
    record_upload,
    remove_upload,
    upload,
    uploads_of,
)
from reelm.media.store.tables import arrivals, encoders, encodings, uploads

__all__ = [
    "Arrival",
    "EncoderRecord",
    "Refusal",
    "Upload",
    "add_encoder",
    "add_encoding",
    "all_encoders",
    "arrivals",
    "change",
    "encoder_with",
    "encoders",
    "encoding_leased",
    "encoding_of",
    "encodings",
    "expired_uploads",
    "has_encoders",
    "known_uploads",
    "lendable",
    "mark_seen",
    "record_upload",
    "remove_encoder",
    "remove_encodings",
    "remove_upload",
    "upload",
    "uploads",
    "uploads_of",
]
