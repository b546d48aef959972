import asyncio

import pytest

from reelm.base import BackgroundTasks, Unavailable


async def test_closing_waits_for_what_runs() -> None:
    background, done = BackgroundTasks("vault"), list[int]()

    async def work(number: int) -> None:
        await asyncio.sleep(0.01)
        done.append(number)

    for number in range(3):
        background.start(work(number))
    await background.close()
    assert done == [0, 1, 2]


async def test_a_failing_store_is_no_reason_to_stop_and_a_bug_is_not_hidden() -> None:
    async def fail(error: Exception) -> None:
        raise error

    background = BackgroundTasks("vault")
    background.start(fail(Unavailable("The store does not answer.")))
    await background.close()
    background.start(fail(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        await background.close()
