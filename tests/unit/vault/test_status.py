"""What an operator is told is what is there."""

import asyncio
from collections import Counter

import pytest

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import (
    ObjectMissing,
    ProviderId,
    PutReceipt,
    Stage,
    StoreFailed,
    Upkeep,
    Vault,
    VaultEnvironment,
)
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.model import FragmentState
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

pytestmark = pytest.mark.on_database("sqlite")


class MovableStore(MemoryStore):
    """Says that it is not there while it is away."""

    is_away = False

    async def probe(self) -> tuple[int | None, str]:
        if self.is_away:
            raise StoreFailed("The disk is not mounted.")
        return await super().probe()


class HangingStore(MemoryStore):
    """Takes the question and never answers."""

    async def probe(self) -> tuple[int | None, str]:
        await asyncio.Event().wait()
        return await super().probe()


async def put(world: VaultEnvironment, data: bytes = b"x", *, reference: str = "clip:1") -> PutReceipt:
    await Vault(world).enrol()
    return await Vault(world).put(stream(data), reference=reference, klass=DataClass.PUBLIC, key=OwnerKey())


async def test_what_each_provider_holds_and_that_it_could_read_nothing_alone(database: Database) -> None:
    world = environment(database, memory_stores())
    await put(world, sample(9_000))
    status = await Upkeep(world).status()
    assert [provider.place.provider for provider in status.providers] == sorted(world.stores)
    for provider in status.providers:
        assert (provider.fragments, provider.suspects, provider.copies_owed) == (1, 0, 0)
        assert provider.bytes_held == pytest.approx(3_000, rel=0.12)
        assert provider.is_reachable
        assert provider.reads_alone == 0


async def test_the_smallest_sets_of_providers_that_hold_enough(database: Database) -> None:
    world = environment(database, memory_stores(4))
    receipt = await put(world)
    held = Counter(piece.provider for piece in await Upkeep(world).where(receipt.object_id))
    coalitions = (await Upkeep(world).status()).coalitions
    assert coalitions
    assert all(sum(held[provider] for provider in some) >= 3 for some in coalitions)
    assert not any(one < other for one in coalitions for other in coalitions)


async def test_a_missing_fragment_shows_and_an_object_on_its_last_k_is_at_risk(database: Database) -> None:
    stores = memory_stores()
    world = environment(database, stores)
    await put(world)
    for lost, (margin, at_risk) in enumerate([(1, 0), (0, 1), (-1, 1)]):
        stores[lost].fragments.clear()
        await Upkeep(world).scrub()
        status = await Upkeep(world).status()
        assert (status.queue, status.objects_at_risk) == ({margin: 1}, at_risk)
    assert [provider.suspects for provider in status.providers] == [1, 1, 1, 0, 0]


async def test_what_lies_at_a_provider_that_is_away_is_out_of_reach_and_not_for_repair(
    database: Database,
) -> None:
    stores = [MovableStore(f"provider-{number}") for number in range(1, 6)]
    world = environment(database, stores)
    await put(world)
    for away, at_risk, unreadable in [(1, 0, 0), (2, 1, 0), (3, 1, 1)]:
        stores[away].is_away = True
        status = await Upkeep(world).status()
        assert (status.queue, status.reach) == ({}, {2 - away: 1})
        assert (status.objects_at_risk, status.objects_unreadable) == (at_risk, unreadable)
        assert sum(not provider.is_reachable for provider in status.providers) == away


async def test_a_provider_that_takes_too_long_to_answer_counts_as_away(database: Database) -> None:
    world = environment(database, [HangingStore("provider-0"), *memory_stores()])
    await Vault(world).enrol()
    status = await Upkeep(world).status(answer_seconds=0.01)
    assert [provider.is_reachable for provider in status.providers] == [False, True, True, True, True, True]


async def test_where_each_fragment_lies(database: Database) -> None:
    stores = memory_stores()
    world = environment(database, stores)
    receipt = await put(world)
    stores[0].fragments.clear()
    await Upkeep(world).scrub(deep=True)
    found = await Upkeep(world).where(receipt.object_id)
    assert [one.index for one in found] == [0, 1, 2, 3, 4]
    assert {one.provider for one in found} == set(world.stores)
    assert len({one.root for one in found}) == 5
    lost = next(one for one in found if one.provider == stores[0].place.provider)
    assert (lost.state, lost.checked_at) == (FragmentState.MISSING, None)
    assert {one.checked_at for one in found if one is not lost} == {world.clock.now()}


async def test_an_unknown_object_is_nowhere(database: Database) -> None:
    with pytest.raises(ObjectMissing):
        await Upkeep(environment(database, memory_stores())).where(ObjectId("0" * 26))


async def test_a_provider_on_its_way_out_shows_its_stage(database: Database) -> None:
    world = environment(database, memory_stores(6))
    await put(world)
    await Upkeep(world).drain.run(ProviderId("provider-2"))
    stages = {
        provider.place.provider: provider.stage for provider in (await Upkeep(world).status()).providers
    }
    assert stages[ProviderId("provider-2")] is Stage.WITHDRAWN
    left = next(one for one in (await Upkeep(world).status()).providers if one.moved)
    assert (left.place.provider, left.moved, left.copies_deleted) == ("provider-2", 1, 1)


async def test_a_provider_that_is_not_declared_any_more_is_remembered(database: Database) -> None:
    stores = memory_stores()
    await put(environment(database, stores))
    first = (await Upkeep(environment(database, stores[1:])).status()).providers[0]
    assert (first.is_declared, first.is_reachable, first.fragments) == (False, False, 1)
