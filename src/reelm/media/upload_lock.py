"""Lock one upload for writing: at most one connection has the lock, and a dead one gives it up."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator

from reelm.base import UploadId
from reelm.media.errors import Interrupted
from reelm.media.part import PartFile


class UploadLock:
    """A locked file, and the connection that feeds it."""

    def __init__(self, upload: UploadId, file: PartFile) -> None:
        self.upload = upload
        self.file = file
        self._listening: asyncio.Timeout | None = None
        self._heard_at = 0.0
        self._is_revoked = False

    async def heard(self, stream: AsyncIterable[bytes], idle_seconds: float) -> AsyncIterator[bytes]:
        """Yield the stream's blocks.

        Raises:
            Interrupted: none came for so long, or the lock was revoked.
        """
        blocks = aiter(stream)
        while not self._is_revoked:
            try:
                block = await self._next(blocks, idle_seconds)
            except StopAsyncIteration:
                return
            except TimeoutError:
                break
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
            "The connection fell silent or broke, or a newer one goes on in its place. What arrived is kept. "
            "Ask for the offset and go on from there."
        )

    async def _next(self, blocks: AsyncIterator[bytes], idle_seconds: float) -> bytes:
        self._heard_at = _now()
        try:
            async with asyncio.timeout(idle_seconds) as self._listening:
                return await anext(blocks)
        finally:
            self._listening = None


def _now() -> float:
    return asyncio.get_running_loop().time()
