"""One schedule from its seed: a world, its troubles, its callers, the recovery, and the reckoning."""

import asyncio
import gc
import random  # noqa: TID251 - seeded, so that a failure replays
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from structlog.testing import capture_logs

from reelm.base import ObjectId
from reelm.vault import NotEnoughFragments, ObjectMissing, ProviderId, ProviderPlace, VaultConfig
from reelm.vault.placement import Residency
from support.vault.campaign.caretaker import Caretaker, all_are_whole
from support.vault.campaign.checks import (
    check_no_orphans,
    check_packs,
    check_records,
    check_stored_is_true,
    good_fragments,
    has_lost_enough,
)
from support.vault.campaign.loop import Stuck, VirtualLoop
from support.vault.campaign.model import Deletion, Model
from support.vault.campaign.process import Process, make_task
from support.vault.campaign.provider import Provider
from support.vault.campaign.records import Records
from support.vault.campaign.sabotage import Sabotage
from support.vault.campaign.trouble import Trouble
from support.vault.campaign.workload import Caller, check_too_few
from support.vault.campaign.world import Violated, World

_SHAPES = ((3, 5), (3, 5), (3, 5), (2, 3), (2, 4), (4, 6))
_COUNTRIES = ("DE", "FR", "US")
_LARGE = 0.02
_SWEEPS_MAX = 2
_QUIET_SECONDS = 100 * 86_400


@dataclass(frozen=True)
class Report:
    """How a schedule went.

    Attributes:
        failure: None when everything held.
        digest: the same for every run of the same seed.
    """

    seed: int
    failure: str | None
    digest: str
    tally: Counter[str]
    trace: list[str] = field(repr=False)

    def __str__(self) -> str:
        story = "\n".join(self.trace[-60:])
        return (
            f"seed {self.seed}: {self.failure or 'clean'}\n{story}\n"
            f"`python -m bench.fault_campaign --seed {self.seed}` replays it."
        )


_shared: list[Records] = []


def run(seed: int, *, sabotage: Sabotage | None = None) -> Report:
    """Play one schedule, with a fault planted in the vault or its stores if there is one."""
    if not _shared:
        _shared.append(Records())
    chance = random.Random(seed)
    loop = VirtualLoop(chance)
    unseen: list[str] = []
    loop.set_exception_handler(lambda _, context: unseen.append(f"{context['message']}: {context}"))
    loop.set_task_factory(make_task)  # type: ignore[arg-type] # typeshed wants names that differ
    was_collecting = gc.isenabled()
    gc.disable()  # a collection in the middle would end forgotten generators at another moment each time
    config = _config(chance)
    world = World(seed, _shared[0], config, loop, chance, sabotage)
    failure: str | None = None
    try:
        with capture_logs():
            loop.run_until_complete(Schedule(world).play())
        world.require(not unseen, f"an error was seen by nobody: {unseen[:1]}")
    except (Violated, Stuck) as error:
        failure = str(error)
        world.note(f"FAILED: {failure}")
    finally:
        _close(loop)
        if was_collecting:
            gc.enable()
    return Report(seed, failure, world.digest(), world.tally, world.trace)


def _config(chance: random.Random) -> VaultConfig:
    """Tiny chunks, so that every boundary is near; now and then objects too large to be read in one piece."""
    k, n = chance.choice(_SHAPES)
    is_large = chance.random() < _LARGE
    return VaultConfig(
        k=k,
        n=n,
        pack_below_bytes=chance.choice((0, 0, 1500, 4500)),
        pack_bytes=10_000,
        small_bytes=4096,
        small_chunk_log2=10,
        chunk_log2=16 if is_large else 12,
        window_bytes=1 << 17 if is_large else 8192,
        batch_bytes=1 << 17 if is_large else 8192,
        stall_seconds=5,
        lag_seconds=0.5,
        straggler_seconds=3,
    )


def _close(loop: asyncio.BaseEventLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    with suppress(Stuck):
        loop.run_until_complete(asyncio.wait(left, timeout=1_000) if left else asyncio.sleep(0))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


class Schedule:
    """What the seed decided, and the two processes that live through it."""

    def __init__(self, world: World) -> None:
        self.world = world
        chance = world.chance
        world.providers = self._settle()
        references = [f"clip:{number}" for number in range(chance.randint(1, 4))]
        self.residencies = {reference: self._residency() for reference in references}
        self.model = Model({reference: f"owner {chance.randint(1, 2)}" for reference in references})
        self.trouble = Trouble(
            world, unlucky=chance.choice(world.providers), is_hopeless=chance.random() < 0.15
        )

    async def play(self) -> None:
        world, chance = self.world, self.world.chance
        await world.records.reset()
        world.processes = [Process(world, f"process {number}") for number in range(chance.choice((1, 1, 2)))]
        for process in world.processes:
            await process.do(process.vault.enrol())
        troubles = [asyncio.ensure_future(self.trouble.run()) for _ in range(chance.randint(0, 4))]
        callers = [
            asyncio.ensure_future(self._call(number % len(world.processes)))
            for number in range(chance.choice((1, 2, 3)))
        ]
        callers += [asyncio.ensure_future(self._care(0)) for _ in range(chance.choice((0, 1, 1, 2)))]
        await self._watched(callers)
        for trouble in troubles:
            trouble.cancel()
        await asyncio.gather(*troubles, return_exceptions=True)
        await self._recover()

    async def _watched(self, callers: Sequence[asyncio.Future[None]]) -> None:
        done, waiting = await asyncio.wait(callers, return_when=asyncio.FIRST_EXCEPTION)
        for caller in waiting:
            caller.cancel()
        for caller in done:
            caller.result()

    def _settle(self) -> list[Provider]:
        """Who keeps fragments: folders of one machine, buckets elsewhere, or both; some belong together."""
        world, chance = self.world, self.world.chance
        count = world.config.n + chance.choice((0, 0, 1, 2))
        kind = chance.choice(("folders", "buckets", "both"))
        shares = chance.random() < 0.3 and count > world.config.n
        providers = []
        for number in range(count):
            # Two of n + 1 or more under one roof leave n groups.
            groups = frozenset({"company:one"} if shares and number < 2 else ())
            place = ProviderPlace(ProviderId(f"provider-{number}"), groups, chance.choice(_COUNTRIES))
            is_folder = kind == "folders" or (kind == "both" and chance.random() < 0.5)
            providers.append(Provider(world, place, is_folder=is_folder))
        return providers

    def _residency(self) -> Residency:
        world = self.world
        if world.chance.random() < 0.7:
            return None
        for countries in (("DE", "FR"), ("DE", "US"), ("FR", "US")):
            homes = [each.place for each in world.providers if each.place.country in countries]
            groups = {min(place.groups, default=place.provider) for place in homes}
            if len(groups) >= world.config.n:
                return frozenset(countries)
        return None

    async def _call(self, number: int) -> None:
        world = self.world
        caller = Caller(world, self.model, lambda: world.processes[number], self.residencies)
        for _ in range(world.chance.randint(2, 8)):
            await caller.act()
            await self._revive()

    def _caretaker(self, number: int) -> Caretaker:
        world = self.world
        return Caretaker(
            world, self.model, lambda: world.processes[number], self.residencies, hated=self.trouble.unlucky
        )

    async def _care(self, number: int) -> None:
        caretaker = self._caretaker(number)
        for _ in range(self.world.chance.randint(2, 8)):
            await caretaker.act()
            await self._revive()

    async def _revive(self) -> None:
        """Processes that died start again, as a supervisor does it."""
        for at, process in enumerate(self.world.processes):
            if process.is_dark:
                await process.end()
                if self.world.processes[at] is process:
                    await self._start(at)

    async def _start(self, at: int) -> None:
        world = self.world
        world.count("process: starts again", world.processes[at].name)
        world.processes[at] = fresh = Process(world, world.processes[at].name)
        await fresh.do(fresh.vault.enrol())

    async def _recover(self) -> None:
        """All troubles end, everything is started again, and what normally runs has run."""
        world = self.world
        world.note("calm")
        for provider in world.providers:
            provider.moods.clear()
        world.outage_until = 0
        for process in world.processes:
            process.survive()
        for at, process in enumerate(world.processes):
            if world.chance.random() < 0.5:
                await process.do(process.vault.close())
            process.die()
            await process.end()
            await self._start(at)
        process = world.processes[0]
        # Whatever a dead process held in the records is free again after a while, clock jumps or not.
        await asyncio.sleep(_QUIET_SECONDS)
        for provider in world.providers:
            provider.disk.write_back()
        outcome = await process.do(process.vault.compaction.run())
        world.require(outcome.error is None, f"the compaction failed: {outcome.error}")
        await self._sweep(process)
        is_whole = await self._caretaker(0).heal()
        await self._sweep(process)
        await self._reckon(process, is_whole=is_whole)

    async def _sweep(self, process: Process) -> None:
        for _ in range(_SWEEPS_MAX):
            outcome = await process.do(process.vault.sweep(intents_before=self.world.now()))
            self.world.require(outcome.error is None, f"the sweep failed: {outcome.error}")

    async def _reckon(self, process: Process, *, is_whole: bool) -> None:
        world = self.world
        if is_whole and not self.trouble.is_hopeless:
            world.require(all_are_whole(world), "nothing waits for repair, and not everything is whole")
        check_records(world, self.residencies)
        check_stored_is_true(world)
        check_no_orphans(world, self.model.known)
        rows = world.records.rows("SELECT object_id, reference, state, length_bytes FROM objects")
        is_someone_gone = any(provider.is_gone for provider in world.providers)
        stored = {}
        for object_id, reference, state, length in rows:
            world.require(
                state == "stored" or is_someone_gone, f"{object_id} is still {state} after the sweep"
            )
            if state == "stored" and reference is not None:
                stored[ObjectId(object_id)] = (reference, length)
        for object_id, reference, length in world.records.rows(
            "SELECT entry_id, reference, length_bytes FROM entries"
        ):
            stored[ObjectId(object_id)] = (reference, length)
        check_packs(world)
        for object_id, (reference, length) in stored.items():
            if object_id not in self.model.known:
                self.model.known[object_id] = self.model.find(object_id, reference, length)
        if is_whole and not self.trouble.is_hopeless and world.chance.random() < 0.5:
            self._lose_another()
        for object_id, known in self.model.known.items():
            await self._reckon_object(process, object_id, is_stored=object_id in stored)
            del known

    def _lose_another(self) -> None:
        """What was healed survives the next loss of a group like the first."""
        chosen = self.world.chance.choice(self.world.providers)
        groups = chosen.place.all_groups
        self.world.count("reckoning: another group is lost", str(chosen))
        for provider in self.world.providers:
            if provider.place.all_groups & groups:
                provider.leave()

    async def _reckon_object(self, process: Process, object_id: ObjectId, *, is_stored: bool) -> None:
        """Every object reads as it was put, unless it was deleted or more was lost than may be."""
        world, known = self.world, self.model.known[object_id]
        outcome = await process.do(process.vault.read(object_id, key=process.key(known.owner)))
        if isinstance(outcome.value, bytes):
            world.require(known.deletion is not Deletion.DONE, f"{object_id} was deleted and came back")
            known.check(outcome.value, slice(0, None))
            world.tally["reckoning: read"] += 1
            return
        if isinstance(outcome.error, ObjectMissing):
            world.require(known.deletion is not Deletion.NONE, f"{object_id} was acknowledged and is lost")
            world.require(not is_stored, f"{object_id} is in the records and cannot be found")
            world.tally["reckoning: deleted"] += 1
            return
        if not isinstance(outcome.error, NotEnoughFragments):
            raise Violated(f"the last read of {object_id} failed: {outcome.error!r}")
        good = len(good_fragments(world, object_id))
        check_too_few(outcome.error, good, good)
        world.require(
            self.trouble.is_hopeless or has_lost_enough(world, object_id),
            f"{object_id} is lost though one provider at most lost its data",
        )
        world.tally["reckoning: too few"] += 1
