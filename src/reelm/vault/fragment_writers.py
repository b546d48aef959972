"""Write all fragments of one object at once: wait for slow stores, and do without lost ones."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from reelm.vault.codec import Block
from reelm.vault.errors import NotDurable, StoreFailed, StoreFull, StoresFull, VaultError
from reelm.vault.format import HEAD_BYTES
from reelm.vault.model import FragmentState, ProviderId, VaultConfig
from reelm.vault.placement import survives_any_loss
from reelm.vault.ports import Store
from reelm.vault.seal import SealResult
from reelm.vault.store import FragmentRecord

# Portions that a store may be behind by before the put waits for it; one of them is being written.
_HELD_MAX = 2
# Once safe, a put waits for the rest a tenth of the time it took, but never long: it often saves a commit.
_GRACE = 0.1
_GRACE_SECONDS_MAX = 0.5
# How long a store has to let go of a fragment that was given up.
_CANCEL_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Portion:
    """Blocks that follow each other; the last portion carries the head."""

    blocks: Sequence[Block]
    head: bytes | None = None


class FragmentWriter:
    """Writes one fragment of a put: a short queue, and one task that owns the store's writer.

    A store that fails or stalls loses its fragment and nothing else.

    Attributes:
        lag_seconds: for how long this fragment was what the put waited for.
        progress_at: when the store last took something, in the loop's time.
    """

    def __init__(self, store: Store, record: FragmentRecord, *, on_progress: Callable[[], None]) -> None:
        self.store = store
        self.record = record
        self.lag_seconds = 0.0
        self.progress_at = asyncio.get_running_loop().time()
        self._queue: asyncio.Queue[Portion] = asyncio.Queue()
        self._held = 0
        self._is_given_up = False
        self._on_progress = on_progress
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._ended)

    @property
    def is_viable(self) -> bool:
        """Return whether the fragment is durable or may still become so."""
        return self.failure is None

    @property
    def is_durable(self) -> bool:
        """Return whether the store has confirmed the whole fragment."""
        return self.is_done and self.failure is None

    @property
    def is_done(self) -> bool:
        """Return whether nothing can be written any more."""
        return self._task.done()

    @property
    def is_behind(self) -> bool:
        """Return whether the store has taken too little for more to be queued."""
        return self._held > _HELD_MAX and self.is_viable and not self.is_done

    @property
    def state(self) -> FragmentState:
        """Return what the database may say of the fragment now."""
        if self.is_durable:
            return FragmentState.STORED
        return FragmentState.INTENDED if self.is_viable else FragmentState.MISSING

    @property
    def failure(self) -> VaultError | None:
        """Return why the fragment is lost, or None.

        Raises:
            BaseException: whatever a store must not raise; a bug, so it is not swallowed.
        """
        if self._is_given_up or (self.is_done and self._task.cancelled()):
            return StoreFailed(
                "The store stalled. Its fragment was given up.", provider=self.store.place.provider
            )
        error = self._task.exception() if self.is_done else None
        if error is not None and not isinstance(error, VaultError):
            raise error
        return error

    def push(self, portion: Portion) -> None:
        """Queue the next portion without waiting; check ``is_behind`` before the one after it."""
        if self.is_done or self._is_given_up:
            return
        if not self._held:
            self.progress_at = asyncio.get_running_loop().time()
        self._held += 1
        self._queue.put_nowait(portion)

    def give_up(self) -> None:
        """Count the fragment as lost; the task cleans up as soon as its store lets it."""
        if not self.is_done and not self._is_given_up:  # a second time would end the cleaning up
            self._is_given_up = True
            self._task.cancel()

    async def _run(self) -> None:
        writer = await self.store.create(self.record.name, head_bytes=HEAD_BYTES)
        try:
            head = None
            while head is None:
                portions = await self._take()
                await writer.write([block for portion in portions for block in portion.blocks])
                self._progress(len(portions))
                head = portions[-1].head
            await writer.finish(head)
        finally:
            await writer.abort()

    async def _take(self) -> list[Portion]:
        """Return everything that waits: a store that is behind catches up in one call."""
        portions = [await self._queue.get()]
        while not self._queue.empty():
            portions.append(self._queue.get_nowait())
        return portions

    def _progress(self, portions: int) -> None:
        self._held -= portions
        self.progress_at = asyncio.get_running_loop().time()
        self._on_progress()

    def _ended(self, task: asyncio.Task[None]) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
        if not task.cancelled():
            task.exception()  # looked at in ``failure``; after a crash of the put, nobody does
        self._on_progress()


def lag_allowance(lag_seconds: float, elapsed_seconds: float, *, limit_seconds: float) -> float:
    """Return how many seconds more a put waits for a fragment that it could do without.

    One fragment may hold a put up for ``limit_seconds``, and for longer while that is not yet half of the
    whole put: so it never makes one more than twice as long, and stores that are all equally slow lose none.
    """
    return max(limit_seconds - lag_seconds, elapsed_seconds - 2 * lag_seconds)


class FragmentWriters:
    """The fragment writers of one put, in index order."""

    def __init__(
        self,
        pieces: Sequence[FragmentRecord],
        stores: Mapping[ProviderId, Store],
        *,
        k: int,
        config: VaultConfig,
    ) -> None:
        self._k = k
        self._config = config
        self._now = asyncio.get_running_loop().time
        self._begun = self._now()
        self._progressed = asyncio.Event()
        self.is_given_up = False
        self._all = [
            FragmentWriter(stores[piece.provider], piece, on_progress=self._progressed.set)
            for piece in pieces
        ]

    def __iter__(self) -> Iterator[FragmentWriter]:
        return iter(self._all)

    @property
    def is_done(self) -> bool:
        """Return whether no fragment can be written any more."""
        return all(writer.is_done for writer in self._all)

    async def write(self, columns: Sequence[Sequence[Block]]) -> None:
        """Hand each writer its next blocks, and return when all that are viable could take more.

        Raises:
            NotDurable: so many fragments are lost that the object cannot become safe.
        """
        for writer, column in zip(self._all, columns, strict=True):
            writer.push(Portion(column))
        while behind := [writer for writer in self._all if writer.is_behind]:
            await self._wait_for(behind)
        self.check_viable()

    def finish(self, result: SealResult) -> None:
        """Hand each writer its trailer and head, behind which nothing comes."""
        for writer, trailer, head in zip(self._all, result.trailers, result.heads, strict=True):
            writer.push(Portion([trailer], head))

    async def wait_until_safe(self) -> None:
        """Return when the loss of any one group would leave enough, and the rest had a little time.

        Raises:
            NotDurable: it did not become safe.
        """
        while not self._is_safe(writer for writer in self._all if writer.is_durable):
            self.check_viable()
            await self._wait(self._until_stalled(self._unfinished()))
            self._drop_stalled(self._unfinished())
        await self.wait(seconds=min((self._now() - self._begun) * _GRACE, _GRACE_SECONDS_MAX))

    async def wait(self, *, seconds: float) -> None:
        """Wait until no fragment is on its way any more, but not longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._unfinished():
                    await self._wait(seconds)

    async def abandon(self) -> bool:
        """Give up what is not finished and wait, not for ever, until nothing can be written any more.

        Returns:
            False when a store did not let its fragment go: what it was asked may still happen.
        """
        self.give_up()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CANCEL_SECONDS):
                while not self.is_done:
                    await self._wait(_CANCEL_SECONDS)
        return self.is_done

    def give_up(self) -> None:
        """Wait for none of them any more; safe to repeat."""
        self.is_given_up = True
        for writer in self._all:
            writer.give_up()
        self._progressed.set()  # whoever waits for a store that does not let go need not any more

    def check_viable(self) -> None:
        """Stop early when the object can no longer become safe.

        Raises:
            NotDurable: the fragments that are left would not survive the loss of one group.
        """
        viable = [writer for writer in self._all if writer.is_viable]
        if self._is_safe(viable):
            return
        lost = [
            f"{writer.store.place.provider}: {writer.failure}" for writer in self._all if not writer.is_viable
        ]
        is_full = any(isinstance(writer.failure, StoreFull) for writer in self._all)
        raise (StoresFull if is_full else NotDurable)(
            f"Only {len(viable)} stores can take the data, and losing one of them would leave fewer than "
            f"{self._k}. Nothing was kept. Make the other stores work, then try again. {' '.join(lost)}",
            stores_ready=len(viable),
        )

    async def _wait_for(self, behind: Sequence[FragmentWriter]) -> None:
        """Wait until a store makes progress or one that is behind has had its time; note whose that was."""
        others = [writer for writer in self._all if writer.is_viable and writer not in behind]
        is_enough = self._is_safe(others)
        began = self._now()
        left = self._until_stalled(behind)
        if is_enough:
            left = min(left, *(self._lag_allowance(writer) for writer in behind))
        await self._wait(left)
        self._drop_stalled(behind)
        if not is_enough:
            return
        for writer in behind:
            writer.lag_seconds += self._now() - began
            if self._lag_allowance(writer) <= 0:
                writer.give_up()

    def _lag_allowance(self, writer: FragmentWriter) -> float:
        elapsed = self._now() - self._begun
        return lag_allowance(writer.lag_seconds, elapsed, limit_seconds=self._config.lag_seconds)

    def _until_stalled(self, writers: Iterable[FragmentWriter]) -> float:
        oldest = min(writer.progress_at for writer in writers)
        return oldest + self._config.stall_seconds - self._now()

    def _drop_stalled(self, writers: Iterable[FragmentWriter]) -> None:
        for writer in writers:
            if writer.progress_at + self._config.stall_seconds <= self._now():
                writer.give_up()

    def _unfinished(self) -> list[FragmentWriter]:
        return [writer for writer in self._all if writer.is_viable and not writer.is_done]

    def _is_safe(self, writers: Iterable[FragmentWriter]) -> bool:
        return survives_any_loss([writer.store.place for writer in writers], self._k)

    async def _wait(self, seconds: float) -> None:
        """Wait until some store makes progress or ends."""
        self._progressed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._progressed.wait()
