"""What its creator may still change of a clip that is posted."""

import pytest
from sqlalchemy import select, update

from reelm.base import AccountId, ClipId, UploadId, metadata, mint
from reelm.clips import (
    CaptionTooLong,
    ClipRemoved,
    ClipView,
    Details,
    NoSuchClip,
    NotYours,
    seal_unpublished,
)
from reelm.people import BadText, TextTooLong
from reelm.realm.errors import SealBroken
from support.realm.town import SHAPE, Town


async def edit(
    town: Town, clip_id: ClipId, by: AccountId, *, caption: str | None = None, alt_text: str | None = None
) -> ClipView:
    async with town.database.write() as tx:
        return await town.clips.edit(tx, clip_id, by, caption=caption, alt_text=alt_text)


async def found(town: Town, tag: str) -> list[ClipId]:
    async with town.database.read() as tx:
        return [clip.id for clip in (await town.clips.tagged(tx, tag, None)).clips]


async def test_an_edited_caption_is_shown_as_edited_and_its_tags_follow(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = await town.clip(ana, "At the #sea")
    town.clock.advance(60)
    edited = await edit(town, clip_id, ana, caption=" At the #lake\r\n")
    assert (edited.caption, edited.tags, edited.edited_at) == ("At the #lake", ("lake",), town.clock.now())
    assert await found(town, "sea") == []
    assert await found(town, "lake") == [clip_id]


async def test_the_same_caption_again_changes_nothing(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = await town.clip(ana, "At the #sea")
    assert (await edit(town, clip_id, ana, caption="At the #sea ")).edited_at is None
    first = await edit(town, clip_id, ana, caption="#Sea")
    town.clock.advance(60)
    assert await edit(town, clip_id, ana, caption="#Sea") == first


async def test_what_nobody_could_read_yet_is_not_shown_as_edited(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = (await town.posted(ana, "frist")).id
    edited = await edit(town, clip_id, ana, caption="first")
    assert (edited.caption, edited.edited_at) == ("first", None)


async def test_alt_text_is_told_at_posting_and_changed_without_a_mark(town: Town) -> None:
    ana = await town.person("ana")
    upload_id = UploadId(mint(town.clock, town.entropy))
    async with town.database.write() as tx:
        posted, _ = await town.clips.create(
            tx, ana, upload_id=upload_id, caption="Look", shape=SHAPE, details=Details(" A dog ")
        )
        await town.clips.publishing.make_playable(tx, posted.id)
    clip_id = posted.id
    assert (await edit(town, clip_id, ana)).alt_text == "A dog"
    described = await edit(town, clip_id, ana, alt_text="A dog runs into the sea")
    assert (described.alt_text, described.caption) == ("A dog runs into the sea", "Look")
    assert described.edited_at is None
    assert (await edit(town, clip_id, ana, alt_text="")).alt_text == ""


async def test_a_bad_text_changes_nothing(town: Town) -> None:
    ana = await town.person("ana")
    clip_id = await town.clip(ana, "Look")
    for changes, error in (
        ({"caption": "x" * 2_201}, CaptionTooLong),
        ({"caption": "new", "alt_text": "x" * 1_001}, TextTooLong),
        ({"alt_text": "\x00"}, BadText),
    ):
        with pytest.raises(error):
            await edit(town, clip_id, ana, **changes)
    async with town.database.read() as tx:
        seen = await town.clips.view(tx, clip_id, None)
    assert (seen.caption, seen.alt_text, seen.edited_at) == ("Look", "", None)


async def test_only_its_creator_edits_a_clip_while_it_is_there(town: Town) -> None:
    ana, ben = await town.add_people("ana ben")
    visible, processing = await town.clip(ana), (await town.posted(ana)).id
    with pytest.raises(NotYours):
        await edit(town, visible, ben, caption="mine")
    with pytest.raises(NoSuchClip):
        await edit(town, processing, ben, caption="mine")
    await town.remove(visible, ana)
    with pytest.raises(ClipRemoved):
        await edit(town, visible, ana, caption="back")


async def test_words_of_a_clip_that_is_not_published_are_nowhere_to_be_read(town: Town) -> None:
    ana = await town.person("ana")
    clip = await town.posted(ana, "Secret #plan")
    await edit(town, clip.id, ana, caption="Secret #launch", alt_text="Secret picture")
    assert not await plain_text(town, "ecret")
    assert not await plain_text(town, "launch")
    own = await edit(town, clip.id, ana)
    assert (own.caption, own.alt_text, own.tags) == ("Secret #launch", "Secret picture", ("launch",))
    async with town.database.write() as tx:
        await town.clips.publishing.make_playable(tx, clip.id)
        await town.clips.publishing.make_playable(tx, clip.id)
        (found,) = (await town.clips.tagged(tx, "launch", None)).clips
    assert (found.caption, found.alt_text, found.edited_at) == ("Secret #launch", "Secret picture", None)
    assert (await edit(town, clip.id, ana, caption="Public")).edited_at is not None


async def test_words_of_one_clip_cannot_be_put_into_another(town: Town) -> None:
    ana = await town.person("ana")
    one, other = await town.posted(ana, "one"), await town.posted(ana, "other")
    table = metadata.tables["clips"]
    async with town.database.write() as tx:
        words = await tx.scalar(select(table.c.words_sealed).where(table.c.id == one.id))
        await tx.execute(update(table).where(table.c.id == other.id).values(words_sealed=words))
        with pytest.raises(SealBroken):
            await town.clips.view(tx, other.id, ana)


async def test_plain_words_from_before_are_sealed_once_and_those_of_the_erased_are_removed(
    town: Town,
) -> None:
    ana, ben = await town.add_people("ana ben")
    made = {who: (await town.posted(who)).id for who in (ana, ben)}
    table = metadata.tables["clips"]
    shown = await town.clip(ana, "Public")
    async with town.database.write() as tx:
        for clip_id in made.values():
            old = {"caption": "Secret", "alt_text": "", "words_sealed": None}
            await tx.execute(update(table).where(table.c.id == clip_id).values(**old))
        await town.keys.destroy_user_key(tx, ben)
    for _ in range(2):
        async with town.database.write() as tx:
            await seal_unpublished(tx, town.keys)
    assert not await plain_text(town, "Secret")
    assert (await edit(town, made[ana], ana)).caption == "Secret"
    assert (await edit(town, shown, ana)).caption == "Public"
    async with town.database.read() as tx:
        assert (await town.clips.view(tx, made[ben], ben)).caption == ""


async def plain_text(town: Town, part: str) -> list[str]:
    """Return what the database holds with this part in it, of clips and their tags."""
    async with town.database.read() as tx:
        rows = [
            row for name in ("clips", "clip_tags") for row in await tx.execute(select(metadata.tables[name]))
        ]
    return [str(value) for row in rows for value in row if part in str(value)]
