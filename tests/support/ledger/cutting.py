"""Records that a crash cuts off, before a unit of work is durable or before anybody heard that it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reelm.base import Database, DatabaseUnavailable, Tx


class Cut(Database):
    """Whatever is written is not applied."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with super().write() as tx:
            yield tx
            self.die("before this was durable")
        raise DatabaseUnavailable("The power failed before anybody heard that it is durable.")

    def die(self, when: str) -> None:
        raise DatabaseUnavailable(f"The power failed {when}.")


class CutLater(Cut):
    """Whatever is written is applied and not answered."""

    def die(self, when: str) -> None:
        """Not yet."""
