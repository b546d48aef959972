"""The process ends anywhere in ``publish``; the next one finishes the story, once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from reelm.base import AccountId, ClipId, Database, Tx
from reelm.clips import ClipState, PublishStep
from reelm.media import Rung
from reelm.workflows import Job, Json, Run
from reelm.workflows.publish import publish, publish_job
from support.media import footage
from support.media.playlists import screen
from support.realm.inline_jobs import InlineJobs
from support.realm.realms import Stage, look, staged, viewer

pytestmark = pytest.mark.slow

# In the order in which a clip goes through them whose picture is copied first.
STEPS = (
    "probe",
    "first rung",
    "store first rung",
    "playable",
    "sample",
    "remaining rungs",
    "store remaining rungs",
    "skim",
    "done",
)
AV1_STEPS = ("ladder is whole", "AV1 rung", "store AV1 rung")
MOMENTS = ("before", "unrecorded")
# One rung makes seven writes when it is quick; the later numbers are for a machine that is slow to encode.
WRITES = range(1, 10)


class Killed(BaseException):
    """The process is gone at this line; nothing may catch it."""


class CutOff:
    """A run that ends the process before the named step, or after its action and before its record."""

    def __init__(self, run: Run, name: str, moment: str) -> None:
        self._run = run
        self._name = name
        self._moment = moment

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        async def unrecorded() -> Json:
            await action()
            raise Killed

        if name != self._name:
            return await self._run.step(name, action)
        if self._moment == "before":
            raise Killed
        return await self._run.step(name, unrecorded)


class CutOffDatabase(Database):
    """Records that end the process at the n-th write: before it begins, or once it is durable."""

    def __init__(self, database: Database, number: int, moment: str) -> None:
        super().__init__(database.engine)
        self._left = number
        self._moment = moment
        self.has_cut = False

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        self._left -= 1
        is_it = self._left == 0
        if is_it and self._moment == "before":
            self.has_cut = True
            raise Killed
        async with super().write() as tx:
            yield tx
        if is_it:
            self.has_cut = True
            raise Killed


@dataclass
class Attempt:
    """A clip that waits, and an engine that remembers steps across processes."""

    data: Path
    owner: AccountId
    clip_id: ClipId
    job: Job
    jobs: InlineJobs
    stage: Stage | None = None
    cut: tuple[str, str] | None = None

    async def tell(self, run: Run, arguments: dict[str, Json]) -> None:
        assert self.stage is not None
        await publish(CutOff(run, *self.cut) if self.cut else run, arguments, realm=self.stage.realm)

    async def finish(self, *, rung_count: int) -> None:
        """What the next process does, and what everyone must find after it."""
        self.cut = None
        async with staged(self.data) as self.stage:
            await self.jobs.start(self.job)
            assert (await self.stage.see(self.clip_id)).state is ClipState.VISIBLE
            assert (await self.stage.progress(self.clip_id, self.owner)).step is PublishStep.DONE
            screened = await screen(viewer(self.stage), self.clip_id)
            assert len(screened) == rung_count
            looks = {(each.width, each.height, b"av01" in each.plain[0]) for each in screened}
            assert len(looks) == rung_count
            world = await look(self.stage)
            world.check()
            kept = {name for name in world.objects if not name.endswith(f"/{Rung.REMUXED}")}
            assert len(kept) == rung_count + 2
            assert world.spooled == ()
            async with self.stage.realm.database.read() as tx:
                assert await self.stage.realm.clips.publishing.due(tx, 10) == ()


async def begin(data: Path, source: Path) -> Attempt:
    async with staged(data) as stage:
        ann = await stage.person("ann")
        made = await stage.post(ann, source)
        async with stage.realm.database.read() as tx:
            (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
    attempt = Attempt(data, ann, made.id, publish_job(waiting), InlineJobs(workflows={}))
    attempt.jobs = InlineJobs(workflows={"publish": attempt.tell})
    return attempt


async def cut_off_at_step(data: Path, name: str, moment: str, *, rung_count: int = 2) -> None:
    attempt = await begin(data, footage.clip(size="720x1280", seconds=0.4))
    attempt.cut = (name, moment)
    async with staged(data) as attempt.stage:
        with pytest.raises(Killed):
            await attempt.jobs.start(attempt.job)
    await attempt.finish(rung_count=rung_count)


async def test_a_story_cut_off_between_storing_and_its_record_is_finished_once(data: Path) -> None:
    await cut_off_at_step(data, "store first rung", "unrecorded")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", STEPS)
async def test_a_story_cut_off_at_any_step_is_finished_once(data: Path, name: str, moment: str) -> None:
    await cut_off_at_step(data, name, moment)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", AV1_STEPS)
async def test_a_story_with_av1_is_finished_once_too(data: Path, name: str, moment: str) -> None:
    (data / "settings.toml").write_text('av1 = "on"\n')
    await cut_off_at_step(data, name, moment, rung_count=3)


async def test_a_story_that_began_with_av1_ends_with_it_whatever_the_settings_say_now(data: Path) -> None:
    (data / "settings.toml").write_text('av1 = "on"\n')
    attempt = await begin(data, footage.clip(size="720x1280", seconds=0.4))
    attempt.cut = ("AV1 rung", "unrecorded")
    async with staged(data) as attempt.stage:
        with pytest.raises(Killed):
            await attempt.jobs.start(attempt.job)
    (data / "settings.toml").unlink()
    await attempt.finish(rung_count=3)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", WRITES)
async def test_a_story_cut_off_at_any_write_is_finished_once(data: Path, number: int, moment: str) -> None:
    """Between two writes lies everything a step does: encoding, storing in the vault, announcing."""
    attempt = await begin(data, footage.clip(seconds=0.4))
    async with staged(data) as stage:
        records = CutOffDatabase(stage.realm.database, number, moment)
        attempt.stage = Stage(replace(stage.realm, database=records), data)
        try:
            await attempt.jobs.start(attempt.job)
        except Killed:
            assert records.has_cut
    await attempt.finish(rung_count=1)


async def test_a_story_cut_off_again_and_again_is_finished_once(data: Path) -> None:
    attempt = await begin(data, footage.clip(size="720x1280", seconds=0.4))
    for name in STEPS:
        for moment in MOMENTS:
            attempt.cut = (name, moment)
            async with staged(data) as attempt.stage:
                with pytest.raises(Killed):
                    await attempt.jobs.start(attempt.job)
    await attempt.finish(rung_count=2)
