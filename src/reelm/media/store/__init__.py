"""All SQL of media: of files on their way in, of received ones, and of fingerprints."""

from reelm.media.store.arriving import Arrival, Refusal
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
from reelm.media.store.tables import arrivals, fingerprints, uploads

__all__ = [
    "Arrival",
    "Refusal",
    "Upload",
    "arrivals",
    "expired_uploads",
    "fingerprints",
    "fingerprints_of",
    "forget_fingerprints",
    "known_uploads",
    "record_fingerprints",
    "record_upload",
    "remove_upload",
    "unrecognised",
    "upload",
    "uploads",
    "uploads_of",
]
