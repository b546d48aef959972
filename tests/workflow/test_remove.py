"""A creator takes a clip back: refused at once for everyone, and gone from every store soon after."""

import shutil
from pathlib import Path

import pytest

from reelm.base import AccountId, ClipId, Gone, NotFound, RenditionId
from reelm.clips import ClipRemoved, NotYours
from reelm.delivery import NoSuchSegment
from reelm.workflows.operate import tidy
from reelm.workflows.publish import remove
from reelm.workflows.watch import key, master_playlist, media_playlist, poster, unseal
from support.media import footage
from support.media.playlists import parts, screen, variants
from support.realm.realms import Stage, look, staged, viewer

pytestmark = pytest.mark.slow


class Shown:
    """Everything that a player could have fetched of a clip while it was there."""

    def __init__(self, clip_id: ClipId, rendition_id: RenditionId, segments: list[str]) -> None:
        self.clip_id = clip_id
        self.rendition_id = rendition_id
        self.segments = segments

    @classmethod
    async def of(cls, stage: Stage, clip_id: ClipId) -> "Shown":
        fetch = viewer(stage)
        master = f"/hls/{clip_id}/master.m3u8"
        (uri,) = variants((await fetch(master)).decode())
        media = f"/hls/{clip_id}/{uri}"
        listed = parts((await fetch(media)).decode(), at=media)
        names = [part.url.removeprefix("/segments/").removesuffix(".m4s") for part in listed]
        return cls(clip_id, RenditionId(uri.split("/")[0]), names)

    async def check_refused(self, stage: Stage, viewer: AccountId | None) -> None:
        realm = stage.realm
        async with realm.database.read() as tx:
            with pytest.raises(ClipRemoved):
                await master_playlist(tx, self.clip_id, viewer=viewer, realm=realm)
            with pytest.raises(ClipRemoved):
                await media_playlist(tx, self.clip_id, self.rendition_id, viewer=viewer, realm=realm)
            with pytest.raises(ClipRemoved):
                await key(tx, self.clip_id, self.rendition_id, viewer=viewer, realm=realm)
            with pytest.raises(ClipRemoved):
                await unseal(await poster(tx, self.clip_id, viewer=viewer, realm=realm), realm=realm)
        for name in self.segments:
            with pytest.raises(NoSuchSegment):
                await realm.delivery.origin.segment(name)


async def test_a_removed_clip_is_refused_at_once_for_everyone_even_from_the_cache(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    made = await stage.clip(ann, footage.clip(seconds=0.6))
    shown = await Shown.of(stage, made.id)
    await screen(viewer(stage), made.id)  # every segment is in the origin's cache now
    await remove(made.id, by=ann, realm=stage.realm)
    for who in (None, ben, ann):
        await shown.check_refused(stage, who)
    assert list((stage.data / "cache").rglob("*.m4s")) == []


async def test_tidy_deletes_every_byte_of_a_removed_clip_and_nothing_else(stage: Stage) -> None:
    ann = await stage.person("ann")
    kept = await stage.clip(ann, footage.clip(seconds=0.6))
    gone = await stage.clip(ann, footage.clip(seconds=0.4))
    before = await screen(viewer(stage), kept.id)
    await remove(gone.id, by=ann, realm=stage.realm)
    assert (await look(stage)).files, "the bytes go a little later"
    await tidy(realm=stage.realm)
    world = await look(stage)
    world.check()
    assert set(world.objects) == {f"clip/{kept.id}/1/{name}" for name in ("128p", "poster", "strip")}
    assert [each.sealed for each in await screen(viewer(stage), kept.id)] == [each.sealed for each in before]


async def test_removing_and_tidying_are_safe_to_repeat(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.clip(ann, footage.clip(seconds=0.4))
    shown = await Shown.of(stage, made.id)
    for _ in range(2):
        await remove(made.id, by=ann, realm=stage.realm)
        await tidy(realm=stage.realm)
    await shown.check_refused(stage, ann)
    world = await look(stage)
    world.check()
    assert (world.objects, world.files) == ({}, frozenset())


async def test_only_the_creator_removes_a_clip(stage: Stage) -> None:
    ann, ben = await stage.person("ann"), await stage.person("ben")
    made = await stage.clip(ann, footage.clip(seconds=0.4))
    with pytest.raises(NotYours):
        await remove(made.id, by=ben, realm=stage.realm)
    assert len(await screen(viewer(stage), made.id)) == 1
    with pytest.raises(NotFound):
        await remove(ClipId("0" * 26), by=ann, realm=stage.realm)


async def test_a_crash_between_the_row_and_the_bytes_is_finished_by_the_next_start(data: Path) -> None:
    async with staged(data) as stage:
        ann = await stage.person("ann")
        made = await stage.clip(ann, footage.clip(seconds=0.4))
        shown = await Shown.of(stage, made.id)
        # The unit of work of ``remove`` is durable; the process ends before cache and stores hear of it.
        async with stage.realm.database.write() as tx:
            await stage.realm.clips.remove(tx, made.id, ann)
            await stage.realm.delivery.objects.withdraw(tx, made.id)
    shutil.rmtree(data / "cache", ignore_errors=True)  # as the web process does at its start
    async with staged(data) as stage:
        await shown.check_refused(stage, None)
        await tidy(realm=stage.realm)
        world = await look(stage)
        world.check()
        assert world.files == frozenset()


async def test_a_crash_between_the_bytes_and_their_rows_is_finished_by_the_next_tidy(stage: Stage) -> None:
    ann = await stage.person("ann")
    made = await stage.clip(ann, footage.clip(seconds=0.4))
    await remove(made.id, by=ann, realm=stage.realm)
    async with stage.realm.database.read() as tx:
        first, *_ = await stage.realm.delivery.objects.withdrawn(tx)
    await stage.realm.vault.delete(first.object_id)
    await tidy(realm=stage.realm)
    world = await look(stage)
    world.check()
    assert (world.announced, world.files) == ((), frozenset())


async def test_a_store_that_is_away_holds_up_no_other_deletion_and_is_finished_later(stage: Stage) -> None:
    ann = await stage.person("ann")
    for _ in range(2):
        made = await stage.clip(ann, footage.clip(seconds=0.4))
        await remove(made.id, by=ann, realm=stage.realm)
    place = stage.data / "stores" / "3"
    place.rename(place.with_suffix(".away"))
    await tidy(realm=stage.realm)
    world = await look(stage)
    assert world.announced == ()
    assert world.files == frozenset(), "every folder that is here is empty"
    place.with_suffix(".away").rename(place)
    await tidy(realm=stage.realm)
    world = await look(stage)
    world.check()
    assert (world.objects, world.files) == ({}, frozenset())


async def test_a_removed_clip_cannot_come_back_by_posting_its_upload_again(stage: Stage) -> None:
    ann = await stage.person("ann")
    sent = await stage.upload(ann, footage.clip(seconds=0.4))
    made = await stage.post_upload(ann, sent.id)
    await stage.publish()
    await remove(made.id, by=ann, realm=stage.realm)
    with pytest.raises(Gone):
        await stage.post_upload(ann, sent.id)
