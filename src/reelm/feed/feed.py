"""Choose pages of clips, one after the other, without a repeat."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from reelm.base import AccountId, Clock, Entropy, Tx
from reelm.clips import Candidate, Clips, ClipView
from reelm.feed.cursor import read_cursor, write_cursor
from reelm.feed.model import SEED_BYTES, FeedSession, Memory, Offer, Page, Tab, in_order, mix
from reelm.feed.pool import Pools
from reelm.feed.stream import Followed, Recent, Stream, look

PAGE_MAX = 20
# So that there is somebody else to put between two clips of one author.
CHOICE = 4


@dataclass(frozen=True, slots=True)
class FeedConfig:
    """The settings of the feed that an operator may choose."""

    # How long one process keeps the shared candidates; a new clip is offered after this long at the latest.
    keep_seconds: float = 1.0
    # How many of the newest and of the most popular are kept; the rest is read when a session gets there.
    recent_count: int = 500
    popular_count: int = 200
    # How long another process may take between choosing a clip's moment of publication and showing it.
    settle_seconds: float = 10.0


DEFAULTS = FeedConfig()


class Feed:
    """The clips to watch next; sees only what ``Clips`` calls visible, and writes nothing."""

    def __init__(
        self, clips: Clips, *, clock: Clock, entropy: Entropy, config: FeedConfig = DEFAULTS
    ) -> None:
        self._clips = clips
        self._clock = clock
        self._entropy = entropy
        self._settling = timedelta(seconds=config.settle_seconds)
        self._pools = Pools(
            clips,
            clock=clock,
            keep_seconds=config.keep_seconds,
            recent_count=config.recent_count,
            popular_count=config.popular_count,
        )

    async def page(
        self, tx: Tx, *, tab: Tab, viewer: AccountId | None, cursor: str | None = None, size: int = 5
    ) -> Page:
        """Return the next clips of a tab: ``size`` (1 to 20), fewer at the end, none when all was shown.

        Following shows nothing to a viewer who is not signed in. A warm page costs at most three queries.

        Raises:
            BadCursor: the cursor is none of this tab's.
        """
        session = (
            FeedSession(tab, self._entropy.draw(SEED_BYTES))
            if cursor is None
            else read_cursor(cursor, tab=tab)
        )
        memory = Memory(session)
        wanted = max(1, min(size, PAGE_MAX))
        shown: list[ClipView] = []
        while len(shown) < wanted:
            missing = wanted - len(shown)
            picks = await self._next(tx, memory, tab=tab, viewer=viewer, size=missing)
            shown += await self._clips.view_many(tx, [pick.clip_id for pick in picks], viewer)
            if len(picks) < missing:
                break
        return Page(tuple(shown), write_cursor(memory.session()) if shown else None)

    async def _next(
        self, tx: Tx, memory: Memory, *, tab: Tab, viewer: AccountId | None, size: int
    ) -> tuple[Candidate, ...]:
        match tab:
            case Tab.FOR_YOU:
                return await self._for_you(tx, memory, viewer=viewer, size=size)
            case Tab.FOLLOWING:
                if viewer is None:
                    return ()
                return await self._walk(Followed(self._clips, tx, viewer), memory, size=size)
            case Tab.LOCAL:
                pool = await self._pools.latest(tx)
                return await self._walk(Recent(self._clips, tx, pool.head), memory, size=size)

    async def _for_you(
        self, tx: Tx, memory: Memory, *, viewer: AccountId | None, size: int
    ) -> tuple[Candidate, ...]:
        pool = await self._pools.latest(tx)
        stream = Recent(self._clips, tx, pool.head)
        # With no room to remember more out of order, the walk goes on in order until there is.
        is_near = memory.room < size
        reach = await look(stream, memory, want=size * CHOICE, is_near=is_near)
        if is_near:
            offer = Offer(fresh=tuple(islice(memory.unseen(reach.nearest_first()), size)))
        else:
            followed = () if viewer is None else (await Followed(self._clips, tx, viewer).head()).clips
            offer = Offer(tuple(reach.newest_first()), pool.popular, followed, pool.quiet)
        picks = mix(offer, memory, size=size)
        memory.melt(reach, settled_before=self._clock.now() - self._settling)
        return picks

    async def _walk(self, stream: Stream, memory: Memory, *, size: int) -> tuple[Candidate, ...]:
        is_near = memory.room < size
        reach = await look(stream, memory, want=size, is_near=is_near)
        clips = reach.nearest_first() if is_near else reach.newest_first()
        picks = in_order(clips, memory, size=size)
        memory.melt(reach, settled_before=self._clock.now() - self._settling)
        return picks
