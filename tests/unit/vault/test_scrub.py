"""What stores lost, changed or cannot read is found before anyone needs it; silence is not a loss."""

from dataclasses import replace

import pytest

from reelm.base import Database, DataClass
from reelm.vault import StoreFailed, Upkeep, Vault, VaultEnvironment
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.store import ObjectRecord
from support.machine.determinism import ManualClock
from support.vault.keeping import assert_at_rest, later, read_rows
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

CONTENTS = {f"clip:{at}": sample(3_000 + 7_000 * at, seed=at) for at in range(3)}


async def fill(database: Database, stores: list[MemoryStore]) -> VaultEnvironment:
    world = environment(database, stores)
    for reference, data in CONTENTS.items():
        await Vault(world).put(stream(data), reference=reference, klass=DataClass.PUBLIC, key=OwnerKey())
    return world


def damage(store: MemoryStore, *, at: int) -> None:
    name, data = next(iter(store.fragments.items()))
    changed = bytearray(data)
    changed[at] ^= 1
    store.fragments[name] = bytes(changed)


async def test_a_light_scrub_goes_round_and_finds_what_is_missing_or_short(database: Database) -> None:
    stores = memory_stores()
    upkeep = Upkeep(await fill(database, stores))
    stores[0].fragments.popitem()
    name, data = stores[1].fragments.popitem()
    stores[1].fragments[name] = data[:-1]
    reports = [await upkeep.scrub(limit=4) for _ in range(4)]
    assert [report.is_complete for report in reports] == [False, False, False, True]
    assert sum(report.checked for report in reports) == 13
    assert (sum(r.missing for r in reports), sum(r.damaged for r in reports)) == (1, 1)
    assert (await upkeep.scrub(limit=100)).checked == 13, "the next round begins"
    assert (await upkeep.repair()).repaired == 2
    await assert_at_rest(database, stores, CONTENTS)


@pytest.mark.parametrize("at", [0, 100, 300, -200, -1])
async def test_a_deep_scrub_finds_one_changed_bit_anywhere(database: Database, at: int) -> None:
    stores = memory_stores()
    upkeep = Upkeep(await fill(database, stores))
    damage(stores[3], at=at)
    assert (await upkeep.scrub()).damaged == 0, "the size is still right"
    report = await upkeep.scrub(deep=True)
    assert (report.checked, report.damaged) == (14, 1)
    assert report.bytes_read > sum(map(len, CONTENTS.values()))
    assert (await upkeep.repair()).repaired == 1
    await assert_at_rest(database, stores, CONTENTS)


async def test_a_deep_scrub_reads_the_longest_unchecked_first_and_nothing_twice_in_its_time(
    database: Database,
) -> None:
    stores = memory_stores()
    upkeep = Upkeep(await fill(database, stores))
    assert [(await upkeep.scrub(deep=True, limit=6)).checked for _ in range(4)] == [6, 6, 3, 0]
    month = Upkeep(later(database, stores, seconds=31 * 86_400.0))
    assert (await month.scrub(deep=True)).checked == 15
    status = await month.status()
    assert {provider.unchecked for provider in status.providers} == {0}


class PoorStore(MemoryStore):
    """Some of its requests fail."""

    is_silent = False
    has_bad_sectors = False

    async def size(self, name: str) -> int:
        self._maybe_fail(self.is_silent)
        return await super().size(name)

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        self._maybe_fail(self.is_silent or self.has_bad_sectors)
        return await super().read(name, start=start, length=length)

    def _maybe_fail(self, is_failing: bool) -> None:  # noqa: FBT001 - a fact, not a switch
        if is_failing:
            raise StoreFailed("an error", provider=self.place.provider)


async def test_a_store_that_does_not_answer_loses_nothing(database: Database) -> None:
    poor = PoorStore("poor")
    upkeep = Upkeep(await fill(database, [*memory_stores(4), poor]))
    poor.is_silent = True
    for deep in (False, True):
        report = await upkeep.scrub(deep=deep)
        assert (report.checked, report.damaged, report.unanswered) == (12, 0, 3)
    assert not (await upkeep.status()).queue


async def test_a_fragment_that_its_store_knows_and_cannot_read_is_damaged(database: Database) -> None:
    poor = PoorStore("poor")
    upkeep = Upkeep(await fill(database, [*memory_stores(4), poor]))
    poor.has_bad_sectors = True
    assert (await upkeep.scrub(deep=True)).damaged == 3
    assert sum((await upkeep.status()).queue.values()) == 3


async def test_a_deep_scrub_keeps_to_its_rate(database: Database) -> None:
    clock, slept = ManualClock(), [0.0]

    async def sleep(seconds: float) -> None:
        slept[0] += seconds
        clock.advance(seconds)

    world = await fill(database, memory_stores())
    paced = Upkeep(_with_clock(world, clock), sleep=sleep)
    report = await paced.scrub(deep=True, bytes_per_second=1_000)
    body_bytes = sum(record.shape.block_at(record.shape.chunk_count) for record in await _objects(database))
    assert slept[0] == pytest.approx(5 * body_bytes / 1_000, rel=0.1)
    assert report.checked == 15


def _with_clock(world: VaultEnvironment, clock: ManualClock) -> VaultEnvironment:
    return replace(world, clock=clock)


async def _objects(database: Database) -> list[ObjectRecord]:
    return (await read_rows(database)).objects
