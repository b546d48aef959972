"""Declare the tables of clips, and of what people say and do about them."""

from sqlalchemy import Boolean, Double, ForeignKey, Index, Integer, String, Table, Text

from reelm.base import ID_LENGTH, DataClass, Moment, Sealed, column, metadata

_ID = String(ID_LENGTH)

clips = Table(
    "clips",
    metadata,
    column("id", _ID, klass=DataClass.INTEROP, primary_key=True),
    column("account_id", _ID, ForeignKey("profiles.account_id"), klass=DataClass.INTEROP, nullable=False),
    # No foreign key: media forgets an upload once its clip is published.
    column("upload_id", _ID, klass=DataClass.INTEROP, nullable=False, unique=True),
    column("state", String(16), klass=DataClass.PUBLIC, nullable=False),
    column("caption", Text, klass=DataClass.PUBLIC, nullable=False),
    # What the picture shows, for those who do not see it.
    column("alt_text", Text, klass=DataClass.PUBLIC, nullable=False),
    # Both until the clip is published, under its author's key; they are empty for so long.
    column("words_sealed", Sealed, klass=DataClass.PROTECTED),
    # When the caption last changed after people could read it.
    column("edited_at", Moment, klass=DataClass.PUBLIC),
    # The languages of its subtitles, with commas between.
    column("subtitles", Text, klass=DataClass.PUBLIC, nullable=False),
    column("duration_ms", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("width", Integer, klass=DataClass.PUBLIC, nullable=False),
    column("height", Integer, klass=DataClass.PUBLIC, nullable=False),
    # The clip whose sound it has: itself, or another; null without sound. No foreign key: as for uploads.
    column("sound_id", _ID, klass=DataClass.INTEROP),
    column("allows_reuse", Boolean, klass=DataClass.PUBLIC, nullable=False),
    # The poster in 28 characters, painted until the poster is there.
    column("blurhash", String(40), klass=DataClass.PUBLIC),
    # How the preview strip is laid out; null until there is one.
    column("strip_interval_ms", Integer, klass=DataClass.PUBLIC),
    column("strip_count", Integer, klass=DataClass.PUBLIC),
    column("strip_columns", Integer, klass=DataClass.PUBLIC),
    column("created_at", Moment, klass=DataClass.PUBLIC, nullable=False),
    # When it first became visible; kept when it is removed, to tell "gone" from "never was".
    column("published_at", Moment, klass=DataClass.PUBLIC),
    # By what its author's list orders it: when it was published, and until then when it was made.
    column("listed_at", Moment, klass=DataClass.PUBLIC, nullable=False),
    column("like_count", Integer, klass=DataClass.INTEROP, nullable=False, default=0),
    column("comment_count", Integer, klass=DataClass.INTEROP, nullable=False, default=0),
    column("view_count", Integer, klass=DataClass.INTEROP, nullable=False, default=0),
    column("attempt", Integer, klass=DataClass.OPERATIONAL, nullable=False, default=1),
    column("step", String(16), klass=DataClass.OPERATIONAL, nullable=False),
    column("progress_ratio", Double, klass=DataClass.OPERATIONAL, nullable=False, default=0.0),
    # When publishing was asked for; null once it has finished or failed, so that nothing is left to do.
    column("due_at", Moment, klass=DataClass.OPERATIONAL),
    # Also why it waits, as long as it is due.
    column("failure_code", String(64), klass=DataClass.OPERATIONAL),
    column("failure_detail", Text, klass=DataClass.OPERATIONAL),
    # When its turn is among all that is due.
    column("queue_round", Integer, klass=DataClass.OPERATIONAL, nullable=False, default=0),
    # How long the first rendition took, to tell others how long theirs will.
    column("first_seconds", Double, klass=DataClass.OPERATIONAL),
)
# Recent and popular clips; by one author, as a page of their profile; by followed authors; left to publish;
# those with one sound.
Index(None, clips.c.state, clips.c.published_at, clips.c.id)
Index(None, clips.c.account_id, clips.c.listed_at, clips.c.id)
Index(None, clips.c.account_id, clips.c.state, clips.c.published_at, clips.c.id)
Index(None, clips.c.due_at)
Index(None, clips.c.sound_id, clips.c.state, clips.c.published_at, clips.c.id)

clip_tags = Table(
    "clip_tags",
    metadata,
    column("tag", String(50), klass=DataClass.PUBLIC, primary_key=True),
    column("clip_id", _ID, ForeignKey("clips.id"), klass=DataClass.INTEROP, primary_key=True),
    # The clip's, so that a tag's newest are found without all of its clips.
    column("published_at", Moment, klass=DataClass.PUBLIC),
)
Index(None, clip_tags.c.tag, clip_tags.c.published_at, clip_tags.c.clip_id)

likes = Table(
    "likes",
    metadata,
    column("clip_id", _ID, ForeignKey("clips.id"), klass=DataClass.INTEROP, primary_key=True),
    column("account_id", _ID, ForeignKey("profiles.account_id"), klass=DataClass.INTEROP, primary_key=True),
    column("created_at", Moment, klass=DataClass.INTEROP, nullable=False),
)

comments = Table(
    "comments",
    metadata,
    column("id", _ID, klass=DataClass.INTEROP, primary_key=True),
    column("clip_id", _ID, ForeignKey("clips.id"), klass=DataClass.INTEROP, nullable=False),
    column("account_id", _ID, ForeignKey("profiles.account_id"), klass=DataClass.INTEROP, nullable=False),
    column("text", Text, klass=DataClass.PUBLIC, nullable=False),
    column("created_at", Moment, klass=DataClass.PUBLIC, nullable=False),
    column("state", String(16), klass=DataClass.PUBLIC, nullable=False),
)
Index(None, comments.c.clip_id, comments.c.state, comments.c.id)
