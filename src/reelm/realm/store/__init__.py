"""The key records: which epochs there were, wrapped user keys, and who had a key that was destroyed.

``declarations`` beside this has what the realm says in public.

Nothing here can be read without the root key. ``user_keys.owner`` is an opaque id on purpose: the realm is
below whoever owns keys and knows none of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    type_coerce,
    update,
)
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
from reelm.realm.rewrap import Wrapped
from reelm.realm.ring import RingKey
from reelm.realm.seal import WRAPPED_BYTES

epoch_keys = Table(
    "epoch_keys",
    metadata,
    column("epoch", Integer, klass=DataClass.OPERATIONAL, primary_key=True, autoincrement=False),
    # Says which root and which key file the epoch belongs to. An older realm has the wrapped key itself here,
    # until its next start makes a file of it.
    column("mark", Sealed, klass=DataClass.SECRET, nullable=False),
    column("created_at", Moment, klass=DataClass.OPERATIONAL, nullable=False),
    # When nothing was wrapped in it any more; its key is destroyed right after.
    column("closed_at", Moment, klass=DataClass.OPERATIONAL, nullable=True),
)

user_keys = Table(
    "user_keys",
    metadata,
    column("owner", String(ID_LENGTH), klass=DataClass.OPERATIONAL, primary_key=True),
    # The epoch the key was made in: names the key in fragment headers and never changes.
    column("epoch", Integer, klass=DataClass.OPERATIONAL, nullable=False),
    # The epoch whose key wraps it now: changes when it is re-wrapped. No index: all have the same one.
    column(
        "wrapped_in_epoch",
        Integer,
        ForeignKey("epoch_keys.epoch"),
        klass=DataClass.OPERATIONAL,
        nullable=False,
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


# A million rows at a time: what comes out of a sealed column and goes back into it stays plain bytes.
_RAW = type_coerce(user_keys.c.wrapped, LargeBinary)
_FIELDS = {"its": 0, "now": 1, "within": 2, "below": 2}  # of Wrapped


@dataclass(frozen=True, slots=True)
class EpochRow:
    """One epoch.

    Attributes:
        mark: see ``Epochs.make``; the wrapped epoch key itself in a realm of an older version.
        closed_at: when nothing was wrapped in it any more, so that its key may go.
    """

    epoch: int
    created_at: datetime
    closed_at: datetime | None
    mark: SealedBytes


@dataclass(frozen=True, slots=True)
class UserKeyRow:
    epoch: int
    wrapped: SealedBytes
    wrapped_in_epoch: int


async def epochs(tx: Tx) -> tuple[EpochRow, ...]:
    """Return every epoch there was, oldest first."""
    query = select(
        epoch_keys.c.epoch, epoch_keys.c.created_at, epoch_keys.c.closed_at, epoch_keys.c.mark
    ).order_by(epoch_keys.c.epoch)
    return tuple(EpochRow(*row) for row in await tx.execute(query))


async def hold_newest_epoch(tx: Tx) -> int | None:
    """Lock the epoch to wrap new keys in, and return it; it is not closed before ``tx`` ends."""
    query = (
        select(epoch_keys.c.epoch)
        .where(epoch_keys.c.closed_at.is_(None))
        .order_by(epoch_keys.c.epoch.desc())
        .limit(1)
        .with_for_update(read=True)
    )
    found = (await tx.execute(query)).scalar_one_or_none()
    if found is None:  # it was closed while PostgreSQL waited for its row; its successor is visible by now
        found = (await tx.execute(query)).scalar_one_or_none()
    return found


async def add_epoch(tx: Tx, epoch: int, mark: SealedBytes, *, at: datetime) -> None:
    """Add an epoch, or leave it alone when another process has just added it."""
    try:
        async with tx.begin_nested():
            await tx.execute(
                insert(epoch_keys).values(epoch=epoch, mark=mark, created_at=at),
            )
    except IntegrityError:
        return


async def replace_epoch_key(tx: Tx, row: EpochRow, mark: SealedBytes) -> None:
    """Overwrite an epoch key that an older version kept here, in place, then put the mark there."""
    its = update(epoch_keys).where(epoch_keys.c.epoch == row.epoch)
    await tx.execute(its.values(mark=SealedBytes(bytes(len(row.mark)))))
    await tx.execute(its.values(mark=mark))


async def close_epochs(tx: Tx, *, before: int, at: datetime) -> bool:
    """Close what is older than an epoch; False when a key is still wrapped in it.

    Whoever is wrapping a key in one of them is waited for, and nobody can once this is durable.
    """
    older = (epoch_keys.c.epoch < before) & epoch_keys.c.closed_at.is_(None)
    await tx.execute(select(epoch_keys.c.epoch).where(older).with_for_update())
    left = select(user_keys.c.owner).where(user_keys.c.wrapped_in_epoch < before).limit(1)
    if (await tx.execute(left)).first() is not None:
        return False
    await tx.execute(update(epoch_keys).where(older).values(closed_at=at))
    return True


async def count_by_epoch(tx: Tx) -> dict[int, int]:
    """Epoch -> how many user keys it wraps; epochs without any are left out."""
    query = select(user_keys.c.wrapped_in_epoch, func.count()).group_by(user_keys.c.wrapped_in_epoch)
    return {row[0]: row[1] for row in await tx.execute(query)}


async def older(tx: Tx, *, before: int, after: str, limit: int) -> Sequence[Wrapped]:
    """Return the next user keys, by owner, that an older epoch wraps."""
    query = (
        select(user_keys.c.owner, _RAW, user_keys.c.wrapped_in_epoch)
        .where(user_keys.c.wrapped_in_epoch < before, user_keys.c.owner > after)
        .order_by(user_keys.c.owner)
        .limit(limit)
    )
    return (await tx.execute(query)).all()


async def put_wrapped(tx: Tx, keys: Sequence[Wrapped]) -> None:
    """Wrap these owners' keys in a later epoch, in one statement for all of them.

    Left alone is who was destroyed meanwhile, and who is in that epoch or a later one already.
    """
    statement = (
        update(user_keys)
        .where(user_keys.c.owner == bindparam("its"), user_keys.c.wrapped_in_epoch < bindparam("below"))
        .values(wrapped=bindparam("now"), wrapped_in_epoch=bindparam("within"))
    )
    # Handed to the driver as it is: binding a million rows by name costs as much as all the rest together.
    compiled = statement.compile(dialect=tx.dialect)
    pick = itemgetter(*(_FIELDS[name] for name in compiled.positiontup or ()))
    await tx.exec_driver_sql(str(compiled), [pick(key) for key in keys])


async def survivors(tx: Tx, *, after: str, limit: int) -> Sequence[RingKey]:
    """Return the next user keys, by owner, whatever wraps them."""
    query = (
        select(user_keys.c.owner, user_keys.c.epoch, _RAW)
        .where(user_keys.c.owner > after)
        .order_by(user_keys.c.owner)
        .limit(limit)
    )
    return (await tx.execute(query)).all()


async def add_user_key(tx: Tx, owner: AccountId, row: UserKeyRow, *, at: datetime) -> bool:
    """Add a user key; return whether it was added: an owner has one key."""
    try:
        async with tx.begin_nested():
            await tx.execute(
                insert(user_keys).values(
                    owner=owner,
                    epoch=row.epoch,
                    wrapped_in_epoch=row.wrapped_in_epoch,
                    wrapped=row.wrapped,
                    created_at=at,
                )
            )
    except IntegrityError:
        return False
    return True


async def find_user_key(tx: Tx, owner: AccountId) -> UserKeyRow | None:
    """Return the wrapped user key and the epoch whose key opens it: one indexed read."""
    query = select(user_keys.c.epoch, user_keys.c.wrapped, user_keys.c.wrapped_in_epoch).where(
        user_keys.c.owner == owner
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else UserKeyRow(*row)


async def is_destroyed(tx: Tx, owner: AccountId) -> bool:
    query = select(destroyed_keys.c.owner).where(destroyed_keys.c.owner == owner)
    return (await tx.execute(query)).one_or_none() is not None


async def destroy_user_key(tx: Tx, owner: AccountId, *, at: datetime) -> None:
    """Overwrite the wrapped key in place, delete its row, and remember that it was destroyed."""
    await _destroy(tx, user_keys.c.owner == owner, at=at)


async def destroy_older(tx: Tx, *, before: int, at: datetime) -> None:
    """Destroy every user key that an older epoch wraps."""
    await _destroy(tx, user_keys.c.wrapped_in_epoch < before, at=at)


async def _destroy(tx: Tx, which: ColumnElement[bool], *, at: datetime) -> None:
    # The overwrite keeps the length, so that the record is rewritten where it lies before it is freed.
    await tx.execute(update(user_keys).where(which).values(wrapped=SealedBytes(bytes(WRAPPED_BYTES))))
    theirs = select(user_keys.c.owner, literal(at, Moment)).where(which)
    await tx.execute(insert(destroyed_keys).from_select(["owner", "destroyed_at"], theirs))
    await tx.execute(delete(user_keys).where(which))
