"""Kill -9 at every numbered step of stating, relaying and following, over real files.

``events_program.py FOLDER`` forks a child per step: it states facts, relays them and lets a consumer write
them down, and is killed right before or after its step N: a commit of the database or of the log. Another
child then goes on over the same files with the code that normally runs, and checks what must be true. Ends
when a child lives through all of it, and prints how many were killed.
"""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from reelm.base import Database, Tx
from reelm.events import Entry, Waker
from reelm.events.adapters.sqlite_log import SqliteLog
from support.events.logs import Counted, NoteTaker, go_on, opened_again

FACTS = 3
SIGNALS = 2


class Countdown:
    """Counts steps, each twice, and leaves no time for anything at one of them."""

    left = 10**9

    @asynccontextmanager
    async def step(self) -> AsyncIterator[None]:
        self._tick()
        yield
        self._tick()

    def _tick(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


STEPS = Countdown()


class CountedDatabase(Database):
    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with STEPS.step(), super().write() as tx:
            yield tx


class CountedLog(SqliteLog):
    async def append(self, entries: Sequence[Entry]) -> list[int]:
        async with STEPS.step():
            return await super().append(entries)


async def tell(folder: Path, steps: int) -> None:
    """State, relay and follow; killed at a step, unless there are fewer."""
    async with opened_again(folder, seed=1, kind=CountedDatabase, log_kind=CountedLog) as (events, database):
        STEPS.left = steps
        for number in range(FACTS):
            async with database.write() as tx:
                await events.append(tx, Counted(number))
            acknowledge(folder, number)
        with events.log.claim():
            await events.relay.move()
        following = events.following(NoteTaker())
        await following.step()
        async with database.write() as tx:
            await events.append(tx, Counted(FACTS))
        acknowledge(folder, FACTS)
        for number in range(FACTS + 1, FACTS + 1 + SIGNALS):
            await events.record(Counted(number))
            acknowledge(folder, number)
        with events.log.claim():
            await events.relay.move()
        await following.step()
        STEPS.left = 10**9


async def check_next(folder: Path) -> None:
    """Go on as the next process does, and check what must be true then."""
    waker = Waker()
    log = SqliteLog(folder / "events.sqlite", waker)
    before = await log.read(0, 100)
    await log.close()
    entries, notes = await go_on(folder, seed=2)
    numbers = [int(what) for _, what in notes]
    assert entries[: len(before)] == before
    assert [each.sequence for each in entries] == [sequence for sequence, _ in notes]
    assert [sequence for sequence, _ in notes] == list(range(1, len(notes) + 1))
    assert len(set(numbers)) == len(numbers)
    stated = [number for number in numbers if number <= FACTS]
    assert stated == list(range(len(stated)))
    assert set(acknowledged(folder)) <= set(numbers)


def acknowledge(folder: Path, number: int) -> None:
    with (folder / "acknowledged").open("a") as file:
        file.write(f"{number}\n")


def acknowledged(folder: Path) -> list[int]:
    path = folder / "acknowledged"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def in_child(work: Coroutine[Any, Any, None]) -> int:
    """Run it in a process of its own; return its exit status."""
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(work)
        except BaseException:  # noqa: BLE001 - the child's edge: the parent reads the status
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    work.close()
    return os.waitpid(child, 0)[1]


def main(folder: Path) -> None:
    for steps in count(1):
        home = folder / str(steps)
        home.mkdir()
        status = in_child(tell(home, steps))
        assert in_child(check_next(home)) == 0, f"after step {steps}"
        if status == 0:
            break
        assert os.WTERMSIG(status) == signal.SIGKILL, status
    sys.stdout.write(f"{steps - 1}\n")


main(Path(sys.argv[1]))
