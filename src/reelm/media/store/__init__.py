"""All SQL of media: of files that are on their way in, and of those that were received."""

from reelm.media.store.arriving import Arrival, Refusal
from reelm.media.store.received import (
    Upload,
    expired_uploads,
    known_uploads,
    prolong,
    record_cut,
    record_upload,
    remove_upload,
    upload,
    uploads_of,
)
from reelm.media.store.tables import arrivals, uploads

__all__ = [
    "Arrival",
    "Refusal",
    "Upload",
    "arrivals",
    "expired_uploads",
    "known_uploads",
    "prolong",
    "record_cut",
    "record_upload",
    "remove_upload",
    "upload",
    "uploads",
    "uploads_of",
]
