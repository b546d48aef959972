"""Write playlists and hand out keys of what is announced.

Nothing here asks who is watching: playlists, keys and pictures are for viewers whom the caller has cleared.
"""

from reelm.base import AccountId, ClipId, Clock, RenditionId, SealedBytes, Secret, Tx
from reelm.delivery.errors import NoSuchRendition
from reelm.delivery.model import Rendition, master_playlist, media_playlist
from reelm.delivery.origin import Origin
from reelm.delivery.store import Pictures, Renditions, StoredObjects, SubtitleTracks
from reelm.realm import Keys

SEGMENT_URL = "/segments/{name}.m4s"


class Delivery:
    """Playlists and keys of this realm's clips.

    Attributes:
        origin: serves their segments.
        renditions: what players may have, as rows.
        pictures: posters and preview strips.
        subtitles: by clip and language.
        objects: what the vault holds of a clip, and what of it may be deleted.
    """

    def __init__(self, keys: Keys, *, origin: Origin, clock: Clock) -> None:
        self._keys = keys
        self.origin = origin
        self.renditions = Renditions(clock)
        self.pictures = Pictures()
        self.subtitles = SubtitleTracks(keys, clock=clock)
        self.objects = StoredObjects(clock)

    async def seal_key(self, tx: Tx, rendition_id: RenditionId, owner: AccountId, key: Secret) -> SealedBytes:
        """Seal the rendition's media key under its owner's key: it dies when the owner's key does."""
        user_key = await self._keys.user_key(tx, owner)
        return user_key.seal(key.reveal(), purpose=_purpose(rendition_id))

    async def lightest(self, tx: Tx, clip_id: ClipId) -> Rendition:
        """Return the clip's announced rendition of the fewest bytes that has sound, with its pieces.

        Raises:
            NoSuchRendition: there is none.
        """
        heard = [each for each in await self.renditions.of_clip(tx, clip_id) if "," in each.codecs]
        least = min(heard, key=lambda each: each.average_bits_per_second, default=None)
        found = None if least is None else await self.renditions.find(tx, clip_id, least.id)
        if found is None:
            raise NoSuchRendition("This clip has no rendition with sound. It may have been removed.")
        return found

    async def master(self, tx: Tx, clip_id: ClipId, *, is_growing: bool = False) -> str:
        """Return the multivariant playlist of what is announced so far, and whether more is being made.

        Raises:
            NoSuchRendition: nothing is.
        """
        found = await self.renditions.of_clip(tx, clip_id)
        if not found:
            raise NoSuchRendition("This clip has no playable rendition. It may have been removed.")
        return master_playlist(found, is_growing=is_growing)

    async def playlist(self, tx: Tx, clip_id: ClipId, rendition_id: RenditionId) -> str:
        """Return the media playlist of one rendition.

        Raises:
            NoSuchRendition: not of this clip, or withdrawn.
        """
        rendition = await self.renditions.find(tx, clip_id, rendition_id)
        if rendition is None:
            raise NoSuchRendition("This rendition does not exist. Reload the clip.")
        return media_playlist(rendition, segment_url=SEGMENT_URL)

    async def key(self, tx: Tx, clip_id: ClipId, rendition_id: RenditionId) -> Secret:
        """Return the 16-byte AES-128 key of one rendition.

        Raises:
            NoSuchRendition: not of this clip, or withdrawn.
        """
        found = await self.renditions.key_of(tx, clip_id, rendition_id)
        if found is None:
            raise NoSuchRendition("This rendition does not exist. Reload the clip.")
        owner, sealed = found
        user_key = await self._keys.user_key(tx, owner)
        return Secret(user_key.open(sealed, purpose=_purpose(rendition_id)))


def _purpose(rendition_id: RenditionId) -> str:
    return f"delivery/key/{rendition_id}"
