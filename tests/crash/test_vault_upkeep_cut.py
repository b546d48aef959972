"""A power cut at every durable step of a repair, a drain and a renewal, before and after it takes effect.

At the cut the rules of placement hold and every fragment anywhere is known. A new process that starts at once
does no harm, and one that comes after the lease brings everything to rest.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reelm.base import Database, DataClass
from reelm.vault import Upkeep, Vault, VaultEnvironment, by_provider
from reelm.vault.adapters.memory import MemoryStore
from support.machine.determinism import SeededEntropy
from support.vault.keeping import assert_at_rest, assert_sound, later, read_rows
from support.vault.power import CutStore, World, records_with_cuts, survives
from support.vault.vaulting import OwnerKey, environment, memory_stores, records, sample, stream

STEPS_MAX = 300
LENGTHS = (3_000, 9_000)


@dataclass(frozen=True)
class Story:
    """Something upkeep does, in a world prepared for it.

    Attributes:
        prepare: bends the stores, and says which of them the processes still have.
        work: one call after the other until it is done.
        kept: how many of the first stores nobody asks any more.
        steps_least: so many durable steps it has at least.
    """

    prepare: Callable[[list[MemoryStore]], list[MemoryStore]]
    work: Callable[[VaultEnvironment], Awaitable[None]]
    steps_least: int
    kept: int = 0


def lose_two_fragments_of_each(stores: list[MemoryStore]) -> list[MemoryStore]:
    for store in stores[:2]:
        store.fragments.clear()
    return stores


def lose_a_provider(stores: list[MemoryStore]) -> list[MemoryStore]:
    return stores[1:]


def leave_alone(stores: list[MemoryStore]) -> list[MemoryStore]:
    return stores


async def repair(world: VaultEnvironment) -> None:
    upkeep = Upkeep(world)
    while not (await upkeep.scrub(limit=5)).is_complete:
        pass
    for _ in range(4):
        await upkeep.repair(limit=3)


async def drain(world: VaultEnvironment) -> None:
    await _drain(world, hostile=False)


async def drain_hostile(world: VaultEnvironment) -> None:
    await _drain(world, hostile=True)


async def _drain(world: VaultEnvironment, *, hostile: bool) -> None:
    upkeep, provider = Upkeep(world), next(iter(world.stores))
    for _ in range(10):
        if (await upkeep.drain.run(provider, is_hostile=hostile, limit=2)).is_finished:
            return
        await upkeep.repair(limit=3)
    raise AssertionError("the drain never ended")


async def renew(world: VaultEnvironment) -> None:
    for record in (await read_rows(world.database)).objects:
        if record.reference == "clip:0":
            await Vault(world).renew(record.object_id, OwnerKey())


async def fill(database: Database, stores: Sequence[MemoryStore]) -> dict[str, bytes]:
    """Objects of both chunk sizes: what each reference must give."""
    vault = Vault(environment(database, stores))
    await vault.enrol()
    contents = {f"clip:{at}": sample(length, seed=at) for at, length in enumerate(LENGTHS)}
    for reference, data in contents.items():
        await vault.put(stream(data), reference=reference, klass=DataClass.PUBLIC, key=OwnerKey())
    return contents


async def finish(story: Story, world: VaultEnvironment) -> None:
    """A new process does the same again, and what any process does now and then."""
    await story.work(world)
    await Vault(world).sweep(intents_before=world.clock.now())
    for _ in range(3):
        await Upkeep(world).repair()


STORIES = {
    "repair in place": Story(lose_two_fragments_of_each, repair, 20),
    "repair elsewhere": Story(lose_a_provider, repair, 10, kept=1),
    "drain": Story(leave_alone, drain, 20),
    "hostile drain": Story(leave_alone, drain_hostile, 15, kept=1),
    "renewal": Story(leave_alone, renew, 20),
}


@pytest.mark.slow
@pytest.mark.parametrize("is_applied", [False, True])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_upkeep_survives_a_power_cut_at_any_step(
    tmp_path: Path, story: Story, *, is_applied: bool
) -> None:
    for step in range(1, STEPS_MAX):
        folder = tmp_path / str(step)
        folder.mkdir()
        async with records(folder) as database, records_with_cuts(folder) as cutting:
            stores = memory_stores(6)
            contents = await fill(database, stores)
            present = story.prepare(stores)
            world = World(cut_at=step, is_applied=is_applied)
            cutting.world = world
            cut = replace(
                environment(cutting, present, entropy=SeededEntropy(1000 + step)),
                stores=by_provider([CutStore(world, store) for store in present]),
            )
            has_ended = await survives(story.work(cut))
            await assert_sound(database, stores)
            if has_ended:
                assert step > story.steps_least
                return
            await Upkeep(later(database, present, seconds=1, seed=step)).repair()
            await assert_sound(database, stores)
            await finish(story, later(database, present, seed=2000 + step))
            await assert_at_rest(database, stores, contents, kept=stores[: story.kept])
    raise AssertionError("the story never ran to its end")
