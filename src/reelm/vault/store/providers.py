"""Find and change providers: which may take new fragments, and what leaving one came to."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from reelm.base import Tx
from reelm.vault.model import ProviderId, ProviderPlace, Stage
from reelm.vault.store.tables import providers


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of leaving a provider so far; counted in the commits that do it, so never twice."""

    moved: int = 0
    rebuilt: int = 0
    bytes_moved: int = 0
    copies_deleted: int = 0


@dataclass(frozen=True, slots=True)
class ProviderRecord:
    """One provider, declared or left."""

    place: ProviderPlace
    stage: Stage
    is_hostile: bool
    changed_at: datetime
    tally: Tally


async def enrol(tx: Tx, places: Iterable[ProviderPlace], *, at: datetime) -> None:
    """Make every declared provider known, and keep what it belongs to up to date; its stage stays."""
    for place in places:
        facts = {"groups": json.dumps(sorted(place.groups)), "country": place.country}
        known = update(providers).where(providers.c.provider_id == place.provider).values(**facts)
        if (await tx.execute(known)).rowcount:
            continue
        row = {"provider_id": place.provider, "stage": Stage.ACTIVE.value, "is_hostile": False, **facts}
        try:
            async with tx.begin_nested():
                await tx.execute(insert(providers).values(**row, changed_at=at))
        except IntegrityError:  # another process starts at the same moment
            continue


async def find_provider(tx: Tx, provider: ProviderId) -> ProviderRecord | None:
    """Return a provider, declared or left; None when there never was one."""
    row = (await tx.execute(select(providers).where(providers.c.provider_id == provider))).one_or_none()
    return None if row is None else _record(row)


async def all_providers(tx: Tx) -> tuple[ProviderRecord, ...]:
    """Return every provider there ever was, in the order of their ids."""
    rows = await tx.execute(select(providers).order_by(providers.c.provider_id))
    return tuple(_record(row) for row in rows)


async def closed_providers(tx: Tx) -> frozenset[ProviderId]:
    """Return the providers that take no new fragments."""
    rows = await tx.scalars(select(providers.c.provider_id).where(providers.c.stage != Stage.ACTIVE.value))
    return frozenset(ProviderId(row) for row in rows)


async def set_stage(
    tx: Tx,
    provider: ProviderId,
    stage: Stage,
    *,
    at: datetime,
    is_hostile: bool | None = None,
    tally: Tally | None = None,
) -> None:
    """Move a provider to a stage; what is left out stays as it is."""
    values: dict[str, object] = {"stage": stage.value, "changed_at": at}
    if is_hostile is not None:
        values["is_hostile"] = is_hostile
    if tally is not None:
        values["report"] = json.dumps(asdict(tally))
    await tx.execute(update(providers).where(providers.c.provider_id == provider).values(**values))


async def add_to_tally(tx: Tx, provider: ProviderId, more: Tally) -> None:
    """Count what happened to a provider's fragments, if it is being left."""
    row = (
        await tx.execute(
            select(providers.c.report)
            .where(providers.c.provider_id == provider, providers.c.stage != Stage.ACTIVE.value)
            .with_for_update()
        )
    ).first()
    if row is None:
        return
    so_far = asdict(Tally(**json.loads(row.report or "{}")))
    total = {name: so_far[name] + count for name, count in asdict(more).items()}
    await tx.execute(
        update(providers).where(providers.c.provider_id == provider).values(report=json.dumps(total))
    )


def _record(row: Row[Any]) -> ProviderRecord:
    return ProviderRecord(
        place=ProviderPlace(ProviderId(row.provider_id), frozenset(json.loads(row.groups)), row.country),
        stage=Stage(row.stage),
        is_hostile=row.is_hostile,
        changed_at=row.changed_at,
        tally=Tally(**json.loads(row.report or "{}")),
    )
