import asyncio

import pytest

from reelm.base import AccountId
from reelm.people import (
    BadHandle,
    BadText,
    FollowSelf,
    HandleTaken,
    NoSuchProfile,
    ProfileEdit,
    ProfileExists,
    TextTooLong,
)
from support.realm.town import Town


async def test_a_profile_is_found_by_its_handle_in_any_case(town: Town) -> None:
    ana = await town.account()
    async with town.database.write() as tx:
        made = await town.people.create_profile(tx, ana, handle="AnA", display_name=" Ana é ")
    async with town.database.read() as tx:
        view = await town.people.profile(tx, "ANA", None)
        assert await town.people.profile_of(tx, ana) == made
    assert (view.handle, view.display_name, view.bio) == ("ana", "Ana é", "")
    assert view.created_at == town.clock.now()
    assert not view.is_self
    assert not view.is_followed
    assert (view.follower_count, view.following_count, view.clip_count, view.like_count) == (0, 0, 0, 0)


async def test_a_taken_handle_is_refused_and_nothing_is_written(town: Town) -> None:
    await town.person("ana")
    ben = await town.account()
    with pytest.raises(HandleTaken) as caught:
        async with town.database.write() as tx:
            await town.people.create_profile(tx, ben, handle="Ana", display_name="Ben")
    assert caught.value.code == "social.handle-taken"
    async with town.database.read() as tx:
        with pytest.raises(NoSuchProfile):
            await town.people.profile_of(tx, ben)


async def test_two_who_want_a_handle_at_once_get_one_profile(town: Town) -> None:
    ben, cem = await town.account(), await town.account()

    async def claim(account_id: AccountId) -> AccountId:
        async with town.database.write() as tx:
            profile = await town.people.create_profile(tx, account_id, handle="first", display_name="x")
        return profile.account_id

    outcomes = await asyncio.gather(claim(ben), claim(cem), return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["HandleTaken", "str"]


async def test_making_a_profile_again_changes_nothing(town: Town) -> None:
    ana = await town.person("ana")
    async with town.database.write() as tx:
        again = await town.people.create_profile(tx, ana, handle="ana", display_name="Someone else")
        assert again.display_name == "Ana"
        with pytest.raises(ProfileExists):
            await town.people.create_profile(tx, ana, handle="other", display_name="Ana")


async def test_a_profile_follows_the_rules(town: Town) -> None:
    ana = await town.account()
    async with town.database.write() as tx:
        with pytest.raises(BadHandle):
            await town.people.create_profile(tx, ana, handle="admin", display_name="Ana")
        with pytest.raises(TextTooLong):
            await town.people.create_profile(tx, ana, handle="ana", display_name="x" * 51)
        with pytest.raises(BadText):
            await town.people.create_profile(tx, ana, handle="ana", display_name="A\x00")


async def test_editing_changes_what_is_given_and_no_more(town: Town) -> None:
    ana = await town.person("ana")
    async with town.database.write() as tx:
        assert (
            await town.people.edit_profile(tx, ana, ProfileEdit(bio="I film.\nTwo lines."))
        ).display_name == "Ana"
        view = await town.people.edit_profile(tx, ana, ProfileEdit(display_name="Ana K."))
        assert (view.display_name, view.bio) == ("Ana K.", "I film.\nTwo lines.")
        assert view.is_self
        assert (await town.people.edit_profile(tx, ana, ProfileEdit(bio=""))).bio == ""
        assert (await town.people.edit_profile(tx, ana, ProfileEdit())).display_name == "Ana K."
        with pytest.raises(TextTooLong):
            await town.people.edit_profile(tx, ana, ProfileEdit(bio="x" * 301))
        with pytest.raises(NoSuchProfile):
            await town.people.edit_profile(tx, AccountId("0" * 26), ProfileEdit(bio="x"))


async def test_following_twice_counts_once_and_can_be_taken_back(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    async with town.database.write() as tx:
        await town.people.follow(tx, "ana", ben)
        view = await town.people.follow(tx, "Ana", ben)
        assert (view.handle, view.follower_count, view.is_followed) == ("ana", 1, True)
        assert (await town.people.profile(tx, "ben", ana)).following_count == 1
        await town.people.unfollow(tx, "ana", ben)
        view = await town.people.unfollow(tx, "ana", ben)
        assert (view.follower_count, view.is_followed) == (0, False)


async def test_two_follows_at_once_count_once(town: Town) -> None:
    _, ben = await town.add_people("ana ben")

    async def follow() -> None:
        async with town.database.write() as tx:
            await town.people.follow(tx, "ana", ben)

    await asyncio.gather(*(follow() for _ in range(4)))
    async with town.database.read() as tx:
        assert (await town.people.profile(tx, "ana", None)).follower_count == 1


async def test_two_who_follow_each_other_at_once_do_not_wait_for_each_other(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")

    async def follow(handle: str, viewer: AccountId) -> None:
        async with town.database.write() as tx:
            await town.people.follow(tx, handle, viewer)

    await asyncio.gather(follow("ana", ben), follow("ben", ana))
    async with town.database.read() as tx:
        view = await town.people.profile(tx, "ana", ben)
    assert (view.follower_count, view.following_count, view.is_followed) == (1, 1, True)


async def test_nobody_follows_themselves_or_nobody(town: Town) -> None:
    ana = await town.person("ana")
    async with town.database.write() as tx:
        with pytest.raises(FollowSelf):
            await town.people.follow(tx, "ana", ana)
        with pytest.raises(NoSuchProfile):
            await town.people.follow(tx, "nobody", ana)
        with pytest.raises(NoSuchProfile):
            await town.people.profile(tx, "../etc/passwd\x00", ana)


async def test_the_counts_of_a_profile_are_of_visible_clips(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    first, second = await town.add_clips([ana, ana])
    await town.posted(ana)
    async with town.database.write() as tx:
        await town.clips.reactions.like(tx, first, ben)
        await town.clips.reactions.like(tx, second, ben)
        await town.clips.reactions.like(tx, second, ana)
    await town.follow_log()
    async with town.database.read() as tx:
        view = await town.people.profile(tx, "ana", None)
        assert (view.clip_count, view.like_count) == (2, 3)
    await town.remove(first, ana)
    await town.follow_log()
    async with town.database.read() as tx:
        view = await town.people.profile(tx, "ana", None)
    assert (view.clip_count, view.like_count) == (1, 2)
