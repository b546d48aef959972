"""Work shared by those who want it at the same time."""

import asyncio

import pytest

from reelm.base import SingleFlight


class Work:
    """Counts how often it is begun; ends when told."""

    def __init__(self, *, error: Exception | None = None) -> None:
        self.begun = self.stopped = 0
        self.gate = asyncio.Event()
        self._error = error

    async def run(self) -> int:
        self.begun += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        if self._error:
            raise self._error
        return self.begun


def readers(flight: SingleFlight[str, int], work: Work, count: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(flight.run("x", work.run)) for _ in range(count)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_it_is_done_once_for_all_who_wait_and_again_for_who_comes_later() -> None:
    flight, work = SingleFlight[str, int](), Work()
    waiting = readers(flight, work, 3)
    await settle()
    work.gate.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await flight.run("x", work.run) == 2


async def test_other_work_is_not_waited_for() -> None:
    flight, work, other = SingleFlight[str, int](), Work(), Work()
    waiting = readers(flight, work, 1)
    other.gate.set()
    assert await flight.run("y", other.run) == 1
    work.gate.set()
    await asyncio.gather(*waiting)


async def test_who_leaves_does_not_take_the_work_away() -> None:
    flight, work = SingleFlight[str, int](), Work()
    first, second = readers(flight, work, 2)
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.gate.set()
    assert await second == 1


async def test_the_last_to_leave_stops_it_and_the_next_begins_anew() -> None:
    flight, work, before = SingleFlight[str, int](), Work(), asyncio.all_tasks()
    waiting = readers(flight, work, 2)
    await settle()
    for reader in waiting:
        reader.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (work.stopped, asyncio.all_tasks()) == (1, before)
    work.gate.set()
    assert await flight.run("x", work.run) == 2


async def test_its_error_is_everyones() -> None:
    flight, work = SingleFlight[str, int](), Work(error=ZeroDivisionError())
    waiting = readers(flight, work, 2)
    work.gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [ZeroDivisionError] * 2


async def test_it_may_be_told_to_end_although_nobody_waits() -> None:
    flight, work = SingleFlight[str, int](is_finished_unwanted=True), Work()
    (reader,) = readers(flight, work, 1)
    await settle()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    late = readers(flight, work, 1)
    await settle()
    work.gate.set()
    assert (await asyncio.gather(*late), work.begun, work.stopped) == ([1], 1, 0)
