"""Do work once for all who want it at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from reelm.base.tasks import cancel_all

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class SingleFlight(Generic[K, T]):
    """Calls that are running now, by key; nothing is kept once a call has ended.

    Args:
        is_finished_unwanted: let a call end even when every caller was cancelled; otherwise the last of them
            stops it, and waits until it has stopped.
    """

    def __init__(self, *, is_finished_unwanted: bool = False) -> None:
        self._is_finished_unwanted = is_finished_unwanted
        self._tasks: dict[K, asyncio.Task[T]] = {}
        self._callers: dict[asyncio.Task[T], int] = {}

    async def run(self, key: K, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Return the result of the call that is running for this key, or else of this one.

        A caller that is cancelled leaves the others their call.
        """
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._forget(key, done))
        self._callers[task] = self._callers.get(task, 0) + 1
        try:
            return await asyncio.shield(task)
        finally:
            self._callers[task] -= 1
            if not self._callers[task]:
                del self._callers[task]
                if not self._is_finished_unwanted:
                    self._forget(key, task)
                    await cancel_all([task])

    def _forget(self, key: K, task: asyncio.Task[T]) -> None:
        """Let whoever comes now begin anew."""
        if self._tasks.get(key) is task:
            del self._tasks[key]
