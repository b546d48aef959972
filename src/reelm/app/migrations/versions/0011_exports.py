"""Files of protected data that staff took away, and which looks were that."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exports",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("data", sa.String(length=64), nullable=False),
        sa.Column("leaf_number", sa.Integer(), nullable=False),
        sa.Column("leaf_index", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index("ix_exports_leaf_number", "exports", ["leaf_number"])
    op.create_index("ix_looks_leaf_number", "looks", ["leaf_number"])
    op.add_column(
        "looks", sa.Column("action", sa.String(length=64), nullable=False, server_default="access.read")
    )
