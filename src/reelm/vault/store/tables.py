"""Declare the vault's tables."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from reelm.base import DataClass, Moment, column, metadata

REFERENCE_MAX = 200

_OPERATIONAL = DataClass.OPERATIONAL

objects = Table(
    "objects",
    metadata,
    column("object_id", String(26), primary_key=True, klass=_OPERATIONAL),
    column("generation", BigInteger, nullable=False, klass=_OPERATIONAL),
    # Empty once the object is being deleted, so that its reference can be used again at once.
    column("reference", String(REFERENCE_MAX), unique=True, nullable=True, klass=_OPERATIONAL),
    column("suite", SmallInteger, nullable=False, klass=_OPERATIONAL),
    column("k", SmallInteger, nullable=False, klass=_OPERATIONAL),
    column("n", SmallInteger, nullable=False, klass=_OPERATIONAL),
    column("chunk_log2", SmallInteger, nullable=False, klass=_OPERATIONAL),
    column("length_bytes", BigInteger, nullable=True, klass=_OPERATIONAL),
    column("padded_bytes", BigInteger, nullable=True, klass=_OPERATIONAL),
    column("object_root", LargeBinary, nullable=True, klass=_OPERATIONAL),
    column("data_class", String(16), nullable=False, klass=_OPERATIONAL),
    column("key_epoch", BigInteger, nullable=False, klass=_OPERATIONAL),
    column("state", String(16), nullable=False, index=True, klass=_OPERATIONAL),
    # Opaque: whose key the object is under, so that it can be found when that key is destroyed.
    column("owner", String(26), nullable=True, index=True, klass=_OPERATIONAL),
    # Two-letter countries, sorted and joined by commas; empty when it may lie anywhere.
    column("residency", String(200), nullable=True, klass=_OPERATIONAL),
    column("created_at", Moment, nullable=False, klass=_OPERATIONAL),
)

fragments = Table(
    "fragments",
    metadata,
    column("object_id", String(26), ForeignKey("objects.object_id"), primary_key=True, klass=_OPERATIONAL),
    column("fragment_index", Integer, primary_key=True, autoincrement=False, klass=_OPERATIONAL),
    column("provider_id", String(100), nullable=False, index=True, klass=_OPERATIONAL),
    column("name", String(64), nullable=False, klass=_OPERATIONAL),
    column("fragment_root", LargeBinary, nullable=True, klass=_OPERATIONAL),
    column("state", String(16), nullable=False, index=True, klass=_OPERATIONAL),
    # When it was last read in full and found good; empty when never since it was written.
    column("checked_at", Moment, nullable=True, index=True, klass=_OPERATIONAL),
)

providers = Table(
    "providers",
    metadata,
    column("provider_id", String(100), primary_key=True, klass=_OPERATIONAL),
    column("stage", String(16), nullable=False, klass=_OPERATIONAL),
    # Left without copying from it: it is gone, or not to be trusted with a request.
    column("is_hostile", Boolean, nullable=False, klass=_OPERATIONAL),
    # What it belonged to, kept for the history rule when the manifest no longer names it: JSON.
    column("groups", Text, nullable=False, klass=_OPERATIONAL),
    column("country", String(2), nullable=False, klass=_OPERATIONAL),
    column("changed_at", Moment, nullable=False, klass=_OPERATIONAL),
    # What was moved, rebuilt and deleted while it was left: JSON, empty before that.
    column("report", Text, nullable=True, klass=_OPERATIONAL),
)

# Work on a fragment at a place. The row comes before the first byte, so that nothing it leaves there is
# unknown; whoever removes the row makes the place the fragment's, or a former one that is owed a deletion.
moves = Table(
    "moves",
    metadata,
    column("object_id", String(26), ForeignKey("objects.object_id"), primary_key=True, klass=_OPERATIONAL),
    column("fragment_index", Integer, primary_key=True, autoincrement=False, klass=_OPERATIONAL),
    column("provider_id", String(100), nullable=False, klass=_OPERATIONAL),
    column("name", String(64), nullable=False, klass=_OPERATIONAL),
    # Drawn anew by whoever takes the move; only the process that finds its own may finish.
    column("turn", Integer, nullable=False, klass=_OPERATIONAL),
    column("renewed_at", Moment, nullable=False, klass=_OPERATIONAL),
)

# Where fragments were before they moved. Kept for the history rule as long as the object lives; ``is_gone``
# says whether the old copy was deleted, or is still owed a deletion.
former_fragments = Table(
    "former_fragments",
    metadata,
    column("object_id", String(26), primary_key=True, klass=_OPERATIONAL),
    column("fragment_index", Integer, primary_key=True, autoincrement=False, klass=_OPERATIONAL),
    column("provider_id", String(100), primary_key=True, klass=_OPERATIONAL),
    column("name", String(64), nullable=False, klass=_OPERATIONAL),
    column("is_gone", Boolean, nullable=False, klass=_OPERATIONAL),
    column("left_at", Moment, nullable=False, klass=_OPERATIONAL),
    Index("ix_former_fragments_provider_id_is_gone", "provider_id", "is_gone"),
)

# Stored objects that hold small ones. Those that are due are to be compacted: too much of them is garbage, or
# it is garbage that has to leave soon.
packs = Table(
    "packs",
    metadata,
    column("pack_id", String(26), ForeignKey("objects.object_id"), primary_key=True, klass=_OPERATIONAL),
    column("packed_bytes", BigInteger, nullable=False, klass=_OPERATIONAL),
    column("live_bytes", BigInteger, nullable=False, klass=_OPERATIONAL),
    column("is_due", Boolean, nullable=False, index=True, klass=_OPERATIONAL),
)

# Small objects, each somewhere in its pack, which says their suite, class and residency. Whatever lies in a
# pack has a row as long as it does, so that an owner's last byte can be found.
entries = Table(
    "entries",
    metadata,
    column("entry_id", String(26), primary_key=True, klass=_OPERATIONAL),
    # Empty once the entry is garbage, so that its reference can be used again at once.
    column("reference", String(REFERENCE_MAX), unique=True, nullable=True, klass=_OPERATIONAL),
    column(
        "pack_id", String(26), ForeignKey("objects.object_id"), nullable=False, index=True, klass=_OPERATIONAL
    ),
    column("start_byte", BigInteger, nullable=False, klass=_OPERATIONAL),
    column("packed_bytes", BigInteger, nullable=False, klass=_OPERATIONAL),
    column("length_bytes", BigInteger, nullable=False, klass=_OPERATIONAL),
    column("entry_root", LargeBinary, nullable=False, klass=_OPERATIONAL),
    column("owner", String(26), nullable=True, index=True, klass=_OPERATIONAL),
)
