"""All SQL of media: of files on their way in, of received ones, and of fingerprints."""

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
from reelm.media.store.recognised import (
    fingerprints_of,
    forget_fingerprints,
    record_fingerprints,
    unrecognised,
)
from reelm.media.store.tables import arrivals, encoders, encodings, fingerprints, uploads

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
    "fingerprints",
    "fingerprints_of",
    "forget_fingerprints",
    "has_encoders",
    "known_uploads",
    "lendable",
    "mark_seen",
    "record_fingerprints",
    "record_upload",
    "remove_encoder",
    "remove_encodings",
    "remove_upload",
    "unrecognised",
    "upload",
    "uploads",
    "uploads_of",
]
