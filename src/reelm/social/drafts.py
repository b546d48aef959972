"""Clips that are kept for later: published when their creator says so, or when their moment has come."""

from datetime import datetime

from reelm.base import AccountId, ClipId, Tx, UploadId
from reelm.social.clips import require_owned, see
from reelm.social.errors import WrongState
from reelm.social.model import ClipView
from reelm.social.moments import check_moment
from reelm.social.room import Room
from reelm.social.store import drafts

AT_ONCE = 32


class Drafts(Room):
    async def plan_draft(
        self, tx: Tx, clip_id: ClipId, account_id: AccountId, *, publish_at: datetime | None
    ) -> ClipView:
        """Let a draft wait for a moment, or with None for its creator. Safe to repeat.

        Raises:
            BadMoment: it has passed, or is too far away.
            WrongState: it is no draft any more.
            NotYours, ClipRemoved, NoSuchClip: there is no such draft of theirs.
        """
        await require_owned(tx, clip_id, account_id)
        if publish_at is not None:
            check_moment(publish_at, now=self._clock.now())
        if not await drafts.plan(tx, clip_id, publish_at):
            raise WrongState("The clip is being published already, so it has no time to wait for any more.")
        return await see(tx, clip_id, account_id)

    async def publish_draft(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> UploadId | None:
        """Publish a draft now; its upload, or None when it was published before.

        Raises:
            NotYours, ClipRemoved, NoSuchClip: there is no such draft of theirs.
        """
        await require_owned(tx, clip_id, account_id)
        if not await drafts.start(tx, clip_id, self._clock.now()):
            return None
        return await drafts.upload_of(tx, clip_id)

    async def has_ripe_drafts(self, tx: Tx) -> bool:
        """Whether the moment of some draft has come."""
        return bool(await drafts.ripe(tx, self._clock.now(), 1))

    async def publish_ripe(self, tx: Tx) -> tuple[UploadId, ...]:
        """Publish drafts whose moment has come, each once; their uploads."""
        found = await drafts.ripe(tx, self._clock.now(), AT_ONCE)
        return tuple([upload for clip_id, upload, at in found if await drafts.start(tx, clip_id, at)])

    async def drafted_uploads(self, tx: Tx) -> frozenset[UploadId]:
        """The uploads that drafts wait with."""
        return await drafts.uploads(tx)
