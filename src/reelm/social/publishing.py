"""What the publishing of a clip writes down as it goes. Every method is safe to repeat."""

import math
from dataclasses import replace

from reelm.base import AccountId, ClipId, Tx
from reelm.media import Storyboard
from reelm.social.clips import refusal, require_owned, see
from reelm.social.errors import NoSuchClip, WrongState
from reelm.social.lifecycle import ClipState, Step, furthest
from reelm.social.model import FAILURE_DETAIL_LENGTH, ClipView, Failure, Progress, Publication
from reelm.social.queue import Waiting, seconds_left
from reelm.social.room import Room
from reelm.social.store import publishing, viewing


class Publishing(Room):
    async def due(self, tx: Tx, limit: int) -> tuple[Publication, ...]:
        """What has neither finished nor failed, in the order of ``reelm.social.queue``.

        Clips that nobody can watch yet come first.
        """
        return await publishing.due(tx, limit)

    async def report(self, tx: Tx, clip_id: ClipId, step: Step, ratio: float) -> None:
        """How far publishing is: ``ratio`` of the step, cut to 0 to 1.

        It never goes back, although a step may run a second time. After the end it changes nothing.

        Raises:
            ClipRemoved: its creator took it back; there is nothing left to publish.
            NoSuchClip: it does not exist.
        """
        done = 0.0 if math.isnan(ratio) else min(max(ratio, 0.0), 1.0)
        now = await publishing.progress(tx, clip_id)
        at = furthest((step, done), (now.step, now.ratio)) if now else (step, done)
        if not await publishing.report(tx, clip_id, *at):
            await _require_kept(tx, clip_id)

    async def stall(self, tx: Tx, clip_id: ClipId, *, code: str, detail: str) -> None:
        """Nothing happens for a while, for a reason that its creator reads; the next report ends it.

        Raises:
            ClipRemoved, NoSuchClip: as for ``report``.
        """
        await publishing.stall(tx, clip_id, Failure(code, detail[:FAILURE_DETAIL_LENGTH]))
        await _require_kept(tx, clip_id)

    async def make_playable(self, tx: Tx, clip_id: ClipId, *, seconds: float | None = None) -> None:
        """Show the clip to everyone; a repeat keeps the moment of the first time.

        Args:
            tx: the unit of work.
            clip_id: the clip.
            seconds: how long making the first rendition took, waiting left out.

        Raises:
            WrongState: it has failed; ``retry`` comes first.
            ClipRemoved: its creator took it back.
            NoSuchClip: it does not exist.
        """
        if not await publishing.reveal(tx, clip_id, at=self._clock.now(), seconds=seconds):
            state = await _require_kept(tx, clip_id)
            if state is not ClipState.VISIBLE:
                raise WrongState(f"The clip is {state}, so it cannot become visible. Nothing was changed.")

    async def blur(self, tx: Tx, clip_id: ClipId, *, blurhash: str) -> None:
        """What is painted until the clip's poster is there. Safe to repeat; a removed clip stays bare."""
        await publishing.blur(tx, clip_id, blurhash)

    async def lay_strip(self, tx: Tx, clip_id: ClipId, strip: Storyboard) -> None:
        """The clip has a preview strip, laid out like this. Safe to repeat.

        Raises:
            ClipRemoved: its creator took it back.
            NoSuchClip: it does not exist.
        """
        await _require_kept(tx, clip_id)
        await publishing.lay_strip(tx, clip_id, strip)

    async def finish(self, tx: Tx, clip_id: ClipId) -> None:
        """Nothing is left to publish.

        Raises:
            WrongState: it never became visible.
            ClipRemoved: its creator took it back.
            NoSuchClip: it does not exist.
        """
        if not await publishing.finish(tx, clip_id):
            state = await _require_kept(tx, clip_id)
            if state is not ClipState.VISIBLE:
                raise WrongState(f"The clip is {state}, so it is not published. Nothing was changed.")

    async def fail(self, tx: Tx, clip_id: ClipId, *, code: str, detail: str) -> None:
        """Publishing stops for a reason that its creator reads; what is visible stays visible.

        After the end of publishing, or of the clip, it changes nothing.
        """
        await publishing.fail(tx, clip_id, Failure(code, detail[:FAILURE_DETAIL_LENGTH]))

    async def retry(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> ClipView:
        """Publish again what failed, as the next attempt; while an attempt is under way it changes nothing.

        Raises:
            WrongState: publishing has finished, so there is nothing to retry.
            NotYours: the clip belongs to someone else.
            ClipRemoved, NoSuchClip: there is no clip to publish.
        """
        await require_owned(tx, clip_id, account_id)
        turn = await publishing.next_round(tx, account_id)
        if not await publishing.retry(tx, clip_id, at=self._clock.now(), turn=turn):
            progress = await publishing.progress(tx, clip_id)
            if progress is None or progress.step is Step.DONE:
                raise WrongState("This clip is published in full. There is nothing to try again.")
        return await see(tx, clip_id, account_id)

    async def is_under_way(self, tx: Tx, clip_id: ClipId) -> bool:
        """Whether something is left to publish, and will be: it has neither ended nor failed."""
        found = await publishing.progress(tx, clip_id)
        return found is not None and found.step not in {Step.DONE, Step.FAILED}

    async def progress(self, tx: Tx, clip_id: ClipId, viewer: AccountId, *, places: int = 0) -> Progress:
        """How far the publishing of one's own clip is, and what it waits for.

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


async def _waiting(tx: Tx, clip_id: ClipId, at: Progress, *, places: int) -> Waiting | None:
    obstacle = await publishing.obstacle(tx, clip_id)
    if (at.step, at.ratio) != (Step.PREPARING, 0.0):
        return Waiting(0, None, obstacle) if obstacle else None
    line = await publishing.line(tx, clip_id)
    if not line.ahead and not obstacle:
        return None
    seconds = None if obstacle else seconds_left(line, await publishing.paces(tx), places=places)
    return Waiting(line.ahead, seconds, obstacle)


async def _require_kept(tx: Tx, clip_id: ClipId) -> ClipState:
    found = await viewing.standing(tx, clip_id)
    if found is None:
        raise NoSuchClip("There is no such clip. Nothing was changed.")
    owner, state, _ = found
    if state is ClipState.REMOVED:
        raise await refusal(tx, clip_id, owner)
    return state
