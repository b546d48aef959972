"""Count what there is: for people, never for decisions."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, case, cast, func, select, union_all

from reelm.base import ObjectId, Tx
from reelm.vault.model import FragmentState, ObjectState, ProviderId, Suite
from reelm.vault.store.tables import former_fragments, fragments, objects


@dataclass(frozen=True, slots=True)
class Holding:
    """The share of one provider in the stored objects; bytes without headers and trailers."""

    fragments: int
    bytes_held: int
    suspects: int
    unchecked: int
    oldest_check_at: datetime | None


@dataclass(frozen=True, slots=True)
class Spread:
    """A layout that objects share: which of their fragments is, or may still be, at which provider."""

    k: int
    held: frozenset[tuple[int, ProviderId]]
    objects: int


@dataclass(frozen=True, slots=True)
class LocatedFragment:
    """One fragment of an object, and where it lies."""

    index: int
    provider: ProviderId
    name: str
    root: bytes
    state: FragmentState
    checked_at: datetime | None


_IS_STORED = objects.c.state == ObjectState.STORED.value


async def holdings(tx: Tx) -> dict[ProviderId, Holding]:
    """Return what each provider has of the stored objects."""
    is_good = fragments.c.state == FragmentState.STORED.value
    rows = await tx.execute(
        select(
            fragments.c.provider_id,
            func.count().label("fragments"),
            func.sum((objects.c.padded_bytes + objects.c.k - 1) / objects.c.k).label("bytes_held"),
            func.sum(case((is_good, 0), else_=1)).label("suspects"),
            func.sum(case((fragments.c.checked_at.is_(None), 1), else_=0)).label("unchecked"),
            func.min(fragments.c.checked_at).label("oldest_check_at"),
        )
        .join(objects)
        .where(_IS_STORED)
        .group_by(fragments.c.provider_id)
    )
    return {
        ProviderId(row.provider_id): Holding(
            row.fragments, int(row.bytes_held), row.suspects, row.unchecked, row.oldest_check_at
        )
        for row in rows
    }


async def copies_owed(tx: Tx) -> dict[ProviderId, int]:
    """Return how many former copies of stored objects were not deleted yet, by provider."""
    table = former_fragments
    rows = await tx.execute(
        select(table.c.provider_id, func.count().label("copies"))
        .join(objects, objects.c.object_id == table.c.object_id)
        .where(_IS_STORED, ~table.c.is_gone)
        .group_by(table.c.provider_id)
    )
    return {ProviderId(row.provider_id): row.copies for row in rows}


async def margins(tx: Tx, present: Collection[ProviderId]) -> dict[int, int]:
    """Return how many objects with something to repair have so many good fragments more than they need."""
    is_good = (fragments.c.state == FragmentState.STORED.value) & fragments.c.provider_id.in_(present)
    healthy = func.sum(case((is_good, 1), else_=0))
    each = (
        select((healthy - objects.c.k).label("margin"))
        .join(fragments)
        .where(_IS_STORED)
        .group_by(objects.c.object_id, objects.c.k, objects.c.n)
        .having(healthy < objects.c.n)
        .subquery()
    )
    rows = await tx.execute(select(each.c.margin, func.count().label("objects")).group_by(each.c.margin))
    return {int(row.margin): row.objects for row in rows}


async def spreads(tx: Tx) -> tuple[Spread, ...]:
    """Return the different layouts of sealed objects, copies that are still owed a deletion included."""
    now = select(fragments.c.object_id, fragments.c.fragment_index, fragments.c.provider_id)
    left = select(
        former_fragments.c.object_id, former_fragments.c.fragment_index, former_fragments.c.provider_id
    ).where(~former_fragments.c.is_gone)
    held = union_all(now, left).subquery()
    pair = cast(held.c.fragment_index, String) + ":" + held.c.provider_id
    each = (
        select(objects.c.k, func.aggregate_strings(pair, "\n").label("pairs"))
        .join(held, held.c.object_id == objects.c.object_id)
        .where(_IS_STORED, objects.c.suite != int(Suite.MEDIA))
        .group_by(objects.c.object_id, objects.c.k)
        .subquery()
    )
    rows = await tx.execute(
        select(each.c.k, each.c.pairs, func.count().label("objects")).group_by(each.c.k, each.c.pairs)
    )
    return tuple(Spread(row.k, _pairs(row.pairs), row.objects) for row in rows)


async def locate(tx: Tx, object_id: ObjectId) -> tuple[LocatedFragment, ...]:
    """Return where each fragment of an object lies, in index order."""
    rows = await tx.execute(
        select(fragments).where(fragments.c.object_id == object_id).order_by(fragments.c.fragment_index)
    )
    return tuple(
        LocatedFragment(
            row.fragment_index,
            ProviderId(row.provider_id),
            row.name,
            row.fragment_root or b"",
            FragmentState(row.state),
            row.checked_at,
        )
        for row in rows
    )


def _pairs(text: str) -> frozenset[tuple[int, ProviderId]]:
    parts = (pair.partition(":") for pair in text.split("\n"))
    return frozenset((int(index), ProviderId(provider)) for index, _, provider in parts)
