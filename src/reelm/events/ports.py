"""Define the port to whatever keeps the log of a realm."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from reelm.events.model import Entry, NumberedEntry


class EventLog(Protocol):
    """The realm's one sequence of entries, numbered 1, 2, 3 … without a gap.

    *Durable when it returns?* ``append`` is: it survives a power cut. ``prune`` may be undone by one.
    *Who retries?* The caller. After ``LogUnavailable`` an append may have been done or not.
    *Safe to repeat?* An entry with a source is taken once, and a repeat gets its first number. One without
    a source is taken again.
    *Safe concurrently?* Yes, from several processes. The entries of one call stay together and in order;
    what is appended after an answer has a higher number.
    *Trusted?* With order and durability. It reads nothing protected: that is sealed before it comes here.
    """

    def claim(self) -> AbstractContextManager[None]:
        """Be the one relay into this log, until the block or the process ends.

        Raises:
            RelayBusy: another one is.
        """
        ...

    async def append(self, entries: Sequence[Entry]) -> list[int]:
        """Add entries in this order, all or none, and return the number of each.

        Raises:
            LogUnavailable: they may be in the log or not.
        """
        ...

    async def read(self, after: int, limit: int) -> list[NumberedEntry]:
        """Return the next entries in order, at most ``limit``; pruned ones are left out.

        Raises:
            LogUnavailable: it did not answer.
        """
        ...

    async def last(self) -> int:
        """Return the newest number ever given, 0 when there is none.

        Raises:
            LogUnavailable: it did not answer.
        """
        ...

    async def wait(self, after: int, seconds: float) -> int:
        """Wait until there is a number over ``after``, at most that long, and return the newest.

        Raises:
            LogUnavailable: it did not answer.
        """
        ...

    async def prune(self, before: Mapping[str, datetime]) -> int:
        """Remove entries that are older than their kind's limit, and return how many.

        Their numbers are never given again.

        Raises:
            LogUnavailable: any part of it may be done.
        """
        ...

    async def close(self) -> None:
        """Finish what runs and let everything go."""
        ...
