"""What creators do with their clips: cuts, later edits, words for those who do not see them."""

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
    op.add_column("uploads", sa.Column("cut", sa.Text(), nullable=True))
