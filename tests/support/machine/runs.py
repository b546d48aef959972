"""Runs of a durable story that a test can reach into."""

from collections.abc import Awaitable, Callable

from reelm.workflows import Json, Run


class Before:
    """A run in which something happens before one of its steps."""

    def __init__(self, run: Run, name: str, happening: Callable[[], Awaitable[None]]) -> None:
        self._run = run
        self._name = name
        self._happening = happening

    async def step(self, name: str, action: Callable[[], Awaitable[Json]]) -> Json:
        if name == self._name:
            await self._happening()
        return await self._run.step(name, action)
