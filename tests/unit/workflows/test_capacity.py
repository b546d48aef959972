"""A store that is full is one that says so."""

from reelm.vault import ProviderId, StoreHealth
from reelm.workflows.upload.receive import full_stores

MIB = 1024**2


def store(name: str, free_bytes: int | None, *, is_reachable: bool = True) -> StoreHealth:
    return StoreHealth(ProviderId(name), is_reachable, free_bytes, 0, "")


def test_only_a_store_that_says_so_is_full() -> None:
    health = [
        store("full", 70 * MIB),
        store("wide", 900 * MIB),
        store("bucket", None),
        store("tight", 84 * MIB),
    ]
    away = store("away", None, is_reachable=False)
    assert [each.provider for each in full_stores([*health, away], 20 * MIB)] == ["full"]
    assert full_stores(health, 0) == []
