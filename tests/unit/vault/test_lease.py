"""A claim lasts as long as somebody works under it, and no longer."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest

from reelm.base import Database, DataClass
from reelm.vault import Upkeep, Vault, VaultConfig, VaultEnvironment
from reelm.vault.adapters.memory import MemoryStore, MemoryWriter
from reelm.vault.codec import Block
from reelm.vault.lease import lease_seconds
from support.machine.determinism import ManualClock, SeededEntropy
from support.vault.keeping import assert_at_rest
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

DATA = sample(40_000)


class SlowStore(MemoryStore):
    """Something happens at every write."""

    meanwhile: Callable[[], Awaitable[None]] | None = None
    writes = 0

    async def create(self, name: str, *, head_bytes: int) -> MemoryWriter:
        return SlowWriter(self, name, head_bytes=head_bytes)


class SlowWriter(MemoryWriter):
    def __init__(self, store: SlowStore, name: str, *, head_bytes: int) -> None:
        super().__init__(store.fragments, name, head_bytes=head_bytes)
        self._store = store

    async def write(self, blocks: Sequence[Block]) -> None:
        self._store.writes += 1
        if self._store.meanwhile is not None:
            await self._store.meanwhile()
        await super().write(blocks)


async def lose_one_at(slow: SlowStore, world: VaultEnvironment) -> None:
    await Vault(world).put(stream(DATA), reference="clip:1", klass=DataClass.PUBLIC, key=OwnerKey())
    slow.fragments.clear()
    slow.writes = 0
    await Upkeep(world).scrub()


async def test_a_long_write_keeps_its_claim(database: Database) -> None:
    slow, clock = SlowStore("slow"), ManualClock()
    memories = [*memory_stores(4), slow]
    world = replace(environment(database, memories), clock=clock)
    other = Upkeep(replace(world, entropy=SeededEntropy(2)))
    await lose_one_at(slow, world)

    async def meanwhile() -> None:
        clock.advance(200.0)
        assert (await other.repair()).waiting == 1

    slow.meanwhile = meanwhile
    assert (await Upkeep(world).repair()).repaired == 1
    assert slow.writes > 4, "it took longer than a lease"
    await assert_at_rest(database, memories, {"clip:1": DATA})


async def test_who_lost_his_claim_stops_before_he_finishes(database: Database) -> None:
    slow, clock = SlowStore("slow"), ManualClock()
    memories = [*memory_stores(4), slow]
    world = replace(environment(database, memories), clock=clock)
    other = Upkeep(replace(world, entropy=SeededEntropy(2)))
    await lose_one_at(slow, world)

    async def meanwhile() -> None:
        if slow.writes == 2:
            slow.meanwhile = None
            clock.advance(1_000.0)
            assert (await other.repair()).repaired == 1

    slow.meanwhile = meanwhile
    report = await Upkeep(world).repair()
    assert (report.repaired, report.waiting) == (0, 1)
    assert "took this fragment over" in report.problems[0]
    await assert_at_rest(database, memories, {"clip:1": DATA})


def test_a_lease_is_far_longer_than_a_store_may_be_silent() -> None:
    assert lease_seconds(VaultConfig()) == 300.0
    assert lease_seconds(VaultConfig(stall_seconds=120.0)) == 1_200.0
