"""An event loop whose time is a number: it never waits, it goes on to the next thing that is due."""

import asyncio
import random  # noqa: TID251 - seeded, so that a failure replays
from collections.abc import Callable
from typing import Any

TURNS_MAX = 200_000
THREAD_SECONDS = 0.002
# Nothing takes no time at all: waiting for less than a clock can tell ends, as it does on a real machine.
TURN_SECONDS = 1e-7


class Stuck(AssertionError):
    """Nothing will ever happen again, or it never ends."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Timers fire in order of their virtual time; work for threads runs here, a little later.

    Real I/O is not there: whatever asks for a socket or a process fails.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._now_seconds = 0.0
        self._turns = 0
        self._selector = self
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._now_seconds

    def select(self, timeout: float | None) -> list[object]:
        """What the base loop calls to wait: time passes, and nothing else happens."""
        self._turns += 1
        if timeout is None:
            raise Stuck(f"every task waits for another one:\n{self._waiting()}")
        if self._turns > TURNS_MAX:
            self._turns = 0
            raise Stuck(f"the schedule does not end:\n{self._waiting()}")
        self._now_seconds += max(TURN_SECONDS, timeout)
        return []

    def run_in_executor(  # type: ignore[override] # a future of this loop, done when its time has come
        self, executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        del executor
        future = self.create_future()
        self.call_later(self._chance.uniform(0, THREAD_SECONDS), _work, future, func, args)
        return future

    def _waiting(self) -> str:
        return "\n".join(sorted(repr(task) for task in asyncio.all_tasks(self)))

    def _process_events(self, event_list: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody has to be woken up."""


def _work(future: asyncio.Future[Any], func: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Run what a thread would have; a thread does not stop when nobody waits for it any more."""
    try:
        result = func(*args)
    except BaseException as error:  # noqa: BLE001 - handed on to whoever waits
        if not future.done():
            future.set_exception(error)
        return
    if not future.done():
        future.set_result(result)
