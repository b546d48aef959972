"""Posting a clip, told from the file to the screen."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import av
import pytest

from reelm.base import ClipId
from reelm.clips import ClipState, Progress, PublishStep
from reelm.feed import Tab
from reelm.workflows import Json, Run
from reelm.workflows.operate import tidy
from reelm.workflows.publish import publish, publish_job
from reelm.workflows.watch import poster, unseal
from support.machine.determinism import ManualClock
from support.media import footage
from support.media.playlists import Screened, screen
from support.realm.inline_jobs import InlineJobs
from support.realm.realms import Stage, look, viewer

pytestmark = pytest.mark.slow

TWO_RUNGS: dict[str, Any] = {"size": "720x1280", "seconds": 0.5, "video": footage.FINE}


class Watched:
    """A run that looks at the clip before and after each step."""

    def __init__(self, run: Run, look_at: Callable[[str], Awaitable[None]]) -> None:
        self._run = run
        self._look_at = look_at

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        async def watched() -> Json:
            await self._look_at(f"before {name}")
            result = await action()
            await self._look_at(f"after {name}")
            return result

        return await self._run.step(name, watched)


async def grows(stage: Stage, clip_id: ClipId) -> bool:
    """Whether the clip's playlist says that more will join it."""
    return b"reelm.is-growing" in await viewer(stage)(f"/hls/{clip_id}/master.m3u8")


async def test_a_posted_clip_plays_for_everyone_with_picture_sound_and_poster(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.clip(ann, footage.clip(seconds=1.5), "Hello #first")
    assert made.state is ClipState.VISIBLE
    assert made.tags == ("first",)
    (only,) = await screen(viewer(stage), made.id)
    assert only.seconds == pytest.approx(1.5, abs=0.1)
    assert only.promised_seconds == pytest.approx(1.5, abs=0.1)
    assert only.sound_count > 0
    assert (only.width, only.height) == (128, 228)
    async with stage.realm.database.read() as tx:
        picture = await unseal(await poster(tx, made.id, viewer=None, realm=stage.realm), realm=stage.realm)
        page = await stage.realm.feed.page(tx, tab=Tab.FOR_YOU, viewer=None, cursor=None)
    assert picture.startswith(b"\xff\xd8")
    assert [clip.id for clip in page.clips] == [made.id]
    world = await look(stage)
    world.check()
    assert set(world.objects) == {f"clip/{made.id}/1/{name}" for name in ("128p", "poster", "strip")}
    assert world.spooled == ()


async def test_a_clip_is_playable_before_its_other_rungs_are_made(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(**TWO_RUNGS))
    seen: dict[str, Progress] = {}
    rungs: dict[str, int] = {}
    growing: dict[str, bool] = {}

    async def look_at(moment: str) -> None:
        seen[moment] = await stage.progress(made.id, ann)
        if seen[moment].is_playable:
            rungs[moment] = len(await screen(viewer(stage), made.id))
            growing[moment] = await grows(stage, made.id)

    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        await publish(Watched(run, look_at), arguments, realm=stage.realm)

    stage.jobs = InlineJobs(workflows={"publish": tell})
    await stage.publish()
    assert [moment for moment in seen if moment.startswith("before")] == [
        "before probe",
        "before sample",
        "before first rung",
        "before store first rung",
        "before playable",
        "before remaining rungs",
        "before store remaining rungs",
        "before skim",
        "before done",
    ]
    assert seen["before probe"] == Progress(PublishStep.PREPARING, 0.0, is_playable=False, failure=None)
    assert not seen["after store first rung"].is_playable
    assert seen["after playable"].step is PublishStep.LIVE
    assert seen["after remaining rungs"].step is PublishStep.IMPROVING
    assert rungs["before remaining rungs"] == 1
    assert growing.popitem() == ("after done", False)
    assert all(growing.values())
    assert rungs["after store remaining rungs"] == 2
    assert seen["after done"] == Progress(PublishStep.DONE, 1.0, is_playable=True, failure=None)
    assert (await look(stage)).spooled == ()


async def test_a_source_that_players_can_take_plays_as_it_is_until_the_ladder_is_there(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(size="720x1280", seconds=0.5))
    seen: dict[str, list[Screened]] = {}

    async def look_at(moment: str) -> None:
        if (await stage.progress(made.id, ann)).is_playable:
            seen[moment] = await screen(viewer(stage), made.id)

    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        await publish(Watched(run, look_at), arguments, realm=stage.realm)

    stage.jobs = InlineJobs(workflows={"publish": tell})
    await stage.publish()
    (source,) = seen["before remaining rungs"]
    assert (source.width, source.height) == (720, 1280)
    assert source.sound_count > 0
    assert source in seen["after store remaining rungs"]
    assert len(seen["after store remaining rungs"]) == 3
    assert [each.width for each in await screen(viewer(stage), made.id)] == [480, 720]


async def test_a_remuxed_rung_serves_who_plays_it_for_an_hour_and_is_then_deleted(
    timed: Stage, clock: ManualClock
) -> None:
    ann = await timed.person("ann")
    made = await timed.clip(ann, footage.clip(size="720x1280", seconds=0.5))
    await tidy(realm=timed.realm)
    assert f"clip/{made.id}/1/source" in (await look(timed)).objects
    clock.advance(2 * 3600)
    await tidy(realm=timed.realm)
    world = await look(timed)
    world.check()
    assert set(world.objects) == {f"clip/{made.id}/1/{name}" for name in ("480p", "720p", "poster", "strip")}
    assert len(await screen(viewer(timed), made.id)) == 2


async def test_every_rung_shows_the_whole_clip_and_the_poster_is_as_large_as_it(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.clip(ann, footage.clip(**TWO_RUNGS))
    low, high = await screen(viewer(stage), made.id)
    assert (low.width, low.height) == (480, 854)
    assert (high.width, high.height) == (720, 1280)
    for each in (low, high):
        assert each.seconds == pytest.approx(0.5, abs=0.1)
        assert each.sound_count > 0
    assert low.plain != high.plain
    (await look(stage)).check()


async def test_a_silent_clip_has_a_poster_that_opens(stage: Stage, tmp_path: Path) -> None:
    ann = await stage.person("ann")
    made = await stage.clip(ann, footage.clip(audio=None, seconds=0.6))
    (only,) = await screen(viewer(stage), made.id)
    assert only.sound_count == 0
    async with stage.realm.database.read() as tx:
        picture = await unseal(await poster(tx, made.id, viewer=None, realm=stage.realm), realm=stage.realm)
    still = tmp_path / "poster.jpg"
    still.write_bytes(picture)
    with av.open(str(still), mode="r") as container:
        frame = next(container.decode(video=0))
    assert frame.width / frame.height == pytest.approx(128 / 228, rel=0.02)


async def test_posting_an_upload_twice_makes_one_clip(stage: Stage) -> None:
    ann = await stage.person("ann")
    sent = await stage.upload(ann, footage.clip(seconds=0.6))
    first = await stage.post_upload(ann, sent.id, "first words")
    again = await stage.post_upload(ann, sent.id, "other words")
    assert again.id == first.id
    assert again.caption == "first words"
    await stage.publish()
    late = await stage.post_upload(ann, sent.id, "very late words")
    assert late.id == first.id
    assert late.state is ClipState.VISIBLE
    (await look(stage)).check()


async def test_starting_a_job_twice_publishes_once(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))
    async with stage.realm.database.read() as tx:
        (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
    await stage.jobs.start(publish_job(waiting))
    before = await look(stage)
    await stage.jobs.start(publish_job(waiting))
    assert await look(stage) == before
    assert (await stage.see(ClipId(made.id))).state is ClipState.VISIBLE
