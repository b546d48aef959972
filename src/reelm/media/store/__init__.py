"""All SQL of media: of files on their way in and received, of fingerprints, of encodings elsewhere."""

from reelm.media.store.arriving import Arrival, Refusal
from reelm.media.store.enrolled import Encoders
from reelm.media.store.lending import (
    add_encoding,
    change,
    encoding_leased,
    encoding_of,
    lendable,
    remove_encodings,
)
from reelm.media.store.received import ReceivedUploads, Upload
from reelm.media.store.recognised import Fingerprints
from reelm.media.store.tables import arrivals, encoders, encodings, fingerprints, uploads

__all__ = [
    "Arrival",
    "Encoders",
    "Fingerprints",
    "ReceivedUploads",
    "Refusal",
    "Upload",
    "add_encoding",
    "arrivals",
    "change",
    "encoders",
    "encoding_leased",
    "encoding_of",
    "encodings",
    "fingerprints",
    "lendable",
    "remove_encodings",
    "uploads",
]
