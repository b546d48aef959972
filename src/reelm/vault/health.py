"""Tell how each store is without ever waiting long for one: what was last known stands in for what is late.

A store that hangs is asked once at a time, however many want to know, and whoever wants to know waits for a
moment only. So a request that looks at the stores takes no longer with a store that hangs than without it.
"""

import asyncio
from dataclasses import dataclass, replace

from reelm.base import SingleFlight
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import VaultError
from reelm.vault.model import ProviderId, StoreHealth
from reelm.vault.ports import Store


@dataclass(frozen=True, slots=True)
class Sighting:
    """The last answer of a store, and its moment, in seconds of the monotonic clock."""

    health: StoreHealth
    at_seconds: float


class HealthWatch:
    """The last known health of every store of this process."""

    def __init__(self, environment: VaultEnvironment) -> None:
        self._environment = environment
        self._last: dict[ProviderId, Sighting] = {}
        self._probes = SingleFlight[ProviderId, StoreHealth](is_finished_unwanted=True)

    async def all(self) -> tuple[StoreHealth, ...]:
        """Return how each store is now or was a moment ago, in their order; takes ``probe_seconds`` at most.

        A store that is late stands as it was last seen, up to ``sighting_seconds`` ago; then it is away.
        """
        stores = self._environment.stores.values()
        return tuple(await asyncio.gather(*(self._one(store) for store in stores)))

    async def close(self) -> None:
        """Stop asking; call it before the stores are closed."""
        await self._probes.close()

    async def _one(self, store: Store) -> StoreHealth:
        provider = store.place.provider
        try:
            async with asyncio.timeout(self._environment.config.probe_seconds):
                return await self._probes.run(provider, lambda: self._probe(store))
        except TimeoutError:
            return self._as_last_seen(provider)

    async def _probe(self, store: Store) -> StoreHealth:
        provider, config = store.place.provider, self._environment.config
        faults = self._environment.latency.faults[provider]
        try:
            async with self._environment.store_timeout(provider, seconds=config.probe_stall_seconds):
                free_bytes, detail = await store.probe()
        except VaultError as error:
            found = StoreHealth(provider, False, None, faults, str(error))
        else:
            found = StoreHealth(provider, True, free_bytes, faults, detail)
        self._last[provider] = Sighting(found, self._environment.clock.monotonic_seconds())
        return found

    def _as_last_seen(self, provider: ProviderId) -> StoreHealth:
        faults = self._environment.latency.faults[provider]
        last, now = self._last.get(provider), self._environment.clock.monotonic_seconds()
        if last is not None and now - last.at_seconds <= self._environment.config.sighting_seconds:
            return replace(last.health, faults_seen=faults)
        return StoreHealth(provider, False, None, faults, "The store did not answer in time. Check it.")
