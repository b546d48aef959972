from reelm.base import AccountId
from reelm.clips import Candidate, ClipPlace
from support.realm.town import Town


async def test_recent_clips_are_the_visible_ones_newest_first(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    made = await town.add_clips([ana, ben, ana])
    await town.posted(ana)
    await town.remove(made[1], ben)
    async with town.database.read() as tx:
        assert [each.clip_id for each in await town.clips.candidates.recent(tx, 10)] == [made[2], made[0]]
        assert [each.clip_id for each in await town.clips.candidates.recent(tx, 1)] == [made[2]]
        assert await town.clips.candidates.local(tx, 10) == await town.clips.candidates.recent(tx, 10)


async def test_a_walk_from_any_place_leaves_nothing_out(town: Town) -> None:
    ana = await town.person("ana")
    made = await town.add_clips([ana] * 5)
    async with town.database.read() as tx:
        middle = (await town.clips.candidates.recent(tx, 10))[2].place
        older = await town.clips.candidates.recent(tx, 10, before=middle)
        newer = await town.clips.candidates.recent(tx, 10, after=middle)
        assert await town.clips.candidates.recent(tx, 1, before=older[0].place) == older[1:2]
    assert [each.clip_id for each in older] == [made[1], made[0]]
    assert [each.clip_id for each in newer] == [made[3], made[4]]


async def test_clips_of_one_moment_are_told_apart_by_their_ids(town: Town) -> None:
    ana = await town.person("ana")
    posted = [(await town.posted(ana)).id for _ in range(4)]
    async with town.database.write() as tx:
        for clip_id in posted:
            await town.clips.publishing.make_playable(tx, clip_id)
        found, before = [], None
        while step := await town.clips.candidates.recent(tx, 1, before=before):
            found.append(step[0].clip_id)
            before = step[0].place
    assert found == sorted(posted, reverse=True)


async def test_a_candidate_carries_what_ranking_needs(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    clip_id = await town.clip(ana)
    async with town.database.write() as tx:
        await town.clips.reactions.like(tx, clip_id, ben)
        await town.clips.comments.add(tx, clip_id, ben, text="Hi")
        await town.clips.reactions.count_view(tx, clip_id, watched_ms=5_000, viewer=ben)
        found = await town.clips.candidates.recent(tx, 1)
    assert found == (Candidate(clip_id, ana, town.clock.now(), 1, 1, 1),)
    assert found[0].place == ClipPlace(town.clock.now(), clip_id)


async def test_popular_clips_are_ranked_by_what_people_did(town: Town) -> None:
    ana, ben, cem = await town.add_people("ana ben cem")
    plain, liked, loved = await town.add_clips([ana] * 3)
    async with town.database.write() as tx:
        await town.clips.reactions.like(tx, liked, ben)
        for fan in (ben, cem):
            await town.clips.reactions.like(tx, loved, fan)
        found = await town.clips.candidates.popular(tx, 10, town.clock.now())
        assert len(await town.clips.candidates.popular(tx, 2, town.clock.now())) == 2
    assert [each.clip_id for each in found] == [loved, liked, plain]


async def test_followed_clips_are_those_of_whom_the_viewer_follows(town: Town) -> None:
    ana, ben, cem = await town.add_people("ana ben cem")
    made = await town.add_clips([ana, ben, cem, ana, ben])
    await town.posted(ana)

    async def followed(viewer: AccountId, **where: ClipPlace) -> list[str]:
        async with town.database.read() as tx:
            return [each.clip_id for each in await town.clips.candidates.followed(tx, viewer, 10, **where)]

    assert await followed(cem) == []
    async with town.database.write() as tx:
        await town.people.follow(tx, "ana", cem)
        await town.people.follow(tx, "ben", cem)
        middle = (await town.clips.candidates.followed(tx, cem, 2))[1].place
    assert await followed(cem) == [made[4], made[3], made[1], made[0]]
    assert await followed(cem, before=middle) == [made[1], made[0]]
    assert await followed(cem, after=middle) == [made[4]]
    assert await followed(ana) == []
    async with town.database.write() as tx:
        await town.people.unfollow(tx, "ben", cem)
    assert await followed(cem) == [made[3], made[0]]
