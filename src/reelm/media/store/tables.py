"""The tables of media. A file's name is never kept in the clear."""

from sqlalchemy import BigInteger, Boolean, Index, String, Table, Text

from reelm.base import ID_LENGTH, DataClass, Moment, Sealed, column, metadata

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
