"""What cannot be done now is set aside, so that it does not stand in the way of what can."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from reelm.base import Clock

_PAGE = 256
_ASIDE_SECONDS = 600.0

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Due(Generic[T]):
    """What may be worked on now, and how much was passed over because it failed a while ago."""

    items: list[T]
    passed_over: int


class Aside:
    """Work that failed a while ago, as far as this process knows; due again when things change."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: dict[Hashable, float] = {}
        self._circumstances: Hashable = None

    def notice(self, circumstances: Hashable) -> None:
        """Forget what was set aside under other circumstances."""
        if circumstances != self._circumstances:
            self._until.clear()
            self._circumstances = circumstances

    def put(self, item: Hashable) -> None:
        self._until[item] = self._clock.monotonic_seconds() + _ASIDE_SECONDS

    def is_due(self, item: Hashable) -> bool:
        until = self._until.get(item)
        if until is not None and self._clock.monotonic_seconds() >= until:
            del self._until[item]
            return True
        return until is None

    async def due(self, fetch: Callable[[int, int], Awaitable[tuple[T, ...]]], limit: int) -> Due[T]:
        """The first items that are due.

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
        return Due(found[:limit], passed_over)
