"""Drain a provider without losing anything, and without ever relying on it more than before.

::

    active ──▶ no-new ──▶ draining ──▶ verified ──▶ deleted ──▶ withdrawn
      ▲          │            │            │
      └──────────┴── keep ────┴────────────┘

| stage | what happens | and on when |
|---|---|---|
| active | nothing moves; is there room elsewhere? | every kind of object has places without it |
| no-new | puts choose other places; those that began end, or are swept | no intent names it |
| draining | fragments are copied, or rebuilt, and read back at their new places | none is left |
| verified | each former copy is deleted, its fragment looked at once more | nothing is owed there |
| deleted | nothing of the realm lies there | at once |
| withdrawn | its store may leave the manifest, its credentials be revoked | |

A hostile exit neither reads nor writes nor deletes there: every fragment is rebuilt from the others, and the
copies it may keep stay in the history for as long as their objects live. Each step is one commit; a crash
leaves a stage, and the next call goes on from it.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from reelm.base import ObjectId, Tx
from reelm.vault import store as db
from reelm.vault.environment import VaultEnvironment
from reelm.vault.errors import ProviderUnknown, TooFewPlaces, WrongStage
from reelm.vault.model import ProviderId, ProviderPlace, Stage
from reelm.vault.placement import choose_places, fragments_per_group, within
from reelm.vault.repair import Repair, RepairReport
from reelm.vault.snapshot import ProviderSnapshot, probe_providers
from reelm.vault.store import PlacementNeed, ProviderRecord, Tally

_Condition = Callable[[Tx, ProviderId], Awaitable[bool]]

_LIMIT = 100


@dataclass(frozen=True, slots=True)
class DrainReport:
    """The progress of leaving a provider.

    Attributes:
        provider: who is left.
        stage: where it stands after this call.
        is_hostile: left without a request to it.
        fragments_left: still to be moved.
        intents_open: puts that name it and did not end yet.
        moved: fragments that lie elsewhere now; like the next three, from the beginning of the drain.
        rebuilt: those of them that were made again from others instead of copied.
        bytes_moved: written elsewhere.
        copies_deleted: former copies that are gone.
        copies_left: former copies it still has, or, after a hostile exit, may keep for good.
        waiting: fragments and copies that cannot be dealt with now, or could not a few minutes ago.
        stuck: objects that ``Vault.renew`` must store anew first.
        problems: what was in the way of this call, for people.
    """

    provider: ProviderId
    stage: Stage
    is_hostile: bool
    fragments_left: int
    intents_open: int
    moved: int
    rebuilt: int
    bytes_moved: int
    copies_deleted: int
    copies_left: int
    waiting: int = 0
    stuck: tuple[ObjectId, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Return whether the provider was left."""
        return self.stage is Stage.WITHDRAWN


class Drain:
    """Takes a provider through its stages, a bounded amount of work per call."""

    def __init__(self, environment: VaultEnvironment, repair: Repair) -> None:
        self._environment = environment
        self._repair = repair

    async def run(
        self, provider: ProviderId, *, is_hostile: bool = False, limit: int = _LIMIT
    ) -> DrainReport:
        """Go a step further in leaving a provider; repeat until the report that it returns ``is_finished``.

        Args:
            provider: who is left.
            is_hostile: without another request to it; what it keeps it keeps.
            limit: fragments moved, and copies deleted, per call.

        Raises:
            ProviderUnknown: there never was such a provider.
            TooFewPlaces: the others have no room for what must be kept; nothing was changed.
        """
        await self._begin(provider, is_hostile=is_hostile)
        work = RepairReport()
        while True:
            found = await self._find(provider)
            if found.stage is Stage.WITHDRAWN or not await self._step(found, work, limit):
                return await self._report(provider, work)

    async def keep(self, provider: ProviderId) -> None:
        """Stay with a provider after all; what was moved stays where it is now.

        Raises:
            ProviderUnknown: there never was such a provider.
            WrongStage: all of its copies are deleted already.
        """
        async with self._environment.database.write() as tx:
            found = _known(await db.find_provider(tx, provider), provider)
            if found.stage in {Stage.DELETED, Stage.WITHDRAWN}:
                raise WrongStage(
                    f"{provider} was left already: nothing of the realm lies there any more. Nothing was "
                    "changed. Enrol it again under another name."
                )
            await db.set_stage(tx, provider, Stage.ACTIVE, at=self._environment.clock.now(), is_hostile=False)

    async def report(self, provider: ProviderId) -> DrainReport:
        """Return how far it is, with nothing done.

        Raises:
            ProviderUnknown: there never was such a provider.
        """
        return await self._report(provider, RepairReport())

    async def _begin(self, provider: ProviderId, *, is_hostile: bool) -> None:
        """Close the provider for new fragments, if all there is has room elsewhere; or only turn hostile."""
        snapshot = await probe_providers(self._environment)
        async with self._environment.database.write() as tx:
            found = _known(await db.find_provider(tx, provider), provider)
            now = self._environment.clock.now()
            if found.stage is Stage.ACTIVE:
                config = self._environment.config
                needs = {PlacementNeed(config.k, config.n, None), *await db.needs_at(tx, provider)}
                check_room(needs, provider, await snapshot.refreshed(tx))
                await db.set_stage(tx, provider, Stage.NO_NEW, at=now, is_hostile=is_hostile, tally=Tally())
            elif is_hostile and found.stage is not Stage.WITHDRAWN:
                await db.set_stage(tx, provider, found.stage, at=now, is_hostile=True)

    async def _step(self, found: ProviderRecord, work: RepairReport, limit: int) -> bool:
        """Work at one stage; return whether the next was reached."""
        provider, snapshot = found.place.provider, await probe_providers(self._environment)
        await self._repair.leases.release_expired(limit)
        match found.stage:
            case Stage.NO_NEW:
                return await self._advance(found, Stage.DRAINING, _nothing_comes)
            case Stage.DRAINING:
                await self._repair.leave(provider, snapshot, work, limit=limit)
                return await self._advance(found, Stage.VERIFIED, _nothing_lies_there)
            case Stage.VERIFIED if found.is_hostile:
                return await self._advance(found, Stage.DELETED, _nothing_lies_there)
            case Stage.VERIFIED:
                await self._repair.clear([provider], snapshot, work, limit=limit)
                return await self._advance(found, Stage.DELETED, _nothing_is_owed)
            case _:
                return await self._advance(found, Stage.WITHDRAWN, _nothing_lies_there)

    async def _advance(self, found: ProviderRecord, to: Stage, is_ready: _Condition) -> bool:
        """Enter the next stage; return False when it is not ready or another process changed the stage."""
        provider = found.place.provider
        async with self._environment.database.write() as tx:
            now = _known(await db.find_provider(tx, provider), provider)
            has_changed = (now.stage, now.is_hostile) != (found.stage, found.is_hostile)
            if has_changed or not await is_ready(tx, provider):
                return False
            await db.set_stage(tx, provider, to, at=self._environment.clock.now())
        return True

    async def _find(self, provider: ProviderId) -> ProviderRecord:
        async with self._environment.database.read() as tx:
            return _known(await db.find_provider(tx, provider), provider)

    async def _report(self, provider: ProviderId, work: RepairReport) -> DrainReport:
        async with self._environment.database.read() as tx:
            found = _known(await db.find_provider(tx, provider), provider)
            tally = found.tally
            return DrainReport(
                provider=provider,
                stage=found.stage,
                is_hostile=found.is_hostile,
                fragments_left=await db.count_held(tx, provider),
                intents_open=await db.open_intents(tx, provider),
                moved=tally.moved,
                rebuilt=tally.rebuilt,
                bytes_moved=tally.bytes_moved,
                copies_deleted=tally.copies_deleted,
                copies_left=await db.count_owed(tx, provider),
                waiting=work.waiting,
                stuck=tuple(sorted(work.stuck)),
                problems=tuple(work.problems),
            )


def check_room(needs: Iterable[PlacementNeed], leaving: ProviderId, snapshot: ProviderSnapshot) -> None:
    """Refuse to leave a provider that the others cannot replace.

    Raises:
        TooFewPlaces: says how many stores are missing, and in which countries.
    """
    rest = [
        place
        for provider, place in snapshot.places.items()
        if provider != leaving and snapshot.stage(provider) is Stage.ACTIVE
    ]
    for need in needs:
        missing = stores_missing(rest, need)
        if missing:
            countries = "any country" if need.residency is None else " or ".join(sorted(need.residency))
            shared = ", ".join(sorted({group for place in rest for group in place.groups}))
            raise TooFewPlaces(
                f"Without {leaving}, {need.n} fragments with at most "
                f"{fragments_per_group(need.k, need.n)} at any one provider, company or site do not fit any "
                f"more. Nothing was changed. Add {missing} "
                f"more {'store' if missing == 1 else 'stores'} in {countries}, each at a provider, company "
                f"and site of its own{f' (not {shared})' if shared else ''}.",
                stores_missing=missing,
            )


def stores_missing(rest: Sequence[ProviderPlace], need: PlacementNeed) -> int:
    """Return how many more independent stores an object would need beside these."""
    country = "ZZ" if need.residency is None else min(need.residency, default="ZZ")
    allowed = list(within(rest, need.residency))
    for missing in range(need.n + 1):
        more = [ProviderPlace(ProviderId(f"missing-{number}"), country=country) for number in range(missing)]
        with suppress(TooFewPlaces):
            choose_places([*allowed, *more], k=need.k, n=need.n, order=range(len(allowed) + missing))
            return missing
    return need.n


async def _nothing_comes(tx: Tx, provider: ProviderId) -> bool:
    return not await db.open_intents(tx, provider)


async def _nothing_lies_there(tx: Tx, provider: ProviderId) -> bool:
    coming = await db.open_intents(tx, provider) + await db.count_moves_to(tx, provider)
    return not coming + await db.count_held(tx, provider)


async def _nothing_is_owed(tx: Tx, provider: ProviderId) -> bool:
    owed = await db.count_owed(tx, provider) + await db.open_deletions(tx, provider)
    return not owed and await _nothing_lies_there(tx, provider)


def _known(found: ProviderRecord | None, provider: ProviderId) -> ProviderRecord:
    if found is None:
        raise ProviderUnknown(f"There is no provider {provider}, and never was one. Nothing was changed.")
    return found
