"""Show clips as one viewer sees them; words that are not published yet are opened for their author alone."""

from collections.abc import Sequence
from dataclasses import replace

from reelm.base import AccountId, ClipId, Tx
from reelm.clips.draft_words import DraftWords
from reelm.clips.model import ClipView
from reelm.clips.store import viewing
from reelm.clips.store.viewing import FoundClip
from reelm.clips.visibility import refusal
from reelm.clips.words import read_tags


class Views:
    """Clips, one by one and in lists."""

    def __init__(self, words: DraftWords) -> None:
        self._words = words

    async def see(self, tx: Tx, clip_id: ClipId, viewer: AccountId | None) -> ClipView:
        """Return one clip, or raise ClipRemoved or NoSuchClip: the reason why the viewer cannot see it."""
        found = await self.some(tx, (clip_id,), viewer)
        if found:
            return found[0]
        raise await refusal(tx, clip_id, viewer)

    async def some(
        self, tx: Tx, clip_ids: Sequence[ClipId], viewer: AccountId | None
    ) -> tuple[ClipView, ...]:
        """Return those of the clips that the viewer may see, in the order asked for."""
        return await self._opened(tx, await viewing.some(tx, clip_ids, viewer), viewer)

    async def by_author(
        self, tx: Tx, author: AccountId, viewer: AccountId | None, *, before: str | None, limit: int
    ) -> tuple[ClipView, ...]:
        """Return clips, the last published first; an author also sees their own that are not visible yet."""
        found = await viewing.by_author(tx, author, viewer, before=before, limit=limit)
        return await self._opened(tx, found, viewer)

    async def _opened(
        self, tx: Tx, found: Sequence[FoundClip], viewer: AccountId | None
    ) -> tuple[ClipView, ...]:
        return tuple([await self._open(tx, each, viewer) for each in found])

    async def _open(self, tx: Tx, found: FoundClip, viewer: AccountId | None) -> ClipView:
        view, sealed = found
        if sealed is None or viewer is None or not view.is_own:
            return view
        words = await self._words.open(tx, viewer, view.id, sealed)
        return replace(view, caption=words.caption, alt_text=words.alt_text, tags=read_tags(words.caption))
