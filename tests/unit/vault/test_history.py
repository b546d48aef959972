"""What a provider ever held counts for good: the rule that makes leaving one safe for secrets."""

from collections import defaultdict

import pytest

from reelm.base import Database, DataClass, ObjectId
from reelm.vault import Suite, Upkeep, Vault
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.repair import RepairReport
from support.machine.determinism import SeededEntropy
from support.vault.keeping import Rows, assert_at_rest, assert_sound, later, read_rows
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

pytestmark = pytest.mark.on_database("sqlite")

DATA = sample(5_000)


async def lose_one_after_the_other(
    database: Database, stores: list[MemoryStore], *, seed: int, rounds: int
) -> RepairReport:
    """Each time another provider is away for good as far as repair knows, and is back the next time."""
    chance = SeededEntropy(seed)
    report = RepairReport()
    for number in range(rounds):
        away = stores[chance.draw(1)[0] % len(stores)]
        rest = [store for store in stores if store is not away]
        report = await Upkeep(later(database, rest, seconds=1000.0 * number, seed=seed + number)).repair()
        await assert_sound(database, stores)
        if report.stuck:
            break
    return report


def ever(rows: Rows) -> dict[str, set[int]]:
    held: defaultdict[str, set[int]] = defaultdict(set)
    for record in rows.objects:
        for piece in record.fragments:
            held[piece.provider].add(piece.index)
    for row in rows.former:
        held[row.provider_id].add(row.fragment_index)
    return held


@pytest.mark.parametrize("seed", range(4))
async def test_a_provider_that_held_all_but_one_of_what_a_reader_needs_never_gets_another(
    database: Database, seed: int
) -> None:
    stores = memory_stores(5)
    vault = Vault(environment(database, stores))
    await vault.put(stream(DATA), reference="clip:1", klass=DataClass.PUBLIC, key=OwnerKey())
    report = await lose_one_after_the_other(database, stores, seed=seed, rounds=40)
    assert len(report.stuck) == 1, "in the end no place is left that may hold another"
    assert max(map(len, ever(await read_rows(database)).values())) == 2


async def test_an_object_that_is_stuck_is_stored_anew_under_its_key_and_its_history_ends(
    database: Database,
) -> None:
    stores = memory_stores(5)
    world = environment(database, stores)
    await Vault(world).put(stream(DATA), reference="clip:1", klass=DataClass.PUBLIC, key=OwnerKey())
    stuck = await lose_one_after_the_other(database, stores, seed=3, rounds=40)
    old = ObjectId(*stuck.stuck)
    receipt = await Vault(later(database, stores, seconds=99_000)).renew(old, OwnerKey())
    assert receipt.reference == "clip:1"
    assert receipt.object_id != old
    await assert_at_rest(database, stores, {"clip:1": DATA})
    assert not (await read_rows(database)).former


async def test_ciphertext_that_is_no_secret_may_go_round_for_ever(database: Database) -> None:
    stores = memory_stores(5)
    vault = Vault(environment(database, stores))
    await vault.put(stream(DATA), reference="clip:1", klass=DataClass.PUBLIC, key=None, suite=Suite.MEDIA)
    report = await lose_one_after_the_other(database, stores, seed=0, rounds=20)
    assert not report.stuck
