import asyncio

import pytest

from reelm.base import ClipId, CommentId
from reelm.clips import BadPlace, ClipRemoved, NoSuchClip, NoSuchComment, NotYours
from reelm.people import BadText, NoSuchProfile, TextTooLong
from support.realm.town import Town

NOWHERE = ClipId("0" * 26)


async def test_liking_twice_counts_once_and_can_be_taken_back(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip_id = await town.clip(ana)
    async with town.database.write() as tx:
        await town.clips.reactions.like(tx, clip_id, ben)
        view = await town.clips.reactions.like(tx, clip_id, ben)
        assert (view.like_count, view.is_liked) == (1, True)
        await town.clips.reactions.unlike(tx, clip_id, ben)
        view = await town.clips.reactions.unlike(tx, clip_id, ben)
        assert (view.like_count, view.is_liked) == (0, False)


async def test_likes_at_the_same_time_count_once_per_person(town: Town) -> None:
    ana, *fans = await town.add_people("ana ben cem")
    clip_id = await town.clip(ana)

    async def like(fan: int) -> None:
        async with town.database.write() as tx:
            await town.clips.reactions.like(tx, clip_id, fans[fan % 2])

    await asyncio.gather(*(like(fan) for fan in range(8)))
    async with town.database.read() as tx:
        assert (await town.clips.view(tx, clip_id, None)).like_count == 2


async def test_likes_and_comments_need_a_visible_clip(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    processing, gone = (await town.posted(ana)).id, await town.clip(ana)
    await town.remove(gone, ana)
    for clip_id, viewer, error in (
        (processing, ana, NoSuchClip),
        (processing, ben, NoSuchClip),
        (NOWHERE, ben, NoSuchClip),
        (gone, ben, ClipRemoved),
    ):
        async with town.database.write() as tx:
            with pytest.raises(error):
                await town.clips.reactions.like(tx, clip_id, viewer)
            with pytest.raises(error):
                await town.clips.reactions.unlike(tx, clip_id, viewer)
            with pytest.raises(error):
                await town.clips.comments.add(tx, clip_id, viewer, text="Hi")


async def test_a_comment_is_kept_and_counted(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip_id = await town.clip(ana)
    async with town.database.write() as tx:
        made = await town.clips.comments.add(tx, clip_id, ben, text=" Lovely \U0001f30a\n")
        assert (made.text, made.author.handle, made.is_own) == ("Lovely \U0001f30a", "ben", True)
        page = await town.clips.comments.page(tx, clip_id, ben)
        assert page.comments == (made,)
        assert page.cursor is None
        theirs = (await town.clips.comments.page(tx, clip_id, ana)).comments[0]
        assert not theirs.is_own
        assert (await town.clips.view(tx, clip_id, None)).comment_count == 1


async def test_comments_come_page_by_page_newest_first(town: Town) -> None:
    ana = await town.person("ana")
    clip_id, other = await town.add_clips([ana, ana])
    async with town.database.write() as tx:
        await town.clips.comments.add(tx, other, ana, text="elsewhere")
        for number in range(5):
            town.clock.advance(1)
            await town.clips.comments.add(tx, clip_id, ana, text=str(number))
        texts, cursor = [], None
        for _ in range(3):
            page = await town.clips.comments.page(tx, clip_id, None, cursor=cursor, size=2)
            texts += [comment.text for comment in page.comments]
            cursor = page.cursor
        assert (texts, cursor) == (["4", "3", "2", "1", "0"], None)
        with pytest.raises(BadPlace):
            await town.clips.comments.page(tx, clip_id, None, cursor="x")
        with pytest.raises(NoSuchClip):
            await town.clips.comments.page(tx, NOWHERE, None)


async def test_a_comment_follows_the_rules_or_leaves_nothing(town: Town) -> None:
    ana, nobody = await town.person("ana"), await town.account()
    clip_id = await town.clip(ana)
    async with town.database.write() as tx:
        for text, error in (("", BadText), ("a\x00", BadText), ("\udc00", BadText), ("x" * 501, TextTooLong)):
            with pytest.raises(error):
                await town.clips.comments.add(tx, clip_id, ana, text=text)
        with pytest.raises(NoSuchProfile):
            await town.clips.comments.add(tx, clip_id, nobody, text="Hi")
        assert (await town.clips.view(tx, clip_id, None)).comment_count == 0


async def test_a_comment_is_removed_by_its_author_or_the_clips_owner(town: Town) -> None:
    ana, ben, cem = await town.add_people("ana ben cem")
    clip_id = await town.clip(ana)
    async with town.database.write() as tx:
        first = await town.clips.comments.add(tx, clip_id, ben, text="one")
        second = await town.clips.comments.add(tx, clip_id, ben, text="two")
        with pytest.raises(NotYours):
            await town.clips.comments.remove(tx, first.id, cem)
        await town.clips.comments.remove(tx, first.id, ben)
        await town.clips.comments.remove(tx, first.id, ben)
        await town.clips.comments.remove(tx, second.id, ana)
        assert (await town.clips.comments.page(tx, clip_id, ben)).comments == ()
        assert (await town.clips.view(tx, clip_id, None)).comment_count == 0
        assert (await tx.exec_driver_sql("SELECT DISTINCT text FROM comments")).scalars().all() == [""]
        for comment_id in (first.id, CommentId("0" * 26)):
            with pytest.raises(NoSuchComment):
                await town.clips.comments.remove(tx, comment_id, cem)


async def test_a_view_is_three_seconds_of_someone_elses_visible_clip(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    visible, processing = await town.clip(ana), (await town.posted(ana)).id
    async with town.database.write() as tx:
        count = town.clips.reactions.count_view
        assert await count(tx, visible, watched_ms=3_000, viewer=ben)
        assert await count(tx, visible, watched_ms=60_000, viewer=None)
        assert not await count(tx, visible, watched_ms=2_999, viewer=ben)
        assert not await count(tx, visible, watched_ms=9_000, viewer=ana)
        assert not await count(tx, processing, watched_ms=9_000, viewer=ben)
        assert not await count(tx, NOWHERE, watched_ms=9_000, viewer=ben)
        assert (await town.clips.view(tx, visible, None)).view_count == 2


async def test_a_clip_shorter_than_three_seconds_is_viewed_when_it_was_seen_to_its_end(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = await town.clip(ana)
    async with town.database.write() as tx:
        await tx.exec_driver_sql("UPDATE clips SET duration_ms = 1500")
        assert not await town.clips.reactions.count_view(tx, clip_id, watched_ms=1_499, viewer=None)
        assert await town.clips.reactions.count_view(tx, clip_id, watched_ms=1_500, viewer=None)
