"""Postpone work that failed, so that it does not stand in the way of work that can be done."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from reelm.base import Clock

_PAGE = 256
_BACKOFF_SECONDS = 600.0

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class DueItems(Generic[T]):
    """The items that may be worked on now, and the number passed over because they failed a while ago."""

    items: list[T]
    passed_over: int


class RetryBackoff:
    """Work that failed a while ago, as far as this process knows; due again when things change."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[Hashable, float] = {}
        self._key: Hashable = None

    def reset_when_changed(self, key: Hashable) -> None:
        """Make everything due again when the key differs from the last one."""
        if key != self._key:
            self._until.clear()
            self._key = key

    def postpone(self, item: Hashable) -> None:
        """Pass an item over for ten minutes."""
        self._until[item] = self._clock.monotonic_seconds() + _BACKOFF_SECONDS

    def is_due(self, item: Hashable) -> bool:
        """Return whether an item may be tried now."""
        until = self._until.get(item)
        if until is not None and self._clock.monotonic_seconds() >= until:
            del self._until[item]
            return True
        return until is None

    async def due(self, fetch: Callable[[int, int], Awaitable[tuple[T, ...]]], limit: int) -> DueItems[T]:
        """Return the first items that are due.

        Args:
            fetch: gives at most so many items, passing over so many, in a fixed order.
            limit: how many at most.
        """
        found: list[T] = []
        skip = passed_over = 0
        while len(found) < limit:
            page = await fetch(_PAGE, skip)
            ready = [item for item in page if self.is_due(item)]
            found += ready
            passed_over += len(page) - len(ready)
            if len(page) < _PAGE:
                break
            skip += _PAGE
        return DueItems(found[:limit], passed_over)
