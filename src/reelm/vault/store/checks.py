"""Find the fragments that need repair or a check, and count what a provider holds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, or_, select, update

from reelm.base import ObjectId, Tx
from reelm.vault.model import FragmentState, ObjectState, ProviderId
from reelm.vault.placement import Residency
from reelm.vault.store.objects import FragmentRecord, read_residency
from reelm.vault.store.tables import former_fragments, fragments, moves, objects


@dataclass(frozen=True, slots=True)
class FragmentRef:
    """One fragment, by object and index."""

    object_id: ObjectId
    index: int


@dataclass(frozen=True, slots=True)
class PlacementNeed:
    """The demands of an object on the places of its fragments."""

    k: int
    n: int
    residency: Residency


_IS_STORED = objects.c.state == ObjectState.STORED.value
_IS_INTENDED = fragments.c.state == FragmentState.INTENDED.value


async def mark_missing(tx: Tx, object_id: ObjectId, piece: FragmentRecord) -> None:
    """Queue a fragment for repair, if it is still where it was looked for."""
    await tx.execute(
        update(fragments)
        .where(_same(object_id, piece), fragments.c.state == FragmentState.STORED.value)
        .values(state=FragmentState.MISSING.value)
    )


async def mark_checked(tx: Tx, object_id: ObjectId, piece: FragmentRecord, *, at: datetime) -> None:
    """Record that a fragment was read in full and found good."""
    await tx.execute(update(fragments).where(_same(object_id, piece)).values(checked_at=at))


async def repair_queue(
    tx: Tx, present: Collection[ProviderId], *, intended_before: datetime, limit: int, skip: int = 0
) -> tuple[FragmentRef, ...]:
    """Return fragments to repair, those of the objects closest to their loss first, then the oldest.

    Args:
        tx: where to ask.
        present: providers that have a store; what lies elsewhere is lost.
        intended_before: fragments of objects from before that moment are not being written any more.
        limit: how many at most.
        skip: how many to pass over.
    """
    other = fragments.alias()
    healthy = (
        select(func.count())
        .where(
            other.c.object_id == fragments.c.object_id,
            other.c.state == FragmentState.STORED.value,
            other.c.provider_id.in_(present),
        )
        .scalar_subquery()
    )
    is_lost = or_(
        fragments.c.state == FragmentState.MISSING.value,
        _IS_INTENDED & (objects.c.created_at < intended_before),
        fragments.c.provider_id.not_in(present),
    )
    rows = await tx.execute(
        select(fragments.c.object_id, fragments.c.fragment_index)
        .join(objects)
        .where(_IS_STORED, is_lost)
        .order_by(healthy - objects.c.k, objects.c.created_at, *_KEY)
        .limit(limit)
        .offset(skip)
    )
    return _refs(rows.all())


async def held_by(
    tx: Tx, provider: ProviderId, *, intended_before: datetime, limit: int, skip: int = 0
) -> tuple[FragmentRef, ...]:
    """Return fragments of stored objects that lie, or should lie, at a provider and are not being written."""
    rows = await tx.execute(
        select(fragments.c.object_id, fragments.c.fragment_index)
        .join(objects)
        .where(
            _IS_STORED,
            fragments.c.provider_id == provider,
            or_(~_IS_INTENDED, objects.c.created_at < intended_before),
        )
        .order_by(*_KEY)
        .limit(limit)
        .offset(skip)
    )
    return _refs(rows.all())


async def next_to_check(
    tx: Tx, providers: Collection[ProviderId], *, after: FragmentRef | None, limit: int
) -> tuple[FragmentRef, ...]:
    """Return stored fragments in the order of their keys, from behind one on."""
    object_id, index = fragments.c.object_id, fragments.c.fragment_index
    is_behind: list[ColumnElement[bool]] = []
    if after is not None:
        is_behind = [
            or_(object_id > after.object_id, and_(object_id == after.object_id, index > after.index))
        ]
    rows = await tx.execute(_good(providers).where(*is_behind).order_by(*_KEY).limit(limit))
    return _refs(rows.all())


async def next_to_read(
    tx: Tx, providers: Collection[ProviderId], *, checked_before: datetime, limit: int, skip: int = 0
) -> tuple[FragmentRef, ...]:
    """Return stored fragments not read in full since, never checked and longest unchecked first."""
    checked_at = fragments.c.checked_at
    rows = await tx.execute(
        _good(providers)
        .where(or_(checked_at.is_(None), checked_at < checked_before))
        .order_by(checked_at.is_not(None), checked_at, *_KEY)
        .limit(limit)
        .offset(skip)
    )
    return _refs(rows.all())


async def count_good(tx: Tx, providers: Collection[ProviderId]) -> int:
    """Return how many stored fragments are at these providers."""
    return await tx.scalar(select(func.count()).select_from(_good(providers).subquery())) or 0


async def find_stored_at(tx: Tx, providers: Collection[ProviderId], position: int) -> FragmentRef | None:
    """Return the stored fragment at a position in the order of keys."""
    rows = await tx.execute(_good(providers).order_by(*_KEY).limit(1).offset(position))
    return next(iter(_refs(rows.all())), None)


async def open_intents(tx: Tx, provider: ProviderId) -> int:
    """Return how many puts name the provider that are under way, or cut off and not swept yet."""
    return await _count_objects(tx, ObjectState.INTENT, fragments, provider)


async def open_deletions(tx: Tx, provider: ProviderId) -> int:
    """Return how many objects being deleted have, or had, a fragment at the provider."""
    now = await _count_objects(tx, ObjectState.DELETING, fragments, provider)
    return now + await _count_objects(tx, ObjectState.DELETING, former_fragments, provider)


async def needs_at(tx: Tx, provider: ProviderId) -> tuple[PlacementNeed, ...]:
    """Return the different demands of the stored objects that have a fragment at the provider."""
    rows = await tx.execute(
        select(objects.c.k, objects.c.n, objects.c.residency)
        .join(fragments)
        .where(_IS_STORED, fragments.c.provider_id == provider)
        .distinct()
    )
    return tuple(PlacementNeed(row.k, row.n, read_residency(row.residency)) for row in rows)


async def count_held(tx: Tx, provider: ProviderId) -> int:
    """Return how many fragments of stored objects lie, or should lie, at a provider."""
    held = select(func.count()).select_from(fragments).join(objects)
    return await tx.scalar(held.where(_IS_STORED, fragments.c.provider_id == provider)) or 0


async def count_owed(tx: Tx, provider: ProviderId) -> int:
    """Return how many former copies of stored objects a provider still has, or may keep for good."""
    table = former_fragments
    left = select(func.count()).select_from(table).join(objects, objects.c.object_id == table.c.object_id)
    return await tx.scalar(left.where(_IS_STORED, table.c.provider_id == provider, ~table.c.is_gone)) or 0


async def count_moves_to(tx: Tx, provider: ProviderId) -> int:
    """Return how many leases, live or abandoned, name a place at a provider."""
    return await tx.scalar(select(func.count()).where(moves.c.provider_id == provider)) or 0


_KEY = (fragments.c.object_id, fragments.c.fragment_index)


async def _count_objects(tx: Tx, state: ObjectState, table: Table, provider: ProviderId) -> int:
    return (
        await tx.scalar(
            select(func.count(func.distinct(objects.c.object_id)))
            .join(table, table.c.object_id == objects.c.object_id)
            .where(objects.c.state == state.value, table.c.provider_id == provider)
        )
        or 0
    )


def _good(providers: Collection[ProviderId]) -> Select[Any, Any]:
    return (
        select(fragments.c.object_id, fragments.c.fragment_index)
        .join(objects)
        .where(
            _IS_STORED,
            fragments.c.state == FragmentState.STORED.value,
            fragments.c.provider_id.in_(providers),
        )
    )


def _same(object_id: ObjectId, piece: FragmentRecord) -> ColumnElement[bool]:
    return and_(
        fragments.c.object_id == object_id,
        fragments.c.fragment_index == piece.index,
        fragments.c.provider_id == piece.provider,
    )


def _refs(rows: Iterable[Row[Any, Any]]) -> tuple[FragmentRef, ...]:
    return tuple(FragmentRef(ObjectId(row.object_id), row.fragment_index) for row in rows)
