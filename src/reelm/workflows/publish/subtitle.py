"""Give a clip subtitles, in one language at a time; they replace earlier ones of that language.

``check → a row with the words, sealed → the vault → players find them``. From the row on nothing is lost: a
crash before the vault has the words leaves a row that ``tidy`` stores.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress

from reelm.base import AccountId, ClipId, Conflict, DataClass, Invalid, ReelmError, Tx, mint
from reelm.clips import ClipRemoved, ClipView
from reelm.delivery import Subtitled
from reelm.media import Subtitles
from reelm.vault import DeletionUnfinished, PutReceipt, StoresAway
from reelm.workflows.realm import OpenRealm
from reelm.workflows.upload import require_capacity

# Whoever sends them waits no longer for stores that hang.
_PATIENCE_SECONDS = 15
MAX_LANGUAGES = 20
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?")


class NoLanguage(Invalid):
    code = "workflows.no-language"
    title = "Not a language"
    field = "language"


class TooManyLanguages(Conflict):
    code = "workflows.too-many-languages"
    title = "Too many languages"


async def subtitle(
    clip_id: ClipId, language: str, data: bytes, *, by: AccountId, realm: OpenRealm
) -> tuple[ClipView, tuple[str, ...]]:
    """Check, store and announce a subtitle file; return the clip, and what of the file was left out.

    Raises:
        NoLanguage: not a tag such as ``en``, ``pt-BR`` or ``zh-Hant``.
        BadSubtitles, TooManyBytes: the message names the line; nothing was changed.
        TooManyLanguages: the clip has enough.
        NotYours, ClipRemoved, NoSuchClip: there is no such clip of theirs.
        StoresAway: too few stores answer; the message says whether the words are kept until they do.
    """
    check_language(language)
    await require_capacity(len(data), realm=realm)
    made = Subtitled(mint(realm.clock, realm.entropy), clip_id, language, by)
    async with realm.database.write() as tx:
        clip = await realm.clips.own(tx, clip_id, by)
        found = Subtitles.read(data, duration_ms=clip.duration_ms)
        if language not in clip.subtitles and len(clip.subtitles) >= MAX_LANGUAGES:
            raise TooManyLanguages(
                f"A clip has subtitles in at most {MAX_LANGUAGES} languages. Nothing was saved. "
                "Remove one first."
            )
        await realm.delivery.subtitles.keep(tx, made, found.vtt().encode())
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            receipt = await _put(made, found.vtt().encode(), realm)
    except TimeoutError:  # the row stays: whether the vault has them or not, ``tidy`` goes on from there
        raise StoresAway(
            "The stores do not answer. The subtitles are kept, and are shown once the stores have them."
        ) from None
    except ReelmError:  # nothing is stored, so nothing may appear later
        async with realm.database.write() as tx:
            await realm.delivery.subtitles.drop(tx, made.id)
        raise
    await _announce(made, receipt, realm)
    async with realm.database.read() as tx:
        return await realm.clips.own(tx, clip_id, by), found.left_out


async def store_subtitles(*, realm: OpenRealm) -> None:
    """Store what waits, oldest first. Safe to repeat, and at the same time."""
    async with realm.database.read() as tx:
        waiting = await realm.delivery.subtitles.waiting(tx)
    for each in waiting:
        with suppress(ReelmError):  # one that cannot be stored now must not hold up the others
            async with realm.database.read() as tx:
                words = await realm.delivery.subtitles.open(tx, each)
            await _announce(each, await _put(each, words, realm), realm)


async def remove_subtitles(clip_id: ClipId, language: str, *, by: AccountId, realm: OpenRealm) -> ClipView:
    """Take subtitles back. Safe to repeat.

    Raises:
        NotYours, ClipRemoved, NoSuchClip: there is no such clip of theirs.
    """
    async with realm.database.write() as tx:
        await realm.clips.own(tx, clip_id, by)
        await realm.delivery.subtitles.withdraw(tx, clip_id, language)
        await _list(tx, clip_id, realm)
        return await realm.clips.own(tx, clip_id, by)


def check_language(language: str) -> None:
    """Raise ``NoLanguage`` unless it is a language tag."""
    if not _LANGUAGE.fullmatch(language):
        raise NoLanguage("This is no language tag such as en, pt-BR or zh-Hant. Nothing was saved.")


async def _announce(each: Subtitled, receipt: PutReceipt, realm: OpenRealm) -> None:
    """Let players find them, unless they were replaced or removed meanwhile: then their bytes go as well."""
    with suppress(ClipRemoved):
        async with realm.database.write() as tx:
            if await realm.delivery.subtitles.announce(tx, each, receipt.object_id):
                await _list(tx, each.clip_id, realm)
                return
            if await realm.delivery.subtitles.has(tx, receipt.object_id):
                return  # somebody else stored the very same row meanwhile
    with suppress(DeletionUnfinished):  # a store is away; the vault's sweep deletes there later
        await realm.vault.delete(receipt.object_id)


async def _put(each: Subtitled, words: bytes, realm: OpenRealm) -> PutReceipt:
    """Store the words; a repeat finds what is stored."""
    async with realm.database.read() as tx:
        key = await realm.identity.keys.user_key(tx, each.owner)
    reference = f"clip/{each.clip_id}/subtitles/{each.id}"
    return await realm.vault.put(
        _once(words), reference=reference, klass=DataClass.PUBLIC, key=key, owner=each.owner
    )


async def _list(tx: Tx, clip_id: ClipId, realm: OpenRealm) -> None:
    await realm.clips.set_subtitles(tx, clip_id, await realm.delivery.subtitles.languages(tx, clip_id))


async def _once(words: bytes) -> AsyncIterator[bytes]:
    yield words
