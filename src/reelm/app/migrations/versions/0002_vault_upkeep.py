"""Keep the state of repair, drains, packs and key rotation."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _change_objects()
    _add_providers()
    _add_packs()
    _change_epochs()


def _change_objects() -> None:
    op.add_column("objects", sa.Column("owner", sa.String(length=26), nullable=True))
    op.add_column("objects", sa.Column("residency", sa.String(length=200), nullable=True))
    op.create_index("ix_objects_owner", "objects", ["owner"])
    op.add_column("fragments", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_fragments_checked_at", "fragments", ["checked_at"])
    op.create_index("ix_fragments_state", "fragments", ["state"])


def _change_epochs() -> None:
    # Both databases rename in place; the keys in it become files when the realm is opened.
    op.execute("ALTER TABLE epoch_keys RENAME COLUMN wrapped TO mark")
    op.add_column("epoch_keys", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_user_keys_wrapped_in_epoch", "user_keys")


def _add_providers() -> None:
    op.create_table(
        "providers",
        sa.Column("provider_id", sa.String(length=100), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("is_hostile", sa.Boolean(), nullable=False),
        sa.Column("groups", sa.Text(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_providers")),
    )
    op.create_table(
        "moves",
        sa.Column("object_id", sa.String(length=26), nullable=False),
        sa.Column("fragment_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("renewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["object_id"], ["objects.object_id"], name=op.f("fk_moves_object_id_objects")
        ),
        sa.PrimaryKeyConstraint("object_id", "fragment_index", name=op.f("pk_moves")),
    )
    op.create_table(
        "former_fragments",
        sa.Column("object_id", sa.String(length=26), nullable=False),
        sa.Column("fragment_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "object_id", "fragment_index", "provider_id", name=op.f("pk_former_fragments")
        ),
    )
    op.create_index("ix_former_fragments_provider_id_is_gone", "former_fragments", ["provider_id", "is_gone"])


def _add_packs() -> None:
    op.create_table(
        "packs",
        sa.Column("pack_id", sa.String(length=26), nullable=False),
        sa.Column("packed_bytes", sa.BigInteger(), nullable=False),
        sa.Column("live_bytes", sa.BigInteger(), nullable=False),
        sa.Column("is_due", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["pack_id"], ["objects.object_id"], name=op.f("fk_packs_pack_id_objects")),
        sa.PrimaryKeyConstraint("pack_id", name=op.f("pk_packs")),
    )
    op.create_index("ix_packs_is_due", "packs", ["is_due"])
    op.create_table(
        "entries",
        sa.Column("entry_id", sa.String(length=26), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=True),
        sa.Column("pack_id", sa.String(length=26), nullable=False),
        sa.Column("start_byte", sa.BigInteger(), nullable=False),
        sa.Column("packed_bytes", sa.BigInteger(), nullable=False),
        sa.Column("length_bytes", sa.BigInteger(), nullable=False),
        sa.Column("entry_root", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(["pack_id"], ["objects.object_id"], name=op.f("fk_entries_pack_id_objects")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_entries")),
        sa.UniqueConstraint("reference", name=op.f("uq_entries_reference")),
    )
    op.create_index("ix_entries_owner", "entries", ["owner"])
    op.create_index("ix_entries_pack_id", "entries", ["pack_id"])
