"""Drafts and fingerprints are sealed; opening the realm seals those that are there, the worker the files."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clips", sa.Column("words_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("fingerprints", sa.Column("marks_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("uploads", sa.Column("object_id", sa.String(length=26), nullable=True))
    op.execute("DELETE FROM clip_tags WHERE published_at IS NULL")
    op.execute("UPDATE clips SET blurhash = NULL WHERE published_at IS NULL")
