"""Plan and publish drafts: clips that wait for their creator, or for a time."""

from datetime import datetime

from reelm.base import AccountId, ClipId, Clock, Tx, UploadId
from reelm.clips.errors import WrongState
from reelm.clips.facts import ClipDue
from reelm.clips.model import ClipView, check_moment
from reelm.clips.store import drafts
from reelm.clips.views import Views
from reelm.clips.visibility import require_owned
from reelm.events import Events

AT_ONCE = 32


class Drafts:
    """Clips that are kept for later."""

    def __init__(self, events: Events, views: Views, *, clock: Clock) -> None:
        self._events = events
        self._views = views
        self._clock = clock

    async def plan(
        self, tx: Tx, clip_id: ClipId, account_id: AccountId, *, publish_at: datetime | None
    ) -> ClipView:
        """Let a draft wait for a time, or with None for its creator. Safe to repeat.

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
        return await self._views.see(tx, clip_id, account_id)

    async def publish(self, tx: Tx, clip_id: ClipId, account_id: AccountId) -> UploadId | None:
        """Publish a draft now, and return its upload, or None when it was published before.

        Raises:
            NotYours, ClipRemoved, NoSuchClip: there is no such draft of theirs.
        """
        await require_owned(tx, clip_id, account_id)
        now = self._clock.now()
        if not await drafts.start(tx, clip_id, now):
            return None
        await self._events.append(tx, ClipDue(clip_id, now))
        return await drafts.upload_of(tx, clip_id)

    async def has_due(self, tx: Tx) -> bool:
        """Return whether the time of some draft has come."""
        return bool(await drafts.due(tx, self._clock.now(), 1))

    async def publish_due(self, tx: Tx) -> tuple[UploadId, ...]:
        """Publish drafts whose time has come, each once, and return their uploads."""
        found = await drafts.due(tx, self._clock.now(), AT_ONCE)
        return tuple([upload for clip_id, upload, at in found if await drafts.start(tx, clip_id, at)])

    async def uploads(self, tx: Tx) -> dict[UploadId, AccountId]:
        """Return the uploads that drafts wait with, and whose they are."""
        return await drafts.uploads(tx)
