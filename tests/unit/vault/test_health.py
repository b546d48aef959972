"""How stores are, asked so that one which hangs holds nobody up."""

import asyncio
from dataclasses import replace

import pytest

from reelm.base import Database
from reelm.vault import Vault, VaultConfig
from reelm.vault.adapters.memory import MemoryStore
from support.machine.determinism import ManualClock
from support.vault.vaulting import SMALL, environment, memory_stores

# Nothing here waits for these: a store that hangs does so until the test lets it go.
CONFIG = replace(SMALL, probe_seconds=0.05, sighting_seconds=600, probe_stall_seconds=60)


class HangingStore(MemoryStore):
    """A store whose probe waits for ``answers``."""

    def __init__(self, provider: str) -> None:
        super().__init__(provider)
        self.answers = asyncio.Event()
        self.probe_count = 0

    async def probe(self) -> tuple[int | None, str]:
        self.probe_count += 1
        await self.answers.wait()
        return await super().probe()


def opened(database: Database, store: MemoryStore, config: VaultConfig = CONFIG) -> tuple[Vault, ManualClock]:
    made = environment(database, [store, *memory_stores(4)], config=config)
    assert isinstance(made.clock, ManualClock)
    return Vault(made), made.clock


async def reachable(vault: Vault) -> list[bool]:
    return [each.is_reachable for each in await asyncio.wait_for(vault.health(), 10)]


async def test_a_store_that_hangs_and_was_never_seen_is_away_and_the_others_are_not(
    database: Database,
) -> None:
    vault, _ = opened(database, HangingStore("hanging"))
    assert await reachable(vault) == [False, True, True, True, True]
    (health, *_) = await vault.health()
    assert health.detail == "The store did not answer in time. Check it."
    await vault.close()


async def test_however_many_ask_a_store_that_hangs_is_asked_once(database: Database) -> None:
    store = HangingStore("hanging")
    vault, _ = opened(database, store)
    await asyncio.gather(*(reachable(vault) for _ in range(50)))
    await reachable(vault)
    assert store.probe_count == 1
    await vault.close()


async def test_a_store_that_is_late_stands_as_it_was_last_seen_for_a_while(database: Database) -> None:
    store = HangingStore("hanging")
    vault, clock = opened(database, store)
    store.answers.set()
    assert await reachable(vault) == [True] * 5
    store.answers.clear()
    assert await reachable(vault) == [True] * 5
    clock.advance(601)
    assert await reachable(vault) == [False, True, True, True, True]
    await vault.close()


async def test_a_store_that_was_late_is_back_as_soon_as_it_answers(database: Database) -> None:
    store = HangingStore("hanging")
    vault, _ = opened(database, store)
    assert not (await reachable(vault))[0]
    store.answers.set()
    assert await reachable(vault) == [True] * 5
    await vault.close()


async def test_a_store_that_was_seen_to_hang_is_away_at_once_from_then_on(database: Database) -> None:
    store = HangingStore("hanging")
    vault, _ = opened(database, store, replace(CONFIG, probe_seconds=5, probe_stall_seconds=0.05))
    store.answers.set()
    assert await reachable(vault) == [True] * 5
    store.answers.clear()
    (health, *_) = await vault.health()
    assert not health.is_reachable
    assert "did not answer in time" in health.detail
    await vault.close()


@pytest.mark.parametrize("is_seen", [True, False])
async def test_closing_does_not_wait_for_a_store_that_hangs(database: Database, *, is_seen: bool) -> None:
    vault, _ = opened(database, HangingStore("hanging"))
    if is_seen:
        await reachable(vault)
    await asyncio.wait_for(vault.close(), 10)
