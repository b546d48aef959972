"""The simulated folder against the real one: the campaign proves what they have in common."""

import asyncio
import random  # noqa: TID251 - seeded
from pathlib import Path

import pytest

from reelm.vault import ProviderId, ProviderPlace, Store, Suite
from reelm.vault.adapters.folder import FolderStore
from support.vault.campaign.disk import Disk, File
from support.vault.campaign.loop import Stuck, VirtualLoop
from support.vault.campaign.process import Process
from support.vault.campaign.provider import Provider
from support.vault.campaign.records import Records
from support.vault.campaign.steps import recorded, watch_simulated, watch_system
from support.vault.campaign.world import World
from support.vault.vaulting import SMALL, craft, sample

NAMES = ("ab" * 32, "ab" + "cd" * 31)
STEPS = ["write", "write", "flush", "rename", "flush"]


async def write_two(store: Store) -> None:
    """Two fragments in one shard."""
    fragment = craft(sample(100), suite=Suite.MEDIA).fragments[0]
    for name in NAMES:
        writer = await store.create(name, head_bytes=213)
        await writer.write([fragment[213:]])
        await writer.finish(fragment[:213])


async def real_steps(folder: Path) -> list[str]:
    with recorded(watch_system) as steps:
        store = FolderStore.open(folder / "store", provider="one", create=True)
        del steps[:]  # it makes all shards at once
        await write_two(store)
        found = list(steps)
    await store.close()
    return found


def simulated_steps() -> list[str]:
    chance = random.Random(1)
    loop = VirtualLoop(chance)
    world = World(1, Records(), SMALL, loop, chance)
    world.providers = [Provider(world, ProviderPlace(ProviderId("one")), is_folder=True)]
    store = Process(world, "process").stores[0]
    with recorded(watch_simulated) as steps:
        loop.run_until_complete(write_two(store))
    loop.close()
    return steps


def test_the_real_folder_takes_these_steps_and_no_other(tmp_path: Path) -> None:
    assert asyncio.run(real_steps(tmp_path)) == STEPS + STEPS


def test_the_simulated_folder_takes_the_same_steps() -> None:
    """Only that it makes a shard when it is first needed, as stores do that were made without."""
    before, after = STEPS[:3], STEPS[3:]
    assert simulated_steps() == [*before, "make directory", "flush", *after, *STEPS]


def flushed(disk: Disk, *, is_file: bool, is_shard: bool, is_name: bool) -> None:
    file = File()
    disk.unfinished.link(NAMES[0], file)
    file.write(0, b"bytes")
    if is_file:
        file.flush()
    disk.make_shard("ab")
    if is_shard:
        disk.flush_root()
    disk.rename(NAMES[0])
    if is_name:
        disk.shards["ab"].flush()


def after_power_cuts(*, is_file: bool, is_shard: bool, is_name: bool) -> set[bytes | None]:
    """What was found under the name after many power cuts."""
    found = set()
    for seed in range(200):
        disk = Disk()
        flushed(disk, is_file=is_file, is_shard=is_shard, is_name=is_name)
        assert disk.held == {NAMES[0]: b"bytes"}, "a running system sees all of it"
        disk.lose_power(random.Random(seed))
        found.add(disk.held.get(NAMES[0]))
    return found


def test_what_was_flushed_in_order_survives_every_power_cut() -> None:
    assert after_power_cuts(is_file=True, is_shard=True, is_name=True) == {b"bytes"}


def test_bytes_that_were_not_flushed_are_lost_in_part_or_whole() -> None:
    found = after_power_cuts(is_file=False, is_shard=True, is_name=True)
    assert {b"", b"bytes"} < found


@pytest.mark.parametrize("missing", ["is_shard", "is_name"])
def test_names_that_were_not_flushed_may_be_lost(missing: str) -> None:
    steps = {"is_file": True, "is_shard": True, "is_name": True, missing: False}
    assert after_power_cuts(**steps) == {None, b"bytes"}


def test_virtual_time_passes_at_once_and_a_standstill_is_told() -> None:
    loop = VirtualLoop(random.Random(0))
    loop.run_until_complete(asyncio.sleep(86_400))
    assert loop.time() == pytest.approx(86_400)
    with pytest.raises(Stuck, match="every task waits"):
        loop.run_until_complete(loop.create_future())
    loop.close()
