"""Hold everything the vault works with and does not own."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache

from reelm.base import Clock, Database, Entropy
from reelm.vault.codec import Codec, open_codec
from reelm.vault.errors import StoreFailed
from reelm.vault.format import REALM_BYTES
from reelm.vault.keys import VaultKeys
from reelm.vault.latency import LatencyTracker
from reelm.vault.model import ProviderId, VaultConfig
from reelm.vault.ports import Store, Wrapper

_codec = lru_cache(open_codec)


@dataclass(frozen=True)
class VaultEnvironment:
    """Stores, database, keys, time and randomness; built once, and shared by the vault and its upkeep.

    Attributes:
        stores: one per provider (``by_provider``); those that were left and are gone are not in it.
        database: where the rows are. The vault opens its own units of work: an intent must be durable
            before the first byte leaves, so nothing of the vault is ever called inside a transaction.
        pack_key: the realm's own key for packs, the outer lock of small objects.
        realm_id: 8 bytes, the same for good.
        latency: what this process has seen of each store.
    """

    stores: Mapping[ProviderId, Store]
    database: Database
    keys: VaultKeys
    pack_key: Wrapper
    realm_id: bytes
    clock: Clock
    entropy: Entropy
    config: VaultConfig
    latency: LatencyTracker = field(default_factory=LatencyTracker)

    def __post_init__(self) -> None:
        if len(self.realm_id) != REALM_BYTES:
            raise ValueError(f"a realm's id is {REALM_BYTES} bytes")

    def codec(self, k: int, n: int) -> Codec:
        """Return the codec for k of n fragments, made once."""
        return _codec(k, n, is_accelerated=self.config.is_accelerated)

    @asynccontextmanager
    async def store_timeout(
        self, provider: ProviderId, *, seconds: float | None = None
    ) -> AsyncIterator[None]:
        """Give up on a store that does not answer; what it was asked may still happen later.

        Args:
            provider: whose store is asked inside.
            seconds: how long it may take; ``VaultConfig.stall_seconds`` when it is None.

        Raises:
            StoreFailed: the time is over.
        """
        try:
            async with asyncio.timeout(self.config.stall_seconds if seconds is None else seconds):
                yield
        except TimeoutError:
            raise StoreFailed("The store did not answer in time. Check it.", provider=provider) from None


def by_provider(stores: Iterable[Store]) -> dict[ProviderId, Store]:
    """Return the stores, each under its provider.

    Raises:
        ValueError: two are the same provider's.
    """
    given = list(stores)
    found = {store.place.provider: store for store in given}
    if len(found) != len(given):
        raise ValueError("every store is its own provider")
    return found
