"""What every keeper of the realm's log promises."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reelm.base import AccountId, SealedBytes
from reelm.events import Entry, EventLog, NumberedEntry, RelayBusy, Waker
from reelm.events.adapters.sqlite_log import SqliteLog
from support.events.logs import NOON

Opener = Callable[[], AbstractAsyncContextManager[EventLog]]
A = Entry("test.a", NOON, b'{"a":1}', "0" * 26, AccountId("1" * 26), SealedBytes(b"sealed"))
B = Entry("test.b", NOON + timedelta(microseconds=1), b"{}")


@asynccontextmanager
async def sqlite_log(folder: Path) -> AsyncIterator[EventLog]:
    waker = Waker(folder / "wake")
    log = SqliteLog(folder / "events.sqlite", waker)
    yield log
    await log.close()
    waker.close()


ADAPTERS = {"sqlite": sqlite_log}


@pytest.fixture(params=sorted(ADAPTERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the same log as a new process does."""
    return lambda: ADAPTERS[request.param](tmp_path)


@pytest.fixture
async def log(opener: Opener) -> AsyncIterator[EventLog]:
    async with opener() as each:
        yield each


async def test_a_new_log_is_empty(log: EventLog) -> None:
    assert await log.last() == 0
    assert await log.read(0, 10) == []
    assert await log.append([]) == []


async def test_entries_read_back_as_they_were_numbered_from_one(log: EventLog, opener: Opener) -> None:
    assert await log.append([A, B]) == [1, 2]
    assert await log.append([B]) == [3]
    async with opener() as another:
        expected = [NumberedEntry(1, A), NumberedEntry(2, B), NumberedEntry(3, B)]
        assert await another.read(0, 10) == expected
        assert await another.read(1, 1) == expected[1:2]
        assert await another.read(3, 10) == []
        assert await another.last() == 3


async def test_an_entry_with_a_source_is_taken_once(log: EventLog) -> None:
    assert await log.append([A]) == [1]
    other = replace(A, source="2" * 26)
    assert await log.append([B, A, other, A, other]) == [2, 1, 3, 1, 3]
    assert await log.append([A, other]) == [1, 3]
    assert [each.sequence for each in await log.read(0, 10)] == [1, 2, 3]


async def test_many_sources_are_known_again(log: EventLog) -> None:
    entries = [replace(A, source=f"{number:026}") for number in range(2_500)]
    numbers = list(range(1, 2_501))
    assert await log.append(entries) == numbers
    assert await log.append(entries) == numbers


async def test_numbers_of_pruned_entries_are_not_given_again(log: EventLog, opener: Opener) -> None:
    young = replace(A, at=NOON + timedelta(days=2), source=None)
    await log.append([B, young, A, B])
    limit = NOON + timedelta(days=1)
    assert await log.prune({"test.a": limit, "test.c": limit}) == 1
    assert [each.sequence for each in await log.read(0, 10)] == [1, 2, 4]
    assert await log.prune({"test.a": limit + timedelta(days=9), "test.b": limit}) == 3
    assert await log.read(0, 10) == []
    assert await log.last() == 4
    async with opener() as another:
        assert await another.append([B]) == [5]


async def test_who_appends_at_the_same_time_gets_numbers_without_a_gap(opener: Opener) -> None:
    async with opener() as one, opener() as two:
        calls = [(one, two)[number % 2].append([B] * (1 + number % 3)) for number in range(60)]
        numbers = await asyncio.gather(*calls)
        assert all(own == list(range(own[0], own[0] + len(own))) for own in numbers)
        assert sorted(n for own in numbers for n in own) == list(range(1, 121))
        assert [each.sequence for each in await one.read(0, 1000)] == list(range(1, 121))


async def test_whoever_waits_hears_of_it_from_another_process_well_before_a_second(opener: Opener) -> None:
    async with opener() as one, opener() as two:
        await one.append([B])
        assert await one.wait(0, 5.0) == 1
        for number in range(1, 4):
            waiting = asyncio.create_task(one.wait(number, 5.0))
            await asyncio.sleep(0.05)
            assert not waiting.done()
            await two.append([B])
            assert await asyncio.wait_for(waiting, 0.8) == number + 1
        assert await one.wait(4, 0.05) == 4


async def test_one_relay_at_a_time_and_the_next_when_it_ends(opener: Opener) -> None:
    async with opener() as one, opener() as two:
        with one.claim(), pytest.raises(RelayBusy), two.claim():
            pass
        with two.claim():
            pass


def _append_some(folder: str, adapter: str, count: int) -> None:
    async def append() -> None:
        async with ADAPTERS[adapter](Path(folder)) as log:
            for number in range(count):
                await log.append([replace(B, body=b'{"n":%d}' % number)])

    asyncio.run(append())


async def test_processes_append_together_each_in_its_own_order(
    request: pytest.FixtureRequest, tmp_path: Path, log: EventLog
) -> None:
    """The very first append of each makes the log, all at once."""
    context = multiprocessing.get_context("fork")
    adapter = request.node.callspec.params["opener"]
    writers = [context.Process(target=_append_some, args=(str(tmp_path), adapter, 20)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        await asyncio.to_thread(writer.join)
        assert writer.exitcode == 0
    entries = await log.read(0, 100)
    assert [each.sequence for each in entries] == list(range(1, 61))
    expected = sorted([b'{"n":%d}' % n for n in range(20)] * 3)
    assert sorted(each.entry.body for each in entries) == expected
