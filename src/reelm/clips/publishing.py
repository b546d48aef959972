"""Record how the publishing of clips goes. Every method is safe to repeat."""

import math
from dataclasses import replace

from reelm.base import AccountId, ClipId, Clock, Tx
from reelm.clips.draft_words import DraftWords
from reelm.clips.errors import NoSuchClip, WrongState
from reelm.clips.facts import ClipDue, ClipPublished, PublishingFailed
from reelm.clips.lifecycle import ClipState, PublishStep, furthest
from reelm.clips.model import FAILURE_DETAIL_LENGTH, ClipView, Failure, Progress, Publication
from reelm.clips.queue import QueueWait, seconds_left
from reelm.clips.store import clips, publishing
from reelm.clips.views import Views
from reelm.clips.visibility import require_kept, require_owned
from reelm.clips.words import read_tags
from reelm.events import Events
from reelm.media import Storyboard


class Publishing:
    """The way of clips from being posted to being visible in every rendition."""

    def __init__(self, events: Events, words: DraftWords, views: Views, *, clock: Clock) -> None:
        self._events = events
        self._words = words
        self._views = views
        self._clock = clock

    async def due(self, tx: Tx, limit: int) -> tuple[Publication, ...]:
        """Return what has neither finished nor failed, in the order of ``reelm.clips.queue``.

        Clips that nobody can watch yet come first.
        """
        return await publishing.due(tx, limit)

    async def report(self, tx: Tx, clip_id: ClipId, step: PublishStep, ratio: float) -> None:
        """Record how far publishing is: ``ratio`` of the step, cut to 0 to 1.

        It never goes back, although a step may run a second time. After the end it changes nothing.

        Raises:
            ClipRemoved: its creator took it back; there is nothing left to publish.
            NoSuchClip: it does not exist.
        """
        done = 0.0 if math.isnan(ratio) else min(max(ratio, 0.0), 1.0)
        now = await publishing.progress(tx, clip_id)
        at = furthest((step, done), (now.step, now.ratio)) if now else (step, done)
        if not await publishing.report(tx, clip_id, *at):
            await require_kept(tx, clip_id)

    async def stall(self, tx: Tx, clip_id: ClipId, *, code: str, detail: str) -> None:
        """Record why nothing happens for a while, for its creator to read; the next report ends it.

        Raises:
            ClipRemoved, NoSuchClip: as for ``report``.
        """
        await publishing.stall(tx, clip_id, Failure(code, detail[:FAILURE_DETAIL_LENGTH]))
        await require_kept(tx, clip_id)

    async def make_playable(self, tx: Tx, clip_id: ClipId, *, seconds: float | None = None) -> None:
        """Show the clip to everyone; a repeat keeps the time of the first.

        Args:
            tx: the unit of work.
            clip_id: the clip.
            seconds: how long making the first rendition took, waiting left out.

        Raises:
            WrongState: it has failed; ``retry`` comes first.
            ClipRemoved: its creator took it back.
            NoSuchClip: it does not exist.
        """
        now = self._clock.now()
        is_new = await publishing.reveal(tx, clip_id, at=now, seconds=seconds)
        clip = await require_kept(tx, clip_id)
        if is_new:
            await self._publish_words(tx, clip_id)
            await self._events.append(tx, ClipPublished(clip_id, clip.owner, now))
        elif clip.state is not ClipState.VISIBLE:
            raise WrongState(f"The clip is {clip.state}, so it cannot become visible. Nothing was changed.")

    async def _publish_words(self, tx: Tx, clip_id: ClipId) -> None:
        found = await clips.sealed_words(tx, clip_id)
        if found is None:
            return
        words = await self._words.open(tx, found[0], clip_id, found[1])
        await clips.open_words(tx, clip_id, words, read_tags(words.caption), at=self._clock.now())

    async def set_blurhash(self, tx: Tx, clip_id: ClipId, *, blurhash: str) -> None:
        """Set what is painted until the clip's poster is there. A removed clip stays bare."""
        await publishing.set_blurhash(tx, clip_id, blurhash)

    async def set_strip(self, tx: Tx, clip_id: ClipId, strip: Storyboard) -> None:
        """Set how the clip's preview strip is laid out.

        Raises:
            ClipRemoved: its creator took it back.
            NoSuchClip: it does not exist.
        """
        await require_kept(tx, clip_id)
        await publishing.set_strip(tx, clip_id, strip)

    async def finish(self, tx: Tx, clip_id: ClipId) -> None:
        """End the publishing: nothing is left to do.

        Raises:
            WrongState: it never became visible.
            ClipRemoved: its creator took it back.
            NoSuchClip: it does not exist.
        """
        if not await publishing.finish(tx, clip_id):
            state = (await require_kept(tx, clip_id)).state
            if state is not ClipState.VISIBLE:
                raise WrongState(f"The clip is {state}, so it is not published. Nothing was changed.")

    async def fail(self, tx: Tx, clip_id: ClipId, *, code: str, detail: str) -> None:
        """Stop publishing for a reason that its creator reads; what is visible stays visible.

        After the end of publishing, or of the clip, it changes nothing.
        """
        if await publishing.fail(tx, clip_id, Failure(code, detail[:FAILURE_DETAIL_LENGTH])):
            await self._events.append(tx, PublishingFailed(clip_id, code, self._clock.now()))

    async def retry(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> ClipView:
        """Publish again what failed, as the next attempt; while an attempt is under way it changes nothing.

        Raises:
            WrongState: publishing has finished, so there is nothing to retry.
            NotYours: the clip belongs to someone else.
            ClipRemoved, NoSuchClip: there is no clip to publish.
        """
        await require_owned(tx, clip_id, account_id)
        turn = await publishing.next_round(tx, account_id)
        now = self._clock.now()
        if await publishing.retry(tx, clip_id, at=now, turn=turn):
            await self._events.append(tx, ClipDue(clip_id, now))
        else:
            progress = await publishing.progress(tx, clip_id)
            if progress is None or progress.step is PublishStep.DONE:
                raise WrongState("This clip is published in full. There is nothing to try again.")
        return await self._views.see(tx, clip_id, account_id)

    async def is_under_way(self, tx: Tx, clip_id: ClipId) -> bool:
        """Return whether something is left to publish, and will be: it has neither ended nor failed."""
        found = await publishing.progress(tx, clip_id)
        return found is not None and found.step not in {PublishStep.DONE, PublishStep.FAILED}

    async def progress(self, tx: Tx, clip_id: ClipId, viewer: AccountId, *, places: int = 0) -> Progress:
        """Return how far the publishing of one's own clip is, and what it waits for.

        Args:
            tx: the unit of work.
            clip_id: the clip.
            viewer: its owner.
            places: how many clips are prepared at the same time; 0 where that is not known.

        Raises:
            NotYours: the clip belongs to someone else.
            ClipRemoved, NoSuchClip: there is no clip to publish.
        """
        await require_owned(tx, clip_id, viewer)
        progress = await publishing.progress(tx, clip_id)
        if progress is None:
            raise NoSuchClip("There is no such clip. Check the address.")
        return replace(progress, waiting=await _waiting(tx, clip_id, progress, places=places))


async def _waiting(tx: Tx, clip_id: ClipId, at: Progress, *, places: int) -> QueueWait | None:
    obstacle = await publishing.obstacle(tx, clip_id)
    if (at.step, at.ratio) != (PublishStep.PREPARING, 0.0):
        return QueueWait(0, None, obstacle.detail, obstacle.code) if obstacle else None
    line = await publishing.line(tx, clip_id)
    if obstacle:
        return QueueWait(line.ahead, None, obstacle.detail, obstacle.code)
    if not line.ahead:
        return None
    return QueueWait(line.ahead, seconds_left(line, await publishing.paces(tx), places=places), None)
