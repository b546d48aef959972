"""All lanes of one object: waiting for the slow, doing without the lost, and knowing when it is safe."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from reelm.vault.codec import Block
from reelm.vault.errors import NotDurable, StoreFull, StoresFull
from reelm.vault.lane import Lane, Portion
from reelm.vault.model import Config, ProviderId
from reelm.vault.placement import survives_any_loss
from reelm.vault.ports import Store
from reelm.vault.seal import Ending
from reelm.vault.store import FragmentRecord

# Once safe, a put waits for the rest a tenth of the time it took, but never long: it often saves a commit.
_GRACE = 0.1
_GRACE_SECONDS_MAX = 0.5
# How long a store has to let go of a fragment that was given up.
_LETTING_GO_SECONDS = 2.0


def patience_left(lag_seconds: float, elapsed_seconds: float, *, limit_seconds: float) -> float:
    """How much longer a put waits for a lane that it could do without.

    One lane may hold a put up for ``limit_seconds``, and for longer while that is not yet half of the whole
    put: so it never makes one more than twice as long, and stores that are all equally slow lose none.
    """
    return max(limit_seconds - lag_seconds, elapsed_seconds - 2 * lag_seconds)


class Lanes:
    """The lanes of one put, in index order."""

    def __init__(
        self, pieces: Sequence[FragmentRecord], stores: Mapping[ProviderId, Store], *, k: int, config: Config
    ) -> None:
        self._k = k
        self._config = config
        self._now = asyncio.get_running_loop().time
        self._begun = self._now()
        self._moved = asyncio.Event()
        self.is_given_up = False
        self._all = [Lane(stores[piece.provider], piece, on_move=self._moved.set) for piece in pieces]

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._all)

    @property
    def is_over(self) -> bool:
        """Whether no lane can write any more."""
        return all(lane.is_over for lane in self._all)

    async def feed(self, columns: Sequence[Sequence[Block]]) -> None:
        """Hand each lane its next blocks, and return when all that are hopeful could take more.

        Raises:
            NotDurable: so many lanes are lost that the object cannot become safe.
        """
        for lane, column in zip(self._all, columns, strict=True):
            lane.push(Portion(column))
        while behind := [lane for lane in self._all if lane.is_behind]:
            await self._wait_for(behind)
        self.check_hope()

    def end(self, ending: Ending) -> None:
        """Hand each lane its trailer and head, behind which nothing comes."""
        for lane, trailer, head in zip(self._all, ending.trailers, ending.heads, strict=True):
            lane.push(Portion([trailer], head))

    async def settle(self) -> None:
        """Return when the loss of any one group would leave enough, and the rest had a little time.

        Raises:
            NotDurable: it did not become safe.
        """
        while not self._is_safe(lane for lane in self._all if lane.is_durable):
            self.check_hope()
            await self._wait(self._until_stalled(self._unfinished()))
            self._drop_stalled(self._unfinished())
        await self.wait(seconds=min((self._now() - self._begun) * _GRACE, _GRACE_SECONDS_MAX))

    async def wait(self, *, seconds: float) -> None:
        """Wait until no lane is on its way any more, but not longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._unfinished():
                    await self._wait(seconds)

    async def abandon(self) -> bool:
        """Give up what is not finished and wait, not for ever, until none can write any more.

        Returns:
            False when a store did not let its lane go: what it was asked may still happen.
        """
        self.give_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LETTING_GO_SECONDS):
                while not self.is_over:
                    await self._wait(_LETTING_GO_SECONDS)
        return self.is_over

    def give_up(self) -> None:
        """Wait for none of them any more; safe to repeat."""
        self.is_given_up = True
        for lane in self._all:
            lane.give_up()
        self._moved.set()  # whoever waits for a lane that does not let go need not any more

    def check_hope(self) -> None:
        """Stop early when the object can no longer become safe.

        Raises:
            NotDurable: the lanes that are left would not survive the loss of one group.
        """
        hopeful = [lane for lane in self._all if lane.is_hopeful]
        if self._is_safe(hopeful):
            return
        lost = [f"{lane.store.place.provider}: {lane.failure}" for lane in self._all if not lane.is_hopeful]
        is_full = any(isinstance(lane.failure, StoreFull) for lane in self._all)
        raise (StoresFull if is_full else NotDurable)(
            f"Only {len(hopeful)} stores can take the data, and losing one of them would leave fewer than "
            f"{self._k}. Nothing was kept. Make the other stores work, then try again. {' '.join(lost)}",
            stores_ready=len(hopeful),
        )

    async def _wait_for(self, behind: Sequence[Lane]) -> None:
        """Wait until a lane moves or one that is behind has had its time; whose that was is noted."""
        others = [lane for lane in self._all if lane.is_hopeful and lane not in behind]
        is_enough = self._is_safe(others)
        began = self._now()
        left = self._until_stalled(behind)
        if is_enough:
            left = min(left, *(self._patience_left(lane) for lane in behind))
        await self._wait(left)
        self._drop_stalled(behind)
        if not is_enough:
            return
        for lane in behind:
            lane.lag_seconds += self._now() - began
            if self._patience_left(lane) <= 0:
                lane.give_up()

    def _patience_left(self, lane: Lane) -> float:
        elapsed = self._now() - self._begun
        return patience_left(lane.lag_seconds, elapsed, limit_seconds=self._config.lag_seconds)

    def _until_stalled(self, lanes: Iterable[Lane]) -> float:
        oldest = min(lane.moved_at for lane in lanes)
        return oldest + self._config.stall_seconds - self._now()

    def _drop_stalled(self, lanes: Iterable[Lane]) -> None:
        for lane in lanes:
            if lane.moved_at + self._config.stall_seconds <= self._now():
                lane.give_up()

    def _unfinished(self) -> list[Lane]:
        return [lane for lane in self._all if lane.is_hopeful and not lane.is_over]

    def _is_safe(self, lanes: Iterable[Lane]) -> bool:
        return survives_any_loss([lane.store.place for lane in lanes], self._k)

    async def _wait(self, seconds: float) -> None:
        """Until some lane moves or ends."""
        self._moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._moved.wait()
