"""Find and change fragments on their way to a place, and copies that were left behind."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, insert, select, update

from reelm.base import ObjectId, Tx
from reelm.vault.model import FragmentState, ObjectState, ProviderId
from reelm.vault.store.objects import FragmentRecord, ObjectRecord, find
from reelm.vault.store.tables import former_fragments, fragments, moves, objects


@dataclass(frozen=True, slots=True)
class Move:
    """One process at work on one fragment at one place; ``turn`` tells it from every other."""

    object_id: ObjectId
    index: int
    provider: ProviderId
    name: str
    turn: int
    renewed_at: datetime


@dataclass(frozen=True, slots=True)
class FormerFragment:
    """A place where a fragment lay, or may have begun to; ``is_gone`` says whether its copy was deleted."""

    object_id: ObjectId
    index: int
    provider: ProviderId
    name: str
    is_gone: bool


async def find_locked(tx: Tx, object_id: ObjectId) -> ObjectRecord | None:
    """Return an object and lock it: nobody else changes, moves or deletes it until this transaction ends."""
    await tx.execute(select(objects.c.object_id).where(objects.c.object_id == object_id).with_for_update())
    return await find(tx, object_id)


async def moves_of(tx: Tx, object_id: ObjectId) -> tuple[Move, ...]:
    """Return the moves of an object's fragments, live or abandoned."""
    rows = await tx.execute(select(moves).where(moves.c.object_id == object_id))
    return tuple(
        Move(
            object_id,
            row.fragment_index,
            ProviderId(row.provider_id),
            row.name,
            row.turn,
            row.renewed_at,
        )
        for row in rows
    )


async def moves_before(tx: Tx, moment: datetime, *, limit: int) -> tuple[ObjectId, ...]:
    """Return objects with moves that nobody renewed since."""
    rows = await tx.scalars(
        select(moves.c.object_id).where(moves.c.renewed_at < moment).distinct().limit(limit)
    )
    return tuple(ObjectId(row) for row in rows)


async def add_move(tx: Tx, move: Move) -> None:
    """Record that a process begins to work on a fragment."""
    await tx.execute(
        insert(moves).values(
            object_id=move.object_id,
            fragment_index=move.index,
            provider_id=move.provider,
            name=move.name,
            turn=move.turn,
            renewed_at=move.renewed_at,
        )
    )


async def renew_move(tx: Tx, move: Move, *, at: datetime) -> bool:
    """Record that the move is alive; return False when it was taken away, or its object is being deleted."""
    is_wanted = exists().where(
        objects.c.object_id == move.object_id, objects.c.state == ObjectState.STORED.value
    )
    changed = await tx.execute(update(moves).where(_same(move), is_wanted).values(renewed_at=at))
    return changed.rowcount == 1


async def remove_move(tx: Tx, move: Move) -> bool:
    """End the move; return False when it was taken away."""
    removed = await tx.execute(delete(moves).where(_same(move)))
    return removed.rowcount == 1


async def place_fragment(tx: Tx, move: Move, *, checked_at: datetime | None) -> None:
    """Record that the fragment lies, whole, where the move brought it."""
    await tx.execute(
        update(fragments)
        .where(fragments.c.object_id == move.object_id, fragments.c.fragment_index == move.index)
        .values(
            provider_id=move.provider,
            name=move.name,
            state=FragmentState.STORED.value,
            checked_at=checked_at,
        )
    )


async def former_of(tx: Tx, object_id: ObjectId) -> tuple[FormerFragment, ...]:
    """Return the places where an object's fragments lay."""
    return await _former(tx, former_fragments.c.object_id == object_id)


async def owed_at(
    tx: Tx, providers: Collection[ProviderId], *, limit: int, skip: int = 0
) -> tuple[FormerFragment, ...]:
    """Return copies of stored objects that are still to be deleted at these providers."""
    return await _former(
        tx,
        former_fragments.c.provider_id.in_(providers),
        former_fragments.c.is_gone.is_(False),
        exists().where(
            objects.c.object_id == former_fragments.c.object_id, objects.c.state == ObjectState.STORED.value
        ),
        limit=limit,
        skip=skip,
    )


async def add_former(
    tx: Tx, object_id: ObjectId, index: int, *, provider: ProviderId, name: str, at: datetime
) -> None:
    """Record that a copy is owed a deletion; one that was deleted before is owed again."""
    await remove_former(tx, object_id, index, provider)
    await tx.execute(
        insert(former_fragments).values(
            object_id=object_id,
            fragment_index=index,
            provider_id=provider,
            name=name,
            is_gone=False,
            left_at=at,
        )
    )


async def remove_former(tx: Tx, object_id: ObjectId, index: int, provider: ProviderId) -> None:
    """Forget that a fragment lay at a provider: it lies there again."""
    await tx.execute(delete(former_fragments).where(_same_copy(object_id, index, provider)))


async def mark_gone(tx: Tx, object_id: ObjectId, index: int, provider: ProviderId) -> None:
    """Record that a former copy was deleted."""
    await tx.execute(
        update(former_fragments).where(_same_copy(object_id, index, provider)).values(is_gone=True)
    )


async def release(tx: Tx, move: Move, pieces: Iterable[FragmentRecord], *, at: datetime) -> bool:
    """End a move that came to nothing; return False, with nothing changed, when it was taken away.

    What it may have left is owed a deletion, unless it belongs there.
    """
    if not await remove_move(tx, move):
        return False
    if not any((piece.index, piece.provider) == (move.index, move.provider) for piece in pieces):
        await add_former(tx, move.object_id, move.index, provider=move.provider, name=move.name, at=at)
    return True


def _same(move: Move) -> ColumnElement[bool]:
    return and_(
        moves.c.object_id == move.object_id,
        moves.c.fragment_index == move.index,
        moves.c.turn == move.turn,
    )


def _same_copy(object_id: ObjectId, index: int, provider: ProviderId) -> ColumnElement[bool]:
    return and_(
        former_fragments.c.object_id == object_id,
        former_fragments.c.fragment_index == index,
        former_fragments.c.provider_id == provider,
    )


async def _former(
    tx: Tx, *which: ColumnElement[bool], limit: int | None = None, skip: int = 0
) -> tuple[FormerFragment, ...]:
    table = former_fragments
    rows = await tx.execute(
        select(table)
        .where(*which)
        .order_by(table.c.object_id, table.c.fragment_index, table.c.provider_id)
        .limit(limit)
        .offset(skip)
    )
    return tuple(
        FormerFragment(
            ObjectId(row.object_id),
            row.fragment_index,
            ProviderId(row.provider_id),
            row.name,
            row.is_gone,
        )
        for row in rows
    )
