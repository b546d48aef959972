"""Like clips and count views of them."""

from reelm.base import AccountId, ClipId, Clock, Tx
from reelm.clips.facts import ClipLiked, ClipUnliked
from reelm.clips.model import ClipView, longest_viewed_ms
from reelm.clips.store import reactions
from reelm.clips.views import Views
from reelm.clips.visibility import refusal, require_visible
from reelm.events import Events


class Reactions:
    """Likes and views of visible clips."""

    def __init__(self, events: Events, views: Views, *, clock: Clock) -> None:
        self._events = events
        self._views = views
        self._clock = clock

    async def like(self, tx: Tx, clip_id: ClipId, viewer: AccountId) -> ClipView:
        """Like a visible clip; twice counts once, concurrently too. Raises NoSuchClip or ClipRemoved."""
        clip = await require_visible(tx, clip_id, viewer)
        now = self._clock.now()
        grown = await reactions.like(tx, clip_id, viewer, at=now)
        if grown is None:
            raise await refusal(tx, clip_id, None)
        if grown:
            await self._events.append(tx, ClipLiked(clip_id, clip.owner, viewer, now))
        return await self._views.see(tx, clip_id, viewer)

    async def unlike(self, tx: Tx, clip_id: ClipId, viewer: AccountId) -> ClipView:
        """Take a like back; a repeat changes nothing. Raises NoSuchClip or ClipRemoved."""
        clip = await require_visible(tx, clip_id, viewer)
        if await reactions.unlike(tx, clip_id, viewer):
            await self._events.append(tx, ClipUnliked(clip_id, clip.owner, viewer, self._clock.now()))
        return await self._views.see(tx, clip_id, viewer)

    async def count_view(self, tx: Tx, clip_id: ClipId, *, watched_ms: int, viewer: AccountId | None) -> bool:
        """Count a view: three seconds of someone else's clip, or the whole of a shorter one.

        Returns whether it counted. Nothing about the viewer is kept. How often one viewer may report is for
        the caller to limit.
        """
        return await reactions.count_view(tx, clip_id, viewer, longest_ms=longest_viewed_ms(watched_ms))
