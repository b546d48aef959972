"""The tables of media. A file's name is never kept in the clear."""

from sqlalchemy import BigInteger, Boolean, Double, Index, Integer, LargeBinary, String, Table, Text

from reelm.base import ID_LENGTH, DataClass, Keyed, Moment, Sealed, column, metadata

# Who may post which received file, until when.
uploads = Table(
    "uploads",
    metadata,
    column("id", String(ID_LENGTH), primary_key=True, klass=DataClass.OPERATIONAL),
    column("owner", String(ID_LENGTH), nullable=False, klass=DataClass.OPERATIONAL),
    column("size_bytes", BigInteger, nullable=False, klass=DataClass.OPERATIONAL),
    column("probe", Text, nullable=False, klass=DataClass.OPERATIONAL),
    # What its creator takes of it; null for all of it.
    column("cut", Text, nullable=True, klass=DataClass.OPERATIONAL),
    # Where the file is in the vault while a draft waits with it.
    column("object_id", String(ID_LENGTH), nullable=True, klass=DataClass.OPERATIONAL),
    column("created_at", Moment, nullable=False, klass=DataClass.OPERATIONAL),
    column("expires_at", Moment, nullable=False, klass=DataClass.OPERATIONAL),
    Index(None, "owner"),
    Index(None, "expires_at"),
)

# What comes in pieces: every byte before the offset is durable, in the spool's file of the same id. A settled
# one was looked at: either an upload has its id, or it was refused and nothing but this row is left.
arrivals = Table(
    "arrivals",
    metadata,
    column("id", String(ID_LENGTH), primary_key=True, klass=DataClass.OPERATIONAL),
    column("owner", String(ID_LENGTH), nullable=False, klass=DataClass.OPERATIONAL),
    column("length_bytes", BigInteger, nullable=False, klass=DataClass.OPERATIONAL),
    column("offset_bytes", BigInteger, nullable=False, klass=DataClass.OPERATIONAL),
    # What the sender called it, which names people and places.
    column("metadata_sealed", Sealed, nullable=True, klass=DataClass.PROTECTED),
    column("is_settled", Boolean, nullable=False, klass=DataClass.OPERATIONAL),
    column("refusal", Text, nullable=True, klass=DataClass.OPERATIONAL),
    column("created_at", Moment, nullable=False, klass=DataClass.OPERATIONAL),
    column("expires_at", Moment, nullable=False, klass=DataClass.OPERATIONAL),
    Index(None, "owner"),
    Index(None, "expires_at"),
)

# What a clip is recognised by, a row for each scheme. One without marks and without a failure says that there
# was nothing to recognise; one with a failure, that it is not known.
fingerprints = Table(
    "fingerprints",
    metadata,
    column("clip_id", String(ID_LENGTH), primary_key=True, klass=DataClass.OPERATIONAL),
    column("scheme", String(16), primary_key=True, klass=DataClass.OPERATIONAL),
    # Empty, since both are sealed; what older versions wrote is sealed when the realm opens.
    column("marks", LargeBinary, nullable=False, klass=DataClass.OPERATIONAL),
    column("qualities", LargeBinary, nullable=False, klass=DataClass.OPERATIONAL),
    column("marks_sealed", Sealed, nullable=True, klass=DataClass.SECRET),
    column("failure_code", String(64), nullable=True, klass=DataClass.OPERATIONAL),
    Index(None, "failure_code"),
)

# Machines elsewhere that may encode, by a token that only they have.
encoders = Table(
    "encoders",
    metadata,
    column("id", String(ID_LENGTH), primary_key=True, klass=DataClass.OPERATIONAL),
    column("name", String(40), nullable=False, unique=True, klass=DataClass.OPERATIONAL),
    column("token_digest", Keyed, nullable=False, unique=True, klass=DataClass.SECRET),
    column("added_at", Moment, nullable=False, klass=DataClass.OPERATIONAL),
    column("seen_at", Moment, nullable=True, klass=DataClass.OPERATIONAL),
)

# What encoders may take; gone when its clip is published or has failed.
encodings = Table(
    "encodings",
    metadata,
    column("id", String(ID_LENGTH), primary_key=True, klass=DataClass.OPERATIONAL),
    column("upload_id", String(ID_LENGTH), nullable=False, klass=DataClass.OPERATIONAL),
    column("owner", String(ID_LENGTH), nullable=False, klass=DataClass.OPERATIONAL),
    column("turn", Integer, nullable=False, klass=DataClass.OPERATIONAL),
    column("queue_round", Integer, nullable=False, klass=DataClass.OPERATIONAL),
    column("wanted", Text, nullable=False, klass=DataClass.OPERATIONAL),
    column("stand", String(16), nullable=False, klass=DataClass.OPERATIONAL),
    column("encoder", String(ID_LENGTH), nullable=True, klass=DataClass.OPERATIONAL),
    column("lease", String(ID_LENGTH), nullable=True, unique=True, klass=DataClass.OPERATIONAL),
    column("leased_at", Moment, nullable=True, klass=DataClass.OPERATIONAL),
    column("lease_until", Moment, nullable=True, klass=DataClass.OPERATIONAL),
    column("ratio", Double, nullable=False, klass=DataClass.OPERATIONAL),
    column("tries", Integer, nullable=False, klass=DataClass.OPERATIONAL),
    column("keys_sealed", Sealed, nullable=True, klass=DataClass.SECRET),
    column("delivery", Text, nullable=True, klass=DataClass.OPERATIONAL),
    Index(None, "upload_id", "turn", unique=True),
)
