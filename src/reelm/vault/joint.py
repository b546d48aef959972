"""Work that several want at the same time and that is done once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Joint(Generic[K, T]):
    """What is being done now, by what it is for; nothing is kept once it is done."""

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[T]] = {}
        self._waiting: dict[asyncio.Task[T], int] = {}

    async def join(self, what: K, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of the work that is running for this, or of this work.

        Whoever is cancelled leaves the others their work; the last to leave stops it, and waits until it is.
        """
        task = self._tasks.get(what)
        if task is None:
            task = self._tasks[what] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._forget(what, done))
        self._waiting[task] = self._waiting.get(task, 0) + 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting[task] -= 1
            if not self._waiting[task]:
                del self._waiting[task]
                await self._stop(what, task)

    async def _stop(self, what: K, task: asyncio.Task[T]) -> None:
        self._forget(what, task)
        if task.cancel():
            await asyncio.gather(task, return_exceptions=True)

    def _forget(self, what: K, task: asyncio.Task[T]) -> None:
        """Who comes now begins anew."""
        if self._tasks.get(what) is task:
            del self._tasks[what]
