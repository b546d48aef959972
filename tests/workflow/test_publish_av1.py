"""Where the operator wants AV1, clips get a rung of it, after everything else and for nobody's loss."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reelm.base import ClipId
from reelm.clips import PublishStep
from reelm.workflows import Json, Run
from reelm.workflows.publish import publish
from support.media import footage
from support.media.playlists import variants
from support.realm.inline_jobs import InlineJobs
from support.realm.realms import Stage, look, staged, viewer

pytestmark = pytest.mark.slow

LookAt = Callable[[str], Awaitable[None]]


@pytest.fixture
async def wanting(data: Path) -> AsyncIterator[Stage]:
    """A realm whose operator wants AV1."""
    (data / "settings.toml").write_text('av1 = "on"\n')
    async with staged(data) as opened:
        yield opened


@dataclass
class Told:
    """A run that notes its steps, and lets a test look before each."""

    run: Run
    before: LookAt
    steps: list[str] = field(default_factory=list)

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        self.steps.append(name)
        await self.before(name)
        return await self.run.step(name, action)


async def tell(stage: Stage, before: LookAt) -> list[str]:
    """Publish what waits; the names of its steps."""
    told: list[Told] = []

    async def story(run: Run, arguments: dict[str, Json]) -> None:
        told.append(Told(run, before))
        await publish(told[-1], arguments, realm=stage.realm)

    stage.jobs = InlineJobs(workflows={"publish": story})
    await stage.publish()
    return told[-1].steps


async def master(stage: Stage, clip_id: ClipId) -> str:
    return (await viewer(stage)(f"/hls/{clip_id}/master.m3u8")).decode()


def codecs(playlist: str) -> list[str]:
    """How each rendition's picture is coded."""
    return sorted(line.split('CODECS="')[1][:4] for line in playlist.splitlines() if "CODECS=" in line)


async def test_it_comes_when_the_ladder_is_whole_and_the_source_has_retired(wanting: Stage) -> None:
    ann = await wanting.person("ann")
    made = await wanting.post(ann, footage.clip(size="720x1280", seconds=0.5))
    offered: dict[str, str] = {}

    async def before(name: str) -> None:
        if (await wanting.progress(made.id, ann)).is_playable:
            offered[name] = await master(wanting, made.id)

    steps = await tell(wanting, before)
    assert steps[-5:] == ["skim", "ladder is whole", "AV1 rung", "store AV1 rung", "done"]
    assert len(variants(offered["ladder is whole"])) == 3, "the source and both rungs"
    assert codecs(offered["AV1 rung"]) == ["avc1", "avc1"]
    assert codecs(await master(wanting, made.id)) == ["av01", "avc1", "avc1"]
    assert "is-growing" in offered["done"]
    assert (await wanting.progress(made.id, ann)).step is PublishStep.DONE
    world = await look(wanting)
    world.check()
    assert world.spooled == ()


async def test_a_clip_is_whole_without_it_when_it_cannot_be_made(wanting: Stage) -> None:
    ann = await wanting.person("ann")
    made = await wanting.post(ann, footage.clip(size="720x1280", seconds=0.5, video=footage.FINE))

    async def before(name: str) -> None:
        if name == "AV1 rung":
            (source,) = (wanting.data / "spool").glob("*.source")
            source.write_bytes(b"no video any more")

    await tell(wanting, before)
    assert codecs(await master(wanting, made.id)) == ["avc1", "avc1"]
    progress = await wanting.progress(made.id, ann)
    assert (progress.step, progress.failure) == (PublishStep.DONE, None)
    assert (await look(wanting)).spooled == ()


async def test_small_clips_are_published_as_ever(wanting: Stage) -> None:
    ann = await wanting.person("ann")
    made = await wanting.clip(ann, footage.clip(seconds=0.5))
    assert codecs(await master(wanting, made.id)) == ["avc1"]
