"""Keep the numbers of visible clips of a person and of likes on them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("clip_count", "like_count"):
        op.add_column("profiles", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE profiles SET clip_count = (SELECT count(*) FROM clips WHERE clips.account_id = "
        "profiles.account_id AND clips.state = 'visible'), like_count = (SELECT coalesce(sum("
        "clips.like_count), 0) FROM clips WHERE clips.account_id = profiles.account_id AND clips.state "
        "= 'visible')"
    )
