"""Keeping what is stored: scrub, audit, repair, drain, and what an operator wants to know."""

import asyncio
from datetime import timedelta

from reelm.base import Entropy, ObjectId
from reelm.vault import store as records
from reelm.vault.audit import AuditReport, audit
from reelm.vault.drain import Drain, DrainReport
from reelm.vault.model import ProviderId, Stage
from reelm.vault.outside import Outside
from reelm.vault.repair import Repair, RepairReport
from reelm.vault.scene import look_around
from reelm.vault.scrub import Scrub, ScrubReport, Sleep
from reelm.vault.status import VaultStatus, Whereabouts, status, where

_LIMIT = 100
_SAMPLES = 460
_DEEP_DAYS = 30.0


class Upkeep:
    """The vault's caretaker: holds no user key, and never sees plaintext.

    Every call does a bounded amount of work, is safe to repeat after a crash at any line, and safe in several
    processes at once; a loop calls them again and again.
    """

    def __init__(self, outside: Outside, *, sleep: Sleep = asyncio.sleep) -> None:
        self._outside = outside
        self._repair = Repair(outside)
        self._drain = Drain(outside, self._repair)
        self._scrub = Scrub(outside, sleep=sleep)

    async def repair(self, limit: int = _LIMIT) -> RepairReport:
        """Bring back at most so many lost fragments, and delete at most so many copies left behind."""
        return await self._repair.run(await look_around(self._outside), limit)

    async def scrub(
        self,
        *,
        deep: bool = False,
        limit: int = _LIMIT,
        bytes_per_second: float | None = None,
        every_days: float = _DEEP_DAYS,
    ) -> ScrubReport:
        """Look at the next fragments: their sizes, or, ``deep``, all of their bytes.

        Args:
            deep: read what was not read for ``every_days``, the longest unchecked first.
            limit: fragments per call.
            bytes_per_second: how fast a deep scrub may read; None for as fast as it goes.
            every_days: how long a deep check holds.
        """
        scene = await look_around(self._outside)
        if not deep:
            return await self._scrub.light(scene, limit=limit)
        checked_before = self._outside.clock.now() - timedelta(days=every_days)
        return await self._scrub.deep(
            scene, limit=limit, bytes_per_second=bytes_per_second, checked_before=checked_before
        )

    async def audit(self, samples: int = _SAMPLES, *, entropy: Entropy | None = None) -> AuditReport:
        """Prove random blocks; 460 without a failure exclude, at 99 %, that more than 1 % is lost."""
        scene = await look_around(self._outside)
        return await audit(self._outside, scene, samples=samples, entropy=entropy or self._outside.entropy)

    async def drain(self, provider: ProviderId, *, hostile: bool = False, limit: int = _LIMIT) -> DrainReport:
        """Leave a provider, a step further; repeat until the report ``is_finished``.

        Args:
            provider: who is left.
            hostile: without another request to it; what it keeps it keeps.
            limit: fragments moved, and copies deleted, per call.

        Raises:
            ProviderUnknown: there never was such a provider.
            TooFewPlaces: the others have no room for what must be kept; nothing was changed.
        """
        return await self._drain.run(provider, is_hostile=hostile, limit=limit)

    async def resume(self, limit: int = _LIMIT) -> tuple[DrainReport, ...]:
        """Go a step further with every provider that is being left."""
        async with self._outside.database.read() as tx:
            known = await records.all_providers(tx)
        leaving = [found for found in known if found.stage not in {Stage.ACTIVE, Stage.WITHDRAWN}]
        return tuple([await self.drain(found.place.provider, limit=limit) for found in leaving])

    async def keep(self, provider: ProviderId) -> None:
        """Stay with a provider after all, unless its copies are deleted already.

        Raises:
            ProviderUnknown: there never was such a provider.
            WrongStage: it was left.
        """
        await self._drain.keep(provider)

    async def status(self, *, answer_seconds: float | None = None) -> VaultStatus:
        """What each provider holds and how it is, and how far every object is from its loss.

        A provider that is asked for longer than ``answer_seconds`` counts as away.
        """
        return await status(self._outside, await look_around(self._outside, answer_seconds=answer_seconds))

    async def where(self, object_id: ObjectId) -> tuple[Whereabouts, ...]:
        """Where each fragment of an object lies, in index order.

        Raises:
            ObjectMissing: there is no such object.
        """
        return await where(self._outside, object_id)
