"""Find out which providers there are at this moment and which of them can be used."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, replace

from reelm.base import Tx
from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import VaultError
from reelm.vault.model import ProviderId, ProviderPlace, Stage
from reelm.vault.ports import Store
from reelm.vault.store import ProviderRecord


@dataclass(frozen=True, slots=True)
class ProviderSnapshot:
    """The state of all providers at one moment.

    Attributes:
        places: those that have a store, by provider.
        known: every provider there ever was.
        answering: those whose stores answered when the work began.
    """

    places: dict[ProviderId, ProviderPlace]
    known: dict[ProviderId, ProviderRecord]
    answering: frozenset[ProviderId]

    @property
    def retry_key(self) -> Hashable:
        """Return a key that changes when work that failed is worth trying again."""
        stages = frozenset(
            (provider, found.stage, found.is_hostile) for provider, found in self.known.items()
        )
        return (self.answering, stages)

    def stage(self, provider: ProviderId) -> Stage:
        """Return how far a provider is on its way out; one that is unknown is active."""
        found = self.known.get(provider)
        return Stage.ACTIVE if found is None else found.stage

    def is_open(self, provider: ProviderId) -> bool:
        """Return whether a provider can take a fragment now."""
        return provider in self.answering and self.stage(provider) is Stage.ACTIVE

    def is_hostile(self, provider: ProviderId) -> bool:
        """Return whether a provider is being left without another request to it."""
        found = self.known.get(provider)
        return found is not None and found.is_hostile

    def may_ask(self, provider: ProviderId) -> bool:
        """Return whether a provider answers and may be sent requests."""
        return provider in self.answering and not self.is_hostile(provider)

    def place(self, provider: ProviderId) -> ProviderPlace:
        """Return what a provider belongs to; for one that was left, as the database remembers it."""
        if provider in self.places:
            return self.places[provider]
        return self.known[provider].place if provider in self.known else ProviderPlace(provider)

    async def refreshed(self, tx: Tx) -> "ProviderSnapshot":
        """Return a snapshot with the same stores and what the database says of their providers by now."""
        return replace(self, known=await _known(tx))


async def probe_providers(
    environment: VaultEnvironment, *, answer_seconds: float | None = None
) -> ProviderSnapshot:
    """Ask every store, but none of a hostile provider, whether it answers, and return what was found.

    Args:
        environment: whose stores.
        answer_seconds: how long each may take; ``VaultConfig.stall_seconds`` when it is None.
    """
    async with environment.database.read() as tx:
        known = await _known(tx)
    asked = [
        store
        for provider, store in environment.stores.items()
        if provider not in known or not known[provider].is_hostile
    ]
    answers = await asyncio.gather(*(_answers(store, environment, answer_seconds) for store in asked))
    return ProviderSnapshot(
        places={provider: store.place for provider, store in environment.stores.items()},
        known=known,
        answering=frozenset(
            store.place.provider for store, is_there in zip(asked, answers, strict=True) if is_there
        ),
    )


async def _known(tx: Tx) -> dict[ProviderId, ProviderRecord]:
    return {found.place.provider: found for found in await db.all_providers(tx)}


async def _answers(store: Store, environment: VaultEnvironment, seconds: float | None) -> bool:
    try:
        async with environment.store_timeout(store.place.provider, seconds=seconds):
            await store.probe()
    except VaultError:
        return False
    return True
