"""Run tasks beside each other, or once for all who want them, and leave none behind."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterable
from typing import Any, Generic, TypeVar

from reelm.base import telemetry
from reelm.base.errors import ReelmError

_log = telemetry.logger(__name__)

A = TypeVar("A")
B = TypeVar("B")
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


async def cancel_all(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel tasks and return once all have ended; how they ended is not told."""
    ending = list(tasks)
    for task in ending:
        task.cancel()  # does nothing to one that has ended
    await asyncio.gather(*ending, return_exceptions=True)


async def run_both(first: Coroutine[Any, Any, A], second: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """Return both results, worked for at the same time; when one fails, stop the other and raise."""
    tasks = asyncio.create_task(first), asyncio.create_task(second)
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


async def run_to_end(work: Awaitable[T]) -> T:
    """Return the result of work that is awaited to its end even while this task is being cancelled."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class BackgroundTasks:
    """Tasks that nobody awaits, kept until they end.

    Whatever they do must be safe to lose: a crash forgets them all.

    Args:
        name: begins the name of the event that is logged when one fails.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._running: set[asyncio.Task[None]] = set()
        self._bugs: list[BaseException] = []

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin a task and return at once."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Wait for what runs.

        Raises:
            BaseException: a task ended with something that is not the realm's own error; a bug.
        """
        while self._running:
            await asyncio.wait(set(self._running))
        if self._bugs:
            raise self._bugs[0]

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ReelmError):
            _log.warning(
                f"{self._name}.background-failed", code=error.code, detail=str(error), exc_info=error
            )
        elif error is not None:
            self._bugs.append(error)


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

    async def close(self) -> None:
        """Stop what nobody waits for any more, and return once it has stopped."""
        await cancel_all(list(self._tasks.values()))

    def _forget(self, key: K, task: asyncio.Task[T]) -> None:
        """Let whoever comes now begin anew. An error that nobody waits for any more is no news."""
        if task.done() and not task.cancelled():
            task.exception()
        if self._tasks.get(key) is task:
            del self._tasks[key]
