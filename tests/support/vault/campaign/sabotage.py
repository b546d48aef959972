"""Broken stores and vaults, put in through the seams, to see that the campaign would notice them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from reelm.base import ObjectId
from reelm.vault import DeletionUnfinished, ProviderPlace, Vault, VaultEnvironment, Wrapper
from reelm.vault.store import forget, unfinished
from support.vault.campaign.disk import Directory, File
from support.vault.campaign.store import SimulatedStore, SimulatedWriter

if TYPE_CHECKING:
    from support.vault.campaign.process import Process
    from support.vault.campaign.provider import Provider

StoreMaker = Callable[["Provider", "Process"], SimulatedStore]


@dataclass(frozen=True)
class Sabotage:
    """One planted fault.

    Attributes:
        blame: a pattern of what the campaign says when it finds it.
        seeds: how many schedules may pass without finding it.
    """

    blame: str
    store: StoreMaker = SimulatedStore
    vault: Callable[[VaultEnvironment], Vault] = Vault
    seeds: int = 40


class _ForgetfulWriter(SimulatedWriter):
    async def finish(self, head: bytes) -> None:
        await super().finish(head)
        provider = self._store.provider
        if provider.place.provider in {"provider-0", "provider-1", "provider-2"}:
            provider.disk.remove(self._name)


class _ForgetfulStore(SimulatedStore):
    """Says that it keeps, and does not, at more providers than may fail."""

    writer = _ForgetfulWriter


class _UnflushedWriter(SimulatedWriter):
    def _flush_name(self, directory: Directory) -> None:
        """Forgotten: the name is gone after a power cut."""


class _UnflushedStore(SimulatedStore):
    writer = _UnflushedWriter


class _VolatileWriter(SimulatedWriter):
    def _flush_file(self, file: File) -> None:
        """Forgotten: the bytes are gone after a power cut."""


class _VolatileStore(SimulatedStore):
    writer = _VolatileWriter


class _BoastfulStore(SimulatedStore):
    """Says that it stands alone; the same company runs all of them."""

    @property
    def place(self) -> ProviderPlace:
        place = super().place
        return ProviderPlace(place.provider, country=place.country)


class _WrongVault(Vault):
    async def read(
        self, object_id: ObjectId, *, key: Wrapper | None = None, start: int = 0, length: int | None = None
    ) -> bytes:
        data = await super().read(object_id, key=key, start=start, length=length)
        return data[:-1] + bytes([data[-1] ^ 1]) if data else data


class _IdleVault(Vault):
    async def delete(self, object_id: ObjectId) -> None:
        """Forgotten."""


class _GreedyVault(Vault):
    async def sweep(self, *, intents_before: datetime) -> int:
        """Takes one that is stored with it."""
        async with self._environment.database.read() as tx:
            found = await tx.exec_driver_sql("SELECT object_id FROM objects WHERE state = 'stored' LIMIT 1")
            object_id = found.scalar()
        if object_id is not None:
            with suppress(DeletionUnfinished):
                await self.delete(ObjectId(object_id))
        return await super().sweep(intents_before=intents_before)


class _CarelessVault(Vault):
    async def sweep(self, *, intents_before: datetime) -> int:
        """Forgets the rows and leaves the fragments."""
        async with self._environment.database.write() as tx:
            for object_id in await unfinished(tx, intents_before=intents_before, limit=10):
                await forget(tx, object_id)
        return 0


SABOTAGES = {
    "stores that acknowledge without keeping": Sabotage("durable fragments", store=_ForgetfulStore),
    "a name that is not flushed": Sabotage("durable fragments", store=_UnflushedStore),
    "bytes that are not flushed": Sabotage("durable fragments", store=_VolatileStore),
    "stores that hide who runs them": Sabotage(
        "company:one|durable fragments", store=_BoastfulStore, seeds=200
    ),
    "a wrong byte": Sabotage("wrong bytes were returned", vault=_WrongVault),
    "a deletion that does nothing": Sabotage("came back", vault=_IdleVault),
    "a sweep that takes what is stored": Sabotage("acknowledged and is lost", vault=_GreedyVault),
    "a sweep that leaves fragments": Sabotage("nobody knows of", vault=_CarelessVault, seeds=80),
}
