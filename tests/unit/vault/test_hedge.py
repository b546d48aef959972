"""Asking several at once: who is started when, and who is left running (nobody)."""

import asyncio
from collections.abc import Sequence

import pytest

from reelm.vault.hedge import HedgedRequest, run_hedged

SOON, NEVER = 0.001, 3600.0


class Field:
    """Runners that answer with their number, fail or hang, and what became of them."""

    def __init__(self) -> None:
        self.started: list[int] = []
        self.stopped: list[int] = []
        self.hedges = 0
        self.hedges_max = 100

    def runner(
        self, number: int, how: str = "answers", *, late: float = SOON, silent: float = NEVER
    ) -> HedgedRequest[int]:
        async def start() -> int | None:
            self.started.append(number)
            try:
                if how == "hangs":
                    await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.stopped.append(number)
                raise
            if how == "breaks":
                raise ZeroDivisionError
            return None if how == "fails" else number

        return HedgedRequest(start, late, silent)

    def may_hedge(self) -> bool:
        self.hedges += self.hedges < self.hedges_max
        return self.hedges < self.hedges_max

    async def run(self, runners: Sequence[HedgedRequest[int]], *, wanted: int) -> list[int]:
        before = asyncio.all_tasks()
        try:
            return sorted(await run_hedged(runners, wanted=wanted, may_hedge=self.may_hedge))
        finally:
            assert asyncio.all_tasks() == before


async def test_only_as_many_as_are_wanted_are_asked() -> None:
    field = Field()
    assert await field.run([field.runner(number) for number in range(5)], wanted=3) == [0, 1, 2]
    assert (field.started, field.hedges) == ([0, 1, 2], 0)


async def test_a_failure_is_replaced_without_the_budget() -> None:
    field = Field()
    field.hedges_max = 0
    runners = [field.runner(0, "fails"), field.runner(1), field.runner(2, "fails"), field.runner(3)]
    assert await field.run(runners, wanted=2) == [1, 3]


async def test_a_late_one_is_covered_and_stopped() -> None:
    field = Field()
    runners = [field.runner(0), field.runner(1, "hangs"), field.runner(2), field.runner(3)]
    assert await field.run(runners, wanted=2) == [0, 2]
    assert (field.started, field.stopped, field.hedges) == ([0, 1, 2], [1], 1)


async def test_a_failure_after_a_late_one_is_covered_too() -> None:
    """Two covers are needed, and neither may wait for the one that hangs."""
    field = Field()
    runners = [field.runner(0, "hangs"), field.runner(1, "hangs"), field.runner(2, "fails"), field.runner(3)]
    assert await field.run([*runners, field.runner(4)], wanted=2) == [3, 4]


async def test_a_silent_one_is_covered_when_the_budget_is_spent() -> None:
    field = Field()
    field.hedges_max = 0
    runners = [field.runner(0, "hangs", silent=2 * SOON), field.runner(1)]
    assert await field.run(runners, wanted=1) == [1]


async def test_without_budget_a_late_one_is_waited_for() -> None:
    field = Field()
    field.hedges_max = 0
    gate = asyncio.Event()

    async def slow() -> int:
        await gate.wait()
        return 7

    waiting = asyncio.create_task(field.run([HedgedRequest(slow, SOON, NEVER), field.runner(1)], wanted=1))
    await asyncio.sleep(20 * SOON)
    gate.set()
    assert await waiting == [7]
    assert field.started == []


async def test_too_few_answers_are_returned_as_they_are() -> None:
    field = Field()
    assert await field.run([field.runner(0, "fails"), field.runner(1)], wanted=2) == [1]
    assert await field.run([], wanted=2) == []


async def test_a_bug_in_a_runner_is_raised_and_the_others_stopped() -> None:
    field = Field()
    with pytest.raises(ZeroDivisionError):
        await field.run([field.runner(0, "hangs"), field.runner(1, "breaks")], wanted=2)
    assert field.stopped == [0]


async def test_a_cancelled_race_stops_everyone() -> None:
    field = Field()
    running = asyncio.create_task(
        field.run([field.runner(number, "hangs", late=NEVER) for number in range(3)], wanted=2)
    )
    await asyncio.sleep(SOON)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert field.stopped == [0, 1]
