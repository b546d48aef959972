"""One fragment on its way to one store: a short queue, and one task that owns the writer."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reelm.vault.codec import Block
from reelm.vault.errors import StoreFailed, VaultError
from reelm.vault.format import HEAD_BYTES
from reelm.vault.model import FragmentState
from reelm.vault.ports import Store
from reelm.vault.store import FragmentRecord

# Portions that a store may be behind by before the put waits for it; one of them is being written.
_HELD_MAX = 2


@dataclass(frozen=True, slots=True)
class Portion:
    """Blocks that follow each other; the last portion carries the head."""

    blocks: Sequence[Block]
    head: bytes | None = None


class Lane:
    """One fragment of a put. A store that fails or stalls loses its lane and nothing else.

    Attributes:
        lag_seconds: for how long this lane was what the put waited for.
        moved_at: when the store last took something, in the loop's time.
    """

    def __init__(self, store: Store, record: FragmentRecord, *, on_move: Callable[[], None]) -> None:
        self.store = store
        self.record = record
        self.lag_seconds = 0.0
        self.moved_at = asyncio.get_running_loop().time()
        self._queue: asyncio.Queue[Portion] = asyncio.Queue()
        self._held = 0
        self._is_given_up = False
        self._on_move = on_move
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._ended)

    @property
    def is_hopeful(self) -> bool:
        """Whether the fragment is durable or may still become so."""
        return self.failure is None

    @property
    def is_durable(self) -> bool:
        return self.is_over and self.failure is None

    @property
    def is_over(self) -> bool:
        """Whether nothing can be written any more."""
        return self._task.done()

    @property
    def is_behind(self) -> bool:
        return self._held > _HELD_MAX and self.is_hopeful and not self.is_over

    @property
    def state(self) -> FragmentState:
        """What the records may say of the fragment now."""
        if self.is_durable:
            return FragmentState.STORED
        return FragmentState.INTENDED if self.is_hopeful else FragmentState.MISSING

    @property
    def failure(self) -> VaultError | None:
        """Why the fragment is lost.

        Raises:
            BaseException: whatever a store must not raise; a bug, so it is not swallowed.
        """
        if self._is_given_up or (self.is_over and self._task.cancelled()):
            return StoreFailed(
                "The store stalled. Its fragment was given up.", provider=self.store.place.provider
            )
        error = self._task.exception() if self.is_over else None
        if error is not None and not isinstance(error, VaultError):
            raise error
        return error

    def push(self, portion: Portion) -> None:
        """Queue what comes next; never waits, so look at ``is_behind`` before the next one."""
        if self.is_over or self._is_given_up:
            return
        if not self._held:
            self.moved_at = asyncio.get_running_loop().time()
        self._held += 1
        self._queue.put_nowait(portion)

    def give_up(self) -> None:
        """Count the fragment as lost; the task cleans up as soon as its store lets it."""
        if not self.is_over and not self._is_given_up:  # a second time would end the cleaning up
            self._is_given_up = True
            self._task.cancel()

    async def _run(self) -> None:
        writer = await self.store.create(self.record.name, head_bytes=HEAD_BYTES)
        try:
            head = None
            while head is None:
                portions = await self._take()
                await writer.write([block for portion in portions for block in portion.blocks])
                self._move(len(portions))
                head = portions[-1].head
            await writer.finish(head)
        finally:
            await writer.abort()

    async def _take(self) -> list[Portion]:
        """Everything that waits: a store that is behind catches up in one call."""
        portions = [await self._queue.get()]
        while not self._queue.empty():
            portions.append(self._queue.get_nowait())
        return portions

    def _move(self, portions: int) -> None:
        self._held -= portions
        self.moved_at = asyncio.get_running_loop().time()
        self._on_move()

    def _ended(self, task: asyncio.Task[None]) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
        if not task.cancelled():
            task.exception()  # looked at in ``failure``; after a crash of the put, nobody does
        self._on_move()
