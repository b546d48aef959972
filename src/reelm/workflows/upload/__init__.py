"""Take in a creator's file, whole (``receive``) or in pieces (``create_upload``, ``append``).

A file is checked before it is accepted. It then waits for a day to be posted; ``discard`` and
``delete_upload`` forget it earlier.
"""

from reelm.workflows.upload.arrive import (
    Arrived,
    append,
    delete_upload,
    follow,
    metadata_of,
    offset_of,
    settle,
)
from reelm.workflows.upload.receive import UploadPosted, create_upload, discard, receive, require_capacity

__all__ = [
    "Arrived",
    "UploadPosted",
    "append",
    "create_upload",
    "delete_upload",
    "discard",
    "follow",
    "metadata_of",
    "offset_of",
    "receive",
    "require_capacity",
    "settle",
]
