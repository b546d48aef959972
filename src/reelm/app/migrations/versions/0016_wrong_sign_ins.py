"""Count the wrong passwords that were tried since somebody last signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("wrong_sign_ins", sa.Integer(), server_default="0", nullable=False))
