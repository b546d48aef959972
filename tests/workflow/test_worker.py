"""The worker as it runs: it finds what waits, publishes it through the durable engine, and gives up aloud."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reelm.base import AccountId, ClipId
from reelm.clips import ClipState, PublishStep
from reelm.workflows.publish.steps import FAULT
from support.media import footage
from support.media.playlists import screen
from support.realm.realms import Stage, look, staged, viewer

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@contextmanager
def worker(data: Path) -> Iterator[None]:
    """The worker process alone, for as long as the block lasts."""
    (data / "run").mkdir(exist_ok=True)
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    with (data / "worker.log").open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - the product itself
            [sys.executable, "-P", "-m", "reelm.app.worker", "--data", str(data)],
            stdout=output,
            stderr=output,
            env={**variables, "PYTHONPATH": str(ROOT / "src")},
        )
    try:
        yield
        process.terminate()
        assert process.wait(20) == 0, (data / "worker.log").read_text()
    finally:
        process.kill()
        process.wait()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        await asyncio.sleep(0.05)


async def are_done(stage: Stage, owner: AccountId, count: int) -> bool:
    async with stage.realm.database.read() as tx:
        page = await stage.realm.clips.by_author(tx, "ann", owner)
    steps = [(await stage.progress(clip.id, owner)).step for clip in page.clips]
    return steps == [PublishStep.DONE] * count


async def is_at(stage: Stage, clip_id: ClipId, owner: AccountId, step: PublishStep) -> bool:
    return (await stage.progress(clip_id, owner)).step is step


async def is_playable(stage: Stage, clip_id: ClipId, owner: AccountId) -> bool:
    return (await stage.progress(clip_id, owner)).is_playable


async def shows(stage: Stage, handle: str, clips: int, likes: int) -> bool:
    async with stage.realm.database.read() as tx:
        profile = await stage.realm.people.profile(tx, handle, None)
    return (profile.clip_count, profile.like_count) == (clips, likes)


async def test_a_profile_shows_its_clips_and_likes_once_the_worker_has_followed_the_log(data: Path) -> None:
    async with staged(data) as stage:
        ann, ben = await stage.person("ann"), await stage.person("ben")
        clip = await stage.clip(ann, await asyncio.to_thread(footage.clip, seconds=0.6))
        async with stage.realm.database.write() as tx:
            await stage.realm.clips.reactions.like(tx, clip.id, ben)
        assert await shows(stage, "ann", 0, 0)
        with worker(data):
            await until(lambda: shows(stage, "ann", 1, 1))
            async with stage.realm.database.write() as tx:
                await stage.realm.clips.reactions.unlike(tx, clip.id, ben)
            await until(lambda: shows(stage, "ann", 1, 0))


async def test_what_waits_and_what_is_posted_meanwhile_is_published(data: Path) -> None:
    async with staged(data) as stage:
        ann = await stage.person("ann")
        clips = [await stage.post(ann, footage.clip(seconds=0.6))]
        with worker(data):
            clips.append(await stage.post(ann, footage.clip(size="720x1280", seconds=0.4)))
            await until(lambda: are_done(stage, ann, 2))
        assert [len(await screen(viewer(stage), clip.id)) for clip in clips] == [1, 2]
        world = await look(stage)
        world.check()
        assert world.spooled == ()


async def test_a_worker_that_is_stopped_amid_a_story_goes_on_with_it_at_its_next_start(data: Path) -> None:
    async with staged(data) as stage:
        ann = await stage.person("ann")
        clip = await stage.post(ann, footage.clip(size="720x1280", seconds=1.0))
        with worker(data):
            await until(lambda: is_playable(stage, clip.id, ann))
        with worker(data):
            await until(lambda: is_at(stage, clip.id, ann, PublishStep.DONE))
        assert len(await screen(viewer(stage), clip.id)) == 2
        (await look(stage)).check()


async def test_a_story_that_breaks_unexpectedly_is_told_to_the_creator_and_can_be_retried(data: Path) -> None:
    async with staged(data) as stage:
        ann = await stage.person("ann")
        clip = await stage.post(ann, footage.clip(seconds=0.6))
        async with stage.realm.database.read() as tx:
            (waiting,) = await stage.realm.clips.publishing.due(tx, 10)
        obstacle = data / "spool" / f"{waiting.upload_id}.work"
        obstacle.write_text("a file where a folder should be made")
        with worker(data):
            await until(lambda: is_at(stage, clip.id, ann, PublishStep.FAILED))
            seen = await stage.see(clip.id, ann)
            assert seen.state is ClipState.FAILED
            assert seen.failure is not None
            assert (seen.failure.code, seen.failure.detail) == ("publish.fault", FAULT)
            obstacle.unlink()
            async with stage.realm.database.write() as tx:
                await stage.realm.clips.publishing.retry(tx, clip.id, ann)
            await until(lambda: is_at(stage, clip.id, ann, PublishStep.DONE))
        assert len(await screen(viewer(stage), clip.id)) == 1
        (await look(stage)).check()
