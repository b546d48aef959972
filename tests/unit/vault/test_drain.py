"""A provider is left without losing anything, and what is promised holds at every stage on the way."""

from collections.abc import AsyncIterator, Sequence

import pytest

from reelm.base import Database, DataClass
from reelm.vault import (
    DrainReport,
    ProviderId,
    Stage,
    StoreFailed,
    TooFewPlaces,
    Upkeep,
    Vault,
    VaultEnvironment,
)
from reelm.vault import store as vault_records
from reelm.vault.adapters.memory import MemoryStore, MemoryWriter
from reelm.vault.errors import ProviderUnknown, WrongStage
from support.machine.determinism import SeededEntropy
from support.vault.keeping import assert_at_rest, assert_sound, later, read_rows
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

LEFT = ProviderId("provider-1")
CONTENTS = {f"clip:{at}": sample(1_000 * at + 1, seed=at) for at in range(6)}


async def fill(database: Database, stores: Sequence[MemoryStore]) -> VaultEnvironment:
    world = environment(database, stores)
    await Vault(world).enrol()
    for reference, data in CONTENTS.items():
        await Vault(world).put(stream(data), reference=reference, klass=DataClass.PUBLIC, key=OwnerKey())
    return world


async def held_there(database: Database) -> int:
    objects = (await read_rows(database)).objects
    return sum(piece.provider == LEFT for record in objects for piece in record.fragments)


async def drain_to_its_end(world: VaultEnvironment, *, hostile: bool = False) -> list[DrainReport]:
    reports = []
    for _ in range(40):
        reports.append(await Upkeep(world).drain.run(LEFT, is_hostile=hostile, limit=1))
        if reports[-1].is_finished:
            return reports
    raise AssertionError("the drain never ended")


async def test_everything_moves_is_read_back_and_only_then_deleted(database: Database) -> None:
    stores = memory_stores(6)
    world = await fill(database, stores)
    had = await held_there(database)
    report = await Upkeep(world).drain.run(LEFT, limit=1)
    while not report.is_finished:
        report = await Upkeep(world).drain.run(LEFT, limit=1)
        await assert_sound(database, stores)
        if report.stage is Stage.DRAINING:
            assert len(stores[0].fragments) == had
            assert (report.moved, report.fragments_left) == (had - report.fragments_left, had - report.moved)
    assert (report.moved, report.rebuilt, report.copies_deleted, report.copies_left) == (had, 0, had, 0)
    await assert_at_rest(database, stores, CONTENTS)
    assert not stores[0].fragments
    assert await Upkeep(world).drain.run(LEFT) == await Upkeep(world).drain.run(LEFT), (
        "repeating changes nothing"
    )


async def test_what_cannot_be_read_there_is_rebuilt(database: Database) -> None:
    stores = memory_stores(6)
    world = await fill(database, stores)
    had = await held_there(database)
    for name, data in stores[0].fragments.items():
        stores[0].fragments[name] = data[:-60] + b"?" + data[-59:]
    report = (await drain_to_its_end(world))[-1]
    assert (report.moved, report.rebuilt) == (had, had)
    await assert_at_rest(database, stores, CONTENTS)


class HostileStore(MemoryStore):
    """Counts what it is asked."""

    requests = 0

    async def create(self, name: str, *, head_bytes: int) -> MemoryWriter:
        self.requests += 1
        return await super().create(name, head_bytes=head_bytes)

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        self.requests += 1
        return await super().read(name, start=start, length=length)

    async def size(self, name: str) -> int:
        self.requests += 1
        return await super().size(name)

    async def delete(self, name: str) -> None:
        self.requests += 1
        await super().delete(name)


async def test_a_hostile_provider_gets_no_request_and_its_copies_are_reported_for_good(
    database: Database,
) -> None:
    hostile = HostileStore(LEFT)
    stores = [hostile, *memory_stores(6)[1:]]
    world = await fill(database, stores)
    had, hostile.requests = len(hostile.fragments), 0
    report = (await drain_to_its_end(world, hostile=True))[-1]
    assert (report.moved, report.rebuilt, report.copies_deleted, report.copies_left) == (had, had, 0, had)
    await Upkeep(world).repair()
    await Upkeep(world).scrub(deep=True)
    await Upkeep(world).audit(50)
    assert hostile.requests == 0
    await assert_at_rest(database, stores, CONTENTS, kept=[hostile])
    for record in (await read_rows(database)).objects:
        await Vault(world).delete(record.object_id)
    assert hostile.requests == 0, "a deletion does not ask it either"
    assert not (await read_rows(database)).objects


async def test_a_drain_turns_hostile_half_way(database: Database) -> None:
    stores = memory_stores(6)
    world = await fill(database, stores)
    had = await held_there(database)
    await Upkeep(world).drain.run(LEFT, limit=2)
    report = (await drain_to_its_end(world, hostile=True))[-1]
    assert (report.is_hostile, report.moved, report.rebuilt) == (True, had, had - 2)
    assert report.copies_left == had


async def test_without_room_elsewhere_nothing_changes_and_the_error_says_how_many_stores_are_missing(
    database: Database,
) -> None:
    sites = ["a", "a", "b", "b", "c"]
    stores = [
        MemoryStore(f"provider-{at}", groups=frozenset({f"site:{site}"})) for at, site in enumerate(sites, 1)
    ]
    world = await fill(database, stores)
    with pytest.raises(TooFewPlaces, match=r"Add 1 more store in any country.*site:a, site:b"):
        await Upkeep(world).drain.run(ProviderId("provider-5"))
    assert {provider.stage for provider in (await Upkeep(world).status()).providers} == {Stage.ACTIVE}


async def test_residency_counts_when_room_is_looked_for(database: Database) -> None:
    stores = [MemoryStore(f"provider-{at}", country="DE" if at < 4 else "US") for at in range(1, 8)]
    world = environment(database, stores)
    await Vault(world).enrol()
    await Vault(world).put(
        stream(b"only here"),
        reference="clip:1",
        klass=DataClass.PUBLIC,
        key=OwnerKey(),
        residency=frozenset({"DE"}),
    )
    with pytest.raises(TooFewPlaces, match="Add 1 more store in DE"):
        await Upkeep(world).drain.run(LEFT)


async def test_a_drain_waits_for_the_puts_that_began(database: Database) -> None:
    stores = memory_stores(5)
    world = await fill(database, stores)
    vault = Vault(world)

    async def slowly() -> AsyncIterator[bytes]:
        yield sample(20_000, seed=9)
        report = await Upkeep(world).drain.run(LEFT)
        assert (report.stage, report.intents_open) == (Stage.NO_NEW, 1)

    await vault.put(slowly(), reference="late", klass=DataClass.PUBLIC, key=OwnerKey())
    assert (await drain_to_its_end(world))[-1].intents_open == 0
    await assert_at_rest(database, stores, {**CONTENTS, "late": sample(20_000, seed=9)})


async def test_new_objects_avoid_a_provider_that_is_left(database: Database) -> None:
    stores = memory_stores(6)
    world = await fill(database, stores)
    await Upkeep(world).drain.run(LEFT, limit=1)
    had = len(stores[0].fragments)
    await Vault(world).put(stream(b"new"), reference="new", klass=DataClass.PUBLIC, key=OwnerKey())
    assert len(stores[0].fragments) == had


async def test_a_provider_can_be_kept_until_its_copies_are_gone(database: Database) -> None:
    stores = memory_stores(6)
    world = await fill(database, stores)
    await Upkeep(world).drain.run(LEFT, limit=1)
    await Upkeep(world).drain.keep(LEFT)
    await Upkeep(world).repair()
    await assert_at_rest(database, stores, CONTENTS)
    await drain_to_its_end(world)
    with pytest.raises(WrongStage):
        await Upkeep(world).drain.keep(LEFT)


async def test_nobody_leaves_a_provider_that_never_was(database: Database) -> None:
    world = await fill(database, memory_stores(5))
    with pytest.raises(ProviderUnknown):
        await Upkeep(world).drain.run(ProviderId("nobody"))


class AwayStore(MemoryStore):
    is_away = False

    async def read(self, name: str, *, start: int, length: int) -> bytes:
        if self.is_away:
            raise StoreFailed("away", provider=self.place.provider)
        return await super().read(name, start=start, length=length)

    async def delete(self, name: str) -> None:
        if self.is_away:
            raise StoreFailed("away", provider=self.place.provider)
        await super().delete(name)

    async def probe(self) -> tuple[int | None, str]:
        if self.is_away:
            raise StoreFailed("away", provider=self.place.provider)
        return await super().probe()


async def test_a_provider_that_does_not_answer_stays_verified_until_its_copies_are_deleted(
    database: Database,
) -> None:
    leaving = AwayStore(LEFT)
    stores = [leaving, *memory_stores(6)[1:]]
    world = await fill(database, stores)
    had = await held_there(database)
    leaving.is_away = True
    report = await Upkeep(world).drain.run(LEFT)
    assert (report.stage, report.rebuilt, report.copies_left) == (Stage.VERIFIED, had, had)
    leaving.is_away = False
    assert (await Upkeep(world).drain.run(LEFT)).is_finished
    await assert_at_rest(database, stores, CONTENTS)


async def test_what_waited_for_a_new_place_that_was_away_goes_on_as_soon_as_it_is_back(
    database: Database,
) -> None:
    leaving = AwayStore(LEFT)
    others = [AwayStore(store.place.provider) for store in memory_stores(6)[1:]]
    world = await fill(database, [leaving, *others])
    leaving.is_away = True
    await Upkeep(world).drain.run(LEFT)
    upkeep = Upkeep(world)
    leaving.is_away, others[-1].is_away = False, True
    report = await upkeep.drain.run(LEFT)
    assert report.waiting == report.copies_left > 0
    others[-1].is_away = False
    assert (await upkeep.drain.run(LEFT)).is_finished
    await assert_at_rest(database, [leaving, *others], CONTENTS)


async def test_a_copy_stays_while_its_fragment_is_not_whole_at_its_new_place(database: Database) -> None:
    leaving = AwayStore(LEFT)
    stores = [leaving, *memory_stores(6)[1:]]
    world = await fill(database, stores)
    had = await held_there(database)
    leaving.is_away = True
    await Upkeep(world).drain.run(LEFT)
    for record in (await read_rows(database)).objects:
        for row in (await read_rows(database)).former:
            piece = record.fragments[row.fragment_index]
            store = next(store for store in stores if store.place.provider == piece.provider)
            if row.object_id == record.object_id:
                del store.fragments[piece.name]
    leaving.is_away = False
    upkeep = Upkeep(world)
    for _ in range(2):  # the second one passes over what failed in the first, and says so too
        report = await upkeep.drain.run(LEFT)
        assert (report.copies_left, report.waiting) == (had, had)
    await Upkeep(world).repair()
    assert (await Upkeep(world).drain.run(LEFT)).is_finished
    await assert_at_rest(database, stores, CONTENTS)


async def test_a_deletion_owes_nothing_to_who_left_for_good_and_everything_to_who_is_away(
    database: Database,
) -> None:
    stores = memory_stores(6)
    world = await fill(database, stores)
    await drain_to_its_end(world)
    rest = later(database, stores[1:])
    gone, away = (await read_rows(database)).objects[:2]
    await Vault(rest).delete(gone.object_id)
    absent = [store for store in stores[1:] if store.place.provider != away.fragments[0].provider]
    vault = Vault(environment(database, absent, entropy=SeededEntropy(5)))
    assert await vault.sweep(intents_before=rest.clock.now()) == 0
    with pytest.raises(Exception, match="could not be removed yet"):
        await vault.delete(away.object_id)
    assert await Vault(rest).sweep(intents_before=rest.clock.now()) == 1
    async with database.read() as tx:
        assert await vault_records.find(tx, away.object_id) is None


async def test_good_fragments_do_not_come_to_lie_together_while_another_is_lost(database: Database) -> None:
    """Four of five would be on three providers, and the loss of one of those would leave too few."""
    away = AwayStore("provider-2")
    stores = [memory_stores(1)[0], away, *memory_stores(5)[2:]]
    world = await fill(database, stores)
    for record in (await read_rows(database)).objects:
        (lost,) = [piece for piece in record.fragments if piece.provider == "provider-2"]
        async with database.write() as tx:
            await vault_records.mark_missing(tx, record.object_id, lost)
        del away.fragments[lost.name]
    away.is_away = True
    report = await Upkeep(world).drain.run(LEFT)
    assert (report.stage, report.moved, report.fragments_left) == (Stage.DRAINING, 0, len(CONTENTS))
    assert report.waiting == len(CONTENTS)
    away.is_away = False
    await Upkeep(world).repair()
    assert (await drain_to_its_end(later(database, stores)))[-1].is_finished
    await assert_at_rest(database, stores, CONTENTS)
