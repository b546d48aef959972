"""A full disk holds a step up and fails nothing."""

import errno

import pytest

from reelm.media import SpoolFull
from reelm.vault import StoresFull
from reelm.workflows import Json
from reelm.workflows.publish.steps import step
from support.realm.inline_jobs import _Remembered

FULL = (SpoolFull("No room."), StoresFull("No room."), OSError(errno.ENOSPC, "No space left on device"))


@pytest.mark.parametrize("error", FULL, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("is_applied", [False, True])
async def test_a_step_waits_for_room_and_says_so(error: Exception, *, is_applied: bool) -> None:
    results: dict[str, Json] = {}
    written: set[str] = set()
    tries, told = 0, 0

    async def act() -> Json:
        nonlocal tries
        tries += 1
        if tries == 3 or is_applied:
            written.add("the file")
        if tries < 3:
            raise error
        return "done"

    async def tell() -> None:
        nonlocal told
        told += 1

    assert await step(_Remembered(results), "store", act, on_full=tell, look_seconds=0) == "done"
    assert (tries, told, written) == (3, 2, {"the file"})
    assert results == {"store": {"result": "done"}}


async def test_another_fault_of_a_file_is_none_that_waiting_mends() -> None:
    async def act() -> Json:
        raise OSError(errno.EIO, "Input/output error")

    async def tell() -> None:
        raise AssertionError("there is nothing to wait for")

    with pytest.raises(OSError, match="Input/output"):
        await step(_Remembered({}), "store", act, on_full=tell, look_seconds=0)
