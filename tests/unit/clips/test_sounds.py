"""Which sounds there are, for whom, and in which order."""

import pytest

from reelm.base import AccountId, ClipId, UploadId, mint
from reelm.clips import BadPlace, Details, NoSuchSound, SoundPage
from support.realm.town import SHAPE, Town


async def using(town: Town, by: AccountId, sound: ClipId) -> ClipId:
    """A visible clip that carries the sound."""
    town.clock.advance(1)
    async with town.database.write() as tx:
        clip, _ = await town.clips.create(
            tx,
            by,
            upload_id=UploadId(mint(town.clock, town.entropy)),
            caption="",
            shape=SHAPE,
            details=Details(sound_id=sound),
        )
        await town.clips.publishing.make_playable(tx, clip.id)
        await town.clips.publishing.finish(tx, clip.id)
    return clip.id


async def keep_back(town: Town, clip_id: ClipId, by: AccountId) -> None:
    async with town.database.write() as tx:
        await town.clips.edit(tx, clip_id, by, allows_reuse=False)


def ids(page: SoundPage) -> list[ClipId]:
    return [each.id for each in page.sounds]


async def find(town: Town, text: str, viewer: AccountId | None = None) -> list[ClipId]:
    async with town.database.read() as tx:
        return ids(await town.clips.sounds.find(tx, text, viewer))


async def test_recent_sounds_come_newest_first_page_by_page(town: Town) -> None:
    ana = await town.person("ana")
    one, two, three = [await town.clip(ana, f"{number}") for number in range(3)]
    await using(town, ana, one)
    async with town.database.read() as tx:
        first = await town.clips.sounds.recent(tx, None, size=2)
        rest = await town.clips.sounds.recent(tx, None, size=2, cursor=first.cursor)
        assert (ids(first), ids(rest), rest.cursor) == ([three, two], [one], None)
        with pytest.raises(BadPlace):
            await town.clips.sounds.recent(tx, None, cursor="elsewhere")


async def test_a_sound_that_is_kept_back_is_listed_for_its_creator_alone(town: Town) -> None:
    ana, ben = await town.person("ana"), await town.person("ben")
    kept, free = await town.clip(ana, "#sea"), await town.clip(ana, "#sea")
    await keep_back(town, kept, ana)
    async with town.database.read() as tx:
        for viewer, seen in ((None, [free]), (ben, [free]), (ana, [free, kept])):
            assert ids(await town.clips.sounds.recent(tx, viewer)) == seen
            assert ids(await town.clips.sounds.most_used(tx, viewer)) == seen
            assert await find(town, "sea", viewer) == seen


async def test_the_most_used_come_first_with_the_number_of_their_clips(town: Town) -> None:
    ana, ben = await town.person("ana"), await town.person("ben")
    quiet, loud = await town.clip(ana, ""), await town.clip(ana, "")
    late = await town.clip(ben, "")
    uses = [await using(town, ben, loud) for _ in range(2)]
    async with town.database.read() as tx:
        found = await town.clips.sounds.most_used(tx, None)
        assert [(each.id, each.use_count) for each in found.sounds] == [(loud, 3), (late, 1), (quiet, 1)]
        carrying = await town.clips.with_sound(tx, loud, None)
        assert [each.id for each in carrying.clips] == [uses[1], uses[0], loud]
    await town.remove(uses[0], ben)
    async with town.database.read() as tx:
        assert (await town.clips.sounds.view(tx, loud, None)).use_count == 2


@pytest.mark.parametrize("text", ["an", "@ana", "ANA.B", "#sea", "sea"])
async def test_a_sound_is_found_by_its_creators_handle_or_by_a_tag(town: Town, text: str) -> None:
    ana, ben = await town.person("ana.b"), await town.person("ben")
    wanted = await town.clip(ana, "At the #sea")
    await town.clip(ben, "In the #woods")
    assert await find(town, text) == [wanted]


@pytest.mark.parametrize("text", ["", "#", "@", "na", "%", "an_", "ana b", "\x00", "a" * 25])
async def test_what_nobody_is_called_finds_nothing(town: Town, text: str) -> None:
    await town.clip(await town.person("ana.b"), "At the #sea")
    assert await find(town, text) == []


async def test_a_sound_is_gone_with_the_last_clip_that_carries_it(town: Town) -> None:
    ana, ben = await town.person("ana"), await town.person("ben")
    original = await town.clip(ana, "secret words")
    use = await using(town, ben, original)
    await town.remove(original, ana)
    async with town.database.read() as tx:
        left = await town.clips.sounds.view(tx, original, None)
        assert (left.is_available, left.caption, left.use_count, left.may_use) == (False, "", 1, False)
        assert ids(await town.clips.sounds.recent(tx, None)) == []
    await town.remove(use, ben)
    async with town.database.read() as tx:
        with pytest.raises(NoSuchSound):
            await town.clips.sounds.view(tx, original, None)


async def test_clips_with_a_sound_go_by_publication(town: Town) -> None:
    ana = await town.person("ana")
    sound = await town.clip(ana)
    async with town.database.write() as tx:
        planned, _ = await town.clips.create(
            tx,
            ana,
            upload_id=UploadId(mint(town.clock, town.entropy)),
            caption="",
            shape=SHAPE,
            details=Details(sound_id=sound),
        )
    meanwhile = await using(town, ana, sound)
    town.clock.advance(3600)
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, planned.id)
        first = await town.clips.with_sound(tx, sound, None, size=2)
        rest = await town.clips.with_sound(tx, sound, None, size=2, cursor=first.cursor)
    assert [clip.id for clip in first.clips + rest.clips] == [planned.id, meanwhile, sound]
