"""Keep the clip that a sound is from, and the consent that others may use it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The creators of the clips that are there were never asked, so nobody else may use their sounds.
    op.add_column("clips", sa.Column("allows_reuse", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("clips", sa.Column("sound_id", sa.String(length=26), nullable=True))
    op.create_index("ix_clips_sound_id_state_id", "clips", ["sound_id", "state", "id"])
    op.execute(
        "UPDATE clips SET sound_id = id WHERE state <> 'removed' AND (EXISTS (SELECT 1 FROM renditions "
        "WHERE renditions.clip_id = clips.id AND renditions.codecs LIKE '%,%') OR EXISTS (SELECT 1 "
        "FROM uploads WHERE uploads.id = clips.upload_id AND uploads.probe NOT LIKE '%\"audio\"_null%' "
        "AND coalesce(uploads.cut, '') NOT LIKE '%\"is_muted\"_true%'))"
    )
