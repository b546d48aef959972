"""Work shared by those who want it at the same time."""

import asyncio

import pytest

from reelm.vault.joint import Joint


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


def readers(joint: Joint[str, int], work: Work, count: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(joint.join("x", work.run)) for _ in range(count)]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_it_is_done_once_for_all_who_wait_and_again_for_who_comes_later() -> None:
    joint, work = Joint[str, int](), Work()
    waiting = readers(joint, work, 3)
    await settle()
    work.gate.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await joint.join("x", work.run) == 2


async def test_other_work_is_not_waited_for() -> None:
    joint, work, other = Joint[str, int](), Work(), Work()
    waiting = readers(joint, work, 1)
    other.gate.set()
    assert await joint.join("y", other.run) == 1
    work.gate.set()
    await asyncio.gather(*waiting)


async def test_who_leaves_does_not_take_the_work_away() -> None:
    joint, work = Joint[str, int](), Work()
    first, second = readers(joint, work, 2)
    await settle()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.gate.set()
    assert await second == 1


async def test_the_last_to_leave_stops_it_and_the_next_begins_anew() -> None:
    joint, work, before = Joint[str, int](), Work(), asyncio.all_tasks()
    waiting = readers(joint, work, 2)
    await settle()
    for reader in waiting:
        reader.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert (work.stopped, asyncio.all_tasks()) == (1, before)
    work.gate.set()
    assert await joint.join("x", work.run) == 2


async def test_its_error_is_everyones() -> None:
    joint, work = Joint[str, int](), Work(error=ZeroDivisionError())
    waiting = readers(joint, work, 2)
    work.gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [ZeroDivisionError] * 2
