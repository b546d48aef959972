"""Define the tables of delivery."""

from sqlalchemy import Double, ForeignKey, Integer, LargeBinary, String, Table

from reelm.base import ID_LENGTH, DataClass, Moment, Sealed, column, metadata

renditions = Table(
    "renditions",
    metadata,
    column("id", String(26), klass=DataClass.INTEROP, primary_key=True),
    column("clip_id", String(26), klass=DataClass.INTEROP, nullable=False, index=True),
    column("owner", String(26), klass=DataClass.INTEROP, nullable=False),
    column("name", String(16), klass=DataClass.PUBLIC, nullable=False),
    column("codecs", String(64), klass=DataClass.PUBLIC, nullable=False),
    column("width", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("height", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("peak_bits_per_second", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("average_bits_per_second", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("frame_rate", Double, klass=DataClass.PUBLIC, nullable=False),
    column("object_id", String(26), klass=DataClass.OPERATIONAL, nullable=False),
    column("key_sealed", Sealed, klass=DataClass.SECRET, nullable=False),
    column("retired_at", Moment, klass=DataClass.OPERATIONAL),
    column("withdrawn_at", Moment, klass=DataClass.OPERATIONAL),
)

segments = Table(
    "segments",
    metadata,
    column("name", String(64), klass=DataClass.PUBLIC, primary_key=True),
    column(
        "rendition_id",
        String(26),
        ForeignKey("renditions.id", ondelete="CASCADE"),
        klass=DataClass.INTEROP,
        nullable=False,
        index=True,
    ),
    column("sequence", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("start_byte", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("length_bytes", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("iv", LargeBinary, klass=DataClass.PUBLIC, nullable=False),
    column("duration_ms", Integer, klass=DataClass.PUBLIC, nullable=False),
)


def _pictures(name: str) -> Table:
    """One picture of each clip, sealed under its owner's key."""
    return Table(
        name,
        metadata,
        column("clip_id", String(26), klass=DataClass.INTEROP, primary_key=True),
        column("owner", String(26), klass=DataClass.INTEROP, nullable=False),
        column("object_id", String(26), klass=DataClass.OPERATIONAL, nullable=False),
        column("withdrawn_at", Moment, klass=DataClass.OPERATIONAL),
    )


posters = _pictures("posters")
strips = _pictures("strips")

subtitles = Table(
    "subtitles",
    metadata,
    column("id", String(ID_LENGTH), klass=DataClass.INTEROP, primary_key=True),
    column("clip_id", String(ID_LENGTH), klass=DataClass.INTEROP, nullable=False, index=True),
    column("language", String(35), klass=DataClass.PUBLIC, nullable=False),
    column("owner", String(ID_LENGTH), klass=DataClass.INTEROP, nullable=False),
    # The words, until the vault has them: a crash before that loses nothing.
    column("text_sealed", Sealed, klass=DataClass.PROTECTED),
    column("object_id", String(ID_LENGTH), klass=DataClass.OPERATIONAL),
    column("withdrawn_at", Moment, klass=DataClass.OPERATIONAL),
)
