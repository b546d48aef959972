"""List visible clips that a feed may show: bare facts, no viewer's view of them."""

from datetime import datetime

from reelm.base import AccountId, Tx
from reelm.clips.model import Candidate, ClipPlace, ClipsConfig, most_popular
from reelm.clips.store import candidates


class Candidates:
    """Visible clips in the order of publication, and the popular among them."""

    def __init__(self, config: ClipsConfig) -> None:
        self._config = config

    async def recent(
        self, tx: Tx, limit: int, *, before: ClipPlace | None = None, after: ClipPlace | None = None
    ) -> tuple[Candidate, ...]:
        """Return visible clips in the order of publication.

        Newest first, from the top or from just below ``before``; oldest first, from just above ``after``.
        """
        if before is not None:
            return await candidates.older(tx, limit, than=before)
        if after is not None:
            return await candidates.newer(tx, limit, than=after)
        return await candidates.newest(tx, limit)

    async def local(self, tx: Tx, limit: int) -> tuple[Candidate, ...]:
        """Return the newest clips of this realm: all clips in it are its own, so they are the recent ones."""
        return await candidates.newest(tx, limit)

    async def popular(self, tx: Tx, limit: int, now: datetime) -> tuple[Candidate, ...]:
        """Return the most popular of the newest clips (``ClipsConfig.popular_window_count``), best first."""
        window = await candidates.newest(tx, self._config.popular_window_count)
        return most_popular(window, limit, now=now)

    async def followed(
        self,
        tx: Tx,
        viewer: AccountId,
        limit: int,
        *,
        before: ClipPlace | None = None,
        after: ClipPlace | None = None,
    ) -> tuple[Candidate, ...]:
        """Return clips of those the viewer follows, ordered as ``recent`` orders them."""
        if before is not None:
            return await candidates.followed_older(tx, viewer, limit, than=before)
        if after is not None:
            return await candidates.followed_newer(tx, viewer, limit, than=after)
        return await candidates.followed(tx, viewer, limit)
