"""Drafts, and clips that are published at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from reelm.base import AccountId
from reelm.clips import BadMoment, ClipRemoved, ClipState, ClipView, Details, NoSuchClip, WrongState
from reelm.media import Cut
from reelm.media.errors import QuotaReached
from reelm.workflows.operate import tidy
from reelm.workflows.publish import publish_now, publish_ripe, remove
from support.machine.determinism import ManualClock
from support.media import footage
from support.media.playlists import screen
from support.realm.realms import Stage, look, viewer
from workflow.test_publish_cut_off import CutOffDatabase, Killed

pytestmark = pytest.mark.slow

DAYS = 24 * 3600


async def kept(timed: Stage, owner: AccountId, details: Details) -> ClipView:
    sent = await timed.upload(owner, footage.clip(seconds=0.6))
    return await timed.post_upload(owner, sent.id, "Later", details=details, cut=Cut(end_ms=500))


async def plan(timed: Stage, made: ClipView, owner: AccountId, seconds: float) -> ClipView:
    async with timed.realm.database.write() as tx:
        moment = timed.realm.clock.now() + timedelta(seconds=seconds)
        return await timed.realm.clips.drafts.plan(tx, made.id, owner, publish_at=moment)


async def work(timed: Stage) -> None:
    """A round of the worker."""
    await publish_ripe(realm=timed.realm)
    await timed.publish()


async def test_a_draft_waits_with_its_upload_until_its_creator_publishes_it(
    timed: Stage, clock: ManualClock
) -> None:
    ann = await timed.person("ann")
    made = await kept(timed, ann, Details(is_draft=True))
    assert (made.state, made.publish_at) == (ClipState.DRAFT, None)
    for _ in range(3):
        clock.advance(30 * DAYS)
        await tidy(realm=timed.realm)
        await work(timed)
    with pytest.raises(NoSuchClip):
        await timed.see(made.id)
    for _ in range(2):
        async with timed.realm.database.write() as tx:
            await publish_now(tx, made.id, by=ann, realm=timed.realm)
        await work(timed)
    (only,) = await screen(viewer(timed), made.id)
    assert only.seconds == pytest.approx(0.5, abs=0.01)
    assert (await timed.see(made.id)).published_at == clock.now()
    world = await look(timed)
    world.check()
    assert world.spooled == ()


async def test_a_planned_clip_is_published_at_its_time_once_also_when_the_worker_was_away(
    timed: Stage, clock: ManualClock
) -> None:
    ann = await timed.person("ann")
    made = await kept(timed, ann, Details(publish_at=clock.now() + timedelta(days=2)))
    assert (made.state, made.publish_at) == (ClipState.DRAFT, clock.now() + timedelta(days=2))
    clock.advance(2 * DAYS - 1)
    await work(timed)
    assert (await timed.see(made.id, ann)).state is ClipState.DRAFT
    clock.advance(5 * DAYS)
    await tidy(realm=timed.realm)  # before the worker looks: the upload must still be there
    for _ in range(2):
        await work(timed)
        assert (await timed.see(made.id)).published_at == clock.now()
    parts = ("128p", "poster", "strip")
    assert set((await look(timed)).objects) == {f"clip/{made.id}/1/{part}" for part in parts}


async def test_a_time_is_changed_taken_back_and_refused_once_it_is_over(
    timed: Stage, clock: ManualClock
) -> None:
    ann = await timed.person("ann")
    made = await kept(timed, ann, Details(publish_at=clock.now() + timedelta(hours=1)))
    assert (await plan(timed, made, ann, 7_200)).publish_at == clock.now() + timedelta(hours=2)
    for seconds in (0, -1, 90 * DAYS + 1):
        with pytest.raises(BadMoment):
            await plan(timed, made, ann, seconds)
    async with timed.realm.database.write() as tx:
        assert (await timed.realm.clips.drafts.plan(tx, made.id, ann, publish_at=None)).publish_at is None
    clock.advance(DAYS)
    await work(timed)
    assert (await timed.see(made.id, ann)).state is ClipState.DRAFT
    async with timed.realm.database.write() as tx:
        await publish_now(tx, made.id, by=ann, realm=timed.realm)
    with pytest.raises(WrongState):
        await plan(timed, made, ann, 60)


async def test_a_bad_time_leaves_the_upload_waiting(timed: Stage, clock: ManualClock) -> None:
    ann = await timed.person("ann")
    sent = await timed.upload(ann, footage.clip(seconds=0.6))
    for moment in (clock.now(), clock.now() + timedelta(days=91), clock.now().replace(tzinfo=None)):
        with pytest.raises(BadMoment):
            await timed.post_upload(ann, sent.id, details=Details(publish_at=moment))
    assert (await timed.post_upload(ann, sent.id)).state is ClipState.PROCESSING


async def test_a_failure_long_after_the_upload_can_be_tried_again(timed: Stage, clock: ManualClock) -> None:
    ann = await timed.person("ann")
    made = await kept(timed, ann, Details(publish_at=clock.now() + timedelta(days=30)))
    clock.advance(31 * DAYS)
    await publish_ripe(realm=timed.realm)
    async with timed.realm.database.write() as tx:
        await timed.realm.clips.publishing.fail(
            tx, made.id, code="media.took-too-long", detail="The machine was busy."
        )
    await tidy(realm=timed.realm)
    async with timed.realm.database.write() as tx:
        await timed.realm.clips.publishing.retry(tx, made.id, ann)
    await work(timed)
    assert (await timed.see(made.id)).state is ClipState.VISIBLE


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_cut_off_at_its_time_a_clip_is_published_by_the_next_round(
    timed: Stage, clock: ManualClock, moment: str
) -> None:
    ann = await timed.person("ann")
    made = await kept(timed, ann, Details(publish_at=clock.now() + timedelta(hours=1)))
    clock.advance(3_601)
    dying = replace(timed.realm, database=CutOffDatabase(timed.realm.database, 1, moment))
    with pytest.raises(Killed):
        await publish_ripe(realm=dying)
    await work(timed)
    assert (await timed.see(made.id)).state is ClipState.VISIBLE


async def test_a_removed_draft_is_never_published_and_gives_its_room_back(
    timed: Stage, clock: ManualClock
) -> None:
    ann = await timed.person("ann")
    made = await kept(timed, ann, Details(publish_at=clock.now() + timedelta(days=2)))
    await remove(made.id, by=ann, realm=timed.realm)
    clock.advance(3 * DAYS)
    await work(timed)
    await tidy(realm=timed.realm)
    with pytest.raises(ClipRemoved):
        await timed.see(made.id, ann)
    world = await look(timed)
    assert (world.objects, world.spooled) == ({}, ())


async def test_a_draft_counts_against_its_creators_share(timed: Stage) -> None:
    ann = await timed.person("ann")
    await kept(timed, ann, Details(is_draft=True))
    async with timed.realm.database.read() as tx:
        with pytest.raises(QuotaReached):
            await timed.realm.media.arrivals.allow(tx, ann, 8 * 1024**3)
