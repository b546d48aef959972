import math

import pytest
from sqlalchemy import select

from reelm.base import AccountId, ClipId
from reelm.clips import (
    ClipRemoved,
    ClipState,
    Failure,
    NoSuchClip,
    NotYours,
    Progress,
    Publication,
    PublishStep,
    QueueWait,
    WrongState,
)
from reelm.clips.store.tables import clips
from reelm.media import Storyboard
from support.realm.town import Town

NOWHERE = ClipId("0" * 26)
STRIP = Storyboard(interval_ms=1000, count=15, columns=10)


async def progress(town: Town, clip_id: ClipId, viewer: AccountId) -> Progress:
    async with town.database.read() as tx:
        return await town.clips.publishing.progress(tx, clip_id, viewer)


async def due(town: Town) -> list[ClipId]:
    async with town.database.read() as tx:
        return [each.clip_id for each in await town.clips.publishing.due(tx, 10)]


async def test_a_clip_is_due_until_its_publishing_has_finished(town: Town) -> None:
    ana = await town.person("ana")
    first, second = await town.posted(ana), await town.posted(ana)
    async with town.database.read() as tx:
        assert await town.clips.publishing.due(tx, 1) == (Publication(first.id, first.upload_id, ana, 1),)
    assert await due(town) == [first.id, second.id]
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, first.id)
    assert await due(town) == [second.id, first.id]  # what nobody can watch goes first
    async with town.database.write() as tx:
        await town.clips.publishing.finish(tx, first.id)
    assert await due(town) == [second.id]


async def test_publishing_is_under_way_until_it_ends_or_fails_and_again_after_a_retry(town: Town) -> None:
    ana = await town.person("ana")
    whole, broken = (await town.posted(ana)).id, (await town.posted(ana)).id
    async with town.database.write() as tx:
        for clip_id in (whole, broken):
            await town.clips.publishing.make_playable(tx, clip_id)
            assert await town.clips.publishing.is_under_way(tx, clip_id)
        await town.clips.publishing.finish(tx, whole)
        await town.clips.publishing.fail(tx, broken, code="media.unreadable", detail="It broke off.")
        assert not await town.clips.publishing.is_under_way(tx, whole)
        assert not await town.clips.publishing.is_under_way(tx, broken)
        await town.clips.publishing.retry(tx, broken, ana)
        assert await town.clips.publishing.is_under_way(tx, broken)


async def test_progress_goes_from_preparing_to_done(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana)).id
    assert await progress(town, clip_id, ana) == Progress(PublishStep.PREPARING, 0.0, False, None)
    async with town.database.write() as tx:
        await town.clips.publishing.report(tx, clip_id, PublishStep.STORING, 0.25)
    assert await progress(town, clip_id, ana) == Progress(PublishStep.STORING, 0.25, False, None)
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, clip_id)
    assert await progress(town, clip_id, ana) == Progress(PublishStep.LIVE, 1.0, True, None)
    async with town.database.write() as tx:
        await town.clips.publishing.report(tx, clip_id, PublishStep.IMPROVING, 0.5)
    assert await progress(town, clip_id, ana) == Progress(PublishStep.IMPROVING, 0.5, True, None)
    async with town.database.write() as tx:
        await town.clips.publishing.finish(tx, clip_id)
    assert await progress(town, clip_id, ana) == Progress(PublishStep.DONE, 1.0, True, None)


@pytest.mark.parametrize(
    ("told", "kept"), [(-1, 0.0), (2, 1.0), (math.nan, 0.0), (math.inf, 1.0), (0.3, 0.3)]
)
async def test_a_ratio_stays_between_nothing_and_all(town: Town, told: float, kept: float) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana)).id
    async with town.database.write() as tx:
        await town.clips.publishing.report(tx, clip_id, PublishStep.PREPARING, told)
    assert (await progress(town, clip_id, ana)).ratio == kept


async def test_every_step_may_be_repeated(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana)).id
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, clip_id)
    published_at = town.clock.now()
    town.clock.advance(60)
    async with town.database.write() as tx:
        await town.clips.publishing.report(tx, clip_id, PublishStep.IMPROVING, 0.5)
        await town.clips.publishing.make_playable(tx, clip_id)
        await town.clips.publishing.finish(tx, clip_id)
        await town.clips.publishing.finish(tx, clip_id)
        await town.clips.publishing.report(tx, clip_id, PublishStep.IMPROVING, 0.9)
        await town.clips.publishing.fail(tx, clip_id, code="late", detail="Too late to matter.")
        view = await town.clips.view(tx, clip_id, ana)
    assert (view.state, view.published_at, view.failure) == (ClipState.VISIBLE, published_at, None)
    assert (await progress(town, clip_id, ana)).step is PublishStep.DONE


async def test_placeholder_and_strip_are_seen_by_everyone_and_go_with_the_clip(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana)).id
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, clip_id)
        before = await town.clips.view(tx, clip_id, None)
        for _ in range(2):
            await town.clips.publishing.set_blurhash(tx, clip_id, blurhash="LEHV6nWB2yk8")
            await town.clips.publishing.set_strip(tx, clip_id, STRIP)
        after = await town.clips.view(tx, clip_id, None)
        await town.clips.remove(tx, clip_id, ana)
        await town.clips.publishing.set_blurhash(tx, clip_id, blurhash="LEHV6nWB2yk8")
        with pytest.raises(ClipRemoved):
            await town.clips.publishing.set_strip(tx, clip_id, STRIP)
        bare = (await tx.execute(select(clips.c.blurhash, clips.c.strip_count))).one()
    assert (before.blurhash, before.strip) == (None, None)
    assert (after.blurhash, after.strip) == ("LEHV6nWB2yk8", STRIP)
    assert bare == (None, None)


async def test_a_failure_before_anything_plays_is_told_to_the_owner_alone(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip_id = (await town.posted(ana)).id
    async with town.database.write() as tx:
        await town.clips.publishing.fail(
            tx, clip_id, code="media.no-picture", detail="There is no picture. " * 100
        )
        await town.clips.publishing.fail(tx, clip_id, code="other", detail="A repeat.")
        view = await town.clips.view(tx, clip_id, ana)
        with pytest.raises(NoSuchClip):
            await town.clips.view(tx, clip_id, ben)
    assert view.state is ClipState.FAILED
    assert view.failure is not None
    assert view.failure.code == "media.no-picture"
    assert len(view.failure.detail) == 500
    assert await due(town) == []
    assert (await progress(town, clip_id, ana)).failure == view.failure


async def test_a_failure_after_it_was_visible_leaves_it_visible(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip_id = (await town.posted(ana)).id
    why = Failure("media.encoder", "The larger renditions could not be made.")
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, clip_id)
        await town.clips.publishing.fail(tx, clip_id, code=why.code, detail=why.detail)
        theirs, own = [await town.clips.view(tx, clip_id, viewer) for viewer in (ben, ana)]
    assert (theirs.state, theirs.failure) == (ClipState.VISIBLE, None)
    assert (own.state, own.failure) == (ClipState.VISIBLE, why)
    assert await progress(town, clip_id, ana) == Progress(PublishStep.FAILED, 1.0, True, why)
    assert await due(town) == []


async def test_a_retry_is_the_next_attempt_and_waits_at_the_end_of_the_line(town: Town) -> None:
    ana = await town.person("ana")
    failed, other = await town.posted(ana), await town.posted(ana)
    async with town.database.write() as tx:
        await town.clips.publishing.fail(tx, failed.id, code="x", detail="y")
    town.clock.advance(60)
    async with town.database.write() as tx:
        view = await town.clips.publishing.retry(tx, failed.id, ana)
        assert (view.state, view.failure) == (ClipState.PROCESSING, None)
        await town.clips.publishing.retry(tx, failed.id, ana)
        assert [(each.clip_id, each.attempt) for each in await town.clips.publishing.due(tx, 10)] == [
            (other.id, 1),
            (failed.id, 2),
        ]
    behind = QueueWait(ahead=1, seconds=None, obstacle=None)
    assert await progress(town, failed.id, ana) == Progress(PublishStep.PREPARING, 0.0, False, None, behind)


async def test_a_retry_of_a_visible_clip_keeps_it_visible(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana)).id
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, clip_id)
        await town.clips.publishing.fail(tx, clip_id, code="x", detail="y")
        assert (await town.clips.publishing.retry(tx, clip_id, ana)).state is ClipState.VISIBLE
        await town.clips.publishing.make_playable(tx, clip_id)
        await town.clips.publishing.finish(tx, clip_id)
    assert await progress(town, clip_id, ana) == Progress(PublishStep.DONE, 1.0, True, None)


async def test_only_what_failed_is_retried_and_only_by_its_owner(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    done, gone, failed = await town.clip(ana), await town.clip(ana), (await town.posted(ana)).id
    await town.remove(gone, ana)
    async with town.database.write() as tx:
        await town.clips.publishing.fail(tx, failed, code="x", detail="y")
        for clip_id, account_id, error in (
            (done, ana, WrongState),
            (done, ben, NotYours),
            (gone, ana, ClipRemoved),
            (gone, ben, ClipRemoved),
            (failed, ben, NoSuchClip),
            (NOWHERE, ana, NoSuchClip),
        ):
            with pytest.raises(error):
                await town.clips.publishing.retry(tx, clip_id, account_id)


async def test_progress_is_for_the_owner_alone(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    visible, processing = await town.clip(ana), (await town.posted(ana)).id
    with pytest.raises(NotYours):
        await progress(town, visible, ben)
    with pytest.raises(NoSuchClip):
        await progress(town, processing, ben)


async def test_a_clip_that_was_removed_stays_removed_whatever_its_publishing_does(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana)).id
    await town.remove(clip_id, ana)
    async with town.database.write() as tx:
        with pytest.raises(ClipRemoved):
            await town.clips.publishing.report(tx, clip_id, PublishStep.STORING, 0.5)
        with pytest.raises(ClipRemoved):
            await town.clips.publishing.make_playable(tx, clip_id)
        with pytest.raises(ClipRemoved):
            await town.clips.publishing.finish(tx, clip_id)
        await town.clips.publishing.fail(tx, clip_id, code="x", detail="y")
        with pytest.raises(ClipRemoved):
            await town.clips.view(tx, clip_id, ana)
    assert await due(town) == []


async def test_a_clip_moves_only_as_declared(town: Town) -> None:
    ana = await town.person("ana")
    processing, failed = (await town.posted(ana)).id, (await town.posted(ana)).id
    async with town.database.write() as tx:
        await town.clips.publishing.fail(tx, failed, code="x", detail="y")
        with pytest.raises(WrongState):
            await town.clips.publishing.finish(tx, processing)
        with pytest.raises(WrongState):
            await town.clips.publishing.make_playable(tx, failed)
        for step in (town.clips.publishing.make_playable, town.clips.publishing.finish):
            with pytest.raises(NoSuchClip):
                await step(tx, NOWHERE)


async def test_what_is_told_of_progress_never_goes_back(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana)).id
    async with town.database.write() as tx:
        await town.clips.publishing.report(tx, clip_id, PublishStep.PREPARING, 0.6)
        await town.clips.publishing.report(
            tx, clip_id, PublishStep.PREPARING, 0.1
        )  # the step runs a second time
    assert (await progress(town, clip_id, ana)).ratio == 0.6
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, clip_id)
        await town.clips.publishing.report(tx, clip_id, PublishStep.STORING, 1.0)
    assert (await progress(town, clip_id, ana)).step is PublishStep.LIVE


async def test_who_has_posted_much_lets_others_go_first(town: Town) -> None:
    ana, ben = await town.person("ana"), await town.person("ben")
    many = [(await town.posted(ana)).id for _ in range(3)]
    one = (await town.posted(ben)).id
    assert await due(town) == [many[0], one, *many[1:]]
    waiting = (await progress(town, many[1], ana)).waiting
    assert waiting == QueueWait(ahead=2, seconds=None, obstacle=None)


async def test_a_clip_says_what_it_waits_for_until_it_goes_on(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana)).id
    async with town.database.write() as tx:
        await town.clips.publishing.report(tx, clip_id, PublishStep.PREPARING, 0.5)
        await town.clips.publishing.stall(tx, clip_id, code="media.disk-full", detail="No room.")
    found = await progress(town, clip_id, ana)
    assert (found.waiting, found.failure) == (QueueWait(0, None, "No room.", "media.disk-full"), None)
    async with town.database.write() as tx:
        await town.clips.publishing.report(tx, clip_id, PublishStep.PREPARING, 0.5)
    assert (await progress(town, clip_id, ana)).waiting is None


async def test_how_long_others_took_tells_how_long_it_will_take(town: Town) -> None:
    ana, ben = await town.person("ana"), await town.person("ben")
    for _ in range(3):
        seen = await town.posted(ana)
        async with town.database.write() as tx:
            await town.clips.publishing.make_playable(tx, seen.id, seconds=seen.shape.duration_ms / 1000)
            await town.clips.publishing.finish(tx, seen.id)
    await town.posted(ana)
    last = await town.posted(ben)
    async with town.database.read() as tx:
        found = await town.clips.publishing.progress(tx, last.id, ben, places=1)
    assert found.waiting is not None
    assert found.waiting.seconds == -(-2 * last.shape.duration_ms // 1000)
