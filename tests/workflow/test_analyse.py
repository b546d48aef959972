"""What is made of a clip once it plays: fingerprints, a preview strip. Whatever happens, the clip stays."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from reelm.base import ClipId
from reelm.clips import ClipRemoved, ClipState, NoSuchClip, PublishStep
from reelm.delivery import NoSuchStrip
from reelm.media import FingerprintScheme, Storyboard
from reelm.media.pdq import MARK_BYTES
from reelm.workflows import Json, Run
from reelm.workflows.operate import tidy
from reelm.workflows.publish import publish, remove
from reelm.workflows.watch import storyboard, unseal
from support.machine.runs import Before
from support.media import footage
from support.media.playlists import screen
from support.realm.inline_jobs import InlineJobs
from support.realm.realms import Stage, look, viewer

pytestmark = pytest.mark.slow


async def publish_with(stage: Stage, name: str, happening: Callable[[], Awaitable[None]]) -> None:
    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        await publish(Before(run, name, happening), arguments, realm=stage.realm)

    stage.jobs = InlineJobs(workflows={"publish": tell})
    await stage.publish()


def files_of(stage: Stage) -> list[Path]:
    """Everything in the clear that a rung or a source could be read from."""
    return [path for path in (stage.data / "spool").rglob("*") if path.suffix in {".mp4", ".source"}]


async def prints(stage: Stage, clip_id: ClipId) -> dict[FingerprintScheme, int]:
    async with stage.realm.database.read() as tx:
        found = await stage.realm.media.kept.fingerprints.of_clip(tx, clip_id)
    return {each.scheme: len(each.marks) for each in found}


async def missing(stage: Stage) -> list[tuple[ClipId, FingerprintScheme, str]]:
    async with stage.realm.database.read() as tx:
        return list(await stage.realm.media.kept.fingerprints.missing(tx))


async def test_a_published_clip_is_recognised_and_has_a_strip_and_a_placeholder(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.clip(ann, footage.clip(seconds=1.5))
    seen = await stage.see(made.id)
    assert seen.strip == Storyboard(interval_ms=1000, count=2, columns=2)
    assert seen.blurhash is not None
    assert len(seen.blurhash) == 28
    found = await prints(stage, made.id)
    assert found[FingerprintScheme.PDQ] == 2 * MARK_BYTES
    assert set(found) == set(FingerprintScheme)
    assert await missing(stage) == []
    async with stage.realm.database.read() as tx:
        assert (
            await unseal(await storyboard(tx, made.id, viewer=None, realm=stage.realm), realm=stage.realm)
        ).startswith(b"\xff\xd8")


async def test_a_clip_that_plays_has_its_placeholder_before_its_strip(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))

    async def look_at() -> None:
        seen = await stage.see(made.id)
        assert (seen.state, seen.strip) == (ClipState.VISIBLE, None)
        assert seen.blurhash is not None
        async with stage.realm.database.read() as tx:
            with pytest.raises(NoSuchStrip):
                await unseal(await storyboard(tx, made.id, viewer=None, realm=stage.realm), realm=stage.realm)

    await publish_with(stage, "skim", look_at)
    assert (await stage.see(made.id)).strip is not None


async def test_a_strip_is_for_those_who_may_watch_the_clip(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))
    async with stage.realm.database.read() as tx:
        with pytest.raises(NoSuchClip):
            await unseal(await storyboard(tx, made.id, viewer=None, realm=stage.realm), realm=stage.realm)
        with pytest.raises(NoSuchStrip):
            await unseal(await storyboard(tx, made.id, viewer=ann, realm=stage.realm), realm=stage.realm)


async def test_a_removed_clip_loses_its_fingerprints_strip_and_placeholder(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.clip(ann, footage.clip(seconds=0.6))
    await remove(made.id, by=ann, realm=stage.realm)
    assert await prints(stage, made.id) == {}
    async with stage.realm.database.read() as tx:
        with pytest.raises(ClipRemoved):
            await unseal(await storyboard(tx, made.id, viewer=ann, realm=stage.realm), realm=stage.realm)
    await tidy(realm=stage.realm)
    world = await look(stage)
    world.check()
    assert world.objects == {}


async def test_a_clip_that_cannot_be_looked_through_plays_and_is_listed_with_the_reason(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))

    async def damage() -> None:
        for path in files_of(stage):
            path.write_bytes(b"no video at all")

    await publish_with(stage, "skim", damage)
    seen = await stage.see(made.id, ann)
    assert (seen.state, seen.failure, seen.strip) == (ClipState.VISIBLE, None, None)
    assert (await stage.progress(made.id, ann)).step is PublishStep.DONE
    assert len(await screen(viewer(stage), made.id)) == 1
    assert await missing(stage) == [
        (made.id, scheme, "media.unreadable") for scheme in sorted(FingerprintScheme)
    ]
    world = await look(stage)
    world.check()
    assert world.spooled == ()


async def test_a_clip_whose_rungs_were_made_elsewhere_is_looked_through_in_its_source(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))

    async def lose() -> None:
        for path in files_of(stage):
            if path.suffix == ".mp4":
                path.unlink()

    await publish_with(stage, "skim", lose)
    assert (await prints(stage, made.id))[FingerprintScheme.PDQ] == MARK_BYTES
    assert await missing(stage) == []


@pytest.mark.parametrize("name", ["skim", "note what is missing"])
async def test_a_clip_that_is_removed_meanwhile_leaves_nothing(stage: Stage, name: str) -> None:
    ann = await stage.person("ann")
    made = await stage.post(ann, footage.clip(seconds=0.6))

    async def take_back() -> None:
        await remove(made.id, by=ann, realm=stage.realm)

    async def tell(run: Run, arguments: dict[str, Json]) -> None:
        inner = Before(run, name, take_back)
        await publish(
            inner if name == "skim" else Before(inner, "skim", damage), arguments, realm=stage.realm
        )

    async def damage() -> None:
        for path in files_of(stage):
            path.write_bytes(b"no video at all")

    stage.jobs = InlineJobs(workflows={"publish": tell})
    await stage.publish()
    await tidy(realm=stage.realm)
    assert (await prints(stage, made.id), await missing(stage)) == ({}, [])
    world = await look(stage)
    world.check()
    assert (world.objects, world.spooled) == ({}, ())
