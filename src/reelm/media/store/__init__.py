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
from reelm.media.store.received import ReceivedUploads, Upload
from reelm.media.store.recognised import Fingerprints
from reelm.media.store.tables import arrivals, encoders, encodings, fingerprints, uploads

__all__ = [
    "Arrival",
    "EncoderRecord",
    "Fingerprints",
    "ReceivedUploads",
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
    "fingerprints",
    "has_encoders",
    "lendable",
    "mark_seen",
    "remove_encoder",
    "remove_encodings",
    "uploads",
]
