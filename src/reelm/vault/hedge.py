"""Ask several stores at once and take the first answers, without many more requests than needed."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from reelm.base import cancel_all

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HedgedRequest(Generic[T]):
    """A request that can be sent.

    Attributes:
        start: sends it; None is no answer, and the next request is sent at once.
        late_seconds: after this long another one may be sent too, if the budget allows it.
        silent_seconds: after this long it counts as having failed, though its answer is still welcome.
    """

    start: Callable[[], Coroutine[Any, Any, T | None]]
    late_seconds: float
    silent_seconds: float


@dataclass(slots=True)
class _Sent:
    request: HedgedRequest[Any]
    sent_at: float
    due_at: float
    is_hedged: bool = False


async def run_hedged(
    requests: Iterable[HedgedRequest[T]], *, wanted: int, may_hedge: Callable[[], bool]
) -> list[T]:
    """Return at least ``wanted`` answers, or fewer when the requests do not give them; cancel the rest.

    A request that is late is hedged with the next one, and so is one that failed.
    """
    flight = _InFlight(list(requests), may_hedge)
    answers: list[T] = []
    try:
        while len(answers) < wanted:
            flight.hedge()
            flight.send(wanted - len(answers))
            if not flight.sent:
                break
            done, _ = await asyncio.wait(
                flight.sent, timeout=flight.seconds_until_late(), return_when=asyncio.FIRST_COMPLETED
            )
            for task in [each for each in flight.sent if each in done]:  # in the order of asking
                del flight.sent[task]
                if (answer := task.result()) is not None:
                    answers.append(answer)
    finally:
        await cancel_all(flight.sent)
    return answers


class _InFlight(Generic[T]):
    """Requests that were sent, and those that wait. Times are the event loop's, whose timers it sets."""

    def __init__(self, waiting: list[HedgedRequest[T]], may_hedge: Callable[[], bool]) -> None:
        self.sent: dict[asyncio.Task[T | None], _Sent] = {}
        self._waiting = waiting
        self._may_hedge = may_hedge
        self._now = asyncio.get_running_loop().time

    def send(self, wanted: int) -> None:
        """Have as many requests on their way that may still be in time."""
        in_time = sum(not sent.is_hedged for sent in self.sent.values())
        for _ in range(min(wanted - in_time, len(self._waiting))):
            request, now = self._waiting.pop(0), self._now()
            task = asyncio.create_task(request.start())
            self.sent[task] = _Sent(request, now, now + request.late_seconds)

    def seconds_until_late(self) -> float | None:
        """Return the seconds until the next one is late; None when no other is left to hedge it with."""
        due = [sent.due_at for sent in self.sent.values() if not sent.is_hedged]
        return max(0.0, min(due) - self._now()) if due and self._waiting else None

    def hedge(self) -> None:
        """Stop counting on late requests, as far as there are others and the budget allows."""
        spare = len(self._waiting)
        for sent in self.sent.values():
            if sent.is_hedged or sent.due_at > self._now() or not spare:
                continue
            silent_at = sent.sent_at + sent.request.silent_seconds
            sent.is_hedged = self._now() >= silent_at or self._may_hedge()
            sent.due_at = silent_at
            spare -= sent.is_hedged
