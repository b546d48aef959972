"""Declare what happens to uploads, as facts of the realm's log."""

from dataclasses import dataclass
from datetime import datetime

from reelm.base import AccountId, UploadId
from reelm.events import Fact, fact


@fact("media.upload-refused", subjects=("upload_id", "account_id"), retention_days=30)
@dataclass(frozen=True, slots=True)
class UploadRefused(Fact):
    """A file arrived whole and cannot become a clip, for the reason that ``code`` names."""

    upload_id: UploadId
    account_id: AccountId
    code: str
    at: datetime
