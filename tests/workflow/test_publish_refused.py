"""What a creator is told when a clip cannot be published, and what a retry does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reelm.base import AccountId, ClipId, UploadId
from reelm.clips import ClipState, PublishStep
from reelm.workflows import Json, Run
from reelm.workflows.operate import tidy
from reelm.workflows.publish import abandon, publish, remove
from reelm.workflows.publish.steps import FAULT
from support.machine.runs import Before
from support.media import footage
from support.media.playlists import screen
from support.realm.inline_jobs import InlineJobs
from support.realm.realms import Stage, look, viewer

pytestmark = pytest.mark.slow


async def retry(stage: Stage, clip_id: ClipId, owner: AccountId) -> None:
    async with stage.realm.database.write() as tx:
        await stage.realm.clips.publishing.retry(tx, clip_id, owner)


@contextmanager
def away(data: Path, *numbers: int) -> Iterator[None]:
    """Some store folders are not mounted."""
    places = [data / "stores" / str(number) for number in numbers]
    for place in places:
        place.rename(place.with_suffix(".away"))
    try:
        yield
    finally:
        for place in places:
            place.with_suffix(".away").rename(place)


@contextmanager
def misplaced(path: Path) -> Iterator[None]:
    elsewhere = path.with_suffix(".elsewhere")
    path.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(path)


class Noted:
    """A run that notes the names of its steps."""

    def __init__(self, run: Run, steps: list[str]) -> None:
        self._run = run
        self._steps = steps

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        self._steps.append(name)
        return await self._run.step(name, action)


def lose(path: Path) -> Callable[[], Awaitable[None]]:
    """Something that moves a file out of the way."""

    async def happening() -> None:
        await asyncio.to_thread(path.rename, path.with_suffix(".elsewhere"))

    return happening


async def upload_of(stage: Stage) -> UploadId:
    async with stage.realm.database.read() as tx:
        (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
    return waiting.upload_id


async def test_a_source_that_vanished_is_told_in_plain_words_and_leaves_nothing_stored(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))
    stage.realm.media.spool.discard(await upload_of(stage))
    await stage.publish()
    seen = await stage.see(made.id, ann)
    assert seen.state is ClipState.FAILED
    assert seen.failure is not None
    assert seen.failure.code == "media.upload-missing"
    assert "Send it again" in seen.failure.detail
    assert (await stage.progress(made.id, ann)).step is PublishStep.FAILED
    world = await look(stage)
    world.check()
    assert (world.objects, world.spooled) == ({}, ())


async def test_retry_publishes_what_failed_once_its_cause_is_gone(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))
    with misplaced(stage.realm.media.spool.source(await upload_of(stage))):
        await stage.publish()
    assert (await stage.see(made.id, ann)).state is ClipState.FAILED
    await retry(stage, made.id, ann)
    seen = await stage.see(made.id, ann)
    assert (seen.state, seen.failure) == (ClipState.PROCESSING, None)
    await stage.publish()
    assert (await stage.see(made.id)).state is ClipState.VISIBLE
    assert len(await screen(viewer(stage), made.id)) == 1
    world = await look(stage)
    world.check()
    assert world.spooled == ()


async def test_stores_that_are_away_are_our_fault_and_a_retry_stores_once(stage: Stage) -> None:
    """Two of five away: what is stored could not survive the loss of a third, so nothing is."""
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))
    with away(stage.data, 1, 2):
        await stage.publish()
        seen = await stage.see(made.id, ann)
        assert seen.state is ClipState.FAILED
        assert seen.failure is not None
        assert seen.failure.code.startswith("vault.")
        assert seen.failure.detail == FAULT
    await retry(stage, made.id, ann)
    await stage.publish()
    assert (await stage.see(made.id)).state is ClipState.VISIBLE
    await tidy(realm=stage.realm)
    world = await look(stage)
    world.check()
    assert set(world.objects) == {f"clip/{made.id}/2/{name}" for name in ("128p", "poster", "strip")}


async def test_stores_that_come_back_within_the_patience_fail_nobody(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))

    storing = asyncio.Event()

    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        async def tell_us() -> None:
            storing.set()

        await publish(Before(run, "store first rung", tell_us), arguments, realm=stage.realm)

    stage.jobs = InlineJobs(workflows={"publish": tell})
    with away(stage.data, 1, 2):
        telling = asyncio.create_task(stage.publish())
        await storing.wait()
        await asyncio.sleep(0.5)
    await telling
    assert (await stage.see(made.id)).state is ClipState.VISIBLE
    await tidy(realm=stage.realm)
    (await look(stage)).check()


async def test_a_clip_that_lost_its_better_rungs_stays_visible_and_retry_makes_only_those(
    stage: Stage,
) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(size="720x1280", seconds=0.4, video=footage.FINE))
    steps: list[str] = []

    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        await publish(Noted(run, steps), arguments, realm=stage.realm)

    async def tell_badly(run: Run, arguments: dict[str, Json]) -> None:
        await publish(Before(run, "remaining rungs", lose(source)), arguments, realm=stage.realm)

    source = stage.realm.media.spool.source(await upload_of(stage))
    stage.jobs = InlineJobs(workflows={"publish": tell_badly})
    await stage.publish()
    seen = await stage.see(made.id)
    assert (seen.state, seen.failure) == (ClipState.VISIBLE, None), "how publishing ended is for its owner"
    assert (await stage.progress(made.id, ann)).step is PublishStep.FAILED
    (low,) = await screen(viewer(stage), made.id)

    source.with_suffix(".elsewhere").rename(source)
    await retry(stage, made.id, ann)
    stage.jobs = InlineJobs(workflows={"publish": tell})
    await stage.publish()
    more = ["sample", "remaining rungs", "store remaining rungs"]
    assert steps == ["probe", "earlier attempts", *more, "skim", "done"]
    again, high = await screen(viewer(stage), made.id)
    assert again.sealed == low.sealed
    assert (high.width, high.height) == (720, 1280)
    world = await look(stage)
    world.check()
    assert world.spooled == ()


async def test_a_retry_of_what_nobody_could_watch_leaves_nothing_of_the_first_attempt(stage: Stage) -> None:
    """The first rung was stored, but the poster was lost before the clip could be shown."""
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))
    poster = stage.realm.media.spool.workspace(await upload_of(stage)) / "first_rung" / "poster.jpg"

    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        await publish(Before(run, "playable", lose(poster)), arguments, realm=stage.realm)

    stage.jobs = InlineJobs(workflows={"publish": tell})
    with pytest.raises(FileNotFoundError):
        await stage.publish()
    async with stage.realm.database.read() as tx:
        (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
    await abandon(waiting, realm=stage.realm)
    seen = await stage.see(made.id, ann)
    assert seen.state is ClipState.FAILED
    assert seen.failure is not None
    assert (seen.failure.code, seen.failure.detail) == ("publish.fault", FAULT)

    await retry(stage, made.id, ann)
    stage.jobs = Stage(stage.realm, stage.data).jobs
    await stage.publish()
    (only,) = await screen(viewer(stage), made.id)
    assert only.frame_count > 0
    await tidy(realm=stage.realm)
    world = await look(stage)
    world.check()
    assert set(world.objects) == {f"clip/{made.id}/2/{name}" for name in ("128p", "poster", "strip")}


@pytest.mark.parametrize(
    "name",
    [
        "probe",
        "first rung",
        "store first rung",
        "playable",
        "done",
    ],
)
async def test_a_clip_removed_while_it_is_published_leaves_nothing(stage: Stage, name: str) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.4))

    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        async def take_back() -> None:
            await remove(ClipId(made.id), by=ann, realm=stage.realm)

        await publish(Before(run, name, take_back), arguments, realm=stage.realm)

    stage.jobs = InlineJobs(workflows={"publish": tell})
    await stage.publish()
    await tidy(realm=stage.realm)
    world = await look(stage)
    world.check()
    assert (world.objects, world.files, world.spooled) == ({}, frozenset(), ())
    async with stage.realm.database.read() as tx:
        assert await stage.realm.clips.publishing.due(tx, 10) == ()


async def test_abandoning_a_story_that_ended_well_changes_nothing(stage: Stage) -> None:
    """A worker may look at the very moment in which a story ends."""
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.4))
    async with stage.realm.database.read() as tx:
        (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
    await stage.publish()
    await abandon(waiting, realm=stage.realm)
    assert (await stage.progress(made.id, ann)).step is PublishStep.DONE
    assert (await stage.see(made.id)).state is ClipState.VISIBLE
