"""Work that nobody waits for, until everything is closed."""

import asyncio

import pytest

from reelm.vault import StoreFailed
from reelm.vault.background import Background


async def test_close_waits_for_what_runs_and_for_what_that_begins() -> None:
    background, done = Background(), list[str]()

    async def second() -> None:
        await asyncio.sleep(0)
        done.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        background.start(second())
        done.append("first")

    background.start(first())
    assert done == []
    await background.close()
    assert done == ["first", "second"]


async def test_an_expected_error_is_logged_and_a_bug_is_raised_by_close() -> None:
    background = Background()

    async def fail(error: Exception) -> None:
        raise error

    background.start(fail(StoreFailed("The store does not answer. Check it.")))
    await background.close()
    background.start(fail(ZeroDivisionError()))
    with pytest.raises(ExceptionGroup) as raised:
        await background.close()
    assert raised.group_contains(ZeroDivisionError)
    await background.close()
