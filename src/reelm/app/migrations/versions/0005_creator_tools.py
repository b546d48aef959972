"""Keep cuts, later edits, subtitles and alternative texts of clips."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The default is for the clips that are there; the product writes every field.
    op.add_column("clips", sa.Column("alt_text", sa.Text(), nullable=False, server_default=""))
    op.add_column("clips", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("clips", sa.Column("subtitles", sa.Text(), nullable=False, server_default=""))
    op.add_column("uploads", sa.Column("cut", sa.Text(), nullable=True))
    op.create_table(
        "subtitles",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("clip_id", sa.String(length=26), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("owner", sa.String(length=26), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("object_id", sa.String(length=26), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subtitles")),
    )
    op.create_index("ix_subtitles_clip_id", "subtitles", ["clip_id"])
