"""Pages over a real database."""

import pytest
from sqlalchemy import event

from reelm.base import AccountId, ClipId
from reelm.feed import BadCursor, Feed, Page, Tab
from support.machine.determinism import SeededEntropy
from support.realm.town import Town


@pytest.fixture
def feed(town: Town) -> Feed:
    return Feed(town.clips, clock=town.clock, entropy=town.entropy)


async def page(
    town: Town,
    feed: Feed,
    cursor: str | None = None,
    *,
    tab: Tab = Tab.FOR_YOU,
    viewer: AccountId | None = None,
    size: int = 5,
) -> Page:
    async with town.database.read() as tx:
        return await feed.page(tx, tab=tab, viewer=viewer, cursor=cursor, size=size)


async def session(
    town: Town, feed: Feed, *, tab: Tab = Tab.FOR_YOU, viewer: AccountId | None = None, size: int = 5
) -> list[ClipId]:
    found: list[ClipId] = []
    cursor = None
    while True:
        each = await page(town, feed, cursor, tab=tab, viewer=viewer, size=size)
        if not each.clips:
            assert each.cursor is None
            return found
        assert len(each.clips) <= size
        assert each.cursor is not None
        found += [clip.id for clip in each.clips]
        cursor = each.cursor


async def test_an_empty_realm_has_nothing_to_show(town: Town, feed: Feed) -> None:
    for tab in Tab:
        assert await page(town, feed, tab=tab) == Page((), None)


async def test_every_visible_clip_is_shown_once_signed_in_or_not(town: Town, feed: Feed) -> None:
    people = await town.add_people("ana ben cem")
    made = await town.add_clips(people * 8)
    await town.posted(people[0])
    async with town.database.write() as tx:
        await town.people.follow(tx, "ben", people[0])
    town.clock.advance(60)
    for viewer in (None, people[0], people[1]):
        assert sorted(await session(town, feed, viewer=viewer)) == sorted(made)


async def test_local_is_newest_first(town: Town, feed: Feed) -> None:
    ana, ben = await town.add_people("ana ben")
    made = await town.add_clips([ana, ana, ben, ana, ben, ben, ben])
    assert await session(town, feed, tab=Tab.LOCAL, size=3) == made[::-1]


async def test_following_is_newest_first_of_those_followed(town: Town, feed: Feed) -> None:
    ana, ben, cem = await town.add_people("ana ben cem")
    made = await town.add_clips([ana, ben, cem, ana, ana, ben])
    assert await session(town, feed, tab=Tab.FOLLOWING, viewer=cem) == []
    async with town.database.write() as tx:
        await town.people.follow(tx, "ana", cem)
    assert await session(town, feed, tab=Tab.FOLLOWING, viewer=cem, size=2) == [made[4], made[3], made[0]]
    assert await session(town, feed, tab=Tab.FOLLOWING, viewer=None) == []


@pytest.mark.slow
async def test_long_tabs_are_read_to_their_end(town: Town, feed: Feed) -> None:
    ana, ben = await town.add_people("ana ben")
    made = await town.add_clips([ana] * 530)
    async with town.database.write() as tx:
        await town.people.follow(tx, "ana", ben)
    town.clock.advance(60)
    assert await session(town, feed, tab=Tab.LOCAL, size=20) == made[::-1]
    assert await session(town, feed, tab=Tab.FOLLOWING, viewer=ben, size=20) == made[::-1]
    assert sorted(await session(town, feed, viewer=ben, size=20)) == sorted(made)


async def test_a_session_goes_on_in_another_process(town: Town, feed: Feed) -> None:
    ana = await town.person("ana")
    made = await town.add_clips([ana] * 9)
    first = await page(town, feed)
    other = Feed(town.clips, clock=town.clock, entropy=SeededEntropy(99))
    second = await page(town, other, first.cursor)
    assert sorted(clip.id for clip in first.clips + second.clips) == sorted(made)
    assert await page(town, other, second.cursor) == Page((), None)


async def test_a_new_clip_is_shown_within_a_session_that_had_seen_everything(town: Town, feed: Feed) -> None:
    ana = await town.person("ana")
    await town.add_clips([ana] * 3)
    first = await page(town, feed)
    assert (await page(town, feed, first.cursor)).clips == ()
    late = await town.clip(ana)
    town.clock.advance(2)
    assert [clip.id for clip in (await page(town, feed, first.cursor)).clips] == [late]


async def test_a_removed_clip_vanishes_at_once_and_the_page_is_filled_again(town: Town, feed: Feed) -> None:
    ana = await town.person("ana")
    made = await town.add_clips([ana] * 12)
    await page(town, feed)
    for gone in made[:6]:
        await town.remove(gone, ana)
    # The kept candidates still hold the six: no time has passed.
    for tab in (Tab.FOR_YOU, Tab.LOCAL):
        found = await page(town, feed, tab=tab)
        assert len(found.clips) == 5
        assert not {clip.id for clip in found.clips} & set(made[:6])
        assert sorted(await session(town, feed, tab=tab)) == sorted(made[6:])


async def test_candidates_are_kept_for_a_second_and_no_longer(town: Town, feed: Feed) -> None:
    ana = await town.person("ana")
    first = await town.clip(ana)
    assert await session(town, feed) == [first]
    async with town.database.write() as tx:
        clip = await town.clips.view(tx, first, ana)
    second = await town.clip(ana)
    town.clock.advance(1)
    assert sorted(await session(town, feed)) == sorted([clip.id, second])


async def test_a_failed_load_is_tried_again(town: Town, feed: Feed) -> None:
    ana = await town.person("ana")
    made = await town.clip(ana)
    async with town.database.write() as tx:
        await tx.exec_driver_sql("ALTER TABLE clips RENAME TO away")
    with pytest.raises(Exception, match="clips"):
        await page(town, feed)
    async with town.database.write() as tx:
        await tx.exec_driver_sql("ALTER TABLE away RENAME TO clips")
    assert await session(town, feed) == [made]


async def test_a_warm_page_costs_at_most_three_queries(town: Town, feed: Feed) -> None:
    ana, ben = await town.add_people("ana ben")
    await town.add_clips([ana, ben] * 30)
    async with town.database.write() as tx:
        await town.people.follow(tx, "ana", ben)
    asked: list[str] = []

    @event.listens_for(town.database.engine.sync_engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    for tab, viewer, most in (
        (Tab.FOR_YOU, None, 1),
        (Tab.FOR_YOU, ben, 2),
        (Tab.LOCAL, None, 1),
        (Tab.FOLLOWING, ben, 2),
    ):
        first = await page(town, feed, tab=tab, viewer=viewer)
        asked.clear()
        await page(town, feed, first.cursor, tab=tab, viewer=viewer)
        assert len(asked) <= most


async def test_the_size_of_a_page_has_bounds(town: Town, feed: Feed) -> None:
    ana = await town.person("ana")
    await town.add_clips([ana] * 25)
    for asked, given in ((-1, 1), (0, 1), (1, 1), (20, 20), (1_000, 20)):
        assert len((await page(town, feed, size=asked)).clips) == given


async def test_a_cursor_from_elsewhere_is_refused(town: Town, feed: Feed) -> None:
    ana = await town.person("ana")
    await town.clip(ana)
    cursor = (await page(town, feed, tab=Tab.LOCAL)).cursor
    for bad in (cursor, "", "x", "\x00", "é", "A" * 5_000):
        with pytest.raises(BadCursor):
            await page(town, feed, bad)
