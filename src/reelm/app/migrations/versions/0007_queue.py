"""A queue that is fair to accounts, and encoders elsewhere."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clips", sa.Column("queue_round", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("clips", sa.Column("first_seconds", sa.Double(), nullable=True))
