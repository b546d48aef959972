"""Announcing renditions to players, and taking them back.

Nothing here asks who is watching: playlists, keys and pictures are for viewers whom the caller has cleared.
"""

from dataclasses import replace
from datetime import datetime

from reelm.base import AccountId, ClipId, Clock, ObjectId, RenditionId, SealedBytes, Secret, Tx
from reelm.delivery import store, subtitled
from reelm.delivery.errors import NoSuchPoster, NoSuchRendition, NoSuchStrip, NoSuchSubtitles
from reelm.delivery.model import Rendition, master_playlist, media_playlist
from reelm.delivery.origin import Origin
from reelm.delivery.store import Stored, Withdrawn
from reelm.delivery.subtitled import Subtitled
from reelm.realm import Keys

SEGMENT_URL = "/segments/{name}.m4s"


class Delivery:
    """Playlists, keys and pictures of this realm's clips.

    Attributes:
        origin: serves their segments.
    """

    def __init__(self, keys: Keys, *, origin: Origin, clock: Clock) -> None:
        self.origin = origin
        self._keys = keys
        self._clock = clock

    async def seal_key(self, tx: Tx, rendition_id: RenditionId, owner: AccountId, key: Secret) -> SealedBytes:
        """Seal the rendition's media key under its owner's key: it dies when the owner's key does."""
        user_key = await self._keys.user_key(tx, owner)
        return user_key.seal(key.reveal(), purpose=_purpose(rendition_id))

    async def announce(self, tx: Tx, rendition: Rendition, key_sealed: SealedBytes) -> None:
        """Let players find a rendition whose bytes are stored. Safe to repeat."""
        await store.insert(tx, rendition, key_sealed)

    async def announce_poster(self, tx: Tx, clip_id: ClipId, owner: AccountId, object_id: ObjectId) -> None:
        """Let pages find a poster whose bytes are stored. Safe to repeat."""
        await store.insert_picture(tx, store.posters, clip_id, owner=owner, object_id=object_id)

    async def announce_strip(self, tx: Tx, clip_id: ClipId, owner: AccountId, object_id: ObjectId) -> None:
        """Let players find a preview strip whose bytes are stored. Safe to repeat."""
        await store.insert_picture(tx, store.strips, clip_id, owner=owner, object_id=object_id)

    async def announced(self, tx: Tx, clip_id: ClipId) -> tuple[Rendition, ...]:
        """Return the clip's renditions that players can find, without their pieces."""
        return await store.of_clip(tx, clip_id)

    async def lightest(self, tx: Tx, clip_id: ClipId) -> Rendition:
        """Return the clip's announced rendition of the fewest bytes that has sound, with its pieces.

        Raises:
            NoSuchRendition: there is none.
        """
        heard = [each for each in await store.of_clip(tx, clip_id) if "," in each.codecs]
        least = min(heard, key=lambda each: each.average_bits_per_second, default=None)
        found = None if least is None else await store.one(tx, clip_id, least.id)
        if found is None:
            raise NoSuchRendition("This clip has no rendition with sound. It may have been removed.")
        return found

    async def master(self, tx: Tx, clip_id: ClipId, *, is_growing: bool = False) -> str:
        """Return the multivariant playlist of what is announced so far, and whether more is being made.

        Raises:
            NoSuchRendition: nothing is.
        """
        found = await store.of_clip(tx, clip_id)
        if not found:
            raise NoSuchRendition("This clip has no playable rendition. It may have been removed.")
        return master_playlist(found, is_growing=is_growing)

    async def playlist(self, tx: Tx, clip_id: ClipId, rendition_id: RenditionId) -> str:
        """Return the media playlist of one rendition.

        Raises:
            NoSuchRendition: not of this clip, or withdrawn.
        """
        rendition = await store.one(tx, clip_id, rendition_id)
        if rendition is None:
            raise NoSuchRendition("This rendition does not exist. Reload the clip.")
        return media_playlist(rendition, segment_url=SEGMENT_URL)

    async def key(self, tx: Tx, clip_id: ClipId, rendition_id: RenditionId) -> Secret:
        """Return the 16-byte AES-128 key of one rendition.

        Raises:
            NoSuchRendition: not of this clip, or withdrawn.
        """
        found = await store.key_of(tx, clip_id, rendition_id)
        if found is None:
            raise NoSuchRendition("This rendition does not exist. Reload the clip.")
        owner, sealed = found
        user_key = await self._keys.user_key(tx, owner)
        return Secret(user_key.open(sealed, purpose=_purpose(rendition_id)))

    async def poster(self, tx: Tx, clip_id: ClipId) -> tuple[AccountId, ObjectId]:
        """Return whose key opens the clip's poster, and the object that holds it.

        Raises:
            NoSuchPoster: there is none, or it was withdrawn.
        """
        found = await store.picture(tx, store.posters, clip_id)
        if found is None:
            raise NoSuchPoster("This clip has no poster.")
        return found

    async def strip(self, tx: Tx, clip_id: ClipId) -> tuple[AccountId, ObjectId]:
        """Return whose key opens the clip's preview strip, and the object that holds it.

        Raises:
            NoSuchStrip: there is none yet, or it was withdrawn.
        """
        found = await store.picture(tx, store.strips, clip_id)
        if found is None:
            raise NoSuchStrip("This clip has no preview strip. It plays without one.")
        return found

    async def keep_subtitles(self, tx: Tx, made: Subtitled, words: bytes) -> None:
        """Record subtitles that the vault does not have yet; the words are sealed until it has."""
        user_key = await self._keys.user_key(tx, made.owner)
        sealed = user_key.seal(words, purpose=_words(made.id))
        await subtitled.insert(tx, replace(made, text_sealed=sealed))

    async def drop_subtitles(self, tx: Tx, subtitles_id: str) -> None:
        """Forget subtitles that could not be stored. Safe to repeat."""
        await subtitled.drop(tx, subtitles_id)

    async def waiting_subtitles(self, tx: Tx, *, limit: int = 100) -> tuple[Subtitled, ...]:
        """Return the subtitles that wait to be stored."""
        return await subtitled.waiting(tx, limit)

    async def open_subtitles(self, tx: Tx, found: Subtitled) -> bytes:
        """Open the words of subtitles that wait to be stored."""
        assert found.text_sealed is not None  # noqa: S101 - it waits
        user_key = await self._keys.user_key(tx, found.owner)
        return user_key.open(found.text_sealed, purpose=_words(found.id))

    async def announce_subtitles(self, tx: Tx, found: Subtitled, object_id: ObjectId) -> bool:
        """Let players find stored subtitles, in place of earlier ones; False when nobody wants them now."""
        if not await subtitled.stored(tx, found.id, object_id):
            return False
        now = self._clock.now()
        await subtitled.withdraw(tx, found.clip_id, now, language=found.language, but=found.id)
        return True

    async def has_subtitles(self, tx: Tx, object_id: ObjectId) -> bool:
        """Return whether an object is of subtitles that are recorded, announced or on their way out."""
        return await subtitled.is_named(tx, object_id)

    async def withdraw_subtitles(self, tx: Tx, clip_id: ClipId, language: str | None = None) -> None:
        """Stop announcing those of a language, or all. Safe to repeat."""
        await subtitled.withdraw(tx, clip_id, self._clock.now(), language=language)

    async def subtitle_languages(self, tx: Tx, clip_id: ClipId) -> tuple[str, ...]:
        """Return the languages in which players can have subtitles."""
        return tuple(each.language for each in await subtitled.of_clip(tx, clip_id))

    async def subtitles(self, tx: Tx, clip_id: ClipId, language: str) -> tuple[AccountId, ObjectId]:
        """Return whose key opens subtitles, and the object that holds them.

        Raises:
            NoSuchSubtitles: there are none in this language.
        """
        found = await subtitled.one(tx, clip_id, language)
        if found is None or found.object_id is None:
            raise NoSuchSubtitles("This clip has no subtitles in this language.")
        return found.owner, found.object_id

    async def stored(self, tx: Tx, clip_id: ClipId) -> tuple[Stored, ...]:
        """Return what the vault holds of a clip, withdrawn or not; nothing when there is no such clip."""
        return await store.stored(tx, clip_id)

    async def picture_owner(self, tx: Tx, object_id: ObjectId) -> AccountId | None:
        """Return whose key opens a stored poster or preview strip; None when the object is neither."""
        return await store.picture_owner(tx, object_id)

    async def rename_picture(self, tx: Tx, old: ObjectId, new: ObjectId) -> None:
        """Replace the id of a poster or a preview strip that the vault stored anew."""
        await store.rename_picture(tx, old, new)

    async def withdraw(self, tx: Tx, clip_id: ClipId) -> tuple[str, ...]:
        """Stop announcing a clip; the segment names that caches must forget.

        The stored bytes outlive this call: ``withdrawn`` lists them until ``forget`` says they are deleted.
        """
        return await store.withdraw(tx, clip_id, self._clock.now())

    async def retire(self, tx: Tx, clip_id: ClipId, name: str) -> None:
        """Announce a rendition no longer, because better ones took its place. Safe to repeat.

        Players that are in the middle of it go on, until ``withdraw_retired`` says otherwise.
        """
        await store.retire(tx, clip_id, name, self._clock.now())

    async def withdraw_retired(self, tx: Tx, *, before: datetime) -> tuple[str, ...]:
        """Withdraw what was retired before a moment; the segment names that caches must forget."""
        return await store.withdraw_retired(tx, before, self._clock.now())

    async def withdrawn(self, tx: Tx, *, limit: int = 100) -> tuple[Withdrawn, ...]:
        """Objects whose bytes may be deleted now."""
        return await store.withdrawn(tx, limit)

    async def forget(self, tx: Tx, object_id: ObjectId) -> None:
        """Drop the rows of an object whose bytes are deleted. Safe to repeat."""
        await store.forget(tx, object_id)


def _purpose(rendition_id: RenditionId) -> str:
    return f"delivery/key/{rendition_id}"


def _words(subtitles_id: str) -> str:
    return f"delivery/subtitles/{subtitles_id}"
