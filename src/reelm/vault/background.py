"""Work that outlives the call that began it, because its caller has no reason to wait."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from reelm.base import ReelmError, telemetry

_log = telemetry.logger(__name__)


class Background:
    """What is running now; a crash loses it, so the records must let someone else begin it again."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._bugs: list[Exception] = []

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._run(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Wait until nothing is running any more.

        Raises:
            ExceptionGroup: work failed in a way that it must not.
        """
        while self._running:
            await asyncio.wait(self._running)
        bugs, self._bugs = self._bugs, []
        if bugs:
            raise ExceptionGroup("the vault's background work failed", bugs)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except ReelmError as error:
            _log.warning("vault.background-failed", code=error.code, detail=str(error))
        except Exception as error:  # noqa: BLE001 - nobody awaits this task; ``close`` raises it
            self._bugs.append(error)
