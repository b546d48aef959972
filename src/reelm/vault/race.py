"""Asking several at once and taking whichever answer first, without asking many more than are needed."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Runner(Generic[T]):
    """One that can be asked.

    Attributes:
        start: the question; None is no answer, and the next runner takes over at once.
        late_seconds: after this long another one may be asked too, if the budget allows it.
        silent_seconds: after this long it counts as having failed, though its answer is still welcome.
    """

    start: Callable[[], Coroutine[Any, Any, T | None]]
    late_seconds: float
    silent_seconds: float


@dataclass(slots=True)
class _Run:
    runner: Runner[Any]
    begun_at: float
    due_at: float
    is_covered: bool = False


async def race(runners: Iterable[Runner[T]], *, wanted: int, may_hedge: Callable[[], bool]) -> list[T]:
    """At least ``wanted`` answers, or fewer when the runners do not have them; losers are cancelled.

    A runner that is late is covered by the next one, and so is one that failed.
    """
    course = _Course(list(runners), may_hedge)
    answers: list[T] = []
    try:
        while len(answers) < wanted:
            course.cover()
            course.start(wanted - len(answers))
            if not course.running:
                break
            done, _ = await asyncio.wait(
                course.running, timeout=course.patience(), return_when=asyncio.FIRST_COMPLETED
            )
            for task in [each for each in course.running if each in done]:  # in the order of asking
                del course.running[task]
                if (answer := task.result()) is not None:
                    answers.append(answer)
    finally:
        await course.stop()
    return answers


class _Course(Generic[T]):
    """Who is running, and who waits for a turn. Times are the event loop's, whose timers it sets."""

    def __init__(self, waiting: list[Runner[T]], may_hedge: Callable[[], bool]) -> None:
        self.running: dict[asyncio.Task[T | None], _Run] = {}
        self._waiting = waiting
        self._may_hedge = may_hedge
        self._now = asyncio.get_running_loop().time

    def start(self, wanted: int) -> None:
        """Have as many running that may still be in time."""
        hopeful = sum(not run.is_covered for run in self.running.values())
        for _ in range(min(wanted - hopeful, len(self._waiting))):
            runner, now = self._waiting.pop(0), self._now()
            task = asyncio.create_task(runner.start())
            self.running[task] = _Run(runner, now, now + runner.late_seconds)

    def patience(self) -> float | None:
        """Seconds until the next one is late; None when no one is left who could cover it."""
        due = [run.due_at for run in self.running.values() if not run.is_covered]
        return max(0.0, min(due) - self._now()) if due and self._waiting else None

    def cover(self) -> None:
        """Give up hope for the late, as far as there are others and the budget allows."""
        spare = len(self._waiting)
        for run in self.running.values():
            if run.is_covered or run.due_at > self._now() or not spare:
                continue
            silent_at = run.begun_at + run.runner.silent_seconds
            run.is_covered = self._now() >= silent_at or self._may_hedge()
            run.due_at = silent_at
            spare -= run.is_covered

    async def stop(self) -> None:
        for task in self.running:
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
