"""A rendition that better ones replaced is announced no longer, and deleted a little later."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("renditions", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
