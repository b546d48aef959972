"""A queue that is fair to accounts, and encoders elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clips", sa.Column("queue_round", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("clips", sa.Column("first_seconds", sa.Double(), nullable=True))
    op.create_table(
        "encoders",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encoders")),
        sa.UniqueConstraint("name", name=op.f("uq_encoders_name")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_encoders_token_digest")),
    )
    op.create_table(
        "encodings",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("upload_id", sa.String(length=26), nullable=False),
        sa.Column("owner", sa.String(length=26), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("queue_round", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("stand", sa.String(length=16), nullable=False),
        sa.Column("encoder", sa.String(length=26), nullable=True),
        sa.Column("lease", sa.String(length=26), nullable=True),
        sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ratio", sa.Double(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("keys_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("delivery", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encodings")),
        sa.UniqueConstraint("lease", name=op.f("uq_encodings_lease")),
    )
    op.create_index("ix_encodings_upload_id_turn", "encodings", ["upload_id", "turn"], unique=True)
