"""Blurred placeholders, preview strips, and what clips are recognised by."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clips", sa.Column("blurhash", sa.String(length=40), nullable=True))
    for name in ("strip_interval_ms", "strip_count", "strip_columns"):
        op.add_column("clips", sa.Column(name, sa.Integer(), nullable=True))
    op.create_table(
        "strips",
        sa.Column("clip_id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=26), nullable=False),
        sa.Column("object_id", sa.String(length=26), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("clip_id", name=op.f("pk_strips")),
    )
    op.create_table(
        "fingerprints",
        sa.Column("clip_id", sa.String(length=26), nullable=False),
        sa.Column("scheme", sa.String(length=16), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("qualities", sa.LargeBinary(), nullable=False),
        sa.Column("failure_code", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("clip_id", "scheme", name=op.f("pk_fingerprints")),
    )
    op.create_index("ix_fingerprints_failure_code", "fingerprints", ["failure_code"])
