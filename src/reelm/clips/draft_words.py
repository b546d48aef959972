"""Keep the words of a clip sealed under its author's key until it is published: nobody may read them yet.

They become plain in the unit of work in which the clip becomes visible. An author whose key was destroyed
takes them along.
"""

import json

from reelm.base import AccountId, ClipId, SealedBytes, Tx
from reelm.clips.model import Words
from reelm.clips.store import clips
from reelm.realm import KeyDestroyed, Keys


class DraftWords:
    """Seals and opens words."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def seal(self, tx: Tx, owner: AccountId, clip_id: ClipId, words: Words) -> SealedBytes:
        """Return words that only this clip of its author gives back.

        Raises:
            KeyDestroyed, KeyMissing: the author has no key.
        """
        plain = json.dumps([words.caption, words.alt_text]).encode()
        key = await self._keys.user_key(tx, owner)
        return key.seal(plain, purpose=_purpose(clip_id))

    async def open(self, tx: Tx, owner: AccountId, clip_id: ClipId, sealed: SealedBytes) -> Words:
        """Return what was sealed.

        Raises:
            KeyDestroyed, KeyMissing: the author has no key.
            SealBroken: it was changed, or is of another clip.
        """
        key = await self._keys.user_key(tx, owner)
        caption, alt_text = json.loads(key.open(sealed, purpose=_purpose(clip_id)))
        return Words(caption, alt_text)


async def seal_unpublished(tx: Tx, keys: Keys) -> None:
    """Seal words of clips that were made before words were sealed. Safe to repeat.

    Those of an author whose key was destroyed are removed.
    """
    draft_words = DraftWords(keys)
    for owner, clip_id, words in await clips.unsealed_words(tx):
        try:
            sealed = await draft_words.seal(tx, owner, clip_id, words)
        except KeyDestroyed:
            sealed = None
        await clips.seal_words(tx, clip_id, sealed)


def _purpose(clip_id: ClipId) -> str:
    return f"clips.words/{clip_id}"
