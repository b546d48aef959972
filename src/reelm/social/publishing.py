"""What the publishing of a clip writes down as it goes. Every method is safe to repeat."""

import math

from reelm.base import AccountId, ClipId, Tx
from reelm.social.clips import refusal, require_owned, see
from reelm.social.errors import NoSuchClip, WrongState
from reelm.social.lifecycle import ClipState, Step
from reelm.social.model import FAILURE_DETAIL_LENGTH, ClipView, Failure, Progress, Publication
from reelm.social.room import Room
from reelm.social.store import publishing, viewing


class Publishing(Room):
    async def due(self, tx: Tx, limit: int) -> tuple[Publication, ...]:
        """What has neither finished nor failed, the longest waiting first; clips may be visible already."""
        return await publishing.due(tx, limit)

    async def report(self, tx: Tx, clip_id: ClipId, step: Step, ratio: float) -> None:
        """How far publishing is: ``ratio`` of the step, cut to 0 to 1. After the end it changes nothing.

        Raises:
            ClipRemoved: its creator took it back; there is nothing left to publish.
            NoSuchClip: it does not exist.
        """
        done = 0.0 if math.isnan(ratio) else min(max(ratio, 0.0), 1.0)
        if not await publishing.report(tx, clip_id, step, done):
            await _require_kept(tx, clip_id)

    async def make_playable(self, tx: Tx, clip_id: ClipId) -> None:
        """Show the clip to everyone; a repeat keeps the moment of the first time.

        Raises:
            WrongState: it has failed; ``retry`` comes first.
            ClipRemoved: its creator took it back.
            NoSuchClip: it does not exist.
        """
        if not await publishing.reveal(tx, clip_id, at=self._clock.now()):
            state = await _require_kept(tx, clip_id)
            if state is not ClipState.VISIBLE:
                raise WrongState(f"The clip is {state}, so it cannot become visible. Nothing was changed.")

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
        if not await publishing.retry(tx, clip_id, at=self._clock.now()):
            progress = await publishing.progress(tx, clip_id)
            if progress is None or progress.step is Step.DONE:
                raise WrongState("This clip is published in full. There is nothing to try again.")
        return await see(tx, clip_id, account_id)

    async def progress(self, tx: Tx, clip_id: ClipId, viewer: AccountId) -> Progress:
        """How far the publishing of one's own clip is.

        Raises:
            NotYours: the clip belongs to someone else.
            ClipRemoved, NoSuchClip: there is no clip to publish.
        """
        await require_owned(tx, clip_id, viewer)
        progress = await publishing.progress(tx, clip_id)
        if progress is None:
            raise NoSuchClip("There is no such clip. Check the address.")
        return progress


async def _require_kept(tx: Tx, clip_id: ClipId) -> ClipState:
    found = await viewing.standing(tx, clip_id)
    if found is None:
        raise NoSuchClip("There is no such clip. Nothing was changed.")
    owner, state, _ = found
    if state is ClipState.REMOVED:
        raise await refusal(tx, clip_id, owner)
    return state
