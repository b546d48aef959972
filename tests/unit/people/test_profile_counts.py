"""The numbers that a profile keeps equal a count over the clips, whatever happened."""

import asyncio
import random  # noqa: TID251 - seeded, so that a failure can be replayed
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from sqlalchemy import func, select

from reelm.base import AccountId, ClipId, Conflict, Gone, NotFound, Tx, metadata
from support.realm.town import Town

HANDLES = ("ana", "ben", "cem")
STEPS = 40


async def kept(tx: Tx) -> dict[str, tuple[int, int]]:
    profiles = metadata.tables["profiles"]
    rows = await tx.execute(select(profiles.c.account_id, profiles.c.clip_count, profiles.c.like_count))
    return {row.account_id: (row.clip_count, row.like_count) for row in rows}


async def counted(tx: Tx) -> dict[str, tuple[int, int]]:
    clips, profiles = metadata.tables["clips"], metadata.tables["profiles"]
    visible = (clips.c.account_id == profiles.c.account_id) & (clips.c.state == "visible")
    rows = await tx.execute(
        select(
            profiles.c.account_id,
            select(func.count()).select_from(clips).where(visible).scalar_subquery().label("clips"),
            select(func.coalesce(func.sum(clips.c.like_count), 0))
            .where(visible)
            .scalar_subquery()
            .label("n"),
        )
    )
    return {row.account_id: (row.clips, int(row.n)) for row in rows}


class Chance:
    """People who do at random what people do, again and again, also what is refused."""

    def __init__(self, town: Town, people: list[AccountId], seed: int) -> None:
        self.town = town
        self._people = people
        self._made: list[tuple[ClipId, AccountId]] = []
        self._random = random.Random(seed)

    async def act(self) -> None:
        """Do one thing; a refusal ends its unit of work, as it does on the web."""
        if not self._made or self._random.random() < 0.2:
            author = self._random.choice(self._people)
            self._made.append(((await self.town.posted(author)).id, author))
            return
        clip_id, author = self._random.choice(self._made)
        someone = self._random.choice(self._people)
        clips = self.town.clips
        actions: tuple[Callable[[Tx], Awaitable[object]], ...] = (
            lambda tx: clips.publishing.make_playable(tx, clip_id),
            lambda tx: clips.publishing.make_playable(tx, clip_id),
            lambda tx: clips.publishing.finish(tx, clip_id),
            lambda tx: clips.publishing.fail(tx, clip_id, code="x", detail="y"),
            lambda tx: clips.publishing.retry(tx, clip_id, author),
            lambda tx: clips.reactions.like(tx, clip_id, someone),
            lambda tx: clips.reactions.like(tx, clip_id, someone),
            lambda tx: clips.reactions.like(tx, clip_id, someone),
            lambda tx: clips.reactions.unlike(tx, clip_id, someone),
            lambda tx: clips.comments.add(tx, clip_id, someone, text="Hi"),
            lambda tx: clips.remove(tx, clip_id, author),
        )
        action = self._random.choice(actions)
        try:
            async with self.town.database.write() as tx:
                await action(tx)
        except (Conflict, Gone, NotFound):
            return


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
async def test_the_numbers_of_a_profile_equal_a_count_over_its_clips(town: Town, seed: int) -> None:
    chance = Chance(town, await town.add_people(" ".join(HANDLES)), seed)
    for _ in range(STEPS):
        await chance.act()
        await town.follow_log()
        async with town.database.read() as tx:
            assert await kept(tx) == await counted(tx)
    async with town.database.read() as tx:
        for handle in HANDLES:
            shown = await town.people.profile(tx, handle, None)
            account = await town.people.account_of(tx, handle)
            assert (shown.clip_count, shown.like_count) == (await counted(tx))[account]


async def test_the_numbers_hold_when_a_clip_is_liked_and_removed_at_once(town: Town) -> None:
    ana, *fans = await town.add_people("ana ben cem dee")
    stays, goes = await town.add_clips([ana, ana])

    async def in_one_unit(action: Callable[[Tx], Awaitable[object]]) -> None:
        try:
            async with town.database.write() as tx:
                await action(tx)
        except (Gone, NotFound):
            return

    like, remove = town.clips.reactions.like, town.clips.remove
    await asyncio.gather(
        *(in_one_unit(partial(like, clip_id=clip, viewer=fan)) for fan in fans for clip in (stays, goes)),
        *(in_one_unit(lambda tx: remove(tx, goes, ana)) for _ in range(2)),
        *(in_one_unit(lambda tx: town.clips.publishing.make_playable(tx, stays)) for _ in range(2)),
    )
    await town.follow_log()
    async with town.database.read() as tx:
        assert await kept(tx) == await counted(tx)
        assert (await kept(tx))[ana] == (1, 3)
