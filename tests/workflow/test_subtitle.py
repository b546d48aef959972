"""Subtitles of a clip: stored like everything else, found by players, gone with the clip."""

from dataclasses import replace

import pytest

from reelm.base import AccountId, ClipId
from reelm.clips import ClipRemoved, NoSuchClip, NotYours
from reelm.delivery import NoSuchSubtitles
from reelm.media.errors import BadSubtitles
from reelm.vault import NotDurable
from reelm.workflows.operate import tidy
from reelm.workflows.publish import remove, remove_subtitles, subtitle
from reelm.workflows.publish.subtitle import NoLanguage, TooManyLanguages
from reelm.workflows.watch import subtitles, unseal
from support.media import footage
from support.realm.realms import Stage, look
from workflow.test_publish_cut_off import CutOffDatabase, Killed

pytestmark = pytest.mark.slow

WORDS = b"1\n00:00:00,100 --> 00:00:00,400\nHello & welcome\n"
WRITTEN = "WEBVTT\n\n00:00:00.100 --> 00:00:00.400\nHello &amp; welcome\n"


async def read(stage: Stage, clip_id: ClipId, language: str, viewer: AccountId | None = None) -> str:
    async with stage.realm.database.read() as tx:
        return (
            await unseal(
                await subtitles(tx, clip_id, language, viewer=viewer, realm=stage.realm), realm=stage.realm
            )
        ).decode()


async def posted(stage: Stage) -> tuple[AccountId, ClipId]:
    ann = await stage.person("ann")
    return ann, (await stage.post(ann, footage.clip(seconds=0.6))).id


async def test_subtitles_are_given_before_a_clip_is_visible_and_read_by_everybody_after(stage: Stage) -> None:
    ann, clip_id = await posted(stage)
    found, left_out = await subtitle(clip_id, "en", WORDS, by=ann, realm=stage.realm)
    assert (found.subtitles, left_out) == (("en",), ())
    with pytest.raises(NoSuchClip):
        await read(stage, clip_id, "en")
    await stage.publish()
    assert await read(stage, clip_id, "en") == WRITTEN
    assert (await stage.see(clip_id)).subtitles == ("en",)
    (await look(stage)).check()


async def test_new_subtitles_replace_those_of_their_language_alone(stage: Stage) -> None:
    ann, clip_id = await posted(stage)
    for language, word in (("en", b"one"), ("pt-BR", b"um"), ("en", b"two")):
        await subtitle(clip_id, language, WORDS.replace(b"Hello", word), by=ann, realm=stage.realm)
    assert "two" in await read(stage, clip_id, "en", ann)
    assert "um" in await read(stage, clip_id, "pt-BR", ann)
    await tidy(realm=stage.realm)
    world = await look(stage)
    world.check()
    assert len(world.objects) == 2


async def test_subtitles_are_taken_back(stage: Stage) -> None:
    ann, clip_id = await posted(stage)
    await subtitle(clip_id, "en", WORDS, by=ann, realm=stage.realm)
    for _ in range(2):
        assert (await remove_subtitles(clip_id, "en", by=ann, realm=stage.realm)).subtitles == ()
    with pytest.raises(NoSuchSubtitles):
        await read(stage, clip_id, "en", ann)
    await tidy(realm=stage.realm)
    assert (await look(stage)).objects == {}


async def test_a_removed_clip_takes_its_subtitles_along(stage: Stage) -> None:
    ann, clip_id = await posted(stage)
    await stage.publish()
    await subtitle(clip_id, "en", WORDS, by=ann, realm=stage.realm)
    await remove(clip_id, by=ann, realm=stage.realm)
    with pytest.raises(ClipRemoved):
        await read(stage, clip_id, "en", ann)
    await tidy(realm=stage.realm)
    assert (await look(stage)).objects == {}


async def test_subtitles_outlive_a_retry_of_what_nobody_could_watch(stage: Stage) -> None:
    ann, clip_id = await posted(stage)
    await subtitle(clip_id, "en", WORDS, by=ann, realm=stage.realm)
    async with stage.realm.database.write() as tx:
        await stage.realm.clips.publishing.fail(
            tx, clip_id, code="media.took-too-long", detail="The machine was busy."
        )
        await stage.realm.clips.publishing.retry(tx, clip_id, ann)
    await stage.publish()
    assert await read(stage, clip_id, "en") == WRITTEN


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
async def test_cut_off_anywhere_subtitles_are_stored_or_were_never_there(
    stage: Stage, number: int, moment: str
) -> None:
    """The first write is the row with the words, the second one says where the vault has them."""
    ann, clip_id = await posted(stage)
    dying = replace(stage.realm, database=CutOffDatabase(stage.realm.database, number, moment))
    with pytest.raises(Killed):
        await subtitle(clip_id, "en", WORDS, by=ann, realm=dying)
    await tidy(realm=stage.realm)
    (await look(stage)).check()
    if (number, moment) == (1, "before"):
        assert (await stage.see(clip_id, ann)).subtitles == ()
    else:
        assert await read(stage, clip_id, "en", ann) == WRITTEN


async def test_when_no_store_takes_them_earlier_subtitles_stay(stage: Stage) -> None:
    ann, clip_id = await posted(stage)
    await subtitle(clip_id, "en", WORDS, by=ann, realm=stage.realm)
    away = [(stage.data / "stores" / str(number)) for number in (1, 2, 3)]
    for folder in away:
        folder.rename(folder.with_suffix(".away"))
    with pytest.raises(NotDurable):
        await subtitle(clip_id, "en", WORDS.replace(b"Hello", b"Bye"), by=ann, realm=stage.realm)
    for folder in away:
        folder.with_suffix(".away").rename(folder)
    await tidy(realm=stage.realm)
    assert await read(stage, clip_id, "en", ann) == WRITTEN


async def test_what_is_refused_changes_nothing(stage: Stage) -> None:
    ann, clip_id = await posted(stage)
    ben = await stage.person("ben")
    await stage.publish()
    for language in ("", "english", "EN", "en_GB", "e", "en-"):
        with pytest.raises(NoLanguage):
            await subtitle(clip_id, language, WORDS, by=ann, realm=stage.realm)
    with pytest.raises(BadSubtitles):
        await subtitle(clip_id, "en", b"Hello", by=ann, realm=stage.realm)
    with pytest.raises(NotYours):
        await subtitle(clip_id, "en", WORDS, by=ben, realm=stage.realm)
    assert (await stage.see(clip_id)).subtitles == ()
    async with stage.realm.database.write() as tx:
        many = tuple(f"a{letter}" for letter in "abcdefghijklmnopqrst")
        await stage.realm.clips.set_subtitles(tx, clip_id, many)
    with pytest.raises(TooManyLanguages):
        await subtitle(clip_id, "en", WORDS, by=ann, realm=stage.realm)
