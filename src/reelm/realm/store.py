"""The key records: wrapped epoch keys, wrapped user keys, and who had a key that was destroyed.

Nothing here can be read without the root key. ``user_keys.owner`` is an opaque id on purpose: the realm is
below whoever owns keys and knows none of them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from reelm.base import (
    ID_LENGTH,
    AccountId,
    DataClass,
    Moment,
    Sealed,
    SealedBytes,
    Tx,
    column,
    metadata,
)

epoch_keys = Table(
    "epoch_keys",
    metadata,
    column("epoch", Integer, klass=DataClass.OPERATIONAL, primary_key=True, autoincrement=False),
    column("wrapped", Sealed, klass=DataClass.SECRET, nullable=False),
    column("created_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
)

user_keys = Table(
    "user_keys",
    metadata,
    column("owner", String(ID_LENGTH), klass=DataClass.OPERATIONAL, primary_key=True),
    # The epoch the key was made in: names the key in fragment headers and never changes.
    column("epoch", Integer, klass=DataClass.OPERATIONAL, nullable=False),
    # The epoch whose key wraps it now: changes when it is re-wrapped.
    column(
        "wrapped_in_epoch",
        Integer,
        ForeignKey("epoch_keys.epoch"),
        klass=DataClass.OPERATIONAL,
        nullable=False,
        index=True,
    ),
    column("wrapped", Sealed, klass=DataClass.SECRET, nullable=False),
    column("created_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
)

destroyed_keys = Table(
    "destroyed_keys",
    metadata,
    column("owner", String(ID_LENGTH), klass=DataClass.OPERATIONAL, primary_key=True),
    column("destroyed_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
)


@dataclass(frozen=True, slots=True)
class EpochRow:
    epoch: int
    wrapped: SealedBytes


@dataclass(frozen=True, slots=True)
class UserKeyRow:
    epoch: int
    wrapped: SealedBytes
    wrapping: EpochRow


async def newest_epoch(tx: Tx) -> EpochRow | None:
    query = select(epoch_keys.c.epoch, epoch_keys.c.wrapped).order_by(epoch_keys.c.epoch.desc()).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else EpochRow(row.epoch, row.wrapped)


async def add_epoch(tx: Tx, row: EpochRow, *, at: datetime) -> None:
    """Add an epoch, or leave it alone when another process has just added it."""
    try:
        async with tx.begin_nested():
            await tx.execute(
                insert(epoch_keys).values(epoch=row.epoch, wrapped=row.wrapped, created_at=at),
            )
    except IntegrityError:
        return


async def add_user_key(tx: Tx, owner: AccountId, row: UserKeyRow, *, at: datetime) -> bool:
    """Whether it was added: an owner has one key."""
    try:
        async with tx.begin_nested():
            await tx.execute(
                insert(user_keys).values(
                    owner=owner,
                    epoch=row.epoch,
                    wrapped_in_epoch=row.wrapping.epoch,
                    wrapped=row.wrapped,
                    created_at=at,
                )
            )
    except IntegrityError:
        return False
    return True


async def find_user_key(tx: Tx, owner: AccountId) -> UserKeyRow | None:
    """The wrapped user key together with the wrapped epoch key that opens it: one indexed read."""
    query = (
        select(
            user_keys.c.epoch,
            user_keys.c.wrapped,
            user_keys.c.wrapped_in_epoch,
            epoch_keys.c.wrapped.label("wrapping"),
        )
        .join_from(user_keys, epoch_keys, user_keys.c.wrapped_in_epoch == epoch_keys.c.epoch)
        .where(user_keys.c.owner == owner)
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    return UserKeyRow(row.epoch, row.wrapped, EpochRow(row.wrapped_in_epoch, row.wrapping))


async def is_destroyed(tx: Tx, owner: AccountId) -> bool:
    query = select(destroyed_keys.c.owner).where(destroyed_keys.c.owner == owner)
    return (await tx.execute(query)).one_or_none() is not None


async def destroy_user_key(tx: Tx, owner: AccountId, wrapped: SealedBytes, *, at: datetime) -> None:
    """Overwrite the wrapped key in place, delete its row, and remember that it was destroyed."""
    mine = user_keys.c.owner == owner
    # The overwrite keeps the length, so that the record is rewritten where it lies before it is freed.
    await tx.execute(update(user_keys).where(mine).values(wrapped=SealedBytes(bytes(len(wrapped)))))
    await tx.execute(delete(user_keys).where(mine))
    await tx.execute(insert(destroyed_keys).values(owner=owner, destroyed_at=at))
