"""Lists of clips go by publication: indexes for that, and the moment beside each tag."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "clips",
        sa.Column(
            "listed_at", sa.DateTime(timezone=True), nullable=False, server_default="1970-01-01 00:00:00"
        ),
    )
    op.execute("UPDATE clips SET listed_at = coalesce(published_at, created_at)")
    op.add_column("clip_tags", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE clip_tags SET published_at = "
        "(SELECT clips.published_at FROM clips WHERE clips.id = clip_tags.clip_id)"
    )
    op.create_index("ix_clip_tags_tag_published_at_clip_id", "clip_tags", ["tag", "published_at", "clip_id"])
    op.drop_index("ix_clips_sound_id_state_id", "clips")
    op.create_index(
        "ix_clips_sound_id_state_published_at_id", "clips", ["sound_id", "state", "published_at", "id"]
    )
    op.drop_index("ix_clips_account_id_id", "clips")
    op.create_index("ix_clips_account_id_listed_at_id", "clips", ["account_id", "listed_at", "id"])
