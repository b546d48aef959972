"""The ground everything stands on; no word of the product's domain lives here.

Nouns: ids that sort by time, a ``Clock`` and an ``Entropy`` that are passed in, the ``ReelmError`` tree with
its stable codes, ``DataClass`` on every column, the ``Database`` with one unit of work per request,
``Secret`` bytes; the signed ``Note`` and its keys; ``RateLimit``, ``Outbound`` (the only way out over HTTP),
``telemetry`` (logs, metrics).
"""

from reelm.base import telemetry
from reelm.base.canonical import canonical_bytes, canonical_json
from reelm.base.classes import DataClass, Keyed, KeyedDigest, Sealed, SealedBytes, column
from reelm.base.clock import Clock, SystemClock
from reelm.base.database import (
    Database,
    DatabaseUnavailable,
    InsertOnce,
    Moment,
    Tx,
    after_commit,
    metadata,
)
from reelm.base.entropy import Entropy, SystemEntropy
from reelm.base.errors import (
    Broken,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    ReelmError,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unsupported,
)
from reelm.base.ids import (
    ID_LENGTH,
    ID_PATTERN,
    AccountId,
    BadId,
    ClipId,
    CommentId,
    ObjectId,
    RenditionId,
    SessionId,
    UploadId,
    mint,
    read_id,
    write_id,
)
from reelm.base.limits import RateLimit
from reelm.base.lru import LruCache
from reelm.base.memory import keep_freed_memory
from reelm.base.note import (
    Algorithm,
    Note,
    NoteRefused,
    Signature,
    SigningKey,
    VerifierKey,
    check_signed,
    from_base64,
    is_key_name,
    read_signatures,
    to_base64,
)
from reelm.base.outbound import (
    Answer,
    AnswerTooLarge,
    DestinationFailed,
    DestinationUndeclared,
    Endpoint,
    Outbound,
    OutboundLimits,
)
from reelm.base.redaction import names_someone
from reelm.base.secret import Secret
from reelm.base.tasks import BackgroundTasks, SingleFlight, cancel_all, run_both, run_to_end
from reelm.base.telemetry import Metrics

__all__ = [
    "ID_LENGTH",
    "ID_PATTERN",
    "AccountId",
    "Algorithm",
    "Answer",
    "AnswerTooLarge",
    "BackgroundTasks",
    "BadId",
    "Broken",
    "ClipId",
    "Clock",
    "CommentId",
    "Conflict",
    "DataClass",
    "Database",
    "DatabaseUnavailable",
    "DestinationFailed",
    "DestinationUndeclared",
    "Endpoint",
    "Entropy",
    "Forbidden",
    "Gone",
    "InsertOnce",
    "Invalid",
    "Keyed",
    "KeyedDigest",
    "LruCache",
    "Metrics",
    "Moment",
    "NotFound",
    "Note",
    "NoteRefused",
    "ObjectId",
    "Outbound",
    "OutboundLimits",
    "RateLimit",
    "ReelmError",
    "RenditionId",
    "Sealed",
    "SealedBytes",
    "Secret",
    "SessionId",
    "Signature",
    "SigningKey",
    "SingleFlight",
    "SystemClock",
    "SystemEntropy",
    "TooLarge",
    "TooMany",
    "Tx",
    "Unauthenticated",
    "Unavailable",
    "Unsupported",
    "UploadId",
    "VerifierKey",
    "after_commit",
    "cancel_all",
    "canonical_bytes",
    "canonical_json",
    "check_signed",
    "column",
    "from_base64",
    "is_key_name",
    "keep_freed_memory",
    "metadata",
    "mint",
    "names_someone",
    "read_id",
    "read_signatures",
    "run_both",
    "run_to_end",
    "telemetry",
    "to_base64",
    "write_id",
]
