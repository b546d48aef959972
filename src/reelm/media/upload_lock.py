"""Lock one upload for writing: at most one connection has the lock, and a dead one gives it up."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass

from reelm.base import UploadId
from reelm.media.errors import Interrupted
from reelm.media.part import PartFile


@dataclass(frozen=True, slots=True)
class Pace:
    """The least that a sender has to do: not be silent for long, nor slow on average for longer."""

    idle_seconds: float
    slowest_bytes_per_second: int
    slow_seconds: float

    def is_too_slow(self, arrived_bytes: int, waited_seconds: float) -> bool:
        return (
            waited_seconds >= self.slow_seconds
            and arrived_bytes < self.slowest_bytes_per_second * waited_seconds
        )


class UploadLock:
    """A locked file, and the connection that feeds it."""

    def __init__(self, upload: UploadId, file: PartFile) -> None:
        self.upload = upload
        self.file = file
        self._listening: asyncio.Timeout | None = None
        self._heard_at = 0.0
        self._waited_seconds = 0.0
        self._is_revoked = False

    async def heard(self, stream: AsyncIterable[bytes], pace: Pace) -> AsyncIterator[bytes]:
        """Yield the stream's blocks.

        Raises:
            Interrupted: they come too slowly or not at all, or the lock was revoked.
        """
        blocks, arrived_bytes = aiter(stream), 0
        while not self._is_revoked and not pace.is_too_slow(arrived_bytes, self._waited_seconds):
            if self._waited_seconds >= pace.slow_seconds:
                self._waited_seconds, arrived_bytes = 0.0, 0
            try:
                block = await self._next(blocks, pace.idle_seconds)
            except StopAsyncIteration:
                return
            except TimeoutError:
                break
            arrived_bytes += len(block)
            yield block
        raise self.interrupted()

    def is_quiet(self, seconds: float) -> bool:
        """Return whether its connection has kept it waiting for so long."""
        return self._listening is not None and _now() - self._heard_at > seconds

    def revoke(self) -> None:
        """End the connection's part in it, as if it had broken."""
        self._is_revoked = True
        if self._listening and not self._listening.expired():
            self._listening.reschedule(_now())

    @staticmethod
    def interrupted() -> Interrupted:
        """Return what a connection is told that has to end; what it brought stays."""
        return Interrupted(
            "The connection fell silent or broke, was too slow, or a newer one goes on in its place. What "
            "arrived is kept. "
            "Ask for the offset and go on from there."
        )

    async def _next(self, blocks: AsyncIterator[bytes], idle_seconds: float) -> bytes:
        self._heard_at = _now()
        try:
            async with asyncio.timeout(idle_seconds) as self._listening:
                return await anext(blocks)
        finally:
            self._listening = None
            self._waited_seconds += _now() - self._heard_at


def _now() -> float:
    return asyncio.get_running_loop().time()
