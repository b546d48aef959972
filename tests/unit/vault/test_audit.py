"""Samples say how much can be lost at most, and what they find is repaired."""

from itertools import pairwise

import pytest

from reelm.base import Database, DataClass
from reelm.vault import StoreFailed, Upkeep, Vault
from reelm.vault.adapters.memory import MemoryStore
from reelm.vault.audit import excluded_share
from support.machine.determinism import SeededEntropy
from support.vault.vaulting import OwnerKey, environment, memory_stores, sample, stream

pytestmark = pytest.mark.on_database("sqlite")


def test_460_clean_samples_exclude_that_more_than_one_percent_is_lost() -> None:
    assert excluded_share(460, 0) <= 0.01 < excluded_share(457, 0)


def test_nothing_shown_excludes_nothing() -> None:
    assert excluded_share(0, 0) == 1.0
    assert excluded_share(5, 5) == 1.0


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    """Against published values: 0.95 one-sided, 2 of 20 and 5 of 100."""
    assert excluded_share(20, 2, confidence=0.95) == pytest.approx(0.28262, abs=1e-4)
    assert excluded_share(100, 5, confidence=0.95) == pytest.approx(0.10225, abs=1e-4)


def test_more_failures_exclude_less_and_more_samples_more() -> None:
    assert all(one < two for one, two in pairwise(excluded_share(100, failed) for failed in range(50)))
    assert all(one > two for one, two in pairwise(excluded_share(count, 0) for count in range(1, 50)))


async def test_an_audit_covers_every_provider_and_queues_what_it_finds(database: Database) -> None:
    stores = memory_stores()
    world = environment(database, stores)
    for at in range(3):
        await Vault(world).put(
            stream(sample(9_000, seed=at)), reference=f"clip:{at}", klass=DataClass.PUBLIC, key=OwnerKey()
        )
    clean = await Upkeep(world).audit(100, entropy=SeededEntropy(1))
    assert (clean.total.samples, clean.total.failures) == (100, 0)
    assert len(clean.providers) == 5
    stores[2].fragments.clear()
    found = await Upkeep(world).audit(100, entropy=SeededEntropy(1))
    bad = found.providers[stores[2].place.provider]
    assert bad.samples == bad.failures > 0
    assert bad.share_excluded == 1.0
    assert found.total.failures == bad.failures
    assert (await Upkeep(world).repair()).repaired > 0


class SilentStore(MemoryStore):
    is_silent = False

    async def size(self, name: str) -> int:
        if self.is_silent:
            raise StoreFailed("no answer", provider=self.place.provider)
        return await super().size(name)


async def test_a_store_that_does_not_answer_shows_nothing_either_way(database: Database) -> None:
    silent = SilentStore("silent")
    world = environment(database, [*memory_stores(4), silent])
    await Vault(world).put(stream(b"x"), reference="clip:1", klass=DataClass.PUBLIC, key=OwnerKey())
    silent.is_silent = True
    shown = (await Upkeep(world).audit(30)).providers[silent.place.provider]
    assert (shown.samples, shown.failures) == (0, 0)
    assert shown.unanswered > 0
    assert shown.share_excluded == 1.0


async def test_an_empty_vault_has_nothing_to_show(database: Database) -> None:
    assert (await Upkeep(environment(database, memory_stores())).audit()).total.samples == 0
