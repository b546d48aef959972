"""The file of a draft waits in the vault, sealed, and is whole again when the clip is published."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reelm.base import AccountId
from reelm.clips import ClipState, ClipView, Details
from reelm.workflows.operate import tidy
from reelm.workflows.publish import publish_now, remove, stow_drafts
from support.machine.determinism import ManualClock
from support.media import footage
from support.media.playlists import screen
from support.realm.realms import Stage, look, viewer
from workflow.test_publish_cut_off import CutOffDatabase, Killed

pytestmark = pytest.mark.slow

DRAFT = Details(is_draft=True)


async def draft(timed: Stage, owner: AccountId) -> ClipView:
    sent = await timed.upload(owner, footage.clip(seconds=0.6))
    return await timed.post_upload(owner, sent.id, "Later", details=DRAFT)


async def publish(timed: Stage, made: ClipView, owner: AccountId) -> None:
    async with timed.realm.database.write() as tx:
        await publish_now(tx, made.id, by=owner, realm=timed.realm)
    await timed.publish()


async def check_published(timed: Stage, made: ClipView) -> None:
    """It plays, and neither the spool nor the vault has the file any more."""
    assert (await timed.see(made.id)).state is ClipState.VISIBLE
    assert await screen(viewer(timed), made.id)
    world = await look(timed)
    world.check()
    assert not [name for name in world.objects if not name.startswith("clip/")]
    assert world.spooled == ()


def holding(folder: Path, part: bytes) -> list[Path]:
    """Return the files with these bytes in them."""
    return [path for path in folder.rglob("*") if path.is_file() and part in path.read_bytes()]


async def test_a_draft_is_nowhere_in_the_clear_and_plays_once_it_is_published(timed: Stage) -> None:
    ann = await timed.person("ann")
    made = await draft(timed, ann)
    source = footage.clip(seconds=0.6).read_bytes()
    part = source[len(source) // 2 :][:64]
    assert holding(timed.data, part)
    for _ in range(2):
        await stow_drafts(realm=timed.realm)
        world = await look(timed)
        world.check()
        assert (len(world.objects), world.spooled) == (1, ())
        assert not holding(timed.data, part)
    await publish(timed, made, ann)
    await check_published(timed, made)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_process_that_ends_while_a_file_is_stowed_loses_nothing(timed: Stage, moment: str) -> None:
    ann = await timed.person("ann")
    made = await draft(timed, ann)
    cut = CutOffDatabase(timed.realm.database, 1, moment)
    with pytest.raises(Killed):
        await stow_drafts(realm=replace(timed.realm, database=cut))
    assert len((await look(timed)).spooled) == 1
    await stow_drafts(realm=timed.realm)
    world = await look(timed)
    world.check()
    assert (len(world.objects), world.spooled) == (1, ())
    await publish(timed, made, ann)
    await check_published(timed, made)


async def test_publishing_goes_on_after_a_crash_left_half_a_file(timed: Stage) -> None:
    ann = await timed.person("ann")
    made = await draft(timed, ann)
    await stow_drafts(realm=timed.realm)
    async with timed.realm.database.read() as tx:
        (upload,) = await timed.realm.clips.drafts.uploads(tx)
    (timed.data / "spool" / f"{upload}.part").write_bytes(b"half")
    await publish(timed, made, ann)
    await check_published(timed, made)


@pytest.mark.parametrize("is_first", [True, False], ids=["stowed-first", "published-first"])
async def test_a_draft_that_is_published_while_it_is_stowed_is_published(
    timed: Stage, *, is_first: bool
) -> None:
    ann = await timed.person("ann")
    made = await draft(timed, ann)
    both = [stow_drafts(realm=timed.realm), publish(timed, made, ann)]
    await asyncio.gather(*(both if is_first else reversed(both)))
    await check_published(timed, made)


async def test_a_file_stays_in_the_spool_while_it_cannot_be_stored(timed: Stage) -> None:
    ann = await timed.person("ann")
    made = await draft(timed, ann)
    stores = timed.data / "stores"
    stores.rename(timed.data / "away")
    await stow_drafts(realm=timed.realm)
    assert len((await look(timed)).spooled) == 1
    (timed.data / "away").rename(stores)
    await publish(timed, made, ann)
    assert (await timed.see(made.id)).state is ClipState.VISIBLE


async def test_a_draft_that_was_taken_back_leaves_the_vault(timed: Stage, clock: ManualClock) -> None:
    ann = await timed.person("ann")
    made = await draft(timed, ann)
    await stow_drafts(realm=timed.realm)
    await remove(made.id, by=ann, realm=timed.realm)
    clock.advance(timedelta(days=2).total_seconds())
    for _ in range(2):
        await tidy(realm=timed.realm)
    world = await look(timed)
    world.check()
    assert world.objects == {}
    async with timed.realm.database.read() as tx:
        assert await timed.realm.media.uploads.known(tx) == frozenset()
