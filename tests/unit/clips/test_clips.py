import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from sqlalchemy import func, select

from reelm.base import AccountId, ClipId, UploadId, metadata, mint
from reelm.clips import (
    BadPlace,
    CaptionTooLong,
    ClipRemoved,
    ClipState,
    ClipView,
    NoSuchClip,
    NotYours,
    PublishStep,
    SoundPage,
)
from reelm.clips.model import ClipPage
from reelm.people import BadText, NoSuchProfile
from support.realm.town import SHAPE, Town

NOWHERE = ClipId("0" * 26)


async def seen(town: Town, clip_id: ClipId, viewer: AccountId | None) -> ClipView:
    async with town.database.read() as tx:
        return await town.clips.view(tx, clip_id, viewer)


async def test_a_new_clip_is_processing_and_for_its_owner_alone(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip = await town.posted(ana, "First #light")
    view = await seen(town, clip.id, ana)
    assert (view.state, view.caption, view.tags, view.is_own) == (
        ClipState.PROCESSING,
        "First #light",
        ("light",),
        True,
    )
    assert (view.duration_ms, view.width, view.height) == (12_000, 1080, 1920)
    assert view.published_at is None
    for viewer in (None, ben):
        with pytest.raises(NoSuchClip):
            await seen(town, clip.id, viewer)


async def test_posting_an_upload_again_gives_the_same_clip(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip = await town.posted(ana, "once")
    async with town.database.write() as tx:
        again, is_new = await town.clips.create(
            tx, ana, upload_id=clip.upload_id, caption="twice", shape=SHAPE
        )
        assert (again, is_new) == (clip, False)
        with pytest.raises(NotYours):
            await town.clips.create(tx, ben, upload_id=clip.upload_id, caption="", shape=SHAPE)


async def test_an_upload_that_is_posted_twice_at_once_becomes_one_clip(town: Town) -> None:
    ana = await town.person("ana")
    upload_id = UploadId(mint(town.clock, town.entropy))

    async def post() -> tuple[ClipId, bool]:
        async with town.database.write() as tx:
            clip, is_new = await town.clips.create(tx, ana, upload_id=upload_id, caption="#a", shape=SHAPE)
        return clip.id, is_new

    outcomes = await asyncio.gather(*(post() for _ in range(4)))
    assert len({clip_id for clip_id, _ in outcomes}) == 1
    assert sum(is_new for _, is_new in outcomes) == 1


async def test_a_bad_caption_leaves_no_clip(town: Town) -> None:
    ana = await town.person("ana")
    upload_id = UploadId(mint(town.clock, town.entropy))
    for caption, error in (("x" * 2_201, CaptionTooLong), ("\x00", BadText), ("\ud800", BadText)):
        with pytest.raises(error):
            async with town.database.write() as tx:
                await town.clips.create(tx, ana, upload_id=upload_id, caption=caption, shape=SHAPE)
    async with town.database.read() as tx:
        assert await town.clips.publishing.due(tx, 10) == ()


async def test_a_visible_clip_is_for_everyone(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip_id = await town.clip(ana, "Hello")
    async with town.database.write() as tx:
        await town.people.follow(tx, "ana", ben)
        await town.clips.reactions.like(tx, clip_id, ben)
    mine, theirs, anyones = [await seen(town, clip_id, viewer) for viewer in (ana, ben, None)]
    assert (mine.is_own, mine.is_liked, mine.author.is_followed) == (True, False, False)
    assert (theirs.is_own, theirs.is_liked, theirs.author.is_followed) == (False, True, True)
    assert (anyones.is_own, anyones.is_liked, anyones.author.is_followed) == (False, False, False)
    assert {view.like_count for view in (mine, theirs, anyones)} == {1}
    assert (theirs.author.handle, theirs.author.display_name) == ("ana", "Ana")
    assert theirs.published_at == town.clock.now()


async def test_what_does_not_exist_is_not_found(town: Town) -> None:
    for clip_id in (NOWHERE, ClipId("'; drop table clips; --"), ClipId("")):
        with pytest.raises(NoSuchClip):
            await seen(town, clip_id, None)


async def test_clips_come_in_the_order_asked_for_without_those_that_cannot_be_seen(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    one, two, three = await town.add_clips([ana, ben, ana])
    hidden = (await town.posted(ana)).id
    await town.remove(two, ben)
    async with town.database.read() as tx:
        asked = (three, hidden, NOWHERE, one, two, three)
        found = await town.clips.view_many(tx, asked, ben)
        own = await town.clips.view_many(tx, asked, ana)
        assert await town.clips.view_many(tx, (), ben) == ()
    assert [clip.id for clip in found] == [three, one, three]
    assert [clip.id for clip in own] == [three, hidden, one, three]


async def pages(town: Town, handle: str, viewer: AccountId | None, size: int) -> list[ClipPage]:
    found: list[ClipPage] = []
    async with town.database.read() as tx:
        while not found or found[-1].cursor is not None:
            cursor = found[-1].cursor if found else None
            found.append(await town.clips.by_author(tx, handle, viewer, cursor=cursor, size=size))
    return found


async def test_someones_clips_come_page_by_page_newest_first(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    made = await town.add_clips([ana, ben, ana, ana, ben, ana, ana])
    expected = [made[6], made[5], made[3], made[2], made[0]]
    for size in (1, 2, 4, 5, 50):
        found = await pages(town, "ana", ben, size)
        assert [clip.id for page in found for clip in page.clips] == expected
        assert all(len(page.clips) <= size for page in found)
        assert all(page.clips for page in found)


async def test_only_their_own_page_shows_clips_that_are_processing_or_failed(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    shown = await town.clip(ana)
    processing, failed = await town.posted(ana), await town.posted(ana)
    gone = await town.clip(ana)
    await town.remove(gone, ana)
    async with town.database.write() as tx:
        await town.clips.publishing.fail(tx, failed.id, code="media.broken", detail="The file ends early.")
        own = await town.clips.by_author(tx, "ana", ana)
        for viewer in (ben, None):
            public = await town.clips.by_author(tx, "ana", viewer)
            assert [clip.id for clip in public.clips] == [shown]
    assert [clip.id for clip in own.clips] == [failed.id, processing.id, shown]
    assert [clip.state for clip in own.clips] == ["failed", "processing", "visible"]
    assert own.clips[0].failure is not None
    assert own.clips[0].failure.detail == "The file ends early."


async def test_pages_of_nobody_or_from_nowhere_are_refused(town: Town) -> None:
    await town.person("ana")
    async with town.database.read() as tx:
        with pytest.raises(NoSuchProfile):
            await town.clips.by_author(tx, "nobody", None)
        for cursor in ("", "x", "~", "0" * 27, "\x00", "é" * 26):
            with pytest.raises(BadPlace):
                await town.clips.by_author(tx, "ana", None, cursor=cursor)


async def test_tags_find_visible_clips_page_by_page(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    sea = await town.add_clips([ana, ben, ana], "At the #Sea")
    await town.clip(ana, "#seaside")
    await town.posted(ana, "#sea")
    await town.remove(sea[1], ben)
    async with town.database.read() as tx:
        first = await town.clips.tagged(tx, "sea", None, size=1)
        second = await town.clips.tagged(tx, "SEA", ana, cursor=first.cursor, size=1)
        nothing = await town.clips.tagged(tx, "not a tag!", None)
    assert [clip.id for clip in first.clips] == [sea[2]]
    assert [clip.id for clip in second.clips] == [sea[0]]
    assert second.cursor is None
    assert (nothing.clips, nothing.cursor) == ((), None)


async def test_watching_is_for_those_who_may_see_the_clip(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    visible, processing = await town.clip(ana), (await town.posted(ana)).id
    async with town.database.read() as tx:
        may = town.clips.may_watch
        assert [await may(tx, visible, viewer) for viewer in (None, ben, ana)] == [True, True, True]
        assert [await may(tx, processing, viewer) for viewer in (None, ben, ana)] == [False, False, True]
        assert not await may(tx, NOWHERE, ana)
        await town.clips.require_watchable(tx, visible, None)
        with pytest.raises(NoSuchClip):
            await town.clips.require_watchable(tx, processing, ben)
    await town.remove(visible, ana)
    async with town.database.read() as tx:
        assert not await town.clips.may_watch(tx, visible, ana)
        with pytest.raises(ClipRemoved):
            await town.clips.require_watchable(tx, visible, ben)


async def test_a_removed_clip_is_gone_for_everyone_with_all_that_was_on_it(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip_id = await town.clip(ana, "Secret #plan")
    async with town.database.write() as tx:
        await town.clips.reactions.like(tx, clip_id, ben)
        await town.clips.comments.add(tx, clip_id, ben, text="Nice")
    await town.remove(clip_id, ana)
    await town.remove(clip_id, ana)
    for viewer in (ana, ben, None):
        with pytest.raises(ClipRemoved):
            await seen(town, clip_id, viewer)
    async with town.database.read() as tx:
        assert (await town.clips.tagged(tx, "plan", ana)).clips == ()
        for name in ("clip_tags", "likes", "comments"):
            assert (await tx.execute(select(func.count()).select_from(metadata.tables[name]))).scalar() == 0
        assert (await tx.exec_driver_sql("SELECT caption FROM clips")).scalar() == ""


async def test_a_clip_that_never_was_visible_leaves_no_trace_for_others(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip_id = (await town.posted(ana)).id
    await town.remove(clip_id, ana)
    with pytest.raises(ClipRemoved):
        await seen(town, clip_id, ana)
    with pytest.raises(NoSuchClip):
        await seen(town, clip_id, ben)


async def test_only_its_owner_removes_a_clip(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    visible, processing = await town.clip(ana), (await town.posted(ana)).id
    with pytest.raises(NotYours):
        await town.remove(visible, ben)
    for clip_id in (processing, NOWHERE):
        with pytest.raises(NoSuchClip):
            await town.remove(clip_id, ben)
    assert (await seen(town, visible, None)).state is ClipState.VISIBLE


async def test_an_upload_whose_clip_was_removed_is_not_posted_again(town: Town) -> None:
    ana = await town.person("ana")
    clip = await town.posted(ana)
    await town.remove(clip.id, ana)
    async with town.database.write() as tx:
        with pytest.raises(ClipRemoved):
            await town.clips.create(tx, ana, upload_id=clip.upload_id, caption="", shape=SHAPE)
        assert await town.clips.publishing.due(tx, 10) == ()
        with pytest.raises(ClipRemoved):
            await town.clips.publishing.report(tx, clip.id, PublishStep.PREPARING, 0.5)


async def test_lists_and_dates_go_by_publication_and_not_by_when_a_draft_was_made(town: Town) -> None:
    ana = await town.person("ana")
    planned = await town.posted(ana, "#sea")
    posted_meanwhile = await town.clip(ana, "#sea")
    town.clock.advance(3600)
    async with town.database.write() as tx:
        await town.clips.edit(tx, planned.id, ana, caption="Reworded #sea")
        await town.clips.publishing.make_playable(tx, planned.id)
        await town.clips.edit(tx, posted_meanwhile, ana, caption="Also #sea")
    newest_first = [planned.id, posted_meanwhile]
    async with town.database.read() as tx:
        for viewer in (ana, None):
            own = await town.clips.by_author(tx, "ana", viewer)
            assert [clip.id for clip in own.clips] == newest_first
        for size in (1, 2):
            assert (
                await ids_of_pages(partial(town.clips.by_author, tx, "ana", None, size=size)) == newest_first
            )
            assert await ids_of_pages(partial(town.clips.tagged, tx, "sea", None, size=size)) == newest_first
            found = await ids_of_pages(partial(town.clips.sounds.find, tx, "ana", None, size=size))
            assert found == newest_first
        seen_by_others = await town.clips.view(tx, planned.id, None)
    assert seen_by_others.created_at == seen_by_others.published_at == town.clock.now()


async def test_a_page_goes_on_behind_a_clip_that_was_removed_since(town: Town) -> None:
    ana = await town.person("ana")
    oldest, middle, newest = await town.add_clips([ana] * 3, "#sea")
    async with town.database.read() as tx:
        first = await town.clips.tagged(tx, "sea", None, size=2)
    assert [clip.id for clip in first.clips] == [newest, middle]
    await town.remove(middle, ana)
    async with town.database.read() as tx:
        second = await town.clips.tagged(tx, "sea", None, size=2, cursor=first.cursor)
    assert [clip.id for clip in second.clips] == [oldest]


async def ids_of_pages(ask: Callable[..., Awaitable[ClipPage | SoundPage]]) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = await ask(cursor=cursor)
        found += [each.id for each in (page.clips if isinstance(page, ClipPage) else page.sounds)]
        cursor = page.cursor
        if cursor is None:
            return found
