"""Work that goes on after its caller has its answer."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from reelm.base import ReelmError, telemetry

_log = telemetry.logger(__name__)


class Background:
    """Tasks that nobody awaits, kept until they end.

    Whatever they do must be safe to lose: a crash forgets them all.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._bugs: list[BaseException] = []

    def start(self, work: Coroutine[Any, Any, None]) -> None:
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
            _log.warning("vault.background-failed", code=error.code, detail=str(error), exc_info=error)
        elif error is not None:
            self._bugs.append(error)
